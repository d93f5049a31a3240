// Decides what becomes of a batch after the broker's answer to it (PC8).
import { ErrorCode, errorByCode } from '../../protocol/errors.js';

/**
 * `delivered`: the broker has it. `retry`: it goes out again. `out-of-order`: it goes out again, perhaps under a new epoch.
 * `split`: it goes out again in parts. `failed`: its records failed.
 */
export type DeliveryDecision = 'delivered' | 'retry' | 'out-of-order' | 'split' | 'failed';

export interface AnsweredBatch {
  readonly recordCount: number;
  readonly retries: number;
  readonly isIdempotent: boolean;
}

export function decideDelivery(
  batch: AnsweredBatch,
  errorCode: number,
  maxRetries: number,
): DeliveryDecision {
  switch (errorCode) {
    case ErrorCode.NONE:
    case ErrorCode.DUPLICATE_SEQUENCE_NUMBER:
      return 'delivered';
    case ErrorCode.MESSAGE_TOO_LARGE:
    case ErrorCode.RECORD_LIST_TOO_LARGE:
      return batch.recordCount > 1 ? 'split' : 'failed';
    case ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER:
    case ErrorCode.UNKNOWN_PRODUCER_ID:
      return batch.isIdempotent && batch.retries < maxRetries ? 'out-of-order' : 'failed';
    default:
      return errorByCode(errorCode).retriable && batch.retries < maxRetries ? 'retry' : 'failed';
  }
}
