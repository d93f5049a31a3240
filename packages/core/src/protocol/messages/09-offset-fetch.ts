// Decides the OffsetFetch messages (API key 9) on the wire.
import { array, bool, int16, int32, int64, string, struct, uuid } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

const offsetFetchRequestTopic = struct('OffsetFetchRequestTopic', {
  name: string({ until: 7 }),
  partitionIndexes: array(int32(), { until: 7 }),
});

const offsetFetchRequestTopics = struct('OffsetFetchRequestTopics', {
  name: string({ since: 8, until: 9, ignorable: true }),
  topicId: uuid({ since: 10, ignorable: true }),
  partitionIndexes: array(int32(), { since: 8 }),
});

const offsetFetchRequestGroup = struct('OffsetFetchRequestGroup', {
  groupId: string({ since: 8 }),
  memberId: string({ since: 9, nullableSince: 9, default: null, ignorable: true }),
  memberEpoch: int32({ since: 9, default: -1, ignorable: true }),
  topics: array(offsetFetchRequestTopics, { since: 8, nullableSince: 8 }),
});

export const offsetFetchRequest = message({
  name: 'OffsetFetchRequest',
  type: 'request',
  apiKey: 9,
  versions: [1, 10],
  flexibleSince: 6,
  fields: {
    groupId: string({ until: 7 }),
    topics: array(offsetFetchRequestTopic, { until: 7, nullableSince: 2 }),
    groups: array(offsetFetchRequestGroup, { since: 8 }),
    requireStable: bool({ since: 7, default: false }),
  },
});
export type OffsetFetchRequest = MessageOf<typeof offsetFetchRequest>;
export type OffsetFetchRequestInput = MessageInputOf<typeof offsetFetchRequest>;

const offsetFetchResponsePartition = struct('OffsetFetchResponsePartition', {
  partitionIndex: int32({ until: 7 }),
  committedOffset: int64({ until: 7 }),
  committedLeaderEpoch: int32({ since: 5, until: 7, default: -1, ignorable: true }),
  metadata: string({ until: 7, nullableSince: 0 }),
  errorCode: int16({ until: 7 }),
});

const offsetFetchResponseTopic = struct('OffsetFetchResponseTopic', {
  name: string({ until: 7 }),
  partitions: array(offsetFetchResponsePartition, { until: 7 }),
});

const offsetFetchResponsePartitions = struct('OffsetFetchResponsePartitions', {
  partitionIndex: int32({ since: 8 }),
  committedOffset: int64({ since: 8 }),
  committedLeaderEpoch: int32({ since: 8, default: -1, ignorable: true }),
  metadata: string({ since: 8, nullableSince: 8 }),
  errorCode: int16({ since: 8 }),
});

const offsetFetchResponseTopics = struct('OffsetFetchResponseTopics', {
  name: string({ since: 8, until: 9, ignorable: true }),
  topicId: uuid({ since: 10, ignorable: true }),
  partitions: array(offsetFetchResponsePartitions, { since: 8 }),
});

const offsetFetchResponseGroup = struct('OffsetFetchResponseGroup', {
  groupId: string({ since: 8 }),
  topics: array(offsetFetchResponseTopics, { since: 8 }),
  errorCode: int16({ since: 8, default: 0 }),
});

export const offsetFetchResponse = message({
  name: 'OffsetFetchResponse',
  type: 'response',
  apiKey: 9,
  versions: [1, 10],
  flexibleSince: 6,
  fields: {
    throttleTimeMs: int32({ since: 3, ignorable: true }),
    topics: array(offsetFetchResponseTopic, { until: 7 }),
    errorCode: int16({ since: 2, until: 7, default: 0, ignorable: true }),
    groups: array(offsetFetchResponseGroup, { since: 8 }),
  },
});
export type OffsetFetchResponse = MessageOf<typeof offsetFetchResponse>;
export type OffsetFetchResponseInput = MessageInputOf<typeof offsetFetchResponse>;
