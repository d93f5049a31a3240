// Decides the timers, failures and messages that the transaction machine's outcomes speak of.
import { Outcome } from '../coordinator/outcome.js';
import type { TransactionPartition, TransactionRecord } from './transaction-record.js';

/** A timer firing, told to the machine as one more request. */
export type TransactionTimerEvent =
  | { readonly kind: 'abort-timed-out' }
  | { readonly kind: 'remove-expired' }
  /** Markers that could not be written, or their completion, are tried again. */
  | { readonly kind: 'complete'; readonly transactionalId: string };

/** The completion of a transaction could not be stored, though its markers are written. */
export interface TransactionAppendFailure {
  readonly kind: 'complete';
  readonly transactionalId: string;
}

/** The end of a transaction as the partitions are to be told it (T7). */
export interface EndTransaction {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly result: 'commit' | 'abort';
  /** The level of transaction.version that the transaction followed. */
  readonly transactionVersion: number;
}

/** To be sent once the decision is committed; `handleMarkersWritten` is told how it went. */
export interface WriteMarkers {
  readonly kind: 'write-markers';
  readonly transactionalId: string;
  readonly end: EndTransaction;
  readonly partitions: readonly TransactionPartition[];
}

export class TransactionOutcome extends Outcome<
  TransactionRecord,
  TransactionTimerEvent,
  TransactionAppendFailure,
  WriteMarkers
> {}

export const transactionTimerKey = {
  abortTimedOut: 'abort-timed-out',
  removeExpired: 'remove-expired',
  complete: (transactionalId: string): string => `complete/${transactionalId}`,
};
