// Decides the OffsetDelete messages (API key 47) on the wire.
import { array, int16, int32, string, struct } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

const offsetDeleteRequestPartition = struct('OffsetDeleteRequestPartition', {
  partitionIndex: int32(),
});

const offsetDeleteRequestTopic = struct('OffsetDeleteRequestTopic', {
  name: string(),
  partitions: array(offsetDeleteRequestPartition),
});

export const offsetDeleteRequest = message({
  name: 'OffsetDeleteRequest',
  type: 'request',
  apiKey: 47,
  versions: [0, 0],
  flexibleSince: null,
  fields: {
    groupId: string(),
    topics: array(offsetDeleteRequestTopic),
  },
});
export type OffsetDeleteRequest = MessageOf<typeof offsetDeleteRequest>;
export type OffsetDeleteRequestInput = MessageInputOf<typeof offsetDeleteRequest>;

const offsetDeleteResponsePartition = struct('OffsetDeleteResponsePartition', {
  partitionIndex: int32(),
  errorCode: int16(),
});

const offsetDeleteResponseTopic = struct('OffsetDeleteResponseTopic', {
  name: string(),
  partitions: array(offsetDeleteResponsePartition),
});

export const offsetDeleteResponse = message({
  name: 'OffsetDeleteResponse',
  type: 'response',
  apiKey: 47,
  versions: [0, 0],
  flexibleSince: null,
  fields: {
    errorCode: int16(),
    throttleTimeMs: int32({ ignorable: true }),
    topics: array(offsetDeleteResponseTopic),
  },
});
export type OffsetDeleteResponse = MessageOf<typeof offsetDeleteResponse>;
export type OffsetDeleteResponseInput = MessageInputOf<typeof offsetDeleteResponse>;
