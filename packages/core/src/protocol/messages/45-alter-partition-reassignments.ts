// Decides the AlterPartitionReassignments messages (API key 45) on the wire.
import { array, bool, int16, int32, string, struct } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

const reassignablePartition = struct('ReassignablePartition', {
  partitionIndex: int32(),
  replicas: array(int32(), { nullableSince: 0, default: null }),
});

const reassignableTopic = struct('ReassignableTopic', {
  name: string(),
  partitions: array(reassignablePartition),
});

export const alterPartitionReassignmentsRequest = message({
  name: 'AlterPartitionReassignmentsRequest',
  type: 'request',
  apiKey: 45,
  versions: [0, 1],
  flexibleSince: 0,
  fields: {
    timeoutMs: int32({ default: 60000 }),
    allowReplicationFactorChange: bool({ since: 1, default: true }),
    topics: array(reassignableTopic),
  },
});
export type AlterPartitionReassignmentsRequest = MessageOf<typeof alterPartitionReassignmentsRequest>;
export type AlterPartitionReassignmentsRequestInput = MessageInputOf<
  typeof alterPartitionReassignmentsRequest
>;

const reassignablePartitionResponse = struct('ReassignablePartitionResponse', {
  partitionIndex: int32(),
  errorCode: int16(),
  errorMessage: string({ nullableSince: 0 }),
});

const reassignableTopicResponse = struct('ReassignableTopicResponse', {
  name: string(),
  partitions: array(reassignablePartitionResponse),
});

export const alterPartitionReassignmentsResponse = message({
  name: 'AlterPartitionReassignmentsResponse',
  type: 'response',
  apiKey: 45,
  versions: [0, 1],
  flexibleSince: 0,
  fields: {
    throttleTimeMs: int32(),
    allowReplicationFactorChange: bool({ since: 1, default: true, ignorable: true }),
    errorCode: int16(),
    errorMessage: string({ nullableSince: 0 }),
    responses: array(reassignableTopicResponse),
  },
});
export type AlterPartitionReassignmentsResponse = MessageOf<typeof alterPartitionReassignmentsResponse>;
export type AlterPartitionReassignmentsResponseInput = MessageInputOf<
  typeof alterPartitionReassignmentsResponse
>;
