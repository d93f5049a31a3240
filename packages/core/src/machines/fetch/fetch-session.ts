// Decides what a fetch session remembers of its partitions, and which of them an incremental reply must name (F7, KIP-227).

/** One partition as a Fetch request asks for it. */
export interface RequestedPartition {
  /** Empty from Fetch version 13, where topics come by id. */
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly fetchOffset: number;
  readonly maxBytes: number;
  readonly currentLeaderEpoch: number;
  readonly lastFetchedEpoch: number;
}

export type PartitionName = Pick<RequestedPartition, 'topic' | 'topicId' | 'partition'>;

/** What a reply would say of a partition. */
export interface PartitionAnswer {
  readonly errorCode: number;
  readonly highWatermark: number;
  readonly logStartOffset: number;
  readonly recordBytes: number;
  readonly diverges: boolean;
}

/** The offset that no partition has: whatever comes next differs from it and is told. */
const untold = -1;

/** Topics of one session come all by name or all by id. */
export function partitionKey({ topic, topicId, partition }: PartitionName): string {
  return topic === '' ? `${topicId}:${partition}` : `${topic}:${partition}`;
}

export class SessionPartition {
  request: RequestedPartition;
  #toldHighWatermark = untold;
  #toldLogStartOffset = untold;

  constructor(request: RequestedPartition) {
    this.request = request;
  }

  /** Whether the client learns anything from this answer. */
  isNews({ errorCode, highWatermark, logStartOffset, recordBytes, diverges }: PartitionAnswer): boolean {
    return (
      recordBytes > 0 ||
      highWatermark !== this.#toldHighWatermark ||
      logStartOffset !== this.#toldLogStartOffset ||
      errorCode !== 0 ||
      diverges
    );
  }

  /** The answer goes to the client. After an error, whatever comes next is news. */
  tell({ errorCode, highWatermark, logStartOffset }: PartitionAnswer): void {
    this.#toldHighWatermark = errorCode === 0 ? highWatermark : untold;
    this.#toldLogStartOffset = logStartOffset;
  }
}

export interface FetchSessionOptions {
  readonly id: number;
  /** Replicas keep their sessions longer than consumers. */
  readonly isPrivileged: boolean;
  readonly usesTopicIds: boolean;
  readonly nowMs: number;
}

export const firstSessionEpoch = 1;
const lastSessionEpoch = 0x7fff_ffff;

export function nextSessionEpoch(epoch: number): number {
  return epoch >= lastSessionEpoch ? firstSessionEpoch : epoch + 1;
}

export class FetchSession {
  readonly id: number;
  readonly isPrivileged: boolean;
  readonly usesTopicIds: boolean;
  readonly createdMs: number;
  lastUsedMs: number;
  /** What the next request must bear. */
  epoch = firstSessionEpoch;
  /** In the order in which they are served. */
  readonly #partitions = new Map<string, SessionPartition>();

  constructor({ id, isPrivileged, usesTopicIds, nowMs }: FetchSessionOptions) {
    this.id = id;
    this.isPrivileged = isPrivileged;
    this.usesTopicIds = usesTopicIds;
    this.createdMs = nowMs;
    this.lastUsedMs = nowMs;
  }

  get size(): number {
    return this.#partitions.size;
  }

  partitions(): Iterable<SessionPartition> {
    return this.#partitions.values();
  }

  /** New partitions come last; known ones keep their place; a partition both named and forgotten is forgotten. */
  update(requested: readonly RequestedPartition[], forgotten: readonly PartitionName[]): void {
    for (const request of requested) {
      const key = partitionKey(request);
      const known = this.#partitions.get(key);
      if (known === undefined) this.#partitions.set(key, new SessionPartition(request));
      else known.request = request;
    }
    for (const name of forgotten) this.#partitions.delete(partitionKey(name));
  }

  /** It gave records: the others come first the next time, so that a byte limit starves nobody (F4). */
  moveToBack(partition: SessionPartition): void {
    const key = partitionKey(partition.request);
    if (this.#partitions.delete(key)) this.#partitions.set(key, partition);
  }
}
