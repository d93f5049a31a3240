// Decides which topics the consumer asks the cluster about, and what it does while one of them does not exist.
import type { SubscriptionState } from '../../machines/consumer/subscription-state.js';
import type { Timer } from '../../ports/timers.js';
import { errorByCode } from '../../protocol/errors.js';
import { backoffMs } from '../../foundation/backoff.js';
import { brokerError, type KafkaError } from '../errors.js';
import type { Metadata } from '../metadata.js';
import type { ConnectionPorts } from '../node-connection.js';

export interface TopicInterestOptions {
  readonly subscription: SubscriptionState;
  readonly metadata: Metadata;
  readonly ports: ConnectionPorts;
  readonly excludeInternalTopics: boolean;
  readonly retryBackoffMs: number;
  readonly retryBackoffMaxMs: number;
  /** A topic may not be used at all. */
  readonly onFailure: (error: KafkaError) => void;
  /** The topics of a pattern subscription changed. */
  readonly onMatch: () => void;
  /** Something is known now that was not before. */
  readonly onUpdate: () => void;
}

/** Topics are forgotten by the metadata when they are not used for minutes. */
const touchIntervalMs = 60_000;
/** While a topic is being created, the first answers say that it is not there. */
const patienceMs = 2000;

interface Missing {
  readonly sinceMs: number;
  answers: number;
  reported: boolean;
}

export class TopicInterest {
  readonly #options: TopicInterestOptions;
  readonly #stopListening: () => void;
  /** Topics that cannot be used, since when, and whether that was told. */
  readonly #missing = new Map<string, Missing>();
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
    if (
      nowMs - this.#touchedMs < touchIntervalMs ||
      this.#options.subscription.subscription.kind === 'pattern'
    )
      return;
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

  /** A topic that does not exist may be created at any time: asks again, and says so once. */
  #watchMissing(): void {
    const { metadata, ports, retryBackoffMs, retryBackoffMaxMs } = this.#options;
    const errors = metadata.view.topicErrors;
    for (const topic of this.#missing.keys()) if (!errors.has(topic)) this.#missing.delete(topic);
    const nowMs = ports.clock.monotonicMs();
    let answers = 0;
    for (const topic of this.#topics) {
      const errorCode = errors.get(topic);
      if (errorCode === undefined || metadata.topic(topic) !== undefined) continue;
      const missing = this.#missing.get(topic) ?? { sinceMs: nowMs, answers: 0, reported: false };
      this.#missing.set(topic, missing);
      answers = Math.max(answers, ++missing.answers);
      if (!missing.reported) this.#report(topic, errorCode, missing, nowMs);
    }
    if (answers === 0 || this.#retryTimer !== null) return;
    const waitMs = backoffMs(answers - 1, retryBackoffMs, retryBackoffMaxMs, ports.random);
    this.#retryTimer = ports.timers.after(waitMs, () => {
      this.#retryTimer = null;
      metadata.requestUpdate();
    });
  }

  #report(topic: string, errorCode: number, missing: Missing, nowMs: number): void {
    const { name, retriable } = errorByCode(errorCode);
    if (!retriable) {
      missing.reported = true;
      this.#options.onFailure(brokerError(errorCode, `Cannot consume topic ${topic}`));
      return;
    }
    if (nowMs - missing.sinceMs < patienceMs) return;
    missing.reported = true;
    this.#options.ports.diagnostics.log(
      'warn',
      `Topic ${topic} does not exist or has no leader yet; waiting for it, and reading it as soon as it is there`,
      { topic, error: name },
    );
  }
}
