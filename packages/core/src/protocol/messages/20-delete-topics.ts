// Decides the DeleteTopics messages (API key 20) on the wire.
import { array, int16, int32, string, struct, uuid } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

const deleteTopicState = struct('DeleteTopicState', {
  name: string({ since: 6, nullableSince: 6, default: null }),
  topicId: uuid({ since: 6 }),
});

export const deleteTopicsRequest = message({
  name: 'DeleteTopicsRequest',
  type: 'request',
  apiKey: 20,
  versions: [1, 6],
  flexibleSince: 4,
  fields: {
    topics: array(deleteTopicState, { since: 6 }),
    topicNames: array(string(), { until: 5, ignorable: true }),
    timeoutMs: int32(),
  },
});
export type DeleteTopicsRequest = MessageOf<typeof deleteTopicsRequest>;
export type DeleteTopicsRequestInput = MessageInputOf<typeof deleteTopicsRequest>;

const deletableTopicResult = struct('DeletableTopicResult', {
  name: string({ nullableSince: 6 }),
  topicId: uuid({ since: 6, ignorable: true }),
  errorCode: int16(),
  errorMessage: string({ since: 5, nullableSince: 5, default: null, ignorable: true }),
});

export const deleteTopicsResponse = message({
  name: 'DeleteTopicsResponse',
  type: 'response',
  apiKey: 20,
  versions: [1, 6],
  flexibleSince: 4,
  fields: {
    throttleTimeMs: int32({ ignorable: true }),
    responses: array(deletableTopicResult),
  },
});
export type DeleteTopicsResponse = MessageOf<typeof deleteTopicsResponse>;
export type DeleteTopicsResponseInput = MessageInputOf<typeof deleteTopicsResponse>;
