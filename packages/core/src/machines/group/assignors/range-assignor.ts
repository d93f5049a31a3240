// Decides assignments by range: of each topic every reader gets neighbouring partitions, the first readers one more.
//
// Members that read the same topics get the same partition numbers of topics with as many partitions, so that records with equal keys
// meet in one member.
import type { Assignment } from '../consumer/assignment.js';
import type { Assignor, AssignorInput, AssignorMember } from './assignor.js';

interface TopicRange {
  readonly partitionCount: number;
  readonly readerCount: number;
  readersServed: number;
}

export const rangeAssignor: Assignor = {
  name: 'range',

  assign({ members, partitionCount }: AssignorInput): Map<string, Assignment> {
    const topics = new Map<string, TopicRange>();
    for (const { topicIds } of members)
      for (const topicId of topicIds) {
        const known = topics.get(topicId);
        topics.set(topicId, {
          partitionCount: known?.partitionCount ?? partitionCount(topicId),
          readerCount: (known?.readerCount ?? 0) + 1,
          readersServed: 0,
        });
      }
    const assignments = new Map<string, Assignment>();
    for (const member of members.toSorted(byIdentity)) {
      const assignment = new Map<string, Set<number>>();
      for (const topicId of member.topicIds) {
        const topic = topics.get(topicId);
        if (topic === undefined) continue;
        const partitions = nextRange(topic);
        if (partitions.size > 0) assignment.set(topicId, partitions);
      }
      assignments.set(member.memberId, assignment);
    }
    return assignments;
  },
};

function nextRange(topic: TopicRange): Set<number> {
  const { partitionCount, readerCount } = topic;
  const index = topic.readersServed++;
  const least = Math.floor(partitionCount / readerCount);
  const withOneMore = partitionCount % readerCount;
  const start = index * least + Math.min(index, withOneMore);
  const end = start + least + (index < withOneMore ? 1 : 0);
  const partitions = new Set<number>();
  for (let partition = start; partition < end; partition++) partitions.add(partition);
  return partitions;
}

/** Static members first, by instance id, so that their ranges outlive their restarts; then the others by member id. */
function byIdentity(one: AssignorMember, other: AssignorMember): number {
  if (one.instanceId !== null && other.instanceId !== null) return compare(one.instanceId, other.instanceId);
  if (one.instanceId !== null) return -1;
  if (other.instanceId !== null) return 1;
  return compare(one.memberId, other.memberId);
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
