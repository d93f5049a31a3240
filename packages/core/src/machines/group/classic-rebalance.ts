// Decides how a classic group goes from one generation to the next (C6, C7, C8).
import { ErrorCode } from '../../protocol/errors.js';
import type { Instant } from '../coordinator/outcome.js';
import type { ClassicGroup } from './classic-group.js';
import { emptyBytes, type ClassicMember } from './classic-member.js';
import { joinError, joinSuccess, syncError } from './classic-replies.js';
import { endSession, renewSession, sessionIsOver } from './member-sessions.js';
import type { GroupConfig } from './group-config.js';
import { groupTimerKey, type GroupOutcome } from './group-outcome.js';

export class ClassicRebalance {
  readonly #config: GroupConfig;

  constructor(config: GroupConfig) {
    this.#config = config;
  }

  /** The membership changed: starts a rebalance, or completes the one that is open when nobody is missing any more. */
  prepareOrComplete(group: ClassicGroup, reason: string, now: Instant, outcome: GroupOutcome): void {
    if (group.state === 'PreparingRebalance') this.completeIfReady(group, now, outcome);
    else this.prepare(group, reason, now, outcome);
  }

  prepare(group: ClassicGroup, reason: string, now: Instant, outcome: GroupOutcome): void {
    if (group.state === 'CompletingRebalance')
      dropAssignments(group, ErrorCode.REBALANCE_IN_PROGRESS, now, outcome);
    group.pendingSyncs.clear();
    outcome.cancelTimer(groupTimerKey.sync(group.groupId));
    const isInitial = group.state === 'Empty';
    group.transitionTo('PreparingRebalance', now.wallMs);
    outcome.note('info', `Group prepares to rebalance: ${reason}`, {
      groupId: group.groupId,
      generation: group.generation,
    });
    if (isInitial) {
      const delayMs = this.#config.groupInitialRebalanceDelayMs;
      const remainingMs = Math.max(group.rebalanceTimeoutMs - delayMs, 0);
      group.memberJoinedDuringDelay = false;
      setInitialDelay(group, delayMs, remainingMs, outcome);
    } else if (group.hasEveryMemberJoined) {
      this.complete(group, now, outcome);
    } else {
      setJoinTimeout(group, outcome);
    }
  }

  /** Completes the join phase when everyone is there; the first one of a group also waits out its delay (C6). */
  completeIfReady(group: ClassicGroup, now: Instant, outcome: GroupOutcome): void {
    if (group.state !== 'PreparingRebalance' || group.previousState === 'Empty') return;
    if (group.hasEveryMemberJoined) this.complete(group, now, outcome);
  }

  /** The initial delay is over: it is extended when more members came meanwhile, up to the rebalance timeout (C6). */
  expireInitialDelay(
    group: ClassicGroup,
    delayMs: number,
    remainingMs: number,
    now: Instant,
    outcome: GroupOutcome,
  ): void {
    if (group.state !== 'PreparingRebalance') return;
    if (group.memberJoinedDuringDelay && remainingMs > 0) {
      group.memberJoinedDuringDelay = false;
      const nextDelayMs = Math.min(this.#config.groupInitialRebalanceDelayMs, remainingMs);
      setInitialDelay(group, nextDelayMs, Math.max(remainingMs - delayMs, 0), outcome);
    } else {
      this.complete(group, now, outcome);
    }
  }

  /** The rebalance timeout is over: whoever has not rejoined is left behind (C6). */
  expireJoin(group: ClassicGroup, now: Instant, outcome: GroupOutcome): void {
    if (group.state === 'PreparingRebalance') this.complete(group, now, outcome);
  }

  /** Members that never synced within the rebalance timeout are removed (C8). */
  expireSync(group: ClassicGroup, generation: number, now: Instant, outcome: GroupOutcome): void {
    if (generation !== group.generation) return;
    if (group.state !== 'CompletingRebalance' && group.state !== 'Stable') return;
    const missing = [...group.pendingSyncs];
    if (missing.length === 0) return;
    for (const memberId of missing) {
      group.remove(memberId);
      endSession(group, memberId, outcome);
    }
    this.prepare(group, `members sent no sync in time: ${missing.join(', ')}`, now, outcome);
  }

  /** A session's timer fired (C5, C10). */
  expireSession(group: ClassicGroup, memberId: string, now: Instant, outcome: GroupOutcome): void {
    if (!sessionIsOver(group, memberId, now, outcome)) return;
    if (group.pendingMembers.has(memberId)) {
      outcome.note('info', 'A member id was handed out and never used', { groupId: group.groupId, memberId });
      this.removePendingMember(group, memberId, now, outcome);
      return;
    }
    const member = group.members.get(memberId);
    if (member === undefined || member.isWaitingForCoordinator) return;
    outcome.note('info', 'A member sent no heartbeat within its session timeout', {
      groupId: group.groupId,
      memberId,
    });
    this.removeMember(group, member, outcome);
    this.#afterRemoval(group, `session of member ${memberId} expired`, now, outcome);
  }

  /** Takes a member out of the group, and answers its open requests; the rebalance is the caller's. */
  removeMember(group: ClassicGroup, member: ClassicMember, outcome: GroupOutcome): void {
    if (member.awaitingJoin !== null)
      outcome.reply(member.awaitingJoin, joinError(ErrorCode.UNKNOWN_MEMBER_ID, ''));
    if (member.awaitingSync !== null)
      outcome.reply(member.awaitingSync, syncError(ErrorCode.UNKNOWN_MEMBER_ID));
    member.awaitingJoin = null;
    member.awaitingSync = null;
    group.remove(member.memberId);
    endSession(group, member.memberId, outcome);
  }

  removePendingMember(group: ClassicGroup, memberId: string, now: Instant, outcome: GroupOutcome): void {
    group.remove(memberId);
    endSession(group, memberId, outcome);
    this.completeIfReady(group, now, outcome);
  }

  #afterRemoval(group: ClassicGroup, reason: string, now: Instant, outcome: GroupOutcome): void {
    if (group.state === 'Stable' || group.state === 'CompletingRebalance')
      this.prepare(group, reason, now, outcome);
    else if (group.state === 'PreparingRebalance' && group.hasEveryMemberJoined)
      this.complete(group, now, outcome);
  }

  /** Ends the join phase: laggards go, the generation moves on, everyone who joined is answered (C6, C7). */
  complete(group: ClassicGroup, now: Instant, outcome: GroupOutcome): void {
    outcome.cancelTimer(groupTimerKey.join(group.groupId));
    for (const member of group.members.values()) {
      if (member.awaitingJoin === null && member.groupInstanceId === null) {
        group.remove(member.memberId);
        endSession(group, member.memberId, outcome);
      }
    }
    if (!group.electJoinedLeader() && group.members.size > 0) {
      // Only static members are left and none of them came back: they keep their places until their sessions end.
      setJoinTimeout(group, outcome);
      return;
    }
    group.generation += 1;
    group.pendingSyncs.clear();
    if (group.members.size === 0) this.#becomeEmpty(group, now, outcome);
    else this.#startGeneration(group, now, outcome);
  }

  #becomeEmpty(group: ClassicGroup, now: Instant, outcome: GroupOutcome): void {
    group.protocolName = null;
    group.leader = null;
    group.transitionTo('Empty', now.wallMs);
    outcome.records.push(group.record(new Map()));
    outcome.note('info', 'Group is empty', { groupId: group.groupId, generation: group.generation });
  }

  #startGeneration(group: ClassicGroup, now: Instant, outcome: GroupOutcome): void {
    group.protocolName = group.selectProtocol();
    group.transitionTo('CompletingRebalance', now.wallMs);
    for (const member of group.members.values()) {
      if (member.awaitingJoin !== null) outcome.reply(member.awaitingJoin, joinSuccess(group, member));
      member.awaitingJoin = null;
      member.isNew = false;
      group.pendingSyncs.add(member.memberId);
      renewSession(group, member.memberId, member.sessionTimeoutMs, now, outcome);
    }
    outcome.setTimer(groupTimerKey.sync(group.groupId), group.rebalanceTimeoutMs, {
      kind: 'sync',
      groupId: group.groupId,
      generation: group.generation,
    });
    outcome.note('info', 'Group starts a generation', {
      groupId: group.groupId,
      generation: group.generation,
      members: group.members.size,
      protocol: group.protocolName,
      leader: group.leader,
    });
  }
}

/** Takes every assignment back, and tells the members that wait for one why. */
export function dropAssignments(
  group: ClassicGroup,
  errorCode: number,
  now: Instant,
  outcome: GroupOutcome,
): void {
  for (const member of group.members.values()) {
    member.assignment = emptyBytes;
    if (member.awaitingSync === null) continue;
    outcome.reply(member.awaitingSync, syncError(errorCode));
    member.awaitingSync = null;
    renewSession(group, member.memberId, member.sessionTimeoutMs, now, outcome);
  }
}

function setInitialDelay(
  group: ClassicGroup,
  delayMs: number,
  remainingMs: number,
  outcome: GroupOutcome,
): void {
  outcome.setTimer(groupTimerKey.join(group.groupId), delayMs, {
    kind: 'initial-join',
    groupId: group.groupId,
    delayMs,
    remainingMs,
  });
}

function setJoinTimeout(group: ClassicGroup, outcome: GroupOutcome): void {
  outcome.setTimer(groupTimerKey.join(group.groupId), group.rebalanceTimeoutMs, {
    kind: 'join',
    groupId: group.groupId,
  });
}
