// Decides the errors that tell what became of a transaction.
import type { TransactionFailure, TransactionProblem } from '../../machines/producer/transaction-progress.js';
import type { TransactionRequestKind } from '../../machines/producer/transaction-request.js';
import { ErrorCode } from '../../protocol/errors.js';
import {
  brokerError,
  CommitFailedError,
  KafkaError,
  TransactionAbortableError,
  TransactionAbortedError,
} from '../errors.js';

const whatFailed: Readonly<Record<TransactionRequestKind, string>> = {
  'find-coordinator': 'Cannot find the coordinator',
  'init-producer-id': 'Cannot initialize the producer',
  'add-partitions': 'Cannot add partitions to the transaction',
  'add-offsets': 'Cannot add the offsets of a group to the transaction',
  'commit-offsets': 'Cannot commit offsets in the transaction',
  end: 'Cannot end the transaction',
};

const lostMemberCodes: ReadonlySet<number> = new Set([
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.ILLEGAL_GENERATION,
  ErrorCode.STALE_MEMBER_EPOCH,
  ErrorCode.FENCED_MEMBER_EPOCH,
  ErrorCode.REBALANCE_IN_PROGRESS,
]);

/** What went wrong, without what follows from it. */
export function errorOfFailure(failure: TransactionFailure, transactionalId: string, isFatal = false): Error {
  if (failure.kind === 'error') return failure.error;
  const { request, message, subject } = failure;
  const place = subject === null ? '' : `: ${subject}`;
  const what = `${whatFailed[request]} of ${transactionalId}${place}`;
  if (request === 'commit-offsets' && lostMemberCodes.has(failure.errorCode)) {
    return new CommitFailedError(
      `${what}: the group has gone on without this member, whose partitions may belong to others now`,
      { errorCode: failure.errorCode },
    );
  }
  // A coordinator that finds the epoch old says so in either way (KIP-360).
  const isFenced = failure.errorCode === ErrorCode.INVALID_PRODUCER_EPOCH;
  const errorCode = isFenced ? ErrorCode.PRODUCER_FENCED : failure.errorCode;
  return brokerError(errorCode, what, message, { fatal: isFatal });
}

function messageOf(error: Error): string {
  return error instanceof TransactionAbortableError && error.cause instanceof Error
    ? error.cause.message
    : error.message;
}

export function errorOfProblem(problem: TransactionProblem, transactionalId: string): Error {
  if (problem.severity === 'aborted')
    return new TransactionAbortedError(`Not sent: the transaction of ${transactionalId} was aborted`);
  const isFatal = problem.severity === 'fatal';
  const cause = errorOfFailure(problem.failure, transactionalId, isFatal);
  if (!isFatal) {
    return new TransactionAbortableError(
      `The transaction of ${transactionalId} has to be aborted: ${messageOf(cause)}; call abortTransaction()`,
      { cause },
    );
  }
  if (cause instanceof KafkaError && cause.fatal) return cause;
  const details = cause instanceof KafkaError ? { code: cause.code, errorCode: cause.errorCode } : null;
  return new KafkaError(
    `The producer ${transactionalId} cannot go on and has to be closed: ${cause.message}`,
    {
      code: details?.code ?? 'ILLEGAL_STATE',
      errorCode: details?.errorCode ?? null,
      fatal: true,
      cause,
    },
  );
}
