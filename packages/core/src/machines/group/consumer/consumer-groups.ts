// Decides which parts of the consumer protocol a request, a timer or a view of a group goes to.
import type { ConsumerGroupHeartbeatRequest } from '../../../protocol/messages/68-consumer-group-heartbeat.js';
import type { Instant } from '../../coordinator/outcome.js';
import { ServerAssignors } from '../assignors/server-assignors.js';
import { consumerSessionTimeoutMs, type GroupConfig } from '../group-config.js';
import type { GroupOutcome, GroupTimerEvent } from '../group-outcome.js';
import type { Group } from '../group-store.js';
import type { GroupTopics } from '../group-topics.js';
import { renewSession } from '../member-sessions.js';
import { ClassicMembers } from './classic-members.js';
import { ConsumerGroup } from './consumer-group.js';
import { ConsumerGroupDraft } from './consumer-group-draft.js';
import { ConsumerHeartbeat, type HeartbeatContext } from './consumer-heartbeat.js';
import { ConsumerMembership } from './consumer-membership.js';
import {
  describeConsumerGroup,
  undescribedConsumerGroup,
  type DescribedConsumerGroup,
} from './consumer-views.js';
import { joinEpoch, validateHeartbeat } from './heartbeat-validation.js';
import { MemberProgress, watchRevocation } from './member-progress.js';
import { groupNotFound, notConsumerGroup, refusedHeartbeat, type Refusal } from './refusal.js';
import { RegexSubscriptions } from './regex-subscriptions.js';
import { answerWaiting, upgrade } from './upgrade.js';

export class ConsumerGroups {
  /** Members of the classic protocol in consumer groups. */
  readonly classicMembers: ClassicMembers;
  readonly #config: GroupConfig;
  readonly #topics: GroupTopics;
  readonly #assignors: ServerAssignors;
  readonly #regexes: RegexSubscriptions;
  readonly #membership: ConsumerMembership;
  readonly #heartbeat: ConsumerHeartbeat;

  constructor(config: GroupConfig, topics: GroupTopics) {
    const assignors = new ServerAssignors(config.groupConsumerAssignors);
    const regexes = new RegexSubscriptions(config, topics);
    const progress = new MemberProgress({ topics, assignors, regexes });
    const membership = new ConsumerMembership({ config, topics, progress, regexes });
    this.#config = config;
    this.#topics = topics;
    this.#assignors = assignors;
    this.#regexes = regexes;
    this.#membership = membership;
    this.#heartbeat = new ConsumerHeartbeat({ config, progress, membership, regexes });
    this.classicMembers = new ClassicMembers({ config, topics, progress, membership });
  }

  /** Gives the group that the outcome's records will bring to life, when it is a new one. */
  heartbeat(
    known: Group | undefined,
    request: ConsumerGroupHeartbeatRequest,
    context: HeartbeatContext,
    now: Instant,
    outcome: GroupOutcome,
  ): ConsumerGroup | null {
    const refuse = (refusal: Refusal): null => {
      outcome.reply(context.ticket, refusedHeartbeat(refusal));
      return null;
    };
    const invalid = validateHeartbeat(request, context.apiVersion, this.#assignors);
    if (invalid !== null) return refuse(invalid);
    if (request.memberEpoch < joinEpoch) {
      if (known?.kind === 'consumer') this.#heartbeat.leave(known, request, context, now, outcome);
      else refuse(missing(known, request.groupId));
      return null;
    }
    const draft =
      known?.kind === 'consumer'
        ? new ConsumerGroupDraft(known, outcome)
        : this.#newGroup(known, request, now, outcome);
    if (draft === null) return refuse(missing(known, request.groupId));
    const refusal = this.#heartbeat.stay(draft, request, context, now);
    if (refusal !== null) {
      // Nothing of what was drafted may stand.
      outcome.records.length = 0;
      outcome.replies.length = 0;
      return refuse(refusal);
    }
    if (known?.kind === 'classic') answerWaiting(known, outcome);
    return draft.group === known ? null : draft.group;
  }

  describe(known: Group | undefined, groupId: string): DescribedConsumerGroup {
    return known?.kind === 'consumer'
      ? describeConsumerGroup(known, this.#assignors, this.#topics)
      : undescribedConsumerGroup(groupId, missing(known, groupId));
  }

  /** Sessions start anew after loading, and so do waits for revocations. */
  handleLoaded(group: ConsumerGroup, now: Instant, outcome: GroupOutcome): void {
    for (const member of group.members.values()) {
      const timeoutMs =
        member.metadata.classic?.sessionTimeoutMs ?? consumerSessionTimeoutMs(this.#config, group.groupId);
      renewSession(group, member.memberId, timeoutMs, now, outcome);
      if (member.current.state === 'unrevoked-partitions' && member.metadata.classic === null)
        watchRevocation({ group, outcome }, member);
    }
  }

  /** What could not be stored is tried again soon. */
  handleTimer(group: ConsumerGroup, event: GroupTimerEvent, now: Instant, outcome: GroupOutcome): void {
    switch (event.kind) {
      case 'session':
        this.#membership.expireSession(group, event.memberId, now, outcome);
        break;
      case 'revocation':
        this.#membership.expireRevocation(group, event.memberId, event.memberEpoch, now, outcome);
        break;
      case 'member-join':
        this.#membership.expireJoin(group, event.memberId, now, outcome);
        break;
      case 'member-sync':
        this.#membership.expireSync(group, event.memberId, now, outcome);
        break;
      case 'regexes':
        this.#regexes.refresh(group, now, outcome);
        break;
      default:
      // Timers of the classic group that this one was.
    }
    if (outcome.records.length > 0) outcome.failure = { kind: 'timer', groupId: group.groupId, event };
  }

  /** Only a join makes a group, or takes a classic one over (C25). */
  #newGroup(
    known: Group | undefined,
    { groupId, memberEpoch }: ConsumerGroupHeartbeatRequest,
    now: Instant,
    outcome: GroupOutcome,
  ): ConsumerGroupDraft | null {
    if (memberEpoch !== joinEpoch) return null;
    if (known?.kind === 'classic' && known.state !== 'Empty')
      return upgrade(known, this.#config, this.#topics, now, outcome);
    if (known !== undefined) outcome.records.push({ kind: 'group', groupId, value: null });
    return new ConsumerGroupDraft(new ConsumerGroup(groupId), outcome);
  }
}

function missing(known: Group | undefined, groupId: string): Refusal {
  return known === undefined ? groupNotFound(groupId) : notConsumerGroup(groupId);
}
