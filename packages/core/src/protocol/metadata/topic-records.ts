// Decides the records of topics and partitions in the cluster metadata log.
import { array, int32, int8, string, uuid } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

export const topicRecord = message({
  name: 'TopicRecord',
  type: 'data',
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    name: string(),
    topicId: uuid(),
  },
});
export type TopicRecord = MessageOf<typeof topicRecord>;
export type TopicRecordInput = MessageInputOf<typeof topicRecord>;

export const partitionRecord = message({
  name: 'PartitionRecord',
  type: 'data',
  versions: [0, 2],
  flexibleSince: 0,
  fields: {
    partitionId: int32({ default: -1 }),
    topicId: uuid(),
    replicas: array(int32()),
    isr: array(int32()),
    removingReplicas: array(int32()),
    addingReplicas: array(int32()),
    leader: int32({ default: -1 }),
    leaderRecoveryState: int8({ tag: 0, default: 0 }),
    leaderEpoch: int32({ default: -1 }),
    partitionEpoch: int32({ default: -1 }),
    directories: array(uuid(), { since: 1 }),
    eligibleLeaderReplicas: array(int32(), { since: 2, nullableSince: 2, tag: 1, default: null }),
    lastKnownElr: array(int32(), { since: 2, nullableSince: 2, tag: 2, default: null }),
  },
});
export type PartitionRecord = MessageOf<typeof partitionRecord>;
export type PartitionRecordInput = MessageInputOf<typeof partitionRecord>;

/** What changed of a partition: null, a leader of -2 and a recovery state of -1 stand for what did not. */
export const partitionChangeRecord = message({
  name: 'PartitionChangeRecord',
  type: 'data',
  versions: [0, 2],
  flexibleSince: 0,
  fields: {
    partitionId: int32({ default: -1 }),
    topicId: uuid(),
    isr: array(int32(), { nullableSince: 0, tag: 0, default: null }),
    leader: int32({ tag: 1, default: -2 }),
    replicas: array(int32(), { nullableSince: 0, tag: 2, default: null }),
    removingReplicas: array(int32(), { nullableSince: 0, tag: 3, default: null }),
    addingReplicas: array(int32(), { nullableSince: 0, tag: 4, default: null }),
    leaderRecoveryState: int8({ tag: 5, default: -1 }),
    directories: array(uuid(), { since: 1, nullableSince: 1, tag: 8, default: null }),
    eligibleLeaderReplicas: array(int32(), { since: 2, nullableSince: 2, tag: 6, default: null }),
    lastKnownElr: array(int32(), { since: 2, nullableSince: 2, tag: 7, default: null }),
  },
});
export type PartitionChangeRecord = MessageOf<typeof partitionChangeRecord>;
export type PartitionChangeRecordInput = MessageInputOf<typeof partitionChangeRecord>;

export const removeTopicRecord = message({
  name: 'RemoveTopicRecord',
  type: 'data',
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    topicId: uuid(),
  },
});
export type RemoveTopicRecord = MessageOf<typeof removeTopicRecord>;
export type RemoveTopicRecordInput = MessageInputOf<typeof removeTopicRecord>;

export const clearElrRecord = message({
  name: 'ClearElrRecord',
  type: 'data',
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    topicName: string(),
  },
});
export type ClearElrRecord = MessageOf<typeof clearElrRecord>;
export type ClearElrRecordInput = MessageInputOf<typeof clearElrRecord>;
