// Decides the Metadata messages (API key 3) on the wire.
import { array, bool, int16, int32, string, struct, uuid } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

const metadataRequestTopic = struct('MetadataRequestTopic', {
  topicId: uuid({ since: 10, ignorable: true }),
  name: string({ nullableSince: 10 }),
});

export const metadataRequest = message({
  name: 'MetadataRequest',
  type: 'request',
  apiKey: 3,
  versions: [0, 13],
  flexibleSince: 9,
  fields: {
    topics: array(metadataRequestTopic, { nullableSince: 1 }),
    allowAutoTopicCreation: bool({ since: 4, default: true }),
    includeClusterAuthorizedOperations: bool({ since: 8, until: 10 }),
    includeTopicAuthorizedOperations: bool({ since: 8 }),
  },
});
export type MetadataRequest = MessageOf<typeof metadataRequest>;
export type MetadataRequestInput = MessageInputOf<typeof metadataRequest>;

const metadataResponseBroker = struct('MetadataResponseBroker', {
  nodeId: int32(),
  host: string(),
  port: int32(),
  rack: string({ since: 1, nullableSince: 1, default: null, ignorable: true }),
});

const metadataResponsePartition = struct('MetadataResponsePartition', {
  errorCode: int16(),
  partitionIndex: int32(),
  leaderId: int32(),
  leaderEpoch: int32({ since: 7, default: -1, ignorable: true }),
  replicaNodes: array(int32()),
  isrNodes: array(int32()),
  offlineReplicas: array(int32(), { since: 5, ignorable: true }),
});

const metadataResponseTopic = struct('MetadataResponseTopic', {
  errorCode: int16(),
  name: string({ nullableSince: 12 }),
  topicId: uuid({ since: 10, ignorable: true }),
  isInternal: bool({ since: 1, default: false, ignorable: true }),
  partitions: array(metadataResponsePartition),
  topicAuthorizedOperations: int32({ since: 8, default: -2147483648 }),
});

export const metadataResponse = message({
  name: 'MetadataResponse',
  type: 'response',
  apiKey: 3,
  versions: [0, 13],
  flexibleSince: 9,
  fields: {
    throttleTimeMs: int32({ since: 3, ignorable: true }),
    brokers: array(metadataResponseBroker),
    clusterId: string({ since: 2, nullableSince: 2, default: null, ignorable: true }),
    controllerId: int32({ since: 1, default: -1, ignorable: true }),
    topics: array(metadataResponseTopic),
    clusterAuthorizedOperations: int32({ since: 8, until: 10, default: -2147483648 }),
    errorCode: int16({ since: 13, ignorable: true }),
  },
});
export type MetadataResponse = MessageOf<typeof metadataResponse>;
export type MetadataResponseInput = MessageInputOf<typeof metadataResponse>;
