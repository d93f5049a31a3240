// Decides how members leave a consumer group, of their own will or because they are believed gone (C18, C21, C23).
import type { Instant } from '../../coordinator/outcome.js';
import type { GroupConfig } from '../group-config.js';
import type { GroupOutcome } from '../group-outcome.js';
import { sessionIsOver } from '../member-sessions.js';
import type { ConsumerGroup } from './consumer-group.js';
import { ConsumerGroupDraft } from './consumer-group-draft.js';
import { regexOf, type ConsumerMember } from './consumer-member.js';
import { downgrade } from './downgrade.js';
import { leaveStaticEpoch } from './heartbeat-validation.js';
import type { MemberProgress } from './member-progress.js';
import type { RegexSubscriptions } from './regex-subscriptions.js';
import type { GroupTopics } from '../group-topics.js';

export class ConsumerMembership {
  readonly #config: GroupConfig;
  readonly #topics: GroupTopics;
  readonly #progress: MemberProgress;
  readonly #regexes: RegexSubscriptions;

  constructor(parts: {
    readonly config: GroupConfig;
    readonly topics: GroupTopics;
    readonly progress: MemberProgress;
    readonly regexes: RegexSubscriptions;
  }) {
    this.#config = parts.config;
    this.#topics = parts.topics;
    this.#progress = parts.progress;
    this.#regexes = parts.regexes;
  }

  /** Takes members out, once the records are there: until then they are watched as before. The next heartbeat of one that stays computes the new targets. */
  remove(
    group: ConsumerGroup,
    leaving: readonly ConsumerMember[],
    now: Instant,
    outcome: GroupOutcome,
  ): void {
    const gone = new Set(leaving.map(({ memberId }) => memberId));
    const staying = [...group.members.values()].filter(({ memberId }) => !gone.has(memberId));
    const draft = new ConsumerGroupDraft(group, outcome);
    if (downgrade(draft, { staying, cause: 'member-left' }, this.#config, this.#topics, now)) return;
    for (const member of leaving) draft.removeMember(member);
    for (const regex of new Set(leaving.map(({ metadata }) => regexOf(metadata))))
      this.#regexes.forgetUnused(draft, regex);
    this.#progress.bumpEpoch(draft, true);
  }

  /** A static member goes and will be back: its place and its partitions are kept for its session (C23). */
  leaveTemporarily(group: ConsumerGroup, member: ConsumerMember, outcome: GroupOutcome): void {
    new ConsumerGroupDraft(group, outcome).putCurrent(member, {
      ...member.current,
      memberEpoch: leaveStaticEpoch,
      state: 'stable',
      pendingRevocation: new Map(),
    });
  }

  expireSession(group: ConsumerGroup, memberId: string, now: Instant, outcome: GroupOutcome): void {
    if (sessionIsOver(group, memberId, now, outcome))
      this.#fence(group, memberId, 'it sent no heartbeat within its session timeout', now, outcome);
  }

  expireRevocation(
    group: ConsumerGroup,
    memberId: string,
    memberEpoch: number,
    now: Instant,
    outcome: GroupOutcome,
  ): void {
    const current = group.members.get(memberId)?.current;
    if (current?.state !== 'unrevoked-partitions' || current.memberEpoch !== memberEpoch) return;
    this.#fence(group, memberId, 'it did not give its partitions up in time', now, outcome);
  }

  expireJoin(group: ConsumerGroup, memberId: string, now: Instant, outcome: GroupOutcome): void {
    if (!group.awaitedJoins.has(memberId)) return;
    this.#fence(group, memberId, 'it did not rejoin in time', now, outcome);
  }

  expireSync(group: ConsumerGroup, memberId: string, now: Instant, outcome: GroupOutcome): void {
    if (!group.awaitedSyncs.has(memberId)) return;
    this.#fence(group, memberId, 'it did not sync in time', now, outcome);
  }

  #fence(group: ConsumerGroup, memberId: string, why: string, now: Instant, outcome: GroupOutcome): void {
    const member = group.members.get(memberId);
    if (member === undefined) return;
    outcome.note('info', `A member is removed from its group: ${why}`, { groupId: group.groupId, memberId });
    this.remove(group, [member], now, outcome);
  }
}
