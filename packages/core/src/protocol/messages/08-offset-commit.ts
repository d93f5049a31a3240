// Decides the OffsetCommit messages (API key 8) on the wire.
import { array, int16, int32, int64, string, struct, uuid } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

const offsetCommitRequestPartition = struct('OffsetCommitRequestPartition', {
  partitionIndex: int32(),
  committedOffset: int64(),
  committedLeaderEpoch: int32({ since: 6, default: -1, ignorable: true }),
  committedMetadata: string({ nullableSince: 0 }),
});

const offsetCommitRequestTopic = struct('OffsetCommitRequestTopic', {
  name: string({ until: 9, ignorable: true }),
  topicId: uuid({ since: 10, ignorable: true }),
  partitions: array(offsetCommitRequestPartition),
});

export const offsetCommitRequest = message({
  name: 'OffsetCommitRequest',
  type: 'request',
  apiKey: 8,
  versions: [2, 10],
  flexibleSince: 8,
  fields: {
    groupId: string(),
    generationIdOrMemberEpoch: int32({ default: -1, ignorable: true }),
    memberId: string({ ignorable: true }),
    groupInstanceId: string({ since: 7, nullableSince: 7, default: null }),
    retentionTimeMs: int64({ until: 4, default: -1, ignorable: true }),
    topics: array(offsetCommitRequestTopic),
  },
});
export type OffsetCommitRequest = MessageOf<typeof offsetCommitRequest>;
export type OffsetCommitRequestInput = MessageInputOf<typeof offsetCommitRequest>;

const offsetCommitResponsePartition = struct('OffsetCommitResponsePartition', {
  partitionIndex: int32(),
  errorCode: int16(),
});

const offsetCommitResponseTopic = struct('OffsetCommitResponseTopic', {
  name: string({ until: 9, ignorable: true }),
  topicId: uuid({ since: 10, ignorable: true }),
  partitions: array(offsetCommitResponsePartition),
});

export const offsetCommitResponse = message({
  name: 'OffsetCommitResponse',
  type: 'response',
  apiKey: 8,
  versions: [2, 10],
  flexibleSince: 8,
  fields: {
    throttleTimeMs: int32({ since: 3, ignorable: true }),
    topics: array(offsetCommitResponseTopic),
  },
});
export type OffsetCommitResponse = MessageOf<typeof offsetCommitResponse>;
export type OffsetCommitResponseInput = MessageInputOf<typeof offsetCommitResponse>;
