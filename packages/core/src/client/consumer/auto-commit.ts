// Decides when positions are committed without being asked: on poll when due, before partitions go, and on close (CC3).
import type { SubscriptionState } from '../../machines/consumer/subscription-state.js';
import type { Clock } from '../../ports/clock.js';
import type { Diagnostics } from '../../ports/diagnostics.js';
import { KafkaError } from '../errors.js';
import type { HeldRecords } from './held-records.js';
import type { OffsetCommitter, OffsetToCommit } from './offset-committer.js';

export interface AutoCommitOptions {
  readonly committer: OffsetCommitter;
  readonly subscription: SubscriptionState;
  readonly held: HeldRecords;
  readonly clock: Clock;
  readonly diagnostics: Diagnostics;
  readonly intervalMs: number;
  readonly requestTimeoutMs: number;
}

export class AutoCommit {
  readonly #options: AutoCommitOptions;
  #dueMs: number;
  #underWay = false;

  constructor(options: AutoCommitOptions) {
    this.#options = options;
    this.#dueMs = options.clock.monotonicMs() + options.intervalMs;
  }

  /** Starts a commit when one is due; polls do not wait for it. */
  commitIfDue(nowMs: number): void {
    if (nowMs < this.#dueMs || this.#underWay) return;
    this.#dueMs = nowMs + this.#options.intervalMs;
    const offsets = positionsOf(this.#options.subscription, this.#options.held);
    if (offsets.length === 0) return;
    this.#underWay = true;
    void this.#commit(offsets, this.#options.requestTimeoutMs).finally(() => {
      this.#underWay = false;
    });
  }

  /** Commits before partitions go; what fails is told and does not hold up the rebalance. */
  async commitNow(timeoutMs: number): Promise<void> {
    await this.#commit(this.#takePositions(), timeoutMs);
  }

  /** Commits before partitions go to others, who wait for it: what may succeed later is tried until `timeoutMs` is over. */
  async commitUntil(timeoutMs: number): Promise<void> {
    const { committer } = this.#options;
    await this.#commit(this.#takePositions(), timeoutMs, (offsets) => committer.commit(offsets, timeoutMs));
  }

  #takePositions(): OffsetToCommit[] {
    this.#dueMs = this.#options.clock.monotonicMs() + this.#options.intervalMs;
    return positionsOf(this.#options.subscription, this.#options.held);
  }

  async #commit(
    offsets: readonly OffsetToCommit[],
    timeoutMs: number,
    send = (all: readonly OffsetToCommit[]) => this.#options.committer.commitOnce(all, timeoutMs),
  ): Promise<void> {
    if (offsets.length === 0) return;
    const { diagnostics } = this.#options;
    try {
      await send(offsets);
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      const level = error.retriable ? 'debug' : 'warn';
      diagnostics.log(level, 'An automatic commit failed; the next one will hold its offsets too', {
        error: error.code,
        reason: error.message,
      });
    }
  }
}

/** Where the application stands in every partition that has a position. */
export function positionsOf(subscription: SubscriptionState, held: HeldRecords): OffsetToCommit[] {
  const offsets: OffsetToCommit[] = [];
  const reached = held.reached(subscription.partitions);
  for (const { topic, partition, key, position } of subscription.partitions) {
    if (position === null) continue;
    const offset = reached.get(key) ?? position.offset;
    const leaderEpoch = position.offsetEpoch < 0 ? null : position.offsetEpoch;
    offsets.push({ topic, partition, offset, leaderEpoch });
  }
  return offsets;
}
