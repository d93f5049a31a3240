// Decides the DescribeQuorum messages (API key 55) on the wire.
import { array, int16, int32, int64, string, struct, uint16, uuid } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

const partitionData = struct('PartitionData', {
  partitionIndex: int32(),
});

const topicData = struct('TopicData', {
  topicName: string(),
  partitions: array(partitionData),
});

export const describeQuorumRequest = message({
  name: 'DescribeQuorumRequest',
  type: 'request',
  apiKey: 55,
  versions: [0, 2],
  flexibleSince: 0,
  fields: {
    topics: array(topicData),
  },
});
export type DescribeQuorumRequest = MessageOf<typeof describeQuorumRequest>;
export type DescribeQuorumRequestInput = MessageInputOf<typeof describeQuorumRequest>;

const replicaState = struct('ReplicaState', {
  replicaId: int32(),
  replicaDirectoryId: uuid({ since: 2 }),
  logEndOffset: int64(),
  lastFetchTimestamp: int64({ since: 1, default: -1, ignorable: true }),
  lastCaughtUpTimestamp: int64({ since: 1, default: -1, ignorable: true }),
});

const responsePartitionData = struct('PartitionData', {
  partitionIndex: int32(),
  errorCode: int16(),
  errorMessage: string({ since: 2, nullableSince: 2, ignorable: true }),
  leaderId: int32(),
  leaderEpoch: int32(),
  highWatermark: int64(),
  currentVoters: array(replicaState),
  observers: array(replicaState),
});

const responseTopicData = struct('TopicData', {
  topicName: string(),
  partitions: array(responsePartitionData),
});

const listener = struct('Listener', {
  name: string({ since: 2 }),
  host: string({ since: 2 }),
  port: uint16({ since: 2 }),
});

const node = struct('Node', {
  nodeId: int32({ since: 2 }),
  listeners: array(listener, { since: 2 }),
});

export const describeQuorumResponse = message({
  name: 'DescribeQuorumResponse',
  type: 'response',
  apiKey: 55,
  versions: [0, 2],
  flexibleSince: 0,
  fields: {
    errorCode: int16(),
    errorMessage: string({ since: 2, nullableSince: 2, ignorable: true }),
    topics: array(responseTopicData),
    nodes: array(node, { since: 2 }),
  },
});
export type DescribeQuorumResponse = MessageOf<typeof describeQuorumResponse>;
export type DescribeQuorumResponseInput = MessageInputOf<typeof describeQuorumResponse>;
