// Decides what an assignor is: the strategy by which the leader of a classic group hands out partitions.
import type { TopicPartition } from '../topic-partition.js';

/** `eager` members give everything up before a rebalance; `cooperative` ones only what moves (KIP-429). */
export type RebalanceProtocol = 'eager' | 'cooperative';

/** A member of the group as its subscription describes it. */
export interface GroupMember {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly topics: readonly string[];
  readonly userData: Buffer | null;
  /** What the member says it owns; empty when its client is older than KIP-429. */
  readonly ownedPartitions: readonly TopicPartition[];
  /** The generation in which it got them, -1 when unknown. */
  readonly generationId: number;
  readonly rackId: string | null;
}

export interface MemberAssignment {
  readonly partitions: readonly TopicPartition[];
  readonly userData: Buffer | null;
}

/** Custom assignors implement this too; `name` is what the members of a group vote for. */
export interface PartitionAssignor {
  readonly name: string;
  readonly supportedProtocols: readonly RebalanceProtocol[];
  /** What this member tells the leader besides its subscription. */
  subscriptionUserData(topics: readonly string[]): Buffer | null;
  /** Called when this member got its assignment. */
  onAssignment(assignment: MemberAssignment, generationId: number): void;
  /** `partitionCounts` holds the topics that exist; the result has an entry for every member. */
  assign(
    partitionCounts: ReadonlyMap<string, number>,
    members: readonly GroupMember[],
  ): Map<string, MemberAssignment>;
}

/** Static members first, by instance id, then dynamic ones by member id: restarts do not change the order. */
export function compareMembers(left: GroupMember, right: GroupMember): number {
  if (left.groupInstanceId !== null && right.groupInstanceId !== null) {
    return compareText(left.groupInstanceId, right.groupInstanceId);
  }
  if (left.groupInstanceId !== null) return -1;
  if (right.groupInstanceId !== null) return 1;
  return compareText(left.memberId, right.memberId);
}

function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
