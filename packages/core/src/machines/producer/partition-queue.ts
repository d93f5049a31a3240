// Decides the order of one partition's batches, and what is known of their sequences (PC6).

/** What the queue has to know of a batch. */
export interface QueuedBatch {
  readonly order: number;
}

/** The batches of one partition that wait to be sent, oldest first, and those that are on their way. */
export class PartitionQueue<Batch extends QueuedBatch = QueuedBatch> {
  /** The node that leads the partition; -1 while there is none. */
  leader = -1;
  leaderEpoch = -1;
  /** Number of the last transaction that the partition was added to. */
  transaction = 0;
  /** In requests that have no answer yet, in the order in which they were made. */
  readonly onWire: Batch[] = [];

  /**
   * Repeated batches that the broker found out of order, oldest first: either it has them and no longer knows, or it misses what
   * came before. A later batch that it takes, or has, shows the former; they wait for that.
   */
  readonly doubtful: Batch[] = [];

  /** Whom the sequences below belong to; -1 before the first batch. */
  producerId = -1;
  producerEpoch = -1;
  /** Sequence of the next batch that gets one. */
  nextSequence = 0;
  /** Sequence that follows the last batch the broker is known to have. */
  nextAcknowledgedSequence = 0;
  /** `order` of that batch. */
  lastAcknowledgedOrder = -1;
  /** The producer id of which the broker has taken a batch; -1 while it has taken none. */
  acknowledgedProducerId = -1;
  /** A batch with a sequence was given up, and nobody knows whether the broker has it (PC7). */
  isUnresolved = false;
  /** The broker misses a sequence: nothing goes out until a new epoch has begun. */
  needsNewEpoch = false;

  readonly #waiting: Batch[] = [];
  #head = 0;

  constructor(
    readonly topic: string,
    readonly partition: number,
  ) {}

  /** Batches that wait. */
  get length(): number {
    return this.#waiting.length - this.#head;
  }

  get first(): Batch | undefined {
    return this.#waiting[this.#head];
  }

  /** The youngest waiting batch, the one that may still take records. */
  get last(): Batch | undefined {
    return this.length === 0 ? undefined : this.#waiting[this.#waiting.length - 1];
  }

  push(batch: Batch): void {
    this.#waiting.push(batch);
  }

  shift(): Batch | undefined {
    const batch = this.#waiting[this.#head];
    if (batch === undefined) return undefined;
    this.#head++;
    if (this.#head === this.#waiting.length) {
      this.#waiting.length = 0;
      this.#head = 0;
    } else if (this.#head > 64 && this.#head * 2 > this.#waiting.length) {
      this.#waiting.splice(0, this.#head);
      this.#head = 0;
    }
    return batch;
  }

  /** Puts batches of one order back to their place among those that wait. */
  insert(batches: readonly Batch[], order: number): void {
    let index = this.#head;
    while (index < this.#waiting.length && (this.#waiting[index]?.order ?? 0) < order) index++;
    this.#waiting.splice(index, 0, ...batches);
  }

  /** Takes a waiting batch out, wherever it stands. */
  remove(batch: Batch): void {
    const index = this.#waiting.indexOf(batch, this.#head);
    if (index >= 0) this.#waiting.splice(index, 1);
    const doubtfulIndex = this.doubtful.indexOf(batch);
    if (doubtfulIndex >= 0) this.doubtful.splice(doubtfulIndex, 1);
  }

  removeOnWire(batch: Batch): void {
    const index = this.onWire.indexOf(batch);
    if (index >= 0) this.onWire.splice(index, 1);
  }

  /** Puts doubtful batches back among those that wait. */
  readmitDoubtful(): void {
    for (const batch of this.doubtful.splice(0)) this.insert([batch], batch.order);
  }

  /** Waiting batches, oldest first. */
  waiting(): readonly Batch[] {
    return this.#waiting.slice(this.#head);
  }
}
