// Decides the CreatePartitions messages (API key 37) on the wire.
import { array, bool, int16, int32, string, struct } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

const createPartitionsAssignment = struct('CreatePartitionsAssignment', {
  brokerIds: array(int32()),
});

const createPartitionsTopic = struct('CreatePartitionsTopic', {
  name: string(),
  count: int32(),
  assignments: array(createPartitionsAssignment, { nullableSince: 0 }),
});

export const createPartitionsRequest = message({
  name: 'CreatePartitionsRequest',
  type: 'request',
  apiKey: 37,
  versions: [0, 3],
  flexibleSince: 2,
  fields: {
    topics: array(createPartitionsTopic),
    timeoutMs: int32(),
    validateOnly: bool(),
  },
});
export type CreatePartitionsRequest = MessageOf<typeof createPartitionsRequest>;
export type CreatePartitionsRequestInput = MessageInputOf<typeof createPartitionsRequest>;

const createPartitionsTopicResult = struct('CreatePartitionsTopicResult', {
  name: string(),
  errorCode: int16(),
  errorMessage: string({ nullableSince: 0, default: null }),
});

export const createPartitionsResponse = message({
  name: 'CreatePartitionsResponse',
  type: 'response',
  apiKey: 37,
  versions: [0, 3],
  flexibleSince: 2,
  fields: {
    throttleTimeMs: int32(),
    results: array(createPartitionsTopicResult),
  },
});
export type CreatePartitionsResponse = MessageOf<typeof createPartitionsResponse>;
export type CreatePartitionsResponseInput = MessageInputOf<typeof createPartitionsResponse>;
