// Decides which parts of the classic protocol a request, a timer or a failure of a group goes to.
import type { Instant } from '../coordinator/outcome.js';
import type { ClassicGroup } from './classic-group.js';
import { ClassicJoin } from './classic-join.js';
import { ClassicMembership } from './classic-membership.js';
import { ClassicRebalance } from './classic-rebalance.js';
import { joinError } from './classic-replies.js';
import type { GroupConfig } from './group-config.js';
import {
  groupTimerKey,
  type GroupAppendFailure,
  type GroupOutcome,
  type GroupTimerEvent,
} from './group-outcome.js';
import { endSession, renewSession } from './member-sessions.js';

export class ClassicGroups {
  readonly join: ClassicJoin;
  readonly membership: ClassicMembership;
  readonly #config: GroupConfig;
  readonly #rebalance: ClassicRebalance;

  constructor(config: GroupConfig) {
    this.#config = config;
    this.#rebalance = new ClassicRebalance(config);
    this.join = new ClassicJoin(config, this.#rebalance);
    this.membership = new ClassicMembership(this.#rebalance);
  }

  /** Sessions start anew. */
  handleLoaded(group: ClassicGroup, now: Instant, outcome: GroupOutcome): void {
    for (const member of group.members.values())
      renewSession(group, member.memberId, member.sessionTimeoutMs, now, outcome);
    if (group.members.size > this.#config.groupMaxSize)
      this.#rebalance.prepare(group, 'more members than group.max.size allows were loaded', now, outcome);
  }

  handleTimer(group: ClassicGroup, event: GroupTimerEvent, now: Instant, outcome: GroupOutcome): void {
    switch (event.kind) {
      case 'session':
        this.#rebalance.expireSession(group, event.memberId, now, outcome);
        break;
      case 'initial-join':
        this.#rebalance.expireInitialDelay(group, event.delayMs, event.remainingMs, now, outcome);
        break;
      case 'join':
        this.#rebalance.expireJoin(group, now, outcome);
        break;
      case 'sync':
        this.#rebalance.expireSync(group, event.generation, now, outcome);
        break;
      case 'downgraded':
        for (const member of group.members.values())
          renewSession(group, member.memberId, member.sessionTimeoutMs, now, outcome);
        if (event.cause === 'member-left' && group.state === 'Stable')
          this.#rebalance.prepare(group, 'the group was downgraded from a consumer group', now, outcome);
        break;
      default:
      // Timers of the consumer group that this one was.
    }
  }

  handleAppendFailure(
    group: ClassicGroup,
    failure: GroupAppendFailure,
    errorCode: number,
    now: Instant,
    outcome: GroupOutcome,
  ): void {
    switch (failure.kind) {
      case 'new-group':
        outcome.cancelTimer(groupTimerKey.join(group.groupId));
        for (const memberId of group.sessions.keys()) endSession(group, memberId, outcome);
        for (const member of group.members.values())
          if (member.awaitingJoin !== null) outcome.reply(member.awaitingJoin, joinError(errorCode, ''));
        break;
      case 'assignment':
        this.membership.assignmentFailed(group, failure.generation, errorCode, now, outcome);
        break;
      case 'static-member':
        this.membership.staticMemberFailed(group, failure.previous, now, outcome);
        break;
      default:
    }
  }
}
