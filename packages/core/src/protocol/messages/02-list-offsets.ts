// Decides the ListOffsets messages (API key 2) on the wire.
import { array, int16, int32, int64, int8, string, struct } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

const listOffsetsPartition = struct('ListOffsetsPartition', {
  partitionIndex: int32(),
  currentLeaderEpoch: int32({ since: 4, default: -1, ignorable: true }),
  timestamp: int64(),
});

const listOffsetsTopic = struct('ListOffsetsTopic', {
  name: string(),
  partitions: array(listOffsetsPartition),
});

export const listOffsetsRequest = message({
  name: 'ListOffsetsRequest',
  type: 'request',
  apiKey: 2,
  versions: [1, 11],
  flexibleSince: 6,
  fields: {
    replicaId: int32(),
    isolationLevel: int8({ since: 2 }),
    topics: array(listOffsetsTopic),
    timeoutMs: int32({ since: 10, ignorable: true }),
  },
});
export type ListOffsetsRequest = MessageOf<typeof listOffsetsRequest>;
export type ListOffsetsRequestInput = MessageInputOf<typeof listOffsetsRequest>;

const listOffsetsPartitionResponse = struct('ListOffsetsPartitionResponse', {
  partitionIndex: int32(),
  errorCode: int16(),
  timestamp: int64({ default: -1 }),
  offset: int64({ default: -1 }),
  leaderEpoch: int32({ since: 4, default: -1 }),
});

const listOffsetsTopicResponse = struct('ListOffsetsTopicResponse', {
  name: string(),
  partitions: array(listOffsetsPartitionResponse),
});

export const listOffsetsResponse = message({
  name: 'ListOffsetsResponse',
  type: 'response',
  apiKey: 2,
  versions: [1, 11],
  flexibleSince: 6,
  fields: {
    throttleTimeMs: int32({ since: 2, ignorable: true }),
    topics: array(listOffsetsTopicResponse),
  },
});
export type ListOffsetsResponse = MessageOf<typeof listOffsetsResponse>;
export type ListOffsetsResponseInput = MessageInputOf<typeof listOffsetsResponse>;
