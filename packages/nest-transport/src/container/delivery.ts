// Decides what a listener loop asks of the one that delivers its records, and what that one may ask of the loop.
import type { PartitionWork } from './partition-work.js';

export interface DeliveryControl {
  /** The loop has to end: nothing more than the record at hand. */
  readonly ends: boolean;
  /** The work is done, failed, or given up, for now: its partition is held back or let go accordingly. */
  settle(work: PartitionWork): void;
  /** Lets timers and sockets have their turn when the loop has had its own for long enough. */
  yield(): Promise<void> | undefined;
}

/** With transactions or without. */
export interface Delivery {
  /** Takes each work as far as it goes and settles it; rejects when the consumer has to be made anew. */
  deliver(works: readonly PartitionWork[], control: DeliveryControl): Promise<void>;
}
