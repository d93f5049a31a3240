// Decides what an error of a coordinator means for the transaction and the producer (PC9).
import { ErrorCode, errorByCode } from '../../protocol/errors.js';
import type { TransactionRequestKind } from './transaction-request.js';

/**
 * `retry`: the same again. `find-coordinator`: the same again, of a coordinator that is looked up anew. `abortable`: the
 * transaction has to be aborted. `new-epoch`: so it has, and the coordinator knows nothing of it that could be ended: only a new
 * epoch helps. `fatal`: the producer is finished.
 */
export type TransactionErrorDecision = 'retry' | 'find-coordinator' | 'abortable' | 'new-epoch' | 'fatal';

const movedCodes: ReadonlySet<number> = new Set([
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.NOT_COORDINATOR,
]);

const unknownProducerCodes: ReadonlySet<number> = new Set([
  ErrorCode.INVALID_PRODUCER_ID_MAPPING,
  ErrorCode.UNKNOWN_PRODUCER_ID,
]);

/** What is wrong with the group's member or with what is committed, not with the producer. */
const offsetCodes: ReadonlySet<number> = new Set([
  ErrorCode.GROUP_AUTHORIZATION_FAILED,
  ErrorCode.TOPIC_AUTHORIZATION_FAILED,
  ErrorCode.FENCED_INSTANCE_ID,
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.ILLEGAL_GENERATION,
  ErrorCode.STALE_MEMBER_EPOCH,
  ErrorCode.FENCED_MEMBER_EPOCH,
  ErrorCode.REBALANCE_IN_PROGRESS,
  ErrorCode.OFFSET_METADATA_TOO_LARGE,
  ErrorCode.INVALID_COMMIT_OFFSET_SIZE,
  ErrorCode.GROUP_ID_NOT_FOUND,
  ErrorCode.INVALID_GROUP_ID,
]);

/** Whatever was asked, these end the producer. */
const fatalCodes: ReadonlySet<number> = new Set([
  ErrorCode.PRODUCER_FENCED,
  ErrorCode.INVALID_PRODUCER_EPOCH,
  ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
  ErrorCode.INVALID_TXN_STATE,
]);

export function decideTransactionError(
  kind: TransactionRequestKind,
  errorCode: number,
): TransactionErrorDecision {
  if (kind === 'find-coordinator' && errorByCode(errorCode).retriable) return 'retry';
  if (movedCodes.has(errorCode)) return 'find-coordinator';
  if (kind === 'commit-offsets' && errorCode === ErrorCode.REQUEST_TIMED_OUT) return 'find-coordinator';
  if (errorByCode(errorCode).retriable) return 'retry';
  if (fatalCodes.has(errorCode) || kind === 'init-producer-id') return 'fatal';
  if (errorCode === ErrorCode.TRANSACTION_ABORTABLE) return 'abortable';
  switch (kind) {
    case 'find-coordinator':
      return offsetCodes.has(errorCode) ? 'abortable' : 'fatal';
    case 'add-partitions':
      return unknownProducerCodes.has(errorCode) ? 'new-epoch' : 'abortable';
    case 'add-offsets':
    case 'commit-offsets':
      if (unknownProducerCodes.has(errorCode)) return 'new-epoch';
      return offsetCodes.has(errorCode) ? 'abortable' : 'fatal';
    case 'end':
      return unknownProducerCodes.has(errorCode) ? 'new-epoch' : 'fatal';
  }
}

/** Refusals of Produce after which not even an abort helps; 47 is no such one here, as the partition may know more than we (PC9). */
const fatalProduceCodes: ReadonlySet<number> = new Set([
  ErrorCode.PRODUCER_FENCED,
  ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
  ErrorCode.CLUSTER_AUTHORIZATION_FAILED,
  ErrorCode.UNSUPPORTED_VERSION,
]);

export function isFatalForTransactions(produceErrorCode: number): boolean {
  return fatalProduceCodes.has(produceErrorCode);
}
