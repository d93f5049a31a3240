// Decides the DescribeTopicPartitions messages (API key 75) on the wire.
import { array, bool, int16, int32, string, struct, structField, uuid } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

const topicRequest = struct('TopicRequest', {
  name: string(),
});

const cursor = struct('Cursor', {
  topicName: string(),
  partitionIndex: int32(),
});

export const describeTopicPartitionsRequest = message({
  name: 'DescribeTopicPartitionsRequest',
  type: 'request',
  apiKey: 75,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    topics: array(topicRequest),
    responsePartitionLimit: int32({ default: 2000 }),
    cursor: structField(cursor, { nullableSince: 0, default: null }),
  },
});
export type DescribeTopicPartitionsRequest = MessageOf<typeof describeTopicPartitionsRequest>;
export type DescribeTopicPartitionsRequestInput = MessageInputOf<typeof describeTopicPartitionsRequest>;

const describeTopicPartitionsResponsePartition = struct('DescribeTopicPartitionsResponsePartition', {
  errorCode: int16(),
  partitionIndex: int32(),
  leaderId: int32(),
  leaderEpoch: int32({ default: -1, ignorable: true }),
  replicaNodes: array(int32()),
  isrNodes: array(int32()),
  eligibleLeaderReplicas: array(int32(), { nullableSince: 0, default: null }),
  lastKnownElr: array(int32(), { nullableSince: 0, default: null }),
  offlineReplicas: array(int32(), { ignorable: true }),
});

const describeTopicPartitionsResponseTopic = struct('DescribeTopicPartitionsResponseTopic', {
  errorCode: int16(),
  name: string({ nullableSince: 0 }),
  topicId: uuid({ ignorable: true }),
  isInternal: bool({ default: false, ignorable: true }),
  partitions: array(describeTopicPartitionsResponsePartition),
  topicAuthorizedOperations: int32({ default: -2147483648 }),
});

const responseCursor = struct('Cursor', {
  topicName: string(),
  partitionIndex: int32(),
});

export const describeTopicPartitionsResponse = message({
  name: 'DescribeTopicPartitionsResponse',
  type: 'response',
  apiKey: 75,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    throttleTimeMs: int32({ ignorable: true }),
    topics: array(describeTopicPartitionsResponseTopic),
    nextCursor: structField(responseCursor, { nullableSince: 0, default: null }),
  },
});
export type DescribeTopicPartitionsResponse = MessageOf<typeof describeTopicPartitionsResponse>;
export type DescribeTopicPartitionsResponseInput = MessageInputOf<typeof describeTopicPartitionsResponse>;
