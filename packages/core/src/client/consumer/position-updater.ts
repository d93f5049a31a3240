// Decides how partitions without a valid position get one: the committed offset, the reset policy, or validation by epoch.
import type { FetchPosition, PartitionState, ResetTarget } from '../../machines/consumer/partition-state.js';
import {
  judgePosition,
  type EpochEnd,
  type PositionVerdict,
} from '../../machines/consumer/position-validation.js';
import type { SubscriptionState } from '../../machines/consumer/subscription-state.js';
import { topicPartitionKey } from '../../machines/consumer/topic-partition.js';
import type { Clock } from '../../ports/clock.js';
import type { Diagnostics } from '../../ports/diagnostics.js';
import {
  KafkaError,
  LogTruncationError,
  NoOffsetForPartitionError,
  UnsupportedVersionError,
} from '../errors.js';
import type { Metadata } from '../metadata.js';
import type { OffsetCommitter } from './offset-committer.js';
import {
  earliestTimestamp,
  latestTimestamp,
  type OffsetLookup,
  type OffsetResults,
} from './offset-lookup.js';

export interface PositionUpdaterOptions {
  readonly subscription: SubscriptionState;
  readonly lookup: OffsetLookup;
  readonly metadata: Metadata;
  /** Null without a group. */
  readonly committer: OffsetCommitter | null;
  readonly clock: Clock;
  readonly diagnostics: Diagnostics;
  readonly requestTimeoutMs: number;
  readonly retryBackoffMs: number;
  /** Positions changed, or a failure is there to be taken. */
  readonly onProgress: () => void;
}

type Phase = PartitionState['phase'];

const valid: PositionVerdict = { kind: 'valid' };

export class PositionUpdater {
  readonly #options: PositionUpdaterOptions;
  readonly #underWay = new Set<Phase>();
  #failure: KafkaError | null = null;

  constructor(options: PositionUpdaterOptions) {
    this.#options = options;
  }

  /** What went wrong for good since the last call. */
  takeFailure(): KafkaError | null {
    const failure = this.#failure;
    this.#failure = null;
    return failure;
  }

  /** Starts the look-ups that are due; returns the time of the next one that is put off, or null. */
  update(nowMs: number): number | null {
    let dueMs: number | null = null;
    let isDue = false;
    for (const state of this.#options.subscription.partitions) {
      if (state.phase === 'fetching') continue;
      if (state.retryAtMs <= nowMs) isDue = true;
      else dueMs = dueMs === null ? state.retryAtMs : Math.min(dueMs, state.retryAtMs);
    }
    if (isDue) {
      this.#start('initializing', nowMs, (states) => this.#initialize(states));
      this.#start('awaitingReset', nowMs, (states) => this.#reset(states));
      this.#start('awaitingValidation', nowMs, (states) => this.#validate(states));
    }
    return dueMs;
  }

  #start(phase: Phase, nowMs: number, run: (states: PartitionState[]) => Promise<void>): void {
    if (this.#underWay.has(phase)) return;
    const { subscription } = this.#options;
    const states = subscription.partitions.filter(
      (state) => state.phase === phase && state.retryAtMs <= nowMs,
    );
    if (states.length === 0) return;
    this.#underWay.add(phase);
    void this.#run(phase, states, run);
  }

  async #run(
    phase: Phase,
    states: PartitionState[],
    run: (states: PartitionState[]) => Promise<void>,
  ): Promise<void> {
    try {
      await run(states);
    } catch (error) {
      if (error instanceof KafkaError && error.retriable) this.#putOff(states);
      else this.#fail(states, error);
    } finally {
      this.#underWay.delete(phase);
      this.#options.onProgress();
    }
  }

  async #initialize(states: PartitionState[]): Promise<void> {
    const { committer, requestTimeoutMs } = this.#options;
    const before = incarnationsOf(states);
    const committed = await committer?.committedOnce(states, requestTimeoutMs);
    const homeless: PartitionState[] = [];
    for (const state of states) {
      if (!isCurrent(state, before) || state.phase !== 'initializing') continue;
      const found = committed?.get(state.key);
      if (found !== undefined) state.seek(found.offset, found.leaderEpoch ?? -1);
      else if (!this.#options.subscription.resetByPolicy(state)) homeless.push(state);
    }
    if (homeless.length === 0) return;
    const names = homeless.map(({ key }) => key).join(', ');
    throw new NoOffsetForPartitionError(
      `There is no committed offset for ${names} and autoOffsetReset is none; seek, or set it to earliest or latest`,
    );
  }

  async #reset(states: PartitionState[]): Promise<void> {
    const before = incarnationsOf(states);
    const nowMs = this.#options.clock.nowMs();
    const queries = states.map(({ topic, partition, resetTarget }) => ({
      topic,
      partition,
      timestamp: timestampOf(resetTarget, nowMs),
    }));
    const results = await this.#options.lookup.offsetsByTimestamp(queries, this.#options.requestTimeoutMs);
    this.#take(states, before, results, (state, found) => {
      if (found.offset < 0) {
        // No record is so young: what comes from now on is (KIP-1106).
        state.requestReset('latest');
        return;
      }
      state.seek(found.offset, found.leaderEpoch);
      // The leader has just named this offset itself.
      state.validatedEpoch =
        this.#options.metadata.partition(state.topic, state.partition)?.leaderEpoch ?? -1;
    });
  }

  async #validate(states: PartitionState[]): Promise<void> {
    const before = incarnationsOf(states);
    const leaderEpochs = new Map<PartitionState, number>();
    const queries = states.map((state) => {
      leaderEpochs.set(
        state,
        this.#options.metadata.partition(state.topic, state.partition)?.leaderEpoch ?? -1,
      );
      return {
        topic: state.topic,
        partition: state.partition,
        leaderEpoch: state.position?.offsetEpoch ?? -1,
      };
    });
    const ends = await this.#options.lookup.endsOfEpochs(queries, this.#options.requestTimeoutMs);
    const results: OffsetResults<EpochEnd | null> = new Map(ends);
    for (const [key, result] of ends) if (result instanceof UnsupportedVersionError) results.set(key, null);
    this.#take(states, before, results, (state, end) => {
      // A broker without this API keeps no epochs that could tell a truncation.
      const verdict = end === null || state.position === null ? valid : judgePosition(state.position, end);
      if (verdict.kind === 'valid') {
        state.validatedEpoch = leaderEpochs.get(state) ?? -1;
        state.phase = 'fetching';
      } else this.#handleTruncation(state, verdict.divergent);
    });
  }

  /** An unclean election dropped records that were read: the policy says where to go on, or the application must (CC7, KIP-320). */
  #handleTruncation(state: PartitionState, divergent: FetchPosition | null): void {
    const { diagnostics, subscription } = this.#options;
    const { topic, partition } = state;
    const offset = state.position?.offset ?? 0;
    if (subscription.resetPolicy === 'none') {
      this.#fail(
        [state],
        new LogTruncationError({ topic, partition, offset, divergentOffset: divergent?.offset ?? null }),
      );
      return;
    }
    diagnostics.log(
      'warn',
      'The log was truncated below the position; records that were read are gone from it',
      {
        topic,
        partition,
        position: offset,
        goesOnAt: divergent?.offset ?? subscription.resetPolicyText,
      },
    );
    if (divergent === null) subscription.resetByPolicy(state);
    else state.seek(divergent.offset, divergent.offsetEpoch);
  }

  #take<T>(
    states: readonly PartitionState[],
    before: ReadonlyMap<PartitionState, number>,
    results: OffsetResults<T>,
    apply: (state: PartitionState, result: T) => void,
  ): void {
    for (const state of states) {
      const result = results.get(topicPartitionKey(state.topic, state.partition));
      if (!isCurrent(state, before) || result === undefined) continue;
      if (!(result instanceof KafkaError)) apply(state, result);
      else if (result.retriable) this.#putOff([state]);
      else this.#fail([state], result);
    }
  }

  #putOff(states: readonly PartitionState[]): void {
    const retryAtMs = this.#options.clock.monotonicMs() + this.#options.retryBackoffMs;
    for (const state of states) state.retryAtMs = retryAtMs;
    this.#options.metadata.requestUpdate();
  }

  #fail(states: readonly PartitionState[], error: unknown): void {
    this.#failure ??=
      error instanceof KafkaError
        ? error
        : new KafkaError('Looking up positions failed', { code: 'ILLEGAL_STATE', cause: error });
    const retryAtMs = this.#options.clock.monotonicMs() + this.#options.retryBackoffMs;
    for (const state of states) if (state.phase !== 'fetching') state.retryAtMs = retryAtMs;
  }
}

function timestampOf(target: ResetTarget | null, nowMs: number): number {
  if (target === 'earliest') return earliestTimestamp;
  return target === null || target === 'latest' ? latestTimestamp : Math.max(0, nowMs - target.durationMs);
}

function incarnationsOf(states: readonly PartitionState[]): Map<PartitionState, number> {
  return new Map(states.map((state) => [state, state.incarnation]));
}

function isCurrent(state: PartitionState, before: ReadonlyMap<PartitionState, number>): boolean {
  return state.incarnation === before.get(state);
}
