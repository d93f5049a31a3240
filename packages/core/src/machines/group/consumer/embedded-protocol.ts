// Decides how the classic protocol's payloads, subscriptions and assignments, are read and written for members of consumer groups (C25).
import {
  consumerProtocolAssignment,
  consumerProtocolSubscription,
  type ConsumerProtocolSubscription,
} from '../../../protocol/messages/consumer-protocol.js';
import { decodeVersioned, encodeVersioned } from '../../../protocol/versioned-message.js';
import type { GroupTopics } from '../group-topics.js';
import { assignmentOf, topicPartitionsOf, type Assignment, type TopicPartitions } from './assignment.js';

const versionBytes = 2;
const newestVersion = consumerProtocolAssignment.versions[1];

/** Null when the metadata is not a consumer's subscription. */
export function readSubscription(metadata: Buffer): ConsumerProtocolSubscription | null {
  try {
    return decodeVersioned(consumerProtocolSubscription, metadata, 'read-as-newest');
  } catch {
    return null;
  }
}

/** Topics that are gone are left out; null when the bytes are no assignment. */
export function readAssignment(bytes: Buffer, topics: GroupTopics): Assignment | null {
  if (bytes.length === 0) return new Map();
  try {
    const { assignedPartitions } = decodeVersioned(consumerProtocolAssignment, bytes, 'read-as-newest');
    return assignmentOf(byTopicId(assignedPartitions, topics));
  } catch {
    return null;
  }
}

/** In the version that the member's own metadata has. */
export function writeAssignment(assignment: Assignment, memberMetadata: Buffer, topics: GroupTopics): Buffer {
  const memberVersion = memberMetadata.length < versionBytes ? 0 : memberMetadata.readInt16BE(0);
  const version = Math.min(Math.max(0, memberVersion), newestVersion);
  const assignedPartitions = topicPartitionsOf(assignment).flatMap(({ topicId, partitions }) => {
    const topic = topics.topicById(topicId)?.name;
    return topic === undefined ? [] : [{ topic, partitions }];
  });
  return encodeVersioned(consumerProtocolAssignment, version, { assignedPartitions });
}

export function byTopicId(
  partitions: readonly { readonly topic: string; readonly partitions: readonly number[] }[],
  topics: GroupTopics,
): TopicPartitions[] {
  return partitions.flatMap(({ topic, partitions: numbers }) => {
    const topicId = topics.topicByName(topic)?.topicId;
    return topicId === undefined ? [] : [{ topicId, partitions: numbers }];
  });
}
