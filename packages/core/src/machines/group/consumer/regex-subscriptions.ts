// Decides what follows when members subscribe by regular expression, and when topics come and go under one (C26).
import { ErrorCode } from '../../../protocol/errors.js';
import type { Instant } from '../../coordinator/outcome.js';
import type { GroupConfig } from '../group-config.js';
import { groupTimerKey, type GroupOutcome } from '../group-outcome.js';
import type { GroupTopics } from '../group-topics.js';
import type { ConsumerGroup } from './consumer-group.js';
import { ConsumerGroupDraft } from './consumer-group-draft.js';
import { regexOf, sameNames, type ConsumerMember, type MemberMetadata } from './consumer-member.js';
import type { Refusal } from './refusal.js';
import { compileRegex } from './regex-refresh.js';
import { hashOfTopics, subscribedTopicsOf } from './subscribed-topics.js';

/** New topics lead to no more than one look at all of them in this time; fixed in Kafka. */
const minRefreshIntervalMs = 10_000;

/** `resolved`: the topics of the new expression, or that there is none, are known at once. */
export type RegexChange = 'none' | 'unresolved' | 'resolved';

export class RegexSubscriptions {
  readonly #config: GroupConfig;
  readonly #topics: GroupTopics;

  constructor(config: GroupConfig, topics: GroupTopics) {
    this.#config = config;
    this.#topics = topics;
  }

  /** Checks an expression that nobody in the group uses yet. */
  validate(group: ConsumerGroup, metadata: MemberMetadata): Refusal | null {
    const regex = regexOf(metadata);
    if (regex === null || group.regexSubscribers.has(regex)) return null;
    const compiled = compileRegex(regex);
    if (typeof compiled !== 'string') return null;
    return {
      errorCode: ErrorCode.INVALID_REGULAR_EXPRESSION,
      message: `SubscribedTopicRegex \`${regex}\` is not a valid regular expression: ${compiled}.`,
    };
  }

  /** The member's metadata is in the draft already. */
  change(draft: ConsumerGroupDraft, before: MemberMetadata, after: MemberMetadata): RegexChange {
    if (before.subscribedTopicRegex === after.subscribedTopicRegex) return 'none';
    this.forgetUnused(draft, regexOf(before));
    const regex = regexOf(after);
    return regex === null || draft.regex(regex) !== undefined ? 'resolved' : 'unresolved';
  }

  forgetUnused(draft: ConsumerGroupDraft, regex: string | null): void {
    if (regex === null || draft.regex(regex) === undefined) return;
    if (!draft.members().some(({ metadata }) => regexOf(metadata) === regex)) draft.putRegex(regex, null);
  }

  /** Looks expressions up soon when one has not been yet, or when there may be new topics for them. */
  refreshIfNeeded(draft: ConsumerGroupDraft, member: ConsumerMember, now: Instant): void {
    const { group, outcome } = draft;
    const regex = regexOf(member.metadata);
    if (group.regexRefresh.isScheduled || (regex === null && group.regexSubscribers.size === 0)) return;
    const isUnresolved =
      (regex !== null && draft.regex(regex) === undefined) ||
      group.regexes.size < group.regexSubscribers.size;
    const { lastMs, topicsVersion } = group.regexRefresh;
    const ageMs = now.monotonicMs - lastMs;
    const isStale =
      (topicsVersion !== this.#topics.version && ageMs >= minRefreshIntervalMs) ||
      ageMs >= this.#config.groupConsumerRegexRefreshIntervalMs;
    if (isUnresolved || isStale) this.#schedule(group, outcome);
  }

  /** One step of looking up; what it finds moves the group's epoch. */
  refresh(group: ConsumerGroup, now: Instant, outcome: GroupOutcome): void {
    group.regexRefresh.isScheduled = false;
    const found = group.regexRefresh.step(group.regexSubscribers.keys(), this.#topics);
    if (found === null) {
      this.#schedule(group, outcome);
      return;
    }
    group.regexRefresh.lastMs = now.monotonicMs;
    const draft = new ConsumerGroupDraft(group, outcome);
    let hasChanged = false;
    for (const regex of group.regexSubscribers.keys()) {
      const topics = found.topics.get(regex) ?? [];
      const known = group.regexes.get(regex);
      if (known !== undefined && sameNames(known.topics, topics)) continue;
      hasChanged ||= !sameNames(known?.topics ?? [], topics);
      draft.putRegex(regex, { topics, topicsVersion: found.topicsVersion, timestampMs: now.wallMs });
    }
    if (outcome.records.length === 0) group.regexRefresh.topicsVersion = found.topicsVersion;
    if (!hasChanged) return;
    const names = subscribedTopicsOf(draft.members(), (regex) => draft.regex(regex));
    draft.putEpoch(draft.epoch + 1, hashOfTopics(names, this.#topics));
  }

  #schedule(group: ConsumerGroup, outcome: GroupOutcome): void {
    group.regexRefresh.isScheduled = true;
    outcome.setTimer(groupTimerKey.regexes(group.groupId), 0, { kind: 'regexes', groupId: group.groupId });
  }
}
