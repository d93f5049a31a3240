// Decides the DescribeTransactions messages (API key 65) on the wire.
import { array, int16, int32, int64, string, struct } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

export const describeTransactionsRequest = message({
  name: 'DescribeTransactionsRequest',
  type: 'request',
  apiKey: 65,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    transactionalIds: array(string()),
  },
});
export type DescribeTransactionsRequest = MessageOf<typeof describeTransactionsRequest>;
export type DescribeTransactionsRequestInput = MessageInputOf<typeof describeTransactionsRequest>;

const topicData = struct('TopicData', {
  topic: string(),
  partitions: array(int32()),
});

const transactionState = struct('TransactionState', {
  errorCode: int16(),
  transactionalId: string(),
  transactionState: string(),
  transactionTimeoutMs: int32(),
  transactionStartTimeMs: int64(),
  producerId: int64(),
  producerEpoch: int16(),
  topics: array(topicData),
});

export const describeTransactionsResponse = message({
  name: 'DescribeTransactionsResponse',
  type: 'response',
  apiKey: 65,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    throttleTimeMs: int32(),
    transactionStates: array(transactionState),
  },
});
export type DescribeTransactionsResponse = MessageOf<typeof describeTransactionsResponse>;
export type DescribeTransactionsResponseInput = MessageInputOf<typeof describeTransactionsResponse>;
