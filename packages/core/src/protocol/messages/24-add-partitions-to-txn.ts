// Decides the AddPartitionsToTxn messages (API key 24) on the wire: one transaction up to version 3, from 4 on the brokers' form with many (KIP-890).
import { array, bool, int16, int32, int64, string, struct } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

const addPartitionsToTxnTopic = struct('AddPartitionsToTxnTopic', {
  name: string(),
  partitions: array(int32()),
});

const addPartitionsToTxnTransaction = struct('AddPartitionsToTxnTransaction', {
  transactionalId: string({ since: 4 }),
  producerId: int64({ since: 4 }),
  producerEpoch: int16({ since: 4 }),
  verifyOnly: bool({ since: 4, default: false }),
  topics: array(addPartitionsToTxnTopic, { since: 4 }),
});

export const addPartitionsToTxnRequest = message({
  name: 'AddPartitionsToTxnRequest',
  type: 'request',
  apiKey: 24,
  versions: [0, 5],
  flexibleSince: 3,
  fields: {
    transactions: array(addPartitionsToTxnTransaction, { since: 4 }),
    v3AndBelowTransactionalId: string({ until: 3 }),
    v3AndBelowProducerId: int64({ until: 3 }),
    v3AndBelowProducerEpoch: int16({ until: 3 }),
    v3AndBelowTopics: array(addPartitionsToTxnTopic, { until: 3 }),
  },
});
export type AddPartitionsToTxnRequest = MessageOf<typeof addPartitionsToTxnRequest>;
export type AddPartitionsToTxnRequestInput = MessageInputOf<typeof addPartitionsToTxnRequest>;

const addPartitionsToTxnPartitionResult = struct('AddPartitionsToTxnPartitionResult', {
  partitionIndex: int32(),
  partitionErrorCode: int16(),
});

const addPartitionsToTxnTopicResult = struct('AddPartitionsToTxnTopicResult', {
  name: string(),
  resultsByPartition: array(addPartitionsToTxnPartitionResult),
});

const addPartitionsToTxnResult = struct('AddPartitionsToTxnResult', {
  transactionalId: string({ since: 4 }),
  topicResults: array(addPartitionsToTxnTopicResult, { since: 4 }),
});

export const addPartitionsToTxnResponse = message({
  name: 'AddPartitionsToTxnResponse',
  type: 'response',
  apiKey: 24,
  versions: [0, 5],
  flexibleSince: 3,
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16({ since: 4, ignorable: true }),
    resultsByTransaction: array(addPartitionsToTxnResult, { since: 4 }),
    resultsByTopicV3AndBelow: array(addPartitionsToTxnTopicResult, { until: 3 }),
  },
});
export type AddPartitionsToTxnResponse = MessageOf<typeof addPartitionsToTxnResponse>;
export type AddPartitionsToTxnResponseInput = MessageInputOf<typeof addPartitionsToTxnResponse>;
