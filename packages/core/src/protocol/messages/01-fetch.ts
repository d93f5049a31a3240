// Decides the Fetch messages (API key 1) on the wire.
import {
  array,
  int16,
  int32,
  int64,
  int8,
  records,
  string,
  struct,
  structField,
  uuid,
} from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

const replicaState = struct('ReplicaState', {
  replicaId: int32({ since: 15, default: -1 }),
  replicaEpoch: int64({ since: 15, default: -1 }),
});

const fetchPartition = struct('FetchPartition', {
  partition: int32(),
  currentLeaderEpoch: int32({ since: 9, default: -1, ignorable: true }),
  fetchOffset: int64(),
  lastFetchedEpoch: int32({ since: 12, default: -1 }),
  logStartOffset: int64({ since: 5, default: -1, ignorable: true }),
  partitionMaxBytes: int32(),
  replicaDirectoryId: uuid({ since: 17, tag: 0, ignorable: true }),
  highWatermark: int64({ since: 18, tag: 1, default: 2 ** 63, ignorable: true }),
});

const fetchTopic = struct('FetchTopic', {
  topic: string({ until: 12, ignorable: true }),
  topicId: uuid({ since: 13, ignorable: true }),
  partitions: array(fetchPartition),
});

const forgottenTopic = struct('ForgottenTopic', {
  topic: string({ since: 7, until: 12, ignorable: true }),
  topicId: uuid({ since: 13, ignorable: true }),
  partitions: array(int32(), { since: 7 }),
});

export const fetchRequest = message({
  name: 'FetchRequest',
  type: 'request',
  apiKey: 1,
  versions: [4, 18],
  flexibleSince: 12,
  fields: {
    clusterId: string({ since: 12, nullableSince: 12, tag: 0, default: null, ignorable: true }),
    replicaId: int32({ until: 14, default: -1 }),
    replicaState: structField(replicaState, { since: 15, tag: 1 }),
    maxWaitMs: int32(),
    minBytes: int32(),
    maxBytes: int32({ default: 2147483647, ignorable: true }),
    isolationLevel: int8({ default: 0, ignorable: true }),
    sessionId: int32({ since: 7, default: 0, ignorable: true }),
    sessionEpoch: int32({ since: 7, default: -1, ignorable: true }),
    topics: array(fetchTopic),
    forgottenTopicsData: array(forgottenTopic, { since: 7 }),
    rackId: string({ since: 11, default: '', ignorable: true }),
  },
});
export type FetchRequest = MessageOf<typeof fetchRequest>;
export type FetchRequestInput = MessageInputOf<typeof fetchRequest>;

const epochEndOffset = struct('EpochEndOffset', {
  epoch: int32({ since: 12, default: -1 }),
  endOffset: int64({ since: 12, default: -1 }),
});

const leaderIdAndEpoch = struct('LeaderIdAndEpoch', {
  leaderId: int32({ since: 12, default: -1 }),
  leaderEpoch: int32({ since: 12, default: -1 }),
});

const snapshotId = struct('SnapshotId', {
  endOffset: int64({ default: -1 }),
  epoch: int32({ default: -1 }),
});

const abortedTransaction = struct('AbortedTransaction', {
  producerId: int64(),
  firstOffset: int64(),
});

const partitionData = struct('PartitionData', {
  partitionIndex: int32(),
  errorCode: int16(),
  highWatermark: int64(),
  lastStableOffset: int64({ default: -1, ignorable: true }),
  logStartOffset: int64({ since: 5, default: -1, ignorable: true }),
  divergingEpoch: structField(epochEndOffset, { since: 12, tag: 0 }),
  currentLeader: structField(leaderIdAndEpoch, { since: 12, tag: 1 }),
  snapshotId: structField(snapshotId, { since: 12, tag: 2 }),
  abortedTransactions: array(abortedTransaction, { nullableSince: 4, ignorable: true }),
  preferredReadReplica: int32({ since: 11, default: -1 }),
  records: records({ nullableSince: 0 }),
});

const fetchableTopicResponse = struct('FetchableTopicResponse', {
  topic: string({ until: 12, ignorable: true }),
  topicId: uuid({ since: 13, ignorable: true }),
  partitions: array(partitionData),
});

const nodeEndpoint = struct('NodeEndpoint', {
  nodeId: int32({ since: 16 }),
  host: string({ since: 16 }),
  port: int32({ since: 16 }),
  rack: string({ since: 16, nullableSince: 16, default: null }),
});

export const fetchResponse = message({
  name: 'FetchResponse',
  type: 'response',
  apiKey: 1,
  versions: [4, 18],
  flexibleSince: 12,
  fields: {
    throttleTimeMs: int32({ ignorable: true }),
    errorCode: int16({ since: 7, ignorable: true }),
    sessionId: int32({ since: 7, default: 0 }),
    responses: array(fetchableTopicResponse),
    nodeEndpoints: array(nodeEndpoint, { since: 16, tag: 0 }),
  },
});
export type FetchResponse = MessageOf<typeof fetchResponse>;
export type FetchResponseInput = MessageInputOf<typeof fetchResponse>;
