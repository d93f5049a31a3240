// Decides which records of one partition a transaction covers.
import type { PartitionWork } from './partition-work.js';

/** From the work's next record to the one before `end`. */
export interface TransactionSpan {
  readonly work: PartitionWork;
  readonly end: number;
}
