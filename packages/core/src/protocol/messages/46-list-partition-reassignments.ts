// Decides the ListPartitionReassignments messages (API key 46) on the wire.
import { array, int16, int32, string, struct } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

const listPartitionReassignmentsTopics = struct('ListPartitionReassignmentsTopics', {
  name: string(),
  partitionIndexes: array(int32()),
});

export const listPartitionReassignmentsRequest = message({
  name: 'ListPartitionReassignmentsRequest',
  type: 'request',
  apiKey: 46,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    timeoutMs: int32({ default: 60000 }),
    topics: array(listPartitionReassignmentsTopics, { nullableSince: 0, default: null }),
  },
});
export type ListPartitionReassignmentsRequest = MessageOf<typeof listPartitionReassignmentsRequest>;
export type ListPartitionReassignmentsRequestInput = MessageInputOf<typeof listPartitionReassignmentsRequest>;

const ongoingPartitionReassignment = struct('OngoingPartitionReassignment', {
  partitionIndex: int32(),
  replicas: array(int32()),
  addingReplicas: array(int32()),
  removingReplicas: array(int32()),
});

const ongoingTopicReassignment = struct('OngoingTopicReassignment', {
  name: string(),
  partitions: array(ongoingPartitionReassignment),
});

export const listPartitionReassignmentsResponse = message({
  name: 'ListPartitionReassignmentsResponse',
  type: 'response',
  apiKey: 46,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullableSince: 0 }),
    topics: array(ongoingTopicReassignment),
  },
});
export type ListPartitionReassignmentsResponse = MessageOf<typeof listPartitionReassignmentsResponse>;
export type ListPartitionReassignmentsResponseInput = MessageInputOf<
  typeof listPartitionReassignmentsResponse
>;
