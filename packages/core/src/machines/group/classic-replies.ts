// Decides the bodies of the replies to members of a classic group.
import { ErrorCode } from '../../protocol/errors.js';
import type { JoinGroupResponseInput } from '../../protocol/messages/11-join-group.js';
import type { SyncGroupResponseInput } from '../../protocol/messages/14-sync-group.js';
import type { ClassicGroup } from './classic-group.js';
import { emptyBytes, type ClassicMember } from './classic-member.js';

export function joinError(errorCode: number, memberId: string): JoinGroupResponseInput {
  return { errorCode, generationId: -1, protocolName: null, leader: '', memberId, members: [] };
}

/** The reply that tells a member the current generation; only the leader learns the members (C7). */
export function joinSuccess(group: ClassicGroup, member: ClassicMember): JoinGroupResponseInput {
  return {
    errorCode: ErrorCode.NONE,
    generationId: group.generation,
    protocolType: group.protocolType,
    protocolName: group.protocolName,
    leader: group.leader ?? '',
    skipAssignment: false,
    memberId: member.memberId,
    members: group.leader === member.memberId ? memberList(group) : [],
  };
}

export function memberList(group: ClassicGroup): JoinGroupResponseInput['members'] {
  return Array.from(group.members.values(), (member) => ({
    memberId: member.memberId,
    groupInstanceId: member.groupInstanceId,
    metadata: member.metadata(group.protocolName),
  }));
}

export function syncError(errorCode: number): SyncGroupResponseInput {
  return { errorCode, assignment: emptyBytes };
}

export function syncSuccess(group: ClassicGroup, assignment: Buffer): SyncGroupResponseInput {
  return {
    errorCode: ErrorCode.NONE,
    protocolType: group.protocolType,
    protocolName: group.protocolName,
    assignment,
  };
}
