// Decides what the members of a classic group may do once they have joined: sync, heartbeat, leave (C8, C10, C12).
import { ErrorCode } from '../../protocol/errors.js';
import type { HeartbeatRequest } from '../../protocol/messages/12-heartbeat.js';
import type { LeaveGroupRequest, LeaveGroupResponseInput } from '../../protocol/messages/13-leave-group.js';
import type { SyncGroupRequest, SyncGroupResponseInput } from '../../protocol/messages/14-sync-group.js';
import type { Instant, Ticket } from '../coordinator/outcome.js';
import type { ClassicGroup } from './classic-group.js';
import { emptyBytes, type ClassicMember } from './classic-member.js';
import { dropAssignments, type ClassicRebalance } from './classic-rebalance.js';
import { syncError, syncSuccess } from './classic-replies.js';
import { endSession, renewSession } from './member-sessions.js';
import { groupTimerKey, type GroupOutcome } from './group-outcome.js';

export type LeavingMember = LeaveGroupRequest['members'][number];
export type LeaveResult = NonNullable<LeaveGroupResponseInput['members']>[number];

export class ClassicMembership {
  readonly #rebalance: ClassicRebalance;

  constructor(rebalance: ClassicRebalance) {
    this.#rebalance = rebalance;
  }

  /** A member asks for its assignment; the leader brings everyone's (C8). */
  sync(
    group: ClassicGroup,
    request: SyncGroupRequest,
    ticket: Ticket<SyncGroupResponseInput>,
    now: Instant,
    outcome: GroupOutcome,
  ): void {
    const errorCode = validateSync(group, request);
    const member = group.members.get(request.memberId);
    if (errorCode !== ErrorCode.NONE || member === undefined) {
      outcome.reply(ticket, syncError(errorCode));
      return;
    }
    group.pendingSyncs.delete(member.memberId);
    if (group.pendingSyncs.size === 0) outcome.cancelTimer(groupTimerKey.sync(group.groupId));
    if (group.state === 'Stable') {
      renewSession(group, member.memberId, member.sessionTimeoutMs, now, outcome);
      outcome.reply(ticket, syncSuccess(group, member.assignment));
      return;
    }
    if (member.awaitingSync !== null)
      outcome.reply(member.awaitingSync, syncError(ErrorCode.REBALANCE_IN_PROGRESS));
    member.awaitingSync = ticket;
    if (group.leader === member.memberId) assign(group, request, now, outcome);
  }

  /** The error code of the reply (C10). */
  heartbeat(group: ClassicGroup, request: HeartbeatRequest, now: Instant, outcome: GroupOutcome): number {
    const errorCode = group.validateMember(request.memberId, request.groupInstanceId);
    const member = group.members.get(request.memberId);
    if (errorCode !== ErrorCode.NONE || member === undefined) return errorCode;
    if (request.generationId !== group.generation) return ErrorCode.ILLEGAL_GENERATION;
    renewSession(group, member.memberId, member.sessionTimeoutMs, now, outcome);
    return group.state === 'PreparingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE;
  }

  /** Members leave, each with its own result (C12). */
  leave(
    group: ClassicGroup,
    leaving: readonly LeavingMember[],
    now: Instant,
    outcome: GroupOutcome,
  ): LeaveResult[] {
    const left: string[] = [];
    const results = leaving.map(({ memberId, groupInstanceId, reason }) => {
      const errorCode = this.#leaveOne(group, memberId, groupInstanceId, outcome);
      if (errorCode === ErrorCode.NONE)
        left.push(`${memberId === '' ? groupInstanceId : memberId} (${reason ?? 'no reason given'})`);
      return { memberId, groupInstanceId, errorCode };
    });
    if (left.length === 0) return results;
    if (group.state === 'PreparingRebalance') this.#rebalance.completeIfReady(group, now, outcome);
    else if (group.state !== 'Empty')
      this.#rebalance.prepare(group, `members left: ${left.join(', ')}`, now, outcome);
    return results;
  }

  #leaveOne(
    group: ClassicGroup,
    memberId: string,
    groupInstanceId: string | null,
    outcome: GroupOutcome,
  ): number {
    if (memberId !== '' && group.pendingMembers.has(memberId)) {
      group.remove(memberId);
      endSession(group, memberId, outcome);
      return ErrorCode.NONE;
    }
    let leavingId = memberId;
    if (memberId === '') {
      const staticMemberId = groupInstanceId === null ? undefined : group.staticMembers.get(groupInstanceId);
      if (staticMemberId === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
      leavingId = staticMemberId;
    } else {
      const errorCode = group.validateMember(memberId, groupInstanceId);
      if (errorCode !== ErrorCode.NONE) return errorCode;
    }
    const member = group.members.get(leavingId);
    if (member === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
    this.#rebalance.removeMember(group, member, outcome);
    return ErrorCode.NONE;
  }

  /** The leader's assignments could not be stored: nobody gets one, and the group tries again (C8). */
  assignmentFailed(
    group: ClassicGroup,
    generation: number,
    errorCode: number,
    now: Instant,
    outcome: GroupOutcome,
  ): void {
    if (group.state !== 'CompletingRebalance' || group.generation !== generation) return;
    dropAssignments(group, errorCode, now, outcome);
    this.#rebalance.prepare(group, `storing the assignment failed with error ${errorCode}`, now, outcome);
  }

  /** A static member's new id could not be stored: the member keeps its old one (C11). */
  staticMemberFailed(
    group: ClassicGroup,
    previous: ClassicMember,
    now: Instant,
    outcome: GroupOutcome,
  ): void {
    const currentId =
      previous.groupInstanceId === null ? undefined : group.staticMembers.get(previous.groupInstanceId);
    const current = currentId === undefined ? undefined : group.members.get(currentId);
    if (current === undefined) return;
    endSession(group, current.memberId, outcome);
    group.replaceStaticMember(current, previous);
    renewSession(group, previous.memberId, previous.sessionTimeoutMs, now, outcome);
  }
}

function validateSync(group: ClassicGroup, request: SyncGroupRequest): number {
  const errorCode = group.validateMember(request.memberId, request.groupInstanceId);
  if (errorCode !== ErrorCode.NONE) return errorCode;
  if (request.generationId !== group.generation) return ErrorCode.ILLEGAL_GENERATION;
  if (differs(request.protocolType, group.protocolType) || differs(request.protocolName, group.protocolName))
    return ErrorCode.INCONSISTENT_GROUP_PROTOCOL;
  return group.state === 'PreparingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE;
}

/** Only versions from 5 on name the protocol; where either side names none there is nothing to compare. */
function differs(asked: string | null, actual: string | null): boolean {
  return asked !== null && actual !== null && asked !== actual;
}

/** The group is stable once the record is replayed; all that wait for their assignment are answered with it. */
function assign(group: ClassicGroup, request: SyncGroupRequest, now: Instant, outcome: GroupOutcome): void {
  const assignments = new Map<string, Buffer>();
  for (const { memberId, assignment } of request.assignments)
    assignments.set(memberId, Buffer.from(assignment));
  const missing = [...group.members.keys()].filter((memberId) => !assignments.has(memberId));
  if (missing.length > 0)
    outcome.note('warn', 'The leader left members without an assignment; they get an empty one', {
      groupId: group.groupId,
      generation: group.generation,
      members: missing.join(', '),
    });
  outcome.failure = { kind: 'assignment', groupId: group.groupId, generation: group.generation };
  outcome.records.push(group.record(assignments));
  for (const member of group.members.values()) {
    if (member.awaitingSync === null) continue;
    const assignment = assignments.get(member.memberId) ?? emptyBytes;
    outcome.reply(member.awaitingSync, syncSuccess(group, assignment));
    member.awaitingSync = null;
    renewSession(group, member.memberId, member.sessionTimeoutMs, now, outcome);
  }
}
