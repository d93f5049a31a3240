// Decides the assignments of a whole group, on the member that the coordinator made its leader.
import type { JoinGroupResponse } from '../../protocol/messages/11-join-group.js';
import type { SyncGroupRequestInput } from '../../protocol/messages/14-sync-group.js';
import type { GroupMember, PartitionAssignor } from './assignors/assignor.js';
import { decodeSubscription, encodeAssignment } from './consumer-protocol-payload.js';

/** The members as they described themselves; throws MalformedMessageError when one of them sent something else. */
export function membersOf(members: JoinGroupResponse['members']): GroupMember[] {
  return members.map(({ memberId, groupInstanceId, metadata }) => ({
    memberId,
    groupInstanceId,
    ...decodeSubscription(metadata),
  }));
}

/** All topics that some member wants, sorted. */
export function topicsOf(members: readonly GroupMember[]): string[] {
  return [...new Set(members.flatMap((member) => member.topics))].sort();
}

export function assignGroup(
  assignor: PartitionAssignor,
  members: readonly GroupMember[],
  partitionCounts: ReadonlyMap<string, number>,
): SyncGroupRequestInput['assignments'] {
  const assignments = assignor.assign(partitionCounts, members);
  return members.map(({ memberId }) => ({
    memberId,
    assignment: encodeAssignment(assignments.get(memberId) ?? { partitions: [], userData: null }),
  }));
}
