// Decides what is left to do of the records that a poll brought for one partition.
import type { ConsumerRecord, TopicPartition } from '@ottla/core';

/** The raw bytes of the record at hand, kept for the error handler once the record was decoded. */
export interface RawRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

const noBytes: RawRecord = { key: null, value: null };

/** Bounded by one poll: while it waits for a retry its partition is paused. */
export class PartitionWork {
  /** Index of the record that is next. */
  next = 0;
  /** Failed deliveries of that record. */
  failures = 0;
  /** Whether that record was decoded, so that a retry does not decode it again. */
  decoded = false;
  raw: RawRecord = noBytes;
  /** When that record is due again, on the monotonic clock; only while the work is parked. */
  dueMs = 0;
  /** Another member has the partition now; nothing more is done. */
  revoked = false;

  constructor(
    readonly partition: TopicPartition,
    readonly records: readonly ConsumerRecord[],
  ) {}

  get done(): boolean {
    return this.next >= this.records.length;
  }

  advance(): void {
    this.next += 1;
    this.failures = 0;
    this.decoded = false;
    this.raw = noBytes;
  }
}
