// Decides the ElectLeaders messages (API key 43) on the wire.
import { array, int16, int32, int8, string, struct } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

const topicPartitions = struct('TopicPartitions', {
  topic: string(),
  partitions: array(int32()),
});

export const electLeadersRequest = message({
  name: 'ElectLeadersRequest',
  type: 'request',
  apiKey: 43,
  versions: [0, 2],
  flexibleSince: 2,
  fields: {
    electionType: int8({ since: 1 }),
    topicPartitions: array(topicPartitions, { nullableSince: 0 }),
    timeoutMs: int32({ default: 60000 }),
  },
});
export type ElectLeadersRequest = MessageOf<typeof electLeadersRequest>;
export type ElectLeadersRequestInput = MessageInputOf<typeof electLeadersRequest>;

const partitionResult = struct('PartitionResult', {
  partitionId: int32(),
  errorCode: int16(),
  errorMessage: string({ nullableSince: 0 }),
});

const replicaElectionResult = struct('ReplicaElectionResult', {
  topic: string(),
  partitionResult: array(partitionResult),
});

export const electLeadersResponse = message({
  name: 'ElectLeadersResponse',
  type: 'response',
  apiKey: 43,
  versions: [0, 2],
  flexibleSince: 2,
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16({ since: 1 }),
    replicaElectionResults: array(replicaElectionResult),
  },
});
export type ElectLeadersResponse = MessageOf<typeof electLeadersResponse>;
export type ElectLeadersResponseInput = MessageInputOf<typeof electLeadersResponse>;
