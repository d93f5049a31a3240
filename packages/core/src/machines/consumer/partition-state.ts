// Decides what the consumer knows of one assigned partition: where it stands, and what must happen before it may fetch.
import { topicPartitionKey, type TopicPartition } from './topic-partition.js';

/** So long ago (KIP-1106). */
export interface AgoTarget {
  readonly durationMs: number;
}

/** Kafka's `auto.offset.reset`. */
export type OffsetResetPolicy = 'earliest' | 'latest' | 'none' | AgoTarget;

/** The next offset to hand out, and the epoch of the record before it (-1 when unknown). */
export interface FetchPosition {
  readonly offset: number;
  readonly offsetEpoch: number;
}

/**
 * `initializing`: a committed offset must be looked up; `awaitingReset`: an offset must be asked of the leader;
 * `awaitingValidation`: the leader's epoch changed and the position must be compared with its log (KIP-320).
 */
export type PartitionPhase = 'initializing' | 'awaitingReset' | 'awaitingValidation' | 'fetching';

/** Where a reset leads: an end of the log, or the first record of the last so many milliseconds. */
export type ResetTarget = 'earliest' | 'latest' | AgoTarget;

export class PartitionState implements TopicPartition {
  readonly key: string;
  phase: PartitionPhase = 'initializing';
  position: FetchPosition | null = null;
  resetTarget: ResetTarget | null = null;
  paused = false;
  /** False from the moment the partition leaves the assignment. */
  assigned = true;
  /** Set while a revocation is told to the listener: nothing is fetched or handed out any more. */
  beingRevoked = false;
  /** Goes up with every seek, reset and loss: what was fetched or looked up under an older number is stale. */
  incarnation = 0;
  /** The leader epoch under which the position was last found valid, -1 for none. */
  validatedEpoch = -1;
  /** Looking up offsets is put off until then. */
  retryAtMs = 0;
  highWatermark: number | null = null;
  lastStableOffset: number | null = null;
  logStartOffset: number | null = null;
  /** The id of the topic that the position belongs to; null while it is not known. */
  topicId: string | null = null;
  /** The follower that the leader told us to read from (KIP-392), until when. */
  preferredReplica: { readonly nodeId: number; readonly untilMs: number } | null = null;

  constructor(
    readonly topic: string,
    readonly partition: number,
  ) {
    this.key = topicPartitionKey(topic, partition);
  }

  get fetchable(): boolean {
    return this.assigned && this.phase === 'fetching' && !this.paused && !this.beingRevoked;
  }

  /** Takes a new position, whatever the phase was; buffered data are of no use any more. */
  seek(offset: number, offsetEpoch: number): void {
    this.incarnation++;
    this.position = { offset, offsetEpoch };
    this.resetTarget = null;
    this.validatedEpoch = -1;
    this.retryAtMs = 0;
    this.phase = 'fetching';
  }

  requestReset(target: ResetTarget): void {
    this.incarnation++;
    this.position = null;
    this.resetTarget = target;
    this.retryAtMs = 0;
    this.phase = 'awaitingReset';
  }

  /** The position is worth nothing any more, and nobody knows another yet. */
  forget(): void {
    this.incarnation++;
    this.position = null;
    this.resetTarget = null;
    this.retryAtMs = 0;
    this.phase = 'initializing';
  }

  /** The records up to `offset` were handed out; unlike a seek this keeps what is buffered. */
  advance(offset: number, offsetEpoch: number): void {
    this.position = { offset, offsetEpoch };
  }

  leave(): void {
    this.incarnation++;
    this.assigned = false;
  }
}
