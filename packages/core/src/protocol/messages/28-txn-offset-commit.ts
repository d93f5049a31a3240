// Decides the TxnOffsetCommit messages (API key 28) on the wire.
import { array, int16, int32, int64, string, struct, uuid } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

const txnOffsetCommitRequestPartition = struct('TxnOffsetCommitRequestPartition', {
  partitionIndex: int32(),
  committedOffset: int64(),
  committedLeaderEpoch: int32({ since: 2, default: -1, ignorable: true }),
  committedMetadata: string({ nullableSince: 0 }),
});

const txnOffsetCommitRequestTopic = struct('TxnOffsetCommitRequestTopic', {
  name: string({ until: 5, ignorable: true }),
  topicId: uuid({ since: 6, ignorable: true }),
  partitions: array(txnOffsetCommitRequestPartition),
});

export const txnOffsetCommitRequest = message({
  name: 'TxnOffsetCommitRequest',
  type: 'request',
  apiKey: 28,
  versions: [0, 6],
  flexibleSince: 3,
  fields: {
    transactionalId: string(),
    groupId: string(),
    producerId: int64(),
    producerEpoch: int16(),
    generationIdOrMemberEpoch: int32({ since: 3, default: -1 }),
    memberId: string({ since: 3, default: '' }),
    groupInstanceId: string({ since: 3, nullableSince: 3, default: null }),
    topics: array(txnOffsetCommitRequestTopic),
  },
});
export type TxnOffsetCommitRequest = MessageOf<typeof txnOffsetCommitRequest>;
export type TxnOffsetCommitRequestInput = MessageInputOf<typeof txnOffsetCommitRequest>;

const txnOffsetCommitResponsePartition = struct('TxnOffsetCommitResponsePartition', {
  partitionIndex: int32(),
  errorCode: int16(),
});

const txnOffsetCommitResponseTopic = struct('TxnOffsetCommitResponseTopic', {
  name: string({ until: 5, ignorable: true }),
  topicId: uuid({ since: 6, ignorable: true }),
  partitions: array(txnOffsetCommitResponsePartition),
});

export const txnOffsetCommitResponse = message({
  name: 'TxnOffsetCommitResponse',
  type: 'response',
  apiKey: 28,
  versions: [0, 6],
  flexibleSince: 3,
  fields: {
    throttleTimeMs: int32(),
    topics: array(txnOffsetCommitResponseTopic),
  },
});
export type TxnOffsetCommitResponse = MessageOf<typeof txnOffsetCommitResponse>;
export type TxnOffsetCommitResponseInput = MessageInputOf<typeof txnOffsetCommitResponse>;
