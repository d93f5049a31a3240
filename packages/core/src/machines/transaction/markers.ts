// Decides what becomes of a marker that a partition did not take (T7).
import { ErrorCode } from '../../protocol/errors.js';
import type { TransactionOutcome, WriteMarkers } from './transaction-outcome.js';
import type { TransactionPartition } from './transaction-record.js';

/** How long markers that could not be written wait for their next try. */
export const markerRetryMs = 500;

export interface MarkerResult extends TransactionPartition {
  readonly errorCode: number;
}

/**
 * The partitions that are still to be told. One that is gone has nothing to decide. One that has heard of a later epoch, or of a later
 * coordinator, is told by whoever that is.
 */
export function completionOf(
  { transactionalId, end }: WriteMarkers,
  results: readonly MarkerResult[],
  outcome: TransactionOutcome,
): TransactionPartition[] {
  const remaining: TransactionPartition[] = [];
  for (const { topic, partition, errorCode } of results) {
    switch (errorCode) {
      case ErrorCode.NONE:
      case ErrorCode.UNKNOWN_TOPIC_OR_PARTITION:
        continue;
      case ErrorCode.INVALID_PRODUCER_EPOCH:
      case ErrorCode.TRANSACTION_COORDINATOR_FENCED:
        outcome.note('warn', 'A partition refused the marker of a transaction, and knows better', {
          transactionalId,
          producerId: end.producerId,
          producerEpoch: end.producerEpoch,
          topic,
          partition,
          errorCode,
        });
        continue;
      default:
        remaining.push({ topic, partition });
    }
  }
  return remaining;
}
