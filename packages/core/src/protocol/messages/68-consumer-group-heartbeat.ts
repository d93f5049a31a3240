// Decides the ConsumerGroupHeartbeat messages (API key 68) on the wire.
import { array, int16, int32, string, struct, structField, uuid } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

const topicPartitions = struct('TopicPartitions', {
  topicId: uuid(),
  partitions: array(int32()),
});

export const consumerGroupHeartbeatRequest = message({
  name: 'ConsumerGroupHeartbeatRequest',
  type: 'request',
  apiKey: 68,
  versions: [0, 1],
  flexibleSince: 0,
  fields: {
    groupId: string(),
    memberId: string(),
    memberEpoch: int32(),
    instanceId: string({ nullableSince: 0, default: null }),
    rackId: string({ nullableSince: 0, default: null }),
    rebalanceTimeoutMs: int32({ default: -1 }),
    subscribedTopicNames: array(string(), { nullableSince: 0, default: null }),
    subscribedTopicRegex: string({ since: 1, nullableSince: 1, default: null }),
    serverAssignor: string({ nullableSince: 0, default: null }),
    topicPartitions: array(topicPartitions, { nullableSince: 0, default: null }),
  },
});
export type ConsumerGroupHeartbeatRequest = MessageOf<typeof consumerGroupHeartbeatRequest>;
export type ConsumerGroupHeartbeatRequestInput = MessageInputOf<typeof consumerGroupHeartbeatRequest>;

const responseTopicPartitions = struct('TopicPartitions', {
  topicId: uuid(),
  partitions: array(int32()),
});

const assignment = struct('Assignment', {
  topicPartitions: array(responseTopicPartitions),
});

export const consumerGroupHeartbeatResponse = message({
  name: 'ConsumerGroupHeartbeatResponse',
  type: 'response',
  apiKey: 68,
  versions: [0, 1],
  flexibleSince: 0,
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullableSince: 0, default: null }),
    memberId: string({ nullableSince: 0, default: null }),
    memberEpoch: int32(),
    heartbeatIntervalMs: int32(),
    assignment: structField(assignment, { nullableSince: 0, default: null }),
  },
});
export type ConsumerGroupHeartbeatResponse = MessageOf<typeof consumerGroupHeartbeatResponse>;
export type ConsumerGroupHeartbeatResponseInput = MessageInputOf<typeof consumerGroupHeartbeatResponse>;
