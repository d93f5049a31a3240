// Decides the payloads that consumers exchange through the classic group protocol (protocol type `consumer`).
import { array, bytes, int32, string, struct } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

const topicPartition = struct('TopicPartition', {
  topic: string({ since: 1 }),
  partitions: array(int32(), { since: 1 }),
});

export const consumerProtocolSubscription = message({
  name: 'ConsumerProtocolSubscription',
  type: 'data',
  versions: [0, 3],
  flexibleSince: null,
  fields: {
    topics: array(string()),
    userData: bytes({ nullableSince: 0, default: null }),
    ownedPartitions: array(topicPartition, { since: 1, ignorable: true }),
    generationId: int32({ since: 2, default: -1, ignorable: true }),
    rackId: string({ since: 3, nullableSince: 3, default: null, ignorable: true }),
  },
});
export type ConsumerProtocolSubscription = MessageOf<typeof consumerProtocolSubscription>;
export type ConsumerProtocolSubscriptionInput = MessageInputOf<typeof consumerProtocolSubscription>;

const assignmentTopicPartition = struct('TopicPartition', {
  topic: string(),
  partitions: array(int32()),
});

export const consumerProtocolAssignment = message({
  name: 'ConsumerProtocolAssignment',
  type: 'data',
  versions: [0, 3],
  flexibleSince: null,
  fields: {
    assignedPartitions: array(assignmentTopicPartition),
    userData: bytes({ nullableSince: 0, default: null }),
  },
});
export type ConsumerProtocolAssignment = MessageOf<typeof consumerProtocolAssignment>;
export type ConsumerProtocolAssignmentInput = MessageInputOf<typeof consumerProtocolAssignment>;
