// Decides what an assignor is: the strategy by which the leader of a classic group hands out partitions.
import type { TopicPartition } from '../topic-partition.js';

/** `eager` members give everything up before a rebalance; `cooperative` ones only what moves (KIP-429). */
export type RebalanceProtocol = 'eager' | 'cooperative';

/** A member of the group as its subscription describes it. */
export interface GroupMember {
  /** The id that the member has with the coordinator. */
  readonly memberId: string;
  /** The id of a static member (KIP-345); null for others. */
  readonly groupInstanceId: string | null;
  /** What it subscribes to. */
  readonly topics: readonly string[];
  /** What its assignor said beside the subscription. */
  readonly userData: Buffer | null;
  /** What the member says it owns; empty when its client is older than KIP-429. */
  readonly ownedPartitions: readonly TopicPartition[];
  /** The generation in which it got them, -1 when unknown. */
  readonly generationId: number;
  /** Its `clientRack`; null when it has none. */
  readonly rackId: string | null;
}

/** What one member gets. */
export interface MemberAssignment {
  /** The partitions it reads. */
  readonly partitions: readonly TopicPartition[];
  /** What the leader's assignor tells the member's. */
  readonly userData: Buffer | null;
}

/** How a group's partitions are handed out; an application may bring its own. Kafka's `ConsumerPartitionAssignor`. */
export interface PartitionAssignor {
  /** What the members of a group vote for. */
  readonly name: string;
  /** How its members give partitions up, best first. */
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
