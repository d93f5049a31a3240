// Decides how a member of the consumer group protocol compares assignments, which the coordinator names by topic id (KIP-848).
import type { TopicPartition } from './topic-partition.js';

/** A partition as the coordinator names it. */
export interface TopicIdPartition {
  readonly topicId: string;
  readonly partition: number;
}

/** A partition under both names; a topic that was deleted and created again has another id under the same name. */
export interface AssignedPartition extends TopicIdPartition, TopicPartition {}

/** How assignments stand in requests and replies. */
export type WireAssignment = readonly {
  readonly topicId: string;
  readonly partitions: readonly number[];
}[];

/** No two partitions share a key: topic ids have one length. */
export function topicIdKey({ topicId, partition }: TopicIdPartition): string {
  return `${topicId}-${partition}`;
}

export function fromWireAssignment(topics: WireAssignment): TopicIdPartition[] {
  const seen = new Map<string, TopicIdPartition>();
  for (const { topicId, partitions } of topics) {
    for (const partition of partitions) seen.set(topicIdKey({ topicId, partition }), { topicId, partition });
  }
  return [...seen.values()];
}

export function toWireAssignment(partitions: readonly TopicIdPartition[]): WireAssignment {
  const byTopic = new Map<string, number[]>();
  for (const { topicId, partition } of partitions) {
    const list = byTopic.get(topicId);
    if (list === undefined) byTopic.set(topicId, [partition]);
    else list.push(partition);
  }
  return [...byTopic].map(([topicId, numbers]) => ({ topicId, partitions: numbers }));
}

/** Whether both name the same partitions, in whatever order; neither names one twice. */
export function sameAssignment(
  left: readonly TopicIdPartition[],
  right: readonly TopicIdPartition[],
): boolean {
  if (left.length !== right.length) return false;
  const keys = new Set(left.map(topicIdKey));
  return right.every((one) => keys.has(topicIdKey(one)));
}

/** Those of `left` that are not in `right`. */
export function without<Partition extends TopicIdPartition>(
  left: readonly Partition[],
  right: readonly TopicIdPartition[],
): Partition[] {
  const keys = new Set(right.map(topicIdKey));
  return left.filter((one) => !keys.has(topicIdKey(one)));
}
