// Decides what a member's request does to a consumer group: update the member, move the group's epoch, compute targets, reconcile (C19, C21).
import type { Instant } from '../../coordinator/outcome.js';
import type { ServerAssignors } from '../assignors/server-assignors.js';
import { groupTimerKey } from '../group-outcome.js';
import type { GroupTopics } from '../group-topics.js';
import type { TopicPartitions } from './assignment.js';
import type { ConsumerGroupDraft } from './consumer-group-draft.js';
import {
  noAssignmentYet,
  sameMetadata,
  sameNames,
  unknownMetadata,
  type ConsumerMember,
  type MemberMetadata,
} from './consumer-member.js';
import { reconcile } from './reconciliation.js';
import type { RegexSubscriptions } from './regex-subscriptions.js';
import { hashOfTopics, subscribedTopicsOf } from './subscribed-topics.js';
import { updateTargets } from './target-assignment.js';

/** What the member says of itself and its partitions in one request. */
export interface MemberReport {
  readonly memberId: string;
  readonly metadata: MemberMetadata;
  readonly owned: readonly TopicPartitions[] | null;
  readonly shownEpoch: number;
}

export class MemberProgress {
  readonly #topics: GroupTopics;
  readonly #assignors: ServerAssignors;
  readonly #regexes: RegexSubscriptions;

  constructor(parts: {
    readonly topics: GroupTopics;
    readonly assignors: ServerAssignors;
    readonly regexes: RegexSubscriptions;
  }) {
    this.#topics = parts.topics;
    this.#assignors = parts.assignors;
    this.#regexes = parts.regexes;
  }

  /** The member as it is after its request. */
  advance(draft: ConsumerGroupDraft, report: MemberReport, now: Instant): ConsumerMember {
    const { memberId, metadata } = report;
    const known = draft.member(memberId);
    const before = known?.metadata ?? unknownMetadata;
    let member: ConsumerMember = known ?? { memberId, metadata, current: noAssignmentYet };
    let mustBump = known === undefined;
    if (known === undefined || !sameMetadata(before, metadata)) {
      member = draft.putMetadata(memberId, metadata);
      mustBump ||= !sameNames(before.subscribedTopicNames, metadata.subscribedTopicNames);
      mustBump = this.#regexes.change(draft, before, metadata) === 'resolved' || mustBump;
    }
    this.#regexes.refreshIfNeeded(draft, member, now);
    this.bumpEpoch(draft, mustBump);
    if (draft.epoch > draft.targetEpoch) updateTargets(draft, this.#assignors, this.#topics, now);
    return this.#reconcile(draft, member, report);
  }

  /** Moves the epoch when the members demand it, or when the topics they read are no longer what they were. */
  bumpEpoch(draft: ConsumerGroupDraft, mustBump: boolean): void {
    const { group } = draft;
    if (!mustBump && group.topicsVersionSeen === this.#topics.version) return;
    const names = subscribedTopicsOf(draft.members(), (regex) => draft.regex(regex));
    const hash = hashOfTopics(names, this.#topics);
    if (mustBump || hash !== draft.metadataHash) {
      draft.putEpoch(draft.epoch + 1, hash);
      return;
    }
    // Only what is written down already counts as seen: an append may fail.
    group.topicsVersionSeen = this.#topics.version;
  }

  #reconcile(
    draft: ConsumerGroupDraft,
    member: ConsumerMember,
    { owned, shownEpoch }: MemberReport,
  ): ConsumerMember {
    const { memberId } = member;
    const next = reconcile(member.current, {
      targetEpoch: draft.targetEpoch,
      target: draft.target(memberId),
      owned,
      shownEpoch,
      isHeldByOther: (topicId, partition) => (draft.owner(topicId, partition) ?? memberId) !== memberId,
    });
    if (next === member.current) return member;
    const moved = draft.putCurrent(member, next);
    // Members of the classic protocol have timers of their own, for their joins and syncs.
    if (moved.metadata.classic === null) watchRevocation(draft, moved);
    return moved;
  }
}

/** A member that does not give its partitions up within its rebalance timeout is fenced (C21). A timer of an epoch that is over says nothing. */
export function watchRevocation(
  { group, outcome }: Pick<ConsumerGroupDraft, 'group' | 'outcome'>,
  { memberId, metadata, current }: ConsumerMember,
): void {
  if (current.state !== 'unrevoked-partitions') return;
  outcome.setTimer(groupTimerKey.revocation(group.groupId, memberId), metadata.rebalanceTimeoutMs, {
    kind: 'revocation',
    groupId: group.groupId,
    memberId,
    memberEpoch: current.memberEpoch,
  });
}
