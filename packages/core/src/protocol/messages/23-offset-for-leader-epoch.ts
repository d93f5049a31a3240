// Decides the OffsetForLeaderEpoch messages (API key 23) on the wire.
import { array, int16, int32, int64, string, struct } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

const offsetForLeaderPartition = struct('OffsetForLeaderPartition', {
  partition: int32(),
  currentLeaderEpoch: int32({ default: -1, ignorable: true }),
  leaderEpoch: int32(),
});

const offsetForLeaderTopic = struct('OffsetForLeaderTopic', {
  topic: string(),
  partitions: array(offsetForLeaderPartition),
});

export const offsetForLeaderEpochRequest = message({
  name: 'OffsetForLeaderEpochRequest',
  type: 'request',
  apiKey: 23,
  versions: [2, 4],
  flexibleSince: 4,
  fields: {
    replicaId: int32({ since: 3, default: -2, ignorable: true }),
    topics: array(offsetForLeaderTopic),
  },
});
export type OffsetForLeaderEpochRequest = MessageOf<typeof offsetForLeaderEpochRequest>;
export type OffsetForLeaderEpochRequestInput = MessageInputOf<typeof offsetForLeaderEpochRequest>;

const epochEndOffset = struct('EpochEndOffset', {
  errorCode: int16(),
  partition: int32(),
  leaderEpoch: int32({ default: -1, ignorable: true }),
  endOffset: int64({ default: -1 }),
});

const offsetForLeaderTopicResult = struct('OffsetForLeaderTopicResult', {
  topic: string(),
  partitions: array(epochEndOffset),
});

export const offsetForLeaderEpochResponse = message({
  name: 'OffsetForLeaderEpochResponse',
  type: 'response',
  apiKey: 23,
  versions: [2, 4],
  flexibleSince: 4,
  fields: {
    throttleTimeMs: int32({ ignorable: true }),
    topics: array(offsetForLeaderTopicResult),
  },
});
export type OffsetForLeaderEpochResponse = MessageOf<typeof offsetForLeaderEpochResponse>;
export type OffsetForLeaderEpochResponseInput = MessageInputOf<typeof offsetForLeaderEpochResponse>;
