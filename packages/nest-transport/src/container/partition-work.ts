// Decides what is left to do of the records that a poll brought for one partition.
import type { FetchedRecord, TopicPartition } from '@ottla/core';

/** Bounded by one poll: while it waits for a retry its partition is paused. */
export class PartitionWork {
  /** Index of the record that is next. */
  next = 0;
  /** Index of the record that failed last, and how often it has. */
  failedIndex = -1;
  failures = 0;
  /** When that record is due again, on the monotonic clock. */
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

  /** Whether the next record is one that failed and is not due yet. */
  waits(nowMs: number): boolean {
    return this.failedIndex === this.next && nowMs < this.dueMs;
  }

  /** Everything before `next` is done. */
  advanceTo(next: number): void {
    this.next = next;
    if (this.failedIndex < next) {
      this.failedIndex = -1;
      this.failures = 0;
    }
  }

  /** Counts a failed delivery of a record; returns how many there were of that one. */
  failed(index: number): number {
    if (this.failedIndex !== index) {
      this.failedIndex = index;
      this.failures = 0;
    }
    this.failures += 1;
    return this.failures;
  }

  /** Leaves the rest to a later poll: the position was set back to where the rest begins. */
  drop(): void {
    this.next = this.records.length;
  }
}
