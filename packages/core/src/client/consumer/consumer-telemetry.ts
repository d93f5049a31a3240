// Decides which figures a consumer keeps, and what listeners hear of its polls, commits and rebalances; never per record.
import type { FetchPlan } from '../../machines/consumer/fetch-plan.js';
import type { PartitionState } from '../../machines/consumer/partition-state.js';
import type { SubscriptionState } from '../../machines/consumer/subscription-state.js';
import type { Clock } from '../../ports/clock.js';
import type { FetchResponse } from '../../protocol/messages/01-fetch.js';
import { MetricList, secondsSince, type ClientMetric, type MetricGroup } from '../metrics/client-metric.js';
import { KeyedSensors, type Idle } from '../metrics/keyed-sensors.js';
import { Sensor } from '../metrics/sensor.js';
import type { NetworkClient } from '../network-client.js';
import type { CommitEvent, PolledPartition, PollEvent, RebalanceEvent } from '../telemetry/event-types.js';
import type { IsolationLevel, TopicPartition } from '../types.js';
import { GroupMetrics } from './group-metrics.js';
import type { RebalanceListener } from './rebalance-listener.js';

/** Of one topic, or of all. */
class FetchMetrics implements Idle {
  /** Bytes that one answer had of it. */
  readonly bytes: Sensor;
  /** Records that one poll had of it. */
  readonly records: Sensor;

  constructor(nowMs: number) {
    this.bytes = new Sensor(nowMs);
    this.records = new Sensor(nowMs);
  }

  get lastMs(): number {
    return Math.max(this.bytes.lastMs, this.records.lastMs);
  }

  describe(group: MetricGroup): MetricGroup {
    return group
      .amounts('records-consumed', this.records, 'Records that poll() gave')
      .amounts('bytes-consumed', this.bytes, 'Bytes of record batches that were fetched')
      .spread('fetch-size', this.bytes, 'size of the batches in an answer in bytes');
  }
}

interface Polled {
  readonly count: number;
  byPartition(): readonly (TopicPartition & { readonly records: readonly { readonly offset: number }[] })[];
}

export class ConsumerTelemetry {
  readonly #clock: Clock;
  readonly #all: FetchMetrics;
  readonly #topics = new KeyedSensors((nowMs) => new FetchMetrics(nowMs));
  readonly #fetchLatencyMs: Sensor;
  readonly #throttleMs: Sensor;
  readonly #betweenPollsMs: Sensor;
  readonly #idleRatio: Sensor;
  readonly #group: GroupMetrics;
  #pollStartMs: number | null = null;
  #pollEndMs: number | null = null;

  constructor(
    private readonly client: NetworkClient,
    private readonly subscription: SubscriptionState,
    private readonly options: { readonly groupId: string | null; readonly isolationLevel: IsolationLevel },
  ) {
    this.#clock = client.ports.clock;
    const nowMs = this.#clock.monotonicMs();
    this.#all = new FetchMetrics(nowMs);
    this.#fetchLatencyMs = new Sensor(nowMs);
    this.#throttleMs = new Sensor(nowMs);
    this.#betweenPollsMs = new Sensor(nowMs);
    this.#idleRatio = new Sensor(nowMs);
    this.#group = new GroupMetrics(nowMs);
  }

  /** Sends a fetch and keeps what its answer says. */
  async fetching(plan: FetchPlan, fetch: () => Promise<FetchResponse>): Promise<FetchResponse> {
    const startMs = this.#clock.monotonicMs();
    const response = await fetch();
    const nowMs = this.#clock.monotonicMs();
    this.#fetchLatencyMs.record(nowMs - startMs, nowMs);
    this.#throttleMs.record(response.throttleTimeMs, nowMs);
    let allBytes = 0;
    for (const { topic, topicId, partitions } of response.responses) {
      let bytes = 0;
      for (const { records } of partitions) bytes += records?.length ?? 0;
      if (bytes === 0) continue;
      allBytes += bytes;
      const name =
        topic === '' ? plan.find(topic, topicId, partitions[0]?.partitionIndex ?? 0)?.state.topic : topic;
      if (name !== undefined) this.#topics.get(name, nowMs)?.bytes.record(bytes, nowMs);
    }
    this.#all.bytes.record(allBytes, nowMs);
    return response;
  }

  /** A call of poll(). */
  async poll<Records extends Polled>(timeoutMs: number, poll: () => Promise<Records>): Promise<Records> {
    this.#pollBegins();
    const { poll: channel } = this.client.events;
    try {
      if (!channel.hasSubscribers) return await poll();
      const event: PollEvent = {
        clientId: this.client.clientId,
        groupId: this.options.groupId,
        timeoutMs,
      };
      return await channel.tracePromise(async () => {
        const records = await poll();
        event.recordCount = records.count;
        event.partitions = records.byPartition().map(polledPartition);
        return records;
      }, event);
    } finally {
      this.#pollEndMs = this.#clock.monotonicMs();
    }
  }

  /** Records go to the application. */
  consumed(polled: Polled): void {
    const nowMs = this.#clock.monotonicMs();
    this.#all.records.record(polled.count, nowMs);
    for (const { topic, records } of polled.byPartition())
      this.#topics.get(topic, nowMs)?.records.record(records.length, nowMs);
  }

  /** A request to the group's coordinator. */
  async coordinating<Response>(
    api: { readonly key: number },
    send: () => Promise<Response>,
  ): Promise<Response> {
    const startMs = this.#clock.monotonicMs();
    this.#group.sending(api.key, startMs);
    const response = await send();
    this.#group.answered(api.key, startMs, this.#clock.monotonicMs());
    return response;
  }

  commit(offsets: CommitEvent['offsets'], commit: () => Promise<void>): Promise<void> {
    const { commit: channel } = this.client.events;
    if (!channel.hasSubscribers) return commit();
    const { clientId } = this.client;
    return channel.tracePromise(commit, { clientId, groupId: this.options.groupId ?? '', offsets });
  }

  /** The application's listener, with events and figures around it. */
  listener(listener: RebalanceListener): RebalanceListener {
    return {
      onPartitionsAssigned: (partitions) =>
        this.#telling('assigned', partitions, () => listener.onPartitionsAssigned?.(partitions)),
      onPartitionsRevoked: (partitions) =>
        this.#telling('revoked', partitions, () => listener.onPartitionsRevoked?.(partitions)),
      onPartitionsLost: (partitions) =>
        this.#telling('lost', partitions, () =>
          listener.onPartitionsLost === undefined
            ? listener.onPartitionsRevoked?.(partitions)
            : listener.onPartitionsLost(partitions),
        ),
    };
  }

  metrics(): ClientMetric[] {
    const nowMs = this.#clock.monotonicMs();
    const list = new MetricList(nowMs, this.client.clientId);
    this.client.metrics.describe(list, 'consumer');
    list
      .group('consumer-metrics')
      .value(
        'last-poll-seconds-ago',
        secondsSince(nowMs, this.#pollStartMs),
        'Seconds since poll() was called',
      )
      .spread('time-between-poll', this.#betweenPollsMs, 'time between calls of poll() in ms')
      .average(
        'poll-idle-ratio-avg',
        this.#idleRatio,
        'share of time spent in poll(), not in the application',
      );
    const partitions = this.subscription.partitions.map((state) => ({ state, ...this.#distances(state) }));
    const all = list.group('consumer-fetch-manager-metrics');
    this.#all
      .describe(all)
      .occurrences('fetch', this.#fetchLatencyMs, 'Fetch requests answered')
      .spread('fetch-latency', this.#fetchLatencyMs, 'time from a fetch to its answer in ms')
      .spread('fetch-throttle-time', this.#throttleMs, 'time a broker asked to be left alone in ms')
      .value(
        'records-lag-max',
        largest(partitions.map(({ lag }) => lag)),
        'Largest lag of a partition in records',
      )
      .value(
        'records-lead-min',
        -largest(partitions.map(({ lead }) => -lead)),
        'Smallest lead of a partition in records',
      );
    for (const [topic, fetches] of this.#topics.entries(nowMs))
      fetches.describe(list.group('consumer-fetch-manager-metrics', { topic: String(topic) }));
    for (const { state, lag, lead } of partitions) {
      const tags = { topic: state.topic, partition: String(state.partition) };
      list
        .group('consumer-fetch-manager-metrics', tags)
        .value('records-lag', lag, 'Records behind the position that may be read')
        .value('records-lead', lead, 'Records from the log start to the position')
        .value(
          'preferred-read-replica',
          state.preferredReplica?.nodeId ?? -1,
          'The follower to read from, -1 for none',
        );
    }
    if (this.options.groupId !== null)
      this.#group.describe(list.group('consumer-coordinator-metrics'), nowMs, partitions.length);
    return list.metrics;
  }

  #distances({ position, highWatermark, lastStableOffset, logStartOffset }: PartitionState): {
    lag: number;
    lead: number;
  } {
    const end = this.options.isolationLevel === 'read_committed' ? lastStableOffset : highWatermark;
    return {
      lag: position === null || end === null ? Number.NaN : Math.max(0, end - position.offset),
      lead: position === null || logStartOffset === null ? Number.NaN : position.offset - logStartOffset,
    };
  }

  #pollBegins(): void {
    const nowMs = this.#clock.monotonicMs();
    const startMs = this.#pollStartMs;
    if (startMs !== null) {
      const betweenMs = nowMs - startMs;
      this.#betweenPollsMs.record(betweenMs, nowMs);
      if (betweenMs > 0) this.#idleRatio.record(((this.#pollEndMs ?? startMs) - startMs) / betweenMs, nowMs);
    }
    this.#pollStartMs = nowMs;
  }

  async #telling(
    change: RebalanceEvent['change'],
    partitions: readonly TopicPartition[],
    tell: () => void | Promise<void>,
  ): Promise<void> {
    const { events, clientId } = this.client;
    if (events.rebalance.hasSubscribers)
      events.rebalance.publish({ clientId, groupId: this.options.groupId ?? '', change, partitions });
    const startMs = this.#clock.monotonicMs();
    if (change === 'assigned') this.#group.assigned(startMs);
    try {
      await tell();
    } finally {
      this.#group.told(change, startMs, this.#clock.monotonicMs());
    }
  }
}

function polledPartition({
  topic,
  partition,
  records,
}: ReturnType<Polled['byPartition']>[number]): PolledPartition {
  const recordCount = records.length;
  return {
    topic,
    partition,
    recordCount,
    firstOffset: records[0]?.offset ?? -1,
    lastOffset: records.at(-1)?.offset ?? -1,
  };
}

/** NaN when none is known. */
function largest(values: readonly number[]): number {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.length === 0 ? Number.NaN : Math.max(...known);
}
