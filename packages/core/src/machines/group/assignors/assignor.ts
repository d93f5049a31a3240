// Decides what an assignor of the coordinator is given and gives (C27).
import type { Assignment } from '../consumer/assignment.js';

export interface AssignorMember {
  readonly memberId: string;
  readonly instanceId: string | null;
  /** Ids of existing topics, in the order of their names; members with the same topics share one array. */
  readonly topicIds: readonly string[];
  /** What the member should have had so far. */
  readonly target: Assignment;
}

export interface AssignorInput {
  readonly members: readonly AssignorMember[];
  readonly partitionCount: (topicId: string) => number;
}

export interface Assignor {
  readonly name: string;
  /** An assignment for every member; each partition of a topic that anyone reads goes to exactly one of its readers. */
  assign(input: AssignorInput): Map<string, Assignment>;
}

/** Whether all members read the same topics. */
export function readSameTopics(members: readonly AssignorMember[]): boolean {
  const first = members[0]?.topicIds;
  return members.every(({ topicIds }) => topicIds === first);
}
