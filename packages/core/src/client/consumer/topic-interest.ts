// Decides which topics the consumer asks the cluster about, and what it does while one of them does not exist.
import type { SubscriptionState } from '../../machines/consumer/subscription-state.js';
import type { Timer } from '../../ports/timers.js';
import { errorByCode } from '../../protocol/errors.js';
import type { Metadata } from '../metadata.js';
import type { ConnectionPorts } from '../node-connection.js';

export interface TopicInterestOptions {
  readonly subscription: SubscriptionState;
  readonly metadata: Metadata;
  readonly ports: ConnectionPorts;
  readonly excludeInternalTopics: boolean;
  readonly retryBackoffMaxMs: number;
  /** The topics of a pattern subscription changed. */
  readonly onMatch: () => void;
  /** Something is known now that was not before. */
  readonly onUpdate: () => void;
}

/** Topics are forgotten by the metadata when they are not used for minutes. */
const touchIntervalMs = 60_000;

export class TopicInterest {
  readonly #options: TopicInterestOptions;
  readonly #stopListening: () => void;
  readonly #missing = new Set<string>();
  #followed: readonly string[] = [];
  #topics: readonly string[] = [];
  #patternResolved = false;
  #touchedMs = 0;
  #retryTimer: Timer | null = null;

  constructor(options: TopicInterestOptions) {
    this.#options = options;
    this.#stopListening = options.metadata.onUpdate(() => this.#handleUpdate());
  }

  /** False while a pattern has not been held against the cluster's topics yet. */
  get isResolved(): boolean {
    return this.#options.subscription.subscription.kind !== 'pattern' || this.#patternResolved;
  }

  /** The subscription changed. */
  followSubscription(): void {
    this.#followed = [];
    this.#patternResolved = false;
    this.#apply();
  }

  /** Asks for topics of the whole group too, which this member leads. */
  follow(topics: readonly string[]): void {
    this.#followed = topics;
    this.#apply();
  }

  /** To be called now and then, so that the metadata keep asking for the topics. */
  touch(nowMs: number): void {
    if (nowMs - this.#touchedMs < touchIntervalMs || this.#options.subscription.subscription.kind === 'pattern') return;
    this.#touchedMs = nowMs;
    this.#options.metadata.addTopics(this.#topics);
  }

  close(): void {
    this.#stopListening();
    this.#retryTimer?.cancel();
    this.#retryTimer = null;
  }

  #apply(): void {
    const { metadata, subscription } = this.#options;
    if (subscription.subscription.kind === 'pattern') {
      metadata.setTopics('all');
      return;
    }
    const assigned = subscription.partitions.map(({ topic }) => topic);
    this.#topics = [...new Set([...subscription.topics, ...assigned, ...this.#followed])];
    this.#touchedMs = this.#options.ports.clock.monotonicMs();
    metadata.setTopics(this.#topics);
  }

  #handleUpdate(): void {
    const { metadata, subscription, excludeInternalTopics } = this.#options;
    if (subscription.subscription.kind === 'pattern') {
      const existing = metadata.view
        .topicNames()
        .filter((topic) => !excludeInternalTopics || metadata.topic(topic)?.isInternal !== true);
      this.#patternResolved = true;
      if (subscription.matchPattern(existing)) this.#options.onMatch();
    }
    this.#watchMissing();
    this.#options.onUpdate();
  }

  /** A topic that does not exist may be created at any time: asks again every second, and says so once. */
  #watchMissing(): void {
    const { metadata, ports, retryBackoffMaxMs } = this.#options;
    const errors = metadata.view.topicErrors;
    for (const topic of this.#missing) if (!errors.has(topic)) this.#missing.delete(topic);
    let isMissing = false;
    for (const topic of this.#topics) {
      const errorCode = errors.get(topic);
      if (errorCode === undefined || metadata.topic(topic) !== undefined) continue;
      isMissing = true;
      if (this.#missing.has(topic)) continue;
      this.#missing.add(topic);
      const { name, message } = errorByCode(errorCode);
      // A topic that is being created answers so once; only the second time is it news.
      ports.diagnostics.log('debug', 'A topic to consume cannot be used yet', { topic, error: name, reason: message });
    }
    if (!isMissing || this.#retryTimer !== null) return;
    this.#retryTimer = ports.timers.after(retryBackoffMaxMs, () => {
      this.#retryTimer = null;
      metadata.requestUpdate();
    });
  }
}
