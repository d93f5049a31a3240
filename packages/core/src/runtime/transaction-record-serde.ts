// Decides how the transaction machine's records lie in `__transaction_state` (T2).
import {
  noPartitions,
  noProducerEpoch,
  transactionStateIds,
  type TransactionPartitions,
  type TransactionRecord,
  type TransactionState,
  type TransactionValue,
} from '../machines/transaction/transaction-record.js';
import {
  decodeTransactionLogValue,
  decodeTransactionRecordKey,
  encodeTransactionLogKey,
  encodeTransactionLogValue,
} from '../protocol/coordinator/transaction-record.js';
import type { TransactionLogValue } from '../protocol/coordinator/transaction-log-record.js';
import type { CoordinatorSerde, DecodedRecord, EncodedRecord } from './coordinator-serde.js';

const stateById = new Map<number, TransactionState>(
  Object.entries(transactionStateIds).map(([name, id]) => [id, name as TransactionState]),
);

/** The flexible version of the value has come with transaction.version 1. */
const flexibleValueSince = 1;

/** Values are written as the cluster's level of transaction.version allows. */
export function transactionRecordSerde(
  transactionVersion: () => number,
): CoordinatorSerde<TransactionRecord> {
  return {
    encode({ transactionalId, value }: TransactionRecord): EncodedRecord {
      return {
        key: encodeTransactionLogKey({ transactionalId }),
        value: value === null ? null : encodeValue(value, transactionVersion() >= flexibleValueSince),
      };
    },
    decode(keyBytes: Buffer, valueBytes: Buffer | null): DecodedRecord<TransactionRecord> {
      const key = decodeTransactionRecordKey(keyBytes);
      if (key.kind === 'unknown') return { kind: 'unknown', what: `records of type ${key.type}` };
      const { transactionalId } = key.key;
      if (valueBytes === null) return { kind: 'record', record: { transactionalId, value: null } };
      const stored = decodeTransactionLogValue(valueBytes);
      const state = stateById.get(stored.transactionStatus);
      if (state === undefined)
        return { kind: 'unknown', what: `transactions of state ${stored.transactionStatus}` };
      return { kind: 'record', record: { transactionalId, value: valueOf(stored, state) } };
    },
  };
}

function encodeValue(value: TransactionValue, isFlexible: boolean): Buffer {
  const { state, partitions } = value;
  const common = {
    producerId: value.producerId,
    producerEpoch: value.producerEpoch,
    transactionTimeoutMs: value.timeoutMs,
    transactionStatus: transactionStateIds[state],
    transactionPartitions:
      state === 'Empty'
        ? null
        : Array.from(partitions, ([topic, numbers]) => ({ topic, partitionIds: [...numbers] })),
    transactionLastUpdateTimestampMs: value.lastUpdateTimestampMs,
    transactionStartTimestampMs: value.startTimestampMs,
  };
  if (!isFlexible) return encodeTransactionLogValue(common, 0);
  const { previousProducerId, nextProducerId, clientTransactionVersion } = value;
  return encodeTransactionLogValue(
    { ...common, previousProducerId, nextProducerId, clientTransactionVersion },
    1,
  );
}

function valueOf(stored: TransactionLogValue, state: TransactionState): TransactionValue {
  return {
    producerId: stored.producerId,
    producerEpoch: stored.producerEpoch,
    lastProducerEpoch: noProducerEpoch,
    previousProducerId: stored.previousProducerId,
    nextProducerId: stored.nextProducerId,
    timeoutMs: stored.transactionTimeoutMs,
    state,
    partitions: partitionsOf(stored),
    startTimestampMs: stored.transactionStartTimestampMs,
    lastUpdateTimestampMs: stored.transactionLastUpdateTimestampMs,
    clientTransactionVersion: stored.clientTransactionVersion,
  };
}

function partitionsOf({ transactionPartitions }: TransactionLogValue): TransactionPartitions {
  if (transactionPartitions === null || transactionPartitions.length === 0) return noPartitions;
  return new Map(transactionPartitions.map(({ topic, partitionIds }) => [topic, new Set(partitionIds)]));
}
