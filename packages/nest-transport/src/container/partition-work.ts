// Decides what is left to do of the records that a poll brought for one partition.
import type { FetchedRecord, TopicPartition } from '@ottla/core';

/** Bounded by one poll: while it waits for a retry its partition is paused. */
export class PartitionWork {
  /** Index of the record that is next. */
  next = 0;
  /** Failed deliveries of that record. */
  failures = 0;
  /** When that record is due again, on the monotonic clock; only while the work is parked. */
  dueMs = 0;
  /** Another member has the partition now; nothing more is done. */
  revoked = false;

  constructor(
    readonly partition: TopicPartition,
    readonly records: readonly FetchedRecord<unknown, unknown>[],
  ) {}

  get done(): boolean {
    return this.next >= this.records.length;
  }

  advance(): void {
    this.next += 1;
    this.failures = 0;
  }
}
