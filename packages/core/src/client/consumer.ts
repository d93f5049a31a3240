// Decides what applications do with a consumer: subscribe or assign, poll or iterate, seek, pause, commit, close.
import type { PartitionState } from '../machines/consumer/partition-state.js';
import { topicPartitionKey } from '../machines/consumer/topic-partition.js';
import type { Timer } from '../ports/timers.js';
import { positionsOf } from './consumer/auto-commit.js';
import type { ConsumerContext } from './consumer/consumer-context.js';
import type { ConsumerOptions } from './consumer/consumer-options.js';
import { createConsumerParts, type ConsumerParts, type GroupedParts } from './consumer/consumer-parts.js';
import { endFetchSessions } from './consumer/fetch-session-end.js';
import type { FetchedRecord } from './consumer/consumer-record.js';
import type { OffsetToCommit } from './consumer/offset-committer.js';
import {
  earliestTimestamp,
  latestTimestamp,
  type FoundOffset,
  type TimestampQuery,
} from './consumer/offset-lookup.js';
import { PollLoop, type PolledRecords } from './consumer/poll-loop.js';
import { noListener, type RebalanceListener } from './consumer/rebalance-listener.js';
import { RecordIterator } from './consumer/record-iterator.js';
import { retryUntil } from './consumer/retry.js';
import { SubscriptionPattern } from './consumer/subscription-pattern.js';
import { checkedTimeout, checkTopicPartitions } from './argument-checks.js';
import { ClosedError, IllegalStateError, InvalidArgumentError, KafkaError, TimeoutError } from './errors.js';
import type { ClientMetric } from './metrics/client-metric.js';
import type { PartitionInfo, TopicPartition } from './types.js';

/**
 * What to read: topics by name, or every topic whose name matches, those created later too. A `RegExp` is matched here, a
 * `SubscriptionPattern` by the group's coordinator (with `groupProtocol: 'consumer'`).
 */
export type Subscribe =
  | { readonly topics: readonly string[]; readonly listener?: RebalanceListener }
  | { readonly pattern: RegExp | SubscriptionPattern; readonly listener?: RebalanceListener };

/** What the group has for a partition; `offset` is null when nothing was committed. */
export interface CommittedOffset extends TopicPartition {
  /** The offset of the next record to read; null when nothing was committed. */
  readonly offset: number | null;
  /** Null when none was committed. */
  readonly leaderEpoch: number | null;
  /** Text kept beside the offset; null when nothing was committed. */
  readonly metadata: string | null;
}

/** An offset of a partition. */
export interface PartitionOffset extends TopicPartition {
  /** The offset. */
  readonly offset: number;
}

/** The first record at or after a time; `found` is null when there is none (CC8). */
export interface OffsetForTime extends TopicPartition {
  /** Offset, time and leader epoch of that record; null when there is none. */
  readonly found: {
    readonly offset: number;
    readonly timestamp: number;
    readonly leaderEpoch: number | null;
  } | null;
}

/** What a transactional producer needs to know of the consumer to commit for its group (KIP-447). */
export interface ConsumerGroupMetadata {
  /** The group's id. */
  readonly groupId: string;
  /** The generation of a classic group, or the member epoch under the consumer protocol; -1 while it is not a member. */
  readonly generationId: number;
  /** Empty while it is not a member. */
  readonly memberId: string;
  /** The id of a static member; null for others. */
  readonly groupInstanceId: string | null;
}

const defaultPollTimeoutMs = 1000;
const defaultCloseTimeoutMs = 30_000;
const closeReason = 'the consumer was closed';

/**
 * Not for several flows at once: one `poll()` at a time, as with Kafka's own consumer. Everything else may be called
 * between polls and from rebalance listeners; `wakeup()` and `close()` at any time.
 */
export class Consumer<K = Buffer, V = Buffer> {
  readonly #parts: ConsumerParts<K, V>;
  readonly #pollLoop: PollLoop<K, V>;
  #closing: Promise<void> | null = null;
  #closed = false;

  /** @internal Consumers are made by `Kafka.consumer`. */
  constructor(options: ConsumerOptions<K, V>, context: ConsumerContext) {
    this.#parts = createConsumerParts(options, context);
    this.#pollLoop = new PollLoop(this.#parts);
  }

  /** Joins the group at the next poll, or changes what the member subscribes to. */
  subscribe(what: Subscribe): void {
    this.#checkOpen('subscribe');
    const { group } = this.#grouped('subscribe');
    const { subscription, topics, signal } = this.#parts;
    if (subscription.subscription.kind === 'assigned') {
      throw new IllegalStateError(
        'Cannot subscribe: partitions were assigned by hand; call unsubscribe() first',
      );
    }
    if ('pattern' in what) {
      this.#subscribeToPattern(what.pattern);
    } else {
      if (
        what.topics.length === 0 ||
        what.topics.some((topic) => typeof topic !== 'string' || topic === '')
      ) {
        throw new InvalidArgumentError(
          'Cannot subscribe: give the names of one or more topics; call unsubscribe() to stop',
        );
      }
      subscription.subscribeToTopics(what.topics);
    }
    group.listener = this.#parts.telemetry.listener(what.listener ?? noListener);
    topics.followSubscription();
    if (subscription.subscription.kind !== 'pattern') group.handleSubscriptionChange();
    signal.notify();
  }

  #subscribeToPattern(pattern: RegExp | SubscriptionPattern): void {
    const { settings, subscription } = this.#parts;
    if (!(pattern instanceof SubscriptionPattern)) {
      subscription.subscribeToPattern(pattern);
      return;
    }
    if (settings.groupProtocol === 'classic') {
      throw new IllegalStateError(
        "Cannot subscribe to a SubscriptionPattern: the coordinator of a classic group does not match topics; give a RegExp, or set groupProtocol to 'consumer'",
      );
    }
    subscription.subscribeToServerPattern(pattern.pattern);
  }

  /** Reads partitions without the group's rebalances; offsets may still be committed to the group. */
  assign(partitions: readonly TopicPartition[]): void {
    this.#checkOpen('assign');
    checkTopicPartitions('Cannot assign', partitions);
    const { subscription, topics, fetchLoop, grouped, signal } = this.#parts;
    if (subscription.usesGroupAssignment) {
      throw new IllegalStateError(
        'Cannot assign: the consumer subscribed to topics; call unsubscribe() first',
      );
    }
    // CC3: positions of partitions that go are committed first; the commit is on its way before anything changes.
    if (subscription.partitions.length > 0)
      void grouped?.autoCommit?.commitNow(this.#parts.settings.requestTimeoutMs);
    subscription.assignByUser(partitions);
    topics.followSubscription();
    fetchLoop.kick();
    signal.notify();
  }

  /** Gives everything up and leaves the group. */
  async unsubscribe(): Promise<void> {
    this.#checkOpen('unsubscribe');
    this.#parts.held.endAll();
    const { subscription, topics, grouped, settings } = this.#parts;
    if (subscription.usesGroupAssignment) {
      await grouped?.group.leave('the consumer unsubscribed', settings.requestTimeoutMs);
    } else {
      await grouped?.autoCommit?.commitNow(settings.requestTimeoutMs);
    }
    subscription.unsubscribe();
    topics.followSubscription();
  }

  /** Resolves with records as soon as there are any, or with none after `timeoutMs` (1 s when absent). */
  poll(timeout: number | { readonly timeoutMs?: number } = {}): Promise<PolledRecords<K, V>> {
    const timeoutMs = typeof timeout === 'number' ? timeout : (timeout.timeoutMs ?? defaultPollTimeoutMs);
    if (!(timeoutMs >= 0))
      return Promise.reject(new InvalidArgumentError(`Cannot poll for ${timeoutMs} ms; give 0 or more`));
    return this.#pollLoop.poll(Math.min(timeoutMs, 2 ** 31 - 1));
  }

  /**
   * Records one by one until the consumer is closed. What was polled and not reached counts as not read: a `break`, `unsubscribe()`
   * and `close()` give it back, and `commit()` leaves it out.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<FetchedRecord<K, V>> {
    return new RecordIterator<K, V>({
      poll: () => this.poll(),
      holders: this.#parts.held,
      giveBack: ({ topic, partition, nextOffset, polledUpTo }) => {
        const state = this.#parts.subscription.partition(topic, partition);
        if (state?.position?.offset === polledUpTo) this.#seek(state, nextOffset, -1);
      },
    });
  }

  /** What each poll finds, until the consumer is closed; polls without records are passed over. */
  async *batches(): AsyncGenerator<PolledRecords<K, V>, void, undefined> {
    for (;;) {
      try {
        const records = await this.poll();
        if (!records.isEmpty) yield records;
      } catch (error) {
        if (error instanceof ClosedError) return;
        throw error;
      }
    }
  }

  /** Ends the poll that waits, or the next one, with a WakeupError. */
  wakeup(): void {
    this.#pollLoop.wakeup();
  }

  /** The next poll starts at `offset`. */
  seek(partition: TopicPartition, offset: number, leaderEpoch: number | null = null): void {
    if (!Number.isSafeInteger(offset) || offset < 0) {
      throw new InvalidArgumentError(
        `Cannot seek ${nameOf(partition)} to ${offset}; give an offset of 0 or more`,
      );
    }
    this.#seek(this.#assigned(partition, 'seek'), offset, leaderEpoch ?? -1);
  }

  /** Absent: all assigned partitions. The offset is looked up when it is needed. */
  seekToBeginning(partitions?: readonly TopicPartition[]): void {
    this.#reset(partitions, 'earliest');
  }

  /** Absent: all assigned partitions. Goes behind the last record that may be read; looked up when it is needed. */
  seekToEnd(partitions?: readonly TopicPartition[]): void {
    this.#reset(partitions, 'latest');
  }

  /** Stops handing out records of these partitions; what was fetched already is kept for later. */
  pause(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#assigned(partition, 'pause').paused = true;
  }

  /** Hands out records of these partitions again. Throws an IllegalStateError for one that is not assigned. */
  resume(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#assigned(partition, 'resume').paused = false;
    this.#parts.fetchLoop.kick();
    this.#parts.signal.notify();
  }

  /** The partitions that are paused. */
  paused(): TopicPartition[] {
    return this.#parts.subscription.partitions.filter((state) => state.paused).map(plain);
  }

  /** Offset of the next record that poll() will give; waits while it is being looked up. */
  async position(partition: TopicPartition, options: { readonly timeoutMs?: number } = {}): Promise<number> {
    const { ports, positions, signal } = this.#parts;
    const timeoutMs = this.#timeout('Cannot ask for a position', options.timeoutMs);
    const deadlineMs = ports.clock.monotonicMs() + timeoutMs;
    for (;;) {
      this.#checkOpen('ask for a position');
      const { version } = signal;
      const state = this.#assigned(partition, 'ask for the position of');
      if (state.position !== null && state.phase !== 'awaitingReset') return state.position.offset;
      const nowMs = ports.clock.monotonicMs();
      if (nowMs >= deadlineMs) {
        throw new TimeoutError(
          `The position of ${nameOf(partition)} could not be determined within ${timeoutMs} ms`,
        );
      }
      const retryAtMs = positions.update(nowMs) ?? deadlineMs;
      await signal.wait(version, Math.max(1, Math.min(retryAtMs, deadlineMs) - nowMs));
      const failure = positions.takeFailure();
      if (failure !== null) throw failure;
    }
  }

  /** Offset of the next record, or null while it is not known; asks nobody. */
  currentPosition(partition: TopicPartition): number | null {
    return this.#assigned(partition, 'ask for the position of').position?.offset ?? null;
  }

  /** Records that the partition holds behind the position, as of the last fetch (KIP-227's lag); null when not known. */
  currentLag(partition: TopicPartition): number | null {
    const { position, highWatermark, lastStableOffset } = this.#assigned(partition, 'ask for the lag of');
    const end = this.#parts.settings.isolationLevel === 'read_committed' ? lastStableOffset : highWatermark;
    return position === null || end === null ? null : Math.max(0, end - position.offset);
  }

  /** The partitions that are read now. */
  assignment(): TopicPartition[] {
    return this.#parts.subscription.partitions.map(plain);
  }

  /** Topics subscribed to by name or matched by the pattern so far; of a SubscriptionPattern those that are assigned. */
  subscription(): readonly string[] {
    const { partitions, serverExpression, topics } = this.#parts.subscription;
    return serverExpression === null ? topics : [...new Set(partitions.map(({ topic }) => topic))];
  }

  /** The consumer's figures, by the names that Kafka's consumer has for them; computed now. */
  metrics(): ClientMetric[] {
    return this.#parts.telemetry.metrics();
  }

  /** Which member of which group this consumer is. Throws an IllegalStateError without a `groupId`. */
  groupMetadata(): ConsumerGroupMetadata {
    const { group } = this.#grouped('ask for the group metadata');
    return {
      groupId: this.#parts.settings.groupId ?? '',
      ...group.member,
      groupInstanceId: group.groupInstanceId,
    };
  }

  /** Commits these offsets (of the next records to read), or the positions of all assigned partitions. */
  async commit(
    offsets?: readonly OffsetToCommit[],
    options: { readonly timeoutMs?: number } = {},
  ): Promise<void> {
    this.#checkOpen('commit');
    const { committer } = this.#grouped('commit');
    const { subscription } = this.#parts;
    checkTopicPartitions('Cannot commit', offsets ?? []);
    for (const one of offsets ?? []) {
      if (Number.isSafeInteger(one.offset) && one.offset >= 0) continue;
      throw new InvalidArgumentError(
        `Cannot commit offset ${one.offset} of ${nameOf(one)}; give an offset of 0 or more`,
      );
    }
    await committer.commit(
      offsets ?? positionsOf(subscription, this.#parts.held),
      this.#timeout('Cannot commit', options.timeoutMs),
    );
  }

  /** One entry for each partition asked for, in the same order. */
  async committed(
    partitions: readonly TopicPartition[],
    options: { readonly timeoutMs?: number } = {},
  ): Promise<CommittedOffset[]> {
    this.#checkOpen('ask for committed offsets');
    checkTopicPartitions('Cannot ask for committed offsets', partitions);
    const { committer } = this.#grouped('ask for committed offsets');
    const found = await committer.committed(
      partitions,
      this.#timeout('Cannot ask for committed offsets', options.timeoutMs),
    );
    return partitions.map(({ topic, partition }) => {
      const one = found.get(topicPartitionKey(topic, partition));
      const { offset = null, leaderEpoch = null, metadata = null } = one ?? {};
      return { topic, partition, offset, leaderEpoch, metadata };
    });
  }

  /**
   * For each partition the first record whose timestamp is the given one or later. Rejects with a TimeoutError after `timeoutMs`
   * (default: `defaultApiTimeoutMs`).
   */
  async offsetsForTimes(
    queries: readonly TimestampQuery[],
    options: { readonly timeoutMs?: number } = {},
  ): Promise<OffsetForTime[]> {
    const found = await this.#offsets(queries, 'Looking up offsets by time', options.timeoutMs);
    return queries.map(({ topic, partition }) => {
      const one = found.get(topicPartitionKey(topic, partition));
      if (one === undefined || one.offset < 0) return { topic, partition, found: null };
      const { offset, timestamp, leaderEpoch } = one;
      return {
        topic,
        partition,
        found: { offset, timestamp, leaderEpoch: leaderEpoch < 0 ? null : leaderEpoch },
      };
    });
  }

  /** The first offset that each partition still has. */
  beginningOffsets(
    partitions: readonly TopicPartition[],
    options: { readonly timeoutMs?: number } = {},
  ): Promise<PartitionOffset[]> {
    return this.#ends(partitions, earliestTimestamp, 'Looking up beginning offsets', options.timeoutMs);
  }

  /** The offsets behind the last record that this consumer may read: the high watermark, or under read_committed the last stable offset. */
  endOffsets(
    partitions: readonly TopicPartition[],
    options: { readonly timeoutMs?: number } = {},
  ): Promise<PartitionOffset[]> {
    return this.#ends(partitions, latestTimestamp, 'Looking up end offsets', options.timeoutMs);
  }

  /** The partitions of a topic, with leaders and replicas. */
  async partitionsFor(
    topic: string,
    options: { readonly timeoutMs?: number } = {},
  ): Promise<PartitionInfo[]> {
    this.#checkOpen('ask for partitions');
    const { context } = this.#parts;
    await context.metadata.ready(topic, this.#timeout('Cannot ask for partitions', options.timeoutMs));
    return context.metadata.view.partitionsOf(topic);
  }

  /** Commits when auto commit is on, leaves the group, and closes the connections; never waits longer than `timeoutMs`. */
  async close(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    const timeoutMs = checkedTimeout('Cannot close', options.timeoutMs ?? defaultCloseTimeoutMs);
    await (this.#closing ??= this.#close(timeoutMs));
  }

  /** `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(timeoutMs: number): Promise<void> {
    const { grouped, fetchLoop, topics, context, lifecycle, ports, subscription } = this.#parts;
    lifecycle.isEnding = true;
    let timer: Timer | null = null;
    const late = new Promise<void>((resolve) => {
      timer = ports.timers.after(timeoutMs, resolve);
    });
    try {
      await Promise.race([this.#finish(timeoutMs), late]);
    } finally {
      this.#closed = true;
      (timer as Timer | null)?.cancel();
      this.#pollLoop.abandon();
      grouped?.group.stop();
      fetchLoop.close();
      topics.close();
      subscription.unsubscribe();
      context.metadata.close();
      context.networkClient.close();
      context.onClosed?.();
    }
  }

  /** Ends the poll under way, commits, tells the listener and leaves; each part gets the time that is left. */
  async #finish(timeoutMs: number): Promise<void> {
    const { grouped, ports, subscription } = this.#parts;
    const deadlineMs = ports.clock.monotonicMs() + timeoutMs;
    this.#parts.held.endAll();
    await this.#pollLoop.close();
    const remainingMs = Math.max(0, deadlineMs - ports.clock.monotonicMs());
    const sessionsEnded = endFetchSessions(this.#parts, remainingMs);
    try {
      if (subscription.usesGroupAssignment) await grouped?.group.leave(closeReason, remainingMs);
      else await grouped?.autoCommit?.commitNow(remainingMs);
    } finally {
      await sessionsEnded;
    }
  }

  #seek(state: PartitionState, offset: number, leaderEpoch: number): void {
    const isHeld = leaderEpoch < 0 && this.#parts.fetcher.reposition(state, offset);
    if (!isHeld) state.seek(offset, leaderEpoch);
    this.#parts.fetchLoop.kick();
    this.#parts.signal.notify();
  }

  #reset(partitions: readonly TopicPartition[] | undefined, target: 'earliest' | 'latest'): void {
    const { subscription, signal } = this.#parts;
    for (const partition of partitions ?? subscription.partitions)
      this.#assigned(partition, 'seek').requestReset(target);
    signal.notify();
  }

  async #ends(
    partitions: readonly TopicPartition[],
    timestamp: number,
    what: string,
    timeoutMs: number | undefined,
  ): Promise<PartitionOffset[]> {
    const queries = partitions.map(({ topic, partition }) => ({ topic, partition, timestamp }));
    const found = await this.#offsets(queries, what, timeoutMs);
    return partitions.map(({ topic, partition }) => {
      const offset = found.get(topicPartitionKey(topic, partition))?.offset ?? -1;
      return { topic, partition, offset };
    });
  }

  /** Asks until every partition has answered; what was found once is not asked for again. */
  async #offsets(
    queries: readonly TimestampQuery[],
    what: string,
    askedTimeoutMs: number | undefined,
  ): Promise<Map<string, FoundOffset>> {
    this.#checkOpen('look up offsets');
    checkTopicPartitions('Cannot look up offsets', queries);
    const timeoutMs = this.#timeout('Cannot look up offsets', askedTimeoutMs);
    const { context, lookup, retry, settings } = this.#parts;
    const found = new Map<string, FoundOffset>();
    context.metadata.addTopics(new Set(queries.map(({ topic }) => topic)));
    await retryUntil(what, timeoutMs, retry, async (remainingMs) => {
      const open = queries.filter(({ topic, partition }) => !found.has(topicPartitionKey(topic, partition)));
      for (const { topic, partition } of open) await context.metadata.ready(topic, remainingMs, partition);
      const results = await lookup.offsetsByTimestamp(open, Math.min(remainingMs, settings.requestTimeoutMs));
      let failure: KafkaError | null = null;
      for (const [key, result] of results) {
        if (result instanceof KafkaError) failure = failure === null || !result.retriable ? result : failure;
        else found.set(key, result);
      }
      if (failure !== null) throw failure;
    });
    return found;
  }

  #timeout(what: string, timeoutMs: number | undefined): number {
    return checkedTimeout(what, timeoutMs ?? this.#parts.settings.defaultApiTimeoutMs);
  }

  #assigned(partition: TopicPartition, what: string): PartitionState {
    const state = this.#parts.subscription.partition(partition.topic, partition.partition);
    if (state !== undefined) return state;
    throw new IllegalStateError(`Cannot ${what} ${nameOf(partition)}: it is not assigned to this consumer`);
  }

  #grouped(what: string): GroupedParts {
    const { grouped } = this.#parts;
    if (grouped === null) throw new IllegalStateError(`Cannot ${what}: the consumer has no groupId`);
    return grouped;
  }

  /** Listeners that are told of the end may still commit and look things up. */
  #checkOpen(what: string): void {
    if (this.#closed) throw new ClosedError(`Cannot ${what}: the consumer is closed`);
  }
}

/** Makes a consumer; it connects when it first needs to. */
export function createConsumer<K = Buffer, V = Buffer>(
  options: ConsumerOptions<K, V>,
  context: ConsumerContext,
): Consumer<K, V> {
  return new Consumer<K, V>(options, context);
}

function plain({ topic, partition }: TopicPartition): TopicPartition {
  return { topic, partition };
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}
