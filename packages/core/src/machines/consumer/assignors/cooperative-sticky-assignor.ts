// Decides the `cooperative-sticky` assignment (KIP-429): sticky, and a moving partition stays unassigned for one round.
import { topicPartitionKey } from '../topic-partition.js';
import type { GroupMember, MemberAssignment, PartitionAssignor } from './assignor.js';
import { assignSticky, type PreviousOwnership } from './sticky-assignment.js';

const userDataBytes = 4;

export class CooperativeStickyAssignor implements PartitionAssignor {
  readonly name = 'cooperative-sticky';
  readonly supportedProtocols = ['cooperative', 'eager'] as const;
  #generationId = -1;

  /** The generation of the last assignment as an int32, as Java's assignor writes and reads it. */
  subscriptionUserData(): Buffer | null {
    const userData = Buffer.alloc(userDataBytes);
    userData.writeInt32BE(this.#generationId, 0);
    return userData;
  }

  onAssignment(_assignment: MemberAssignment, generationId: number): void {
    this.#generationId = generationId;
  }

  assign(
    partitionCounts: ReadonlyMap<string, number>,
    members: readonly GroupMember[],
  ): Map<string, MemberAssignment> {
    const { partitions, moving } = assignSticky(partitionCounts, members, previousOwnership);
    const assignment = new Map<string, MemberAssignment>();
    for (const [memberId, assigned] of partitions) {
      // CC4: a partition that somebody else must still revoke goes to nobody in this round.
      const settled = assigned.filter(
        ({ topic, partition }) => !moving.has(topicPartitionKey(topic, partition)),
      );
      assignment.set(memberId, { partitions: settled, userData: null });
    }
    return assignment;
  }
}

/** The subscription names the generation since its version 2; before, the user data do. */
function previousOwnership(member: GroupMember): PreviousOwnership {
  let { generationId } = member;
  if (generationId < 0 && member.userData !== null && member.userData.length >= userDataBytes) {
    generationId = member.userData.readInt32BE(0);
  }
  return { partitions: member.ownedPartitions, generationId };
}
