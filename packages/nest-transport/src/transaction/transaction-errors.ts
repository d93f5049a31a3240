// Decides what a wrong use of transactions says to its author, and how failures of transactions are told apart.
import { CommitFailedError, KafkaError } from '@ottla/core';

/** A send, or a method with propagation `MANDATORY`, that needs a transaction where none is under way. */
export class NoTransactionError extends Error {
  /** The error's own name. */
  override readonly name = 'NoTransactionError';
}

/** A transaction was asked for where it cannot be, or used after its end. Spring's IllegalTransactionStateException. */
export class IllegalTransactionStateError extends Error {
  /** The error's own name. */
  override readonly name = 'IllegalTransactionStateError';
}

/** All producers of the pool stayed in use for `producerWaitTimeoutMs`. Spring's NoProducerAvailableException. */
export class NoProducerAvailableError extends Error {
  /** The error's own name. */
  override readonly name = 'NoProducerAvailableError';
  constructor(
    /** The pool: the prefix of its transactional ids. */
    readonly transactionIdPrefix: string,
    /** How many producers it has. */
    readonly maxProducers: number,
    /** How long the transaction waited. */
    readonly waitedMs: number,
  ) {
    super(
      `No producer of ${transactionIdPrefix} became free within ${waitedMs} ms: all ${maxProducers} are in transactions. ` +
        'Raise maxTransactionalProducers (consumers of transactional listeners and nested transactions each hold one), or make transactions shorter',
    );
  }
}

/** The outermost method returned, but one that joined its transaction had failed, so nothing was committed. */
export class UnexpectedRollbackError extends Error {
  /** The error's own name. */
  override readonly name = 'UnexpectedRollbackError';
  constructor(options: { readonly cause?: unknown } = {}) {
    super(
      'The transaction was rolled back, because a method that joined it failed or setRollbackOnly() was called',
      options,
    );
  }
}

const longestCauseChain = 10;

/** The error and what caused it, from the outside in. */
export function causesOf(error: unknown): unknown[] {
  const causes: unknown[] = [];
  let next = error;
  while (next !== undefined && next !== null && causes.length < longestCauseChain) {
    causes.push(next);
    next = (next as { cause?: unknown }).cause;
  }
  return causes;
}

const fencedCodes: ReadonlySet<string> = new Set([
  'PRODUCER_FENCED',
  'INVALID_PRODUCER_EPOCH',
  // What a commit hears when the coordinator has ended the transaction because of its timeout (KIP-890).
  'INVALID_TXN_STATE',
  // The coordinator has forgotten the transactional id, which was not used for seven days.
  'INVALID_PRODUCER_ID_MAPPING',
]);

/** Another producer took the transactional id, or the coordinator ended a transaction that took too long (KIP-360, KIP-890). */
export function isProducerFenced(error: unknown): boolean {
  return causesOf(error).some((cause) => cause instanceof KafkaError && fencedCodes.has(cause.code));
}

const groupCodes: ReadonlySet<string> = new Set([
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'REBALANCE_IN_PROGRESS',
  'FENCED_INSTANCE_ID',
  'FENCED_MEMBER_EPOCH',
  'STALE_MEMBER_EPOCH',
]);

/** The group has gone on without this consumer: its offsets are refused, its records are somebody else's (KIP-447). */
export function isGroupFenced(error: unknown): boolean {
  return causesOf(error).some(
    (cause) =>
      cause instanceof CommitFailedError || (cause instanceof KafkaError && groupCodes.has(cause.code)),
  );
}

/** The client says that the transaction can, and has to, be aborted, after which the producer is as good as before. */
export function isAbortable(error: unknown): boolean {
  return error instanceof KafkaError && error.abortable;
}
