// Decides which sequences batches bear, so that a broker can drop repeated ones and refuse gaps (PC6-PC8, KIP-360).
import { incrementSequence } from '../../protocol/records/record-batch.js';
import type { ProducerBatch, ProducerQueue } from './producer-batch.js';

const lastEpoch = 32767;

export type IdentityState = 'needed' | 'requested' | 'ready';

/** Says of a transactional producer what may be sent when; it gets its epochs from its coordinator, never by itself. */
export interface TransactionGate {
  maySend(queue: ProducerQueue): boolean;
  /** A batch goes out. */
  sending(): void;
}

/** The producer's id and epoch, and the sequences of its partitions. One without idempotence has none of this. */
export class ProducerIdentity {
  state: IdentityState = 'needed';
  producerId = -1;
  producerEpoch = -1;

  constructor(private readonly transaction: TransactionGate | null = null) {}

  get isTransactional(): boolean {
    return this.transaction !== null;
  }

  /** Takes what the broker gave. */
  initialize(producerId: number, producerEpoch: number): void {
    this.producerId = producerId;
    this.producerEpoch = producerEpoch;
    this.state = 'ready';
  }

  /** Whether the partition's oldest waiting batch may go out now. */
  maySend(queue: ProducerQueue, batch: ProducerBatch): boolean {
    if (this.state !== 'ready') return false;
    const { onWire } = queue;
    // PC6: Kafka takes any first sequence of a producer that the partition does not know. Were the first batch refused, as by a
    // leader that is still becoming one, and the second taken, the first could not follow any more.
    if (queue.acknowledgedProducerId !== this.producerId && onWire.length > 0) return false;
    const isStale = queue.producerId !== this.producerId || queue.producerEpoch !== this.producerEpoch;
    if (this.transaction !== null) {
      if (!this.transaction.maySend(queue)) return false;
      // Whatever was unclear in the epoch before was settled by the end of its transaction.
      if (isStale) return onWire.length === 0;
    }
    if (queue.needsNewEpoch) return false;
    if (batch.sequence !== null) {
      // A repeated batch goes alone until it is the oldest without an answer: those before it may come back yet.
      const oldest = onWire[0];
      return oldest === undefined || oldest.order > batch.order;
    }
    if (queue.isUnresolved || queue.doubtful.length > 0) return false;
    // A batch of a newer epoch must not arrive before those of the older one.
    return !isStale || onWire.length === 0;
  }

  /** Gives a batch that goes out for the first time its sequence. */
  assign(queue: ProducerQueue, batch: ProducerBatch): void {
    this.transaction?.sending();
    if (batch.sequence !== null) return;
    if (queue.producerId !== this.producerId || queue.producerEpoch !== this.producerEpoch)
      this.#restart(queue);
    this.#place(queue, batch);
  }

  /** The broker has the batch. */
  acknowledged(queue: ProducerQueue, batch: ProducerBatch): void {
    const { sequence } = batch;
    if (sequence === null) return;
    queue.acknowledgedProducerId = sequence.producerId;
    if (!this.#isCurrent(queue, batch) || batch.order < queue.lastAcknowledgedOrder) return;
    queue.lastAcknowledgedOrder = batch.order;
    queue.nextAcknowledgedSequence = incrementSequence(sequence.baseSequence, batch.recordCount);
  }

  /** The broker refused the batch for good: its sequence is a gap now. */
  refused(queue: ProducerQueue, batch: ProducerBatch): void {
    if (this.#isCurrent(queue, batch)) queue.needsNewEpoch = true;
  }

  /** The batch was given up, though the broker may have it. */
  abandoned(queue: ProducerQueue, batch: ProducerBatch): void {
    if (this.#isCurrent(queue, batch)) queue.isUnresolved = true;
  }

  /**
   * The broker found the batch out of order (45). It comes again; a new epoch begins unless an older batch explains it (PC8).
   * `doubtful`: the broker may have the batch already. A broker that was restarted remembers only the last batch of a partition,
   * so the first of two whose answers were lost looks to it like a gap; under a new epoch both would be written twice.
   * `failed`: no older batch explains it, and only the end of the transaction brings a new epoch.
   */
  outOfOrder(queue: ProducerQueue, batch: ProducerBatch): 'again' | 'doubtful' | 'failed' {
    if (!this.#isCurrent(queue, batch)) return 'again';
    const lastDoubtful = queue.doubtful.at(-1)?.sequence;
    const isNextInLine =
      batch.sequence?.baseSequence === queue.nextAcknowledgedSequence || (lastDoubtful ?? null) !== null;
    if (!isNextInLine && !queue.isUnresolved) return 'again';
    if (this.transaction !== null) return 'failed';
    if (!queue.isUnresolved && batch.attempts > 1 && this.#hasLaterSent(queue, batch)) return 'doubtful';
    queue.needsNewEpoch = true;
    return 'again';
  }

  /** Whether a later batch of the same epoch was sent before, too: its answer tells of this one. */
  #hasLaterSent(queue: ProducerQueue, batch: ProducerBatch): boolean {
    const isLater = (other: ProducerBatch): boolean =>
      other.order > batch.order && other.attempts > 0 && this.#isCurrent(queue, other);
    return queue.onWire.some(isLater) || queue.waiting().some(isLater);
  }

  /** Settles what the partition's answers have made clear, once none is outstanding. True when a new producer id is needed. */
  settle(queue: ProducerQueue): boolean {
    if (queue.onWire.length > 0) return false;
    const first = queue.first;
    if (queue.doubtful.length > 0 && (first === undefined || first.sequence === null)) {
      // Nothing that was sent is left to tell of them.
      queue.needsNewEpoch = true;
    }
    if (queue.isUnresolved && (first === undefined || first.sequence === null)) {
      if (queue.nextAcknowledgedSequence === queue.nextSequence) queue.isUnresolved = false;
      else queue.needsNewEpoch = true;
    }
    if (!queue.needsNewEpoch || this.state !== 'ready') return false;
    queue.readmitDoubtful();
    const isOwn = queue.producerId === this.producerId && queue.producerEpoch === this.producerEpoch;
    if (isOwn && this.producerEpoch >= lastEpoch) {
      this.state = 'needed';
      return true;
    }
    if (isOwn) this.producerEpoch++;
    this.#restart(queue);
    for (const batch of queue.waiting()) {
      if (batch.sequence !== null) this.#place(queue, batch);
    }
    return false;
  }

  #isCurrent(queue: ProducerQueue, batch: ProducerBatch): boolean {
    const { sequence } = batch;
    return (
      sequence !== null &&
      sequence.producerId === queue.producerId &&
      sequence.producerEpoch === queue.producerEpoch
    );
  }

  #restart(queue: ProducerQueue): void {
    queue.producerId = this.producerId;
    queue.producerEpoch = this.producerEpoch;
    queue.nextSequence = 0;
    queue.nextAcknowledgedSequence = 0;
    queue.lastAcknowledgedOrder = -1;
    queue.isUnresolved = false;
    queue.needsNewEpoch = false;
  }

  #place(queue: ProducerQueue, batch: ProducerBatch): void {
    batch.sequence = {
      producerId: queue.producerId,
      producerEpoch: queue.producerEpoch,
      baseSequence: queue.nextSequence,
      isTransactional: this.transaction !== null,
    };
    queue.nextSequence = incrementSequence(queue.nextSequence, batch.recordCount);
  }
}
