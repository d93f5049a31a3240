// Decides the records of __transaction_state.
import { array, int16, int32, int64, int8, string, struct } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

export const transactionLogKey = message({
  name: 'TransactionLogKey',
  type: 'data',
  versions: [0, 0],
  flexibleSince: null,
  fields: {
    transactionalId: string(),
  },
});
export type TransactionLogKey = MessageOf<typeof transactionLogKey>;
export type TransactionLogKeyInput = MessageInputOf<typeof transactionLogKey>;

const partitionsSchema = struct('PartitionsSchema', {
  topic: string(),
  partitionIds: array(int32()),
});

export const transactionLogValue = message({
  name: 'TransactionLogValue',
  type: 'data',
  versions: [0, 1],
  flexibleSince: 1,
  fields: {
    producerId: int64(),
    previousProducerId: int64({ since: 1, tag: 0, default: -1 }),
    nextProducerId: int64({ since: 1, tag: 1, default: -1 }),
    producerEpoch: int16(),
    nextProducerEpoch: int16({ since: 1, tag: 3, default: -1 }),
    transactionTimeoutMs: int32(),
    /** Kafka's ids of the states (T1). */
    transactionStatus: int8(),
    transactionPartitions: array(partitionsSchema, { nullableSince: 0 }),
    transactionLastUpdateTimestampMs: int64(),
    transactionStartTimestampMs: int64(),
    clientTransactionVersion: int16({ since: 1, tag: 2, default: 0 }),
  },
});
export type TransactionLogValue = MessageOf<typeof transactionLogValue>;
export type TransactionLogValueInput = MessageInputOf<typeof transactionLogValue>;
