// Decides whether partitions become part of a transaction, or are already (T5, P12, P13).
import { ErrorCode } from '../../protocol/errors.js';
import {
  hasPartition,
  isPreparing,
  type TransactionPartition,
  type TransactionValue,
} from './transaction-record.js';
import { withPartitions } from './transitions.js';

export interface AddPartitions {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly partitions: readonly TransactionPartition[];
  /** The level of transaction.version that the producer follows. */
  readonly clientTransactionVersion: number;
}

/** The value to store, or the error; NONE when everything is in the transaction already. */
export function addPartitions(
  known: TransactionValue | undefined,
  request: AddPartitions,
  wallMs: number,
): TransactionValue | number {
  if (known === undefined) return ErrorCode.INVALID_PRODUCER_ID_MAPPING;
  // Before the id and the epoch: those that the producer was given for its next transaction are not in place yet (T10).
  if (isPreparing(known)) return ErrorCode.CONCURRENT_TRANSACTIONS;
  if (known.producerId !== request.producerId) return ErrorCode.INVALID_PRODUCER_ID_MAPPING;
  if (known.producerEpoch !== request.producerEpoch) return ErrorCode.PRODUCER_FENCED;
  const isIn = (partition: TransactionPartition): boolean => hasPartition(known.partitions, partition);
  if (known.state === 'Ongoing' && request.partitions.every(isIn)) return ErrorCode.NONE;
  return withPartitions(known, request.partitions, request.clientTransactionVersion, wallMs);
}

/** For each partition NONE when it is in the transaction; no client is told TRANSACTION_ABORTABLE that does not know it. */
export function verifyPartitions(
  known: TransactionValue | undefined,
  request: AddPartitions,
): readonly number[] {
  const all = (errorCode: number): number[] => request.partitions.map(() => errorCode);
  if (known === undefined || known.producerId !== request.producerId)
    return all(ErrorCode.INVALID_PRODUCER_ID_MAPPING);
  if (known.producerEpoch !== request.producerEpoch) return all(ErrorCode.PRODUCER_FENCED);
  if (isPreparing(known)) return all(ErrorCode.CONCURRENT_TRANSACTIONS);
  return request.partitions.map((partition) =>
    hasPartition(known.partitions, partition) ? ErrorCode.NONE : ErrorCode.TRANSACTION_ABORTABLE,
  );
}
