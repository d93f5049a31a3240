// Decides how members enter a classic group (C4, C5, C9, C11).
import { ErrorCode } from '../../protocol/errors.js';
import type { JoinGroupRequest, JoinGroupResponseInput } from '../../protocol/messages/11-join-group.js';
import type { Instant, Ticket } from '../coordinator/outcome.js';
import type { ClassicGroup } from './classic-group.js';
import { ClassicMember } from './classic-member.js';
import type { MemberProtocol } from './member-protocol.js';
import type { ClassicRebalance } from './classic-rebalance.js';
import { joinError, joinSuccess, memberList, syncError } from './classic-replies.js';
import { endSession, renewSession } from './member-sessions.js';
import type { GroupConfig } from './group-config.js';
import type { GroupOutcome } from './group-outcome.js';

export const memberIdRequiredSince = 4;
const skipAssignmentSince = 9;

export interface JoinContext {
  readonly ticket: Ticket<JoinGroupResponseInput>;
  readonly clientId: string;
  readonly clientHost: string;
  readonly apiVersion: number;
  /** A fresh UUID for the id of a member that has none. */
  readonly memberUuid: string;
}

/** One join on its way through the rules. */
interface Join {
  readonly group: ClassicGroup;
  readonly request: JoinGroupRequest;
  readonly context: JoinContext;
  readonly protocols: readonly MemberProtocol[];
  readonly now: Instant;
  readonly outcome: GroupOutcome;
}

export class ClassicJoin {
  readonly #config: GroupConfig;
  readonly #rebalance: ClassicRebalance;

  constructor(config: GroupConfig, rebalance: ClassicRebalance) {
    this.#config = config;
    this.#rebalance = rebalance;
  }

  handle(
    group: ClassicGroup,
    request: JoinGroupRequest,
    context: JoinContext,
    now: Instant,
    outcome: GroupOutcome,
  ): void {
    const join: Join = { group, request, context, protocols: copyProtocols(request), now, outcome };
    if (!this.#hasRoom(group, request.memberId)) {
      group.remove(request.memberId);
      endSession(group, request.memberId, outcome);
      refuse(join, ErrorCode.GROUP_MAX_SIZE_REACHED, '');
      this.#rebalance.completeIfReady(group, now, outcome);
    } else if (!group.supports(request.protocolType, join.protocols)) {
      refuse(join, ErrorCode.INCONSISTENT_GROUP_PROTOCOL, request.memberId);
    } else if (request.memberId === '') {
      this.#joinWithoutId(join);
    } else {
      this.#joinWithId(join);
    }
  }

  /** Members beyond `group.max.size` are refused; while a rebalance is open, only those that joined it count (C4). */
  #hasRoom(group: ClassicGroup, memberId: string): boolean {
    if (group.state === 'Empty' || group.members.size < this.#config.groupMaxSize) return true;
    const member = group.members.get(memberId);
    if (group.state !== 'PreparingRebalance') return member !== undefined;
    return (
      (member !== undefined && member.awaitingJoin !== null) ||
      group.awaitingJoinCount < this.#config.groupMaxSize
    );
  }

  #joinWithoutId(join: Join): void {
    const { group, request, context } = join;
    const instanceId = request.groupInstanceId;
    if (instanceId !== null) {
      const memberId = `${instanceId}-${context.memberUuid}`;
      const previousId = group.staticMembers.get(instanceId);
      const previous = previousId === undefined ? undefined : group.members.get(previousId);
      if (previous === undefined) this.#addMember(join, memberId);
      else this.#replaceStaticMember(join, previous, memberId);
      return;
    }
    const memberId = `${context.clientId}-${context.memberUuid}`;
    if (context.apiVersion < memberIdRequiredSince) this.#addMember(join, memberId);
    else this.#handOutId(join, memberId);
  }

  /** The member must come back with the id it is given, so that a lost reply leaves no ghost behind (C5). */
  #handOutId(join: Join, memberId: string): void {
    const { group, request, now, outcome } = join;
    if (group.pendingMembers.size >= this.#config.groupMaxPendingMembers) {
      refuse(join, ErrorCode.GROUP_MAX_SIZE_REACHED, '');
      return;
    }
    group.pendingMembers.add(memberId);
    renewSession(group, memberId, request.sessionTimeoutMs, now, outcome);
    refuse(join, ErrorCode.MEMBER_ID_REQUIRED, memberId);
  }

  #joinWithId(join: Join): void {
    const { group, request } = join;
    if (group.pendingMembers.has(request.memberId) && request.groupInstanceId === null) {
      this.#addMember(join, request.memberId);
      return;
    }
    const errorCode = group.validateMember(request.memberId, request.groupInstanceId);
    const member = group.members.get(request.memberId);
    if (errorCode !== ErrorCode.NONE || member === undefined) {
      refuse(join, errorCode === ErrorCode.NONE ? ErrorCode.UNKNOWN_MEMBER_ID : errorCode, request.memberId);
      return;
    }
    this.#rejoin(join, member);
  }

  /** A known member joins again (C9). */
  #rejoin(join: Join, member: ClassicMember): void {
    const { group, context, now, outcome } = join;
    const isUnchanged = member.offersSame(join.protocols);
    const repeatsReply =
      group.state === 'CompletingRebalance' || (group.state === 'Stable' && group.leader !== member.memberId);
    if (isUnchanged && repeatsReply) {
      outcome.reply(context.ticket, joinSuccess(group, member));
      return;
    }
    if (group.state === 'Empty') {
      refuse(join, ErrorCode.UNKNOWN_MEMBER_ID, member.memberId);
      return;
    }
    updateMember(join, member);
    const what = isUnchanged ? 'rejoined' : 'changed its protocols';
    this.#rebalance.prepareOrComplete(group, `member ${member.memberId} ${what}`, now, outcome);
  }

  #addMember(join: Join, memberId: string): void {
    const { group, request, context, now, outcome } = join;
    const member = new ClassicMember(
      {
        memberId,
        groupInstanceId: request.groupInstanceId,
        clientId: context.clientId,
        clientHost: context.clientHost,
      },
      timeoutsOf(request),
      join.protocols,
    );
    member.isNew = true;
    member.awaitingJoin = context.ticket;
    if (group.state === 'PreparingRebalance' && group.previousState === 'Empty')
      group.memberJoinedDuringDelay = true;
    group.add(member, request.protocolType);
    renewSession(group, memberId, this.#config.groupNewMemberJoinTimeoutMs, now, outcome);
    this.#rebalance.prepareOrComplete(group, `member ${memberId} joins`, now, outcome);
  }

  /** A static member came back without its id: it gets a new one, and whoever still uses the old one is fenced (C11). */
  #replaceStaticMember(join: Join, previous: ClassicMember, memberId: string): void {
    const { group, context, now, outcome } = join;
    const leaderBefore = group.leader;
    const { groupInstanceId, clientId, clientHost } = previous;
    const next = new ClassicMember(
      { memberId, groupInstanceId, clientId, clientHost },
      previous,
      previous.protocols,
    );
    next.assignment = previous.assignment;
    fence(previous, outcome);
    endSession(group, previous.memberId, outcome);
    group.replaceStaticMember(previous, next);
    updateMember(join, next);
    renewSession(group, memberId, next.sessionTimeoutMs, now, outcome);
    if (group.state === 'PreparingRebalance') {
      this.#rebalance.completeIfReady(group, now, outcome);
      return;
    }
    if (group.state === 'CompletingRebalance' || group.selectProtocol() !== group.protocolName) {
      this.#rebalance.prepare(group, `static member ${memberId} replaces ${previous.memberId}`, now, outcome);
      return;
    }
    next.awaitingJoin = null;
    outcome.failure = { kind: 'static-member', groupId: group.groupId, previous };
    outcome.records.push(
      group.record(
        new Map(Array.from(group.members.values(), (member) => [member.memberId, member.assignment])),
      ),
    );
    outcome.reply(context.ticket, staticRejoinReply(group, next, leaderBefore, context.apiVersion));
  }
}

/**
 * A leader that can skip the assignment learns that it leads (KIP-814); an older one is told its old id leads, so that it does not
 * compute an assignment nobody waits for.
 */
function staticRejoinReply(
  group: ClassicGroup,
  member: ClassicMember,
  leaderBefore: string | null,
  apiVersion: number,
): JoinGroupResponseInput {
  const reply = joinSuccess(group, member);
  if (apiVersion < skipAssignmentSince) return { ...reply, leader: leaderBefore ?? '', members: [] };
  const isLeader = group.leader === member.memberId;
  return { ...reply, skipAssignment: isLeader, members: isLeader ? memberList(group) : [] };
}

function refuse(join: Join, errorCode: number, memberId: string): void {
  join.outcome.reply(join.context.ticket, joinError(errorCode, memberId));
}

function updateMember(join: Join, member: ClassicMember): void {
  const { group, request, context, outcome } = join;
  // A client that sends a second join has given up on the first one; it still gets an answer.
  if (member.awaitingJoin !== null)
    outcome.reply(member.awaitingJoin, joinError(ErrorCode.REBALANCE_IN_PROGRESS, member.memberId));
  group.updateProtocols(member, join.protocols);
  const timeouts = timeoutsOf(request);
  member.rebalanceTimeoutMs = timeouts.rebalanceTimeoutMs;
  member.sessionTimeoutMs = timeouts.sessionTimeoutMs;
  member.awaitingJoin = context.ticket;
}

function fence(member: ClassicMember, outcome: GroupOutcome): void {
  if (member.awaitingJoin !== null)
    outcome.reply(member.awaitingJoin, joinError(ErrorCode.FENCED_INSTANCE_ID, member.memberId));
  if (member.awaitingSync !== null)
    outcome.reply(member.awaitingSync, syncError(ErrorCode.FENCED_INSTANCE_ID));
  member.awaitingJoin = null;
  member.awaitingSync = null;
}

/** Version 0 has no rebalance timeout: the session timeout takes its place. */
function timeoutsOf(request: JoinGroupRequest): { rebalanceTimeoutMs: number; sessionTimeoutMs: number } {
  const { rebalanceTimeoutMs, sessionTimeoutMs } = request;
  return {
    rebalanceTimeoutMs: rebalanceTimeoutMs < 0 ? sessionTimeoutMs : rebalanceTimeoutMs,
    sessionTimeoutMs,
  };
}

/** The bytes are copied: they live as long as the member and must not hold the request's frame. */
function copyProtocols(request: JoinGroupRequest): readonly MemberProtocol[] {
  const protocols = new Map<string, MemberProtocol>();
  for (const { name, metadata } of request.protocols)
    protocols.set(name, { name, metadata: Buffer.from(metadata) });
  return [...protocols.values()];
}
