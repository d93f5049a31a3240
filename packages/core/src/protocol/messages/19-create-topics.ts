// Decides the CreateTopics messages (API key 19) on the wire.
import { array, bool, int16, int32, int8, string, struct, uuid } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

const creatableReplicaAssignment = struct('CreatableReplicaAssignment', {
  partitionIndex: int32(),
  brokerIds: array(int32()),
});

const creatableTopicConfig = struct('CreatableTopicConfig', {
  name: string(),
  value: string({ nullableSince: 0 }),
});

const creatableTopic = struct('CreatableTopic', {
  name: string(),
  numPartitions: int32(),
  replicationFactor: int16(),
  assignments: array(creatableReplicaAssignment),
  configs: array(creatableTopicConfig),
});

export const createTopicsRequest = message({
  name: 'CreateTopicsRequest',
  type: 'request',
  apiKey: 19,
  versions: [2, 7],
  flexibleSince: 5,
  fields: {
    topics: array(creatableTopic),
    timeoutMs: int32({ default: 60000 }),
    validateOnly: bool({ default: false }),
  },
});
export type CreateTopicsRequest = MessageOf<typeof createTopicsRequest>;
export type CreateTopicsRequestInput = MessageInputOf<typeof createTopicsRequest>;

const creatableTopicConfigs = struct('CreatableTopicConfigs', {
  name: string({ since: 5 }),
  value: string({ since: 5, nullableSince: 5 }),
  readOnly: bool({ since: 5 }),
  configSource: int8({ since: 5, default: -1, ignorable: true }),
  isSensitive: bool({ since: 5 }),
});

const creatableTopicResult = struct('CreatableTopicResult', {
  name: string(),
  topicId: uuid({ since: 7, ignorable: true }),
  errorCode: int16(),
  errorMessage: string({ nullableSince: 0, ignorable: true }),
  topicConfigErrorCode: int16({ since: 5, tag: 0, ignorable: true }),
  numPartitions: int32({ since: 5, default: -1, ignorable: true }),
  replicationFactor: int16({ since: 5, default: -1, ignorable: true }),
  configs: array(creatableTopicConfigs, { since: 5, nullableSince: 5, ignorable: true }),
});

export const createTopicsResponse = message({
  name: 'CreateTopicsResponse',
  type: 'response',
  apiKey: 19,
  versions: [2, 7],
  flexibleSince: 5,
  fields: {
    throttleTimeMs: int32({ ignorable: true }),
    topics: array(creatableTopicResult),
  },
});
export type CreateTopicsResponse = MessageOf<typeof createTopicsResponse>;
export type CreateTopicsResponseInput = MessageInputOf<typeof createTopicsResponse>;
