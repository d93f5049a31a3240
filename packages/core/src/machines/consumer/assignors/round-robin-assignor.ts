// Decides the `roundrobin` assignment: all partitions of all topics in a row, dealt out one by one to the members that want them.
import type { TopicPartition } from '../topic-partition.js';
import {
  compareMembers,
  type GroupMember,
  type MemberAssignment,
  type PartitionAssignor,
} from './assignor.js';

export class RoundRobinAssignor implements PartitionAssignor {
  readonly name = 'roundrobin';
  readonly supportedProtocols = ['eager'] as const;

  subscriptionUserData(): Buffer | null {
    return null;
  }

  onAssignment(): void {}

  assign(
    partitionCounts: ReadonlyMap<string, number>,
    members: readonly GroupMember[],
  ): Map<string, MemberAssignment> {
    const dealt = new Map(members.map(({ memberId }) => [memberId, [] as TopicPartition[]]));
    const takers = [...members]
      .sort(compareMembers)
      .map(({ memberId, topics }) => ({ memberId, topics: new Set(topics) }));
    let next = 0;
    for (const topic of [...partitionCounts.keys()].sort()) {
      if (!takers.some(({ topics }) => topics.has(topic))) continue;
      const partitionCount = partitionCounts.get(topic) ?? 0;
      for (let partition = 0; partition < partitionCount; partition++) {
        while (takers[next]?.topics.has(topic) !== true) next = (next + 1) % takers.length;
        dealt.get(takers[next]?.memberId ?? '')?.push({ topic, partition });
        next = (next + 1) % takers.length;
      }
    }
    return new Map([...dealt].map(([memberId, partitions]) => [memberId, { partitions, userData: null }]));
  }
}
