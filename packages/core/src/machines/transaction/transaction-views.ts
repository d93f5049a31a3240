// Decides what operators are shown of transactions (KIP-664, KIP-994).
import { ErrorCode } from '../../protocol/errors.js';
import type { LinearRegex } from '../../foundation/regex/linear-regex.js';
import { noProducerEpoch, noProducerId, noTimestamp, type TransactionValue } from './transaction-record.js';

/** A transaction under DescribeTransactions' names. */
export interface DescribedTransaction {
  readonly errorCode: number;
  readonly transactionalId: string;
  readonly transactionState: string;
  readonly transactionTimeoutMs: number;
  readonly transactionStartTimeMs: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly topics: { readonly topic: string; readonly partitions: readonly number[] }[];
}

/** A transaction under ListTransactions' names. */
export interface ListedTransaction {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly transactionState: string;
}

/** Empty sets, −1 and null let everything pass. */
export interface TransactionFilter {
  readonly states: ReadonlySet<string>;
  /** A filter was given, though it may name unknown states only. */
  readonly hasStates: boolean;
  readonly producerIds: ReadonlySet<number>;
  /** Transactions that run longer than this; −1 for all. */
  readonly durationMs: number;
  /** Must match all of the transactional id. */
  readonly idPattern: LinearRegex | null;
}

export function undescribedTransaction(transactionalId: string, errorCode: number): DescribedTransaction {
  return {
    errorCode,
    transactionalId,
    transactionState: '',
    transactionTimeoutMs: 0,
    transactionStartTimeMs: noTimestamp,
    producerId: noProducerId,
    producerEpoch: noProducerEpoch,
    topics: [],
  };
}

export function describeTransaction(
  transactionalId: string,
  value: TransactionValue | undefined,
): DescribedTransaction {
  if (transactionalId === '') return undescribedTransaction(transactionalId, ErrorCode.INVALID_REQUEST);
  if (value === undefined)
    return undescribedTransaction(transactionalId, ErrorCode.TRANSACTIONAL_ID_NOT_FOUND);
  return {
    errorCode: ErrorCode.NONE,
    transactionalId,
    transactionState: value.state,
    transactionTimeoutMs: value.timeoutMs,
    transactionStartTimeMs: value.startTimestampMs,
    producerId: value.producerId,
    producerEpoch: value.producerEpoch,
    topics: Array.from(value.partitions, ([topic, partitions]) => ({ topic, partitions: [...partitions] })),
  };
}

/** Null when the filter leaves it out. */
export function listTransaction(
  transactionalId: string,
  value: TransactionValue,
  filter: TransactionFilter,
  wallMs: number,
): ListedTransaction | null {
  const { producerId, state, startTimestampMs } = value;
  if (filter.producerIds.size > 0 && !filter.producerIds.has(producerId)) return null;
  if (filter.hasStates && !filter.states.has(state)) return null;
  if (filter.durationMs >= 0 && wallMs - startTimestampMs <= filter.durationMs) return null;
  if (filter.idPattern !== null && !filter.idPattern.matches(transactionalId)) return null;
  return { transactionalId, producerId, transactionState: state };
}
