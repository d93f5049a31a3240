// Decides the records of consumer groups (KIP-848) in __consumer_offsets.
import { array, bytes, int32, int64, int8, string, struct, structField, uuid } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

export const consumerGroupPartitionMetadataKey = message({
  name: 'ConsumerGroupPartitionMetadataKey',
  type: 'data',
  versions: [0, 0],
  flexibleSince: null,
  fields: {
    groupId: string(),
  },
});
export type ConsumerGroupPartitionMetadataKey = MessageOf<typeof consumerGroupPartitionMetadataKey>;
export type ConsumerGroupPartitionMetadataKeyInput = MessageInputOf<typeof consumerGroupPartitionMetadataKey>;

const partitionMetadata = struct('PartitionMetadata', {
  partition: int32(),
  racks: array(string()),
});

const topicMetadata = struct('TopicMetadata', {
  topicId: uuid(),
  topicName: string(),
  numPartitions: int32(),
  partitionMetadata: array(partitionMetadata),
});

export const consumerGroupPartitionMetadataValue = message({
  name: 'ConsumerGroupPartitionMetadataValue',
  type: 'data',
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    topics: array(topicMetadata),
  },
});
export type ConsumerGroupPartitionMetadataValue = MessageOf<typeof consumerGroupPartitionMetadataValue>;
export type ConsumerGroupPartitionMetadataValueInput = MessageInputOf<
  typeof consumerGroupPartitionMetadataValue
>;

export const consumerGroupMemberMetadataKey = message({
  name: 'ConsumerGroupMemberMetadataKey',
  type: 'data',
  versions: [0, 0],
  flexibleSince: null,
  fields: {
    groupId: string(),
    memberId: string(),
  },
});
export type ConsumerGroupMemberMetadataKey = MessageOf<typeof consumerGroupMemberMetadataKey>;
export type ConsumerGroupMemberMetadataKeyInput = MessageInputOf<typeof consumerGroupMemberMetadataKey>;

const classicProtocol = struct('ClassicProtocol', {
  name: string(),
  metadata: bytes(),
});

const classicMemberMetadata = struct('ClassicMemberMetadata', {
  sessionTimeoutMs: int32(),
  supportedProtocols: array(classicProtocol),
});

export const consumerGroupMemberMetadataValue = message({
  name: 'ConsumerGroupMemberMetadataValue',
  type: 'data',
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    instanceId: string({ nullableSince: 0 }),
    rackId: string({ nullableSince: 0 }),
    clientId: string(),
    clientHost: string(),
    subscribedTopicNames: array(string()),
    subscribedTopicRegex: string({ nullableSince: 0 }),
    rebalanceTimeoutMs: int32({ default: -1 }),
    serverAssignor: string({ nullableSince: 0 }),
    /** Null for a member of the new protocol, which is written; Kafka reads an absent one as a struct of defaults. */
    classicMemberMetadata: structField(classicMemberMetadata, { nullableSince: 0, tag: 0 }),
  },
});
export type ConsumerGroupMemberMetadataValue = MessageOf<typeof consumerGroupMemberMetadataValue>;
export type ConsumerGroupMemberMetadataValueInput = MessageInputOf<typeof consumerGroupMemberMetadataValue>;

export const consumerGroupMetadataKey = message({
  name: 'ConsumerGroupMetadataKey',
  type: 'data',
  versions: [0, 0],
  flexibleSince: null,
  fields: {
    groupId: string(),
  },
});
export type ConsumerGroupMetadataKey = MessageOf<typeof consumerGroupMetadataKey>;
export type ConsumerGroupMetadataKeyInput = MessageInputOf<typeof consumerGroupMetadataKey>;

export const consumerGroupMetadataValue = message({
  name: 'ConsumerGroupMetadataValue',
  type: 'data',
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    epoch: int32(),
    metadataHash: int64({ tag: 0, default: 0 }),
  },
});
export type ConsumerGroupMetadataValue = MessageOf<typeof consumerGroupMetadataValue>;
export type ConsumerGroupMetadataValueInput = MessageInputOf<typeof consumerGroupMetadataValue>;

export const consumerGroupTargetAssignmentMetadataKey = message({
  name: 'ConsumerGroupTargetAssignmentMetadataKey',
  type: 'data',
  versions: [0, 0],
  flexibleSince: null,
  fields: {
    groupId: string(),
  },
});
export type ConsumerGroupTargetAssignmentMetadataKey = MessageOf<
  typeof consumerGroupTargetAssignmentMetadataKey
>;
export type ConsumerGroupTargetAssignmentMetadataKeyInput = MessageInputOf<
  typeof consumerGroupTargetAssignmentMetadataKey
>;

export const consumerGroupTargetAssignmentMetadataValue = message({
  name: 'ConsumerGroupTargetAssignmentMetadataValue',
  type: 'data',
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    assignmentEpoch: int32(),
    assignmentTimestamp: int64({ tag: 0, default: 0, ignorable: true }),
  },
});
export type ConsumerGroupTargetAssignmentMetadataValue = MessageOf<
  typeof consumerGroupTargetAssignmentMetadataValue
>;
export type ConsumerGroupTargetAssignmentMetadataValueInput = MessageInputOf<
  typeof consumerGroupTargetAssignmentMetadataValue
>;

export const consumerGroupTargetAssignmentMemberKey = message({
  name: 'ConsumerGroupTargetAssignmentMemberKey',
  type: 'data',
  versions: [0, 0],
  flexibleSince: null,
  fields: {
    groupId: string(),
    memberId: string(),
  },
});
export type ConsumerGroupTargetAssignmentMemberKey = MessageOf<typeof consumerGroupTargetAssignmentMemberKey>;
export type ConsumerGroupTargetAssignmentMemberKeyInput = MessageInputOf<
  typeof consumerGroupTargetAssignmentMemberKey
>;

const topicPartition = struct('TopicPartition', {
  topicId: uuid(),
  partitions: array(int32()),
});

export const consumerGroupTargetAssignmentMemberValue = message({
  name: 'ConsumerGroupTargetAssignmentMemberValue',
  type: 'data',
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    topicPartitions: array(topicPartition),
  },
});
export type ConsumerGroupTargetAssignmentMemberValue = MessageOf<
  typeof consumerGroupTargetAssignmentMemberValue
>;
export type ConsumerGroupTargetAssignmentMemberValueInput = MessageInputOf<
  typeof consumerGroupTargetAssignmentMemberValue
>;

export const consumerGroupCurrentMemberAssignmentKey = message({
  name: 'ConsumerGroupCurrentMemberAssignmentKey',
  type: 'data',
  versions: [0, 0],
  flexibleSince: null,
  fields: {
    groupId: string(),
    memberId: string(),
  },
});
export type ConsumerGroupCurrentMemberAssignmentKey = MessageOf<
  typeof consumerGroupCurrentMemberAssignmentKey
>;
export type ConsumerGroupCurrentMemberAssignmentKeyInput = MessageInputOf<
  typeof consumerGroupCurrentMemberAssignmentKey
>;

const topicPartitions = struct('TopicPartitions', {
  topicId: uuid(),
  partitions: array(int32()),
  assignmentEpochs: array(int32(), { nullableSince: 0, tag: 0 }),
});

export const consumerGroupCurrentMemberAssignmentValue = message({
  name: 'ConsumerGroupCurrentMemberAssignmentValue',
  type: 'data',
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    memberEpoch: int32(),
    previousMemberEpoch: int32(),
    /** 0: stable; 1: has partitions to give up; 2: waits for partitions that others hold (C21). */
    state: int8(),
    assignedPartitions: array(topicPartitions),
    partitionsPendingRevocation: array(topicPartitions),
  },
});
export type ConsumerGroupCurrentMemberAssignmentValue = MessageOf<
  typeof consumerGroupCurrentMemberAssignmentValue
>;
export type ConsumerGroupCurrentMemberAssignmentValueInput = MessageInputOf<
  typeof consumerGroupCurrentMemberAssignmentValue
>;

export const consumerGroupRegularExpressionKey = message({
  name: 'ConsumerGroupRegularExpressionKey',
  type: 'data',
  versions: [0, 0],
  flexibleSince: null,
  fields: {
    groupId: string(),
    regularExpression: string(),
  },
});
export type ConsumerGroupRegularExpressionKey = MessageOf<typeof consumerGroupRegularExpressionKey>;
export type ConsumerGroupRegularExpressionKeyInput = MessageInputOf<typeof consumerGroupRegularExpressionKey>;

export const consumerGroupRegularExpressionValue = message({
  name: 'ConsumerGroupRegularExpressionValue',
  type: 'data',
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    topics: array(string()),
    version: int64(),
    timestamp: int64(),
  },
});
export type ConsumerGroupRegularExpressionValue = MessageOf<typeof consumerGroupRegularExpressionValue>;
export type ConsumerGroupRegularExpressionValueInput = MessageInputOf<
  typeof consumerGroupRegularExpressionValue
>;
