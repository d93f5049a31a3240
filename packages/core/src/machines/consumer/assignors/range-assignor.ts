// Decides the `range` assignment: per topic, each member gets one contiguous range, the first members one partition more.
import type { TopicPartition } from '../topic-partition.js';
import {
  compareMembers,
  type GroupMember,
  type MemberAssignment,
  type PartitionAssignor,
} from './assignor.js';

export class RangeAssignor implements PartitionAssignor {
  readonly name = 'range';
  readonly supportedProtocols = ['eager'] as const;

  subscriptionUserData(): Buffer | null {
    return null;
  }

  onAssignment(): void {}

  assign(
    partitionCounts: ReadonlyMap<string, number>,
    members: readonly GroupMember[],
  ): Map<string, MemberAssignment> {
    const partitionsOf = new Map<string, TopicPartition[]>();
    for (const member of members) partitionsOf.set(member.memberId, []);
    for (const [topic, subscribers] of subscribersByTopic(members)) {
      const partitionCount = partitionCounts.get(topic);
      if (partitionCount === undefined) continue;
      assignTopic(topic, partitionCount, subscribers, partitionsOf);
    }
    const assignment = new Map<string, MemberAssignment>();
    for (const [memberId, partitions] of partitionsOf)
      assignment.set(memberId, { partitions, userData: null });
    return assignment;
  }
}

function subscribersByTopic(members: readonly GroupMember[]): Map<string, GroupMember[]> {
  const subscribers = new Map<string, GroupMember[]>();
  for (const member of [...members].sort(compareMembers)) {
    for (const topic of new Set(member.topics)) {
      const list = subscribers.get(topic);
      if (list === undefined) subscribers.set(topic, [member]);
      else list.push(member);
    }
  }
  return new Map([...subscribers].sort(([left], [right]) => (left < right ? -1 : 1)));
}

function assignTopic(
  topic: string,
  partitionCount: number,
  subscribers: readonly GroupMember[],
  partitionsOf: Map<string, TopicPartition[]>,
): void {
  const perMember = Math.floor(partitionCount / subscribers.length);
  const membersWithOneMore = partitionCount % subscribers.length;
  let next = 0;
  subscribers.forEach((member, index) => {
    const count = perMember + (index < membersWithOneMore ? 1 : 0);
    const partitions = partitionsOf.get(member.memberId);
    for (let taken = 0; taken < count; taken++) partitions?.push({ topic, partition: next + taken });
    next += count;
  });
}
