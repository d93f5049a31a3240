// Decides which figures a consumer keeps of its membership: requests to the coordinator, rebalances, calls of the listener.
import { apis } from '../../protocol/api-keys.js';
import { secondsSince, type MetricGroup } from '../metrics/client-metric.js';
import { Sensor } from '../metrics/sensor.js';
import type { RebalanceEvent } from '../telemetry/event-types.js';

const hourInSeconds = 3600;

export class GroupMetrics {
  readonly #heartbeatMs: Sensor;
  readonly #joinMs: Sensor;
  readonly #syncMs: Sensor;
  readonly #commitMs: Sensor;
  readonly #rebalanceMs: Sensor;
  readonly #listenerMs: Readonly<Record<RebalanceEvent['change'], Sensor>>;
  /** By API key. */
  readonly #byApi: ReadonlyMap<number, Sensor>;
  #lastHeartbeatMs: number | null = null;
  #lastRebalanceMs: number | null = null;
  /** When the rebalance under way began, with its first request or with partitions that went. */
  #rebalanceStartMs: number | null = null;

  constructor(nowMs: number) {
    this.#heartbeatMs = new Sensor(nowMs);
    this.#joinMs = new Sensor(nowMs);
    this.#syncMs = new Sensor(nowMs);
    this.#commitMs = new Sensor(nowMs);
    this.#rebalanceMs = new Sensor(nowMs);
    this.#listenerMs = { assigned: new Sensor(nowMs), revoked: new Sensor(nowMs), lost: new Sensor(nowMs) };
    this.#byApi = new Map([
      [apis.heartbeat.key, this.#heartbeatMs],
      [apis.consumerGroupHeartbeat.key, this.#heartbeatMs],
      [apis.joinGroup.key, this.#joinMs],
      [apis.syncGroup.key, this.#syncMs],
      [apis.offsetCommit.key, this.#commitMs],
    ]);
  }

  sending(apiKey: number, nowMs: number): void {
    if (this.#byApi.get(apiKey) === this.#heartbeatMs) this.#lastHeartbeatMs = nowMs;
    if (apiKey === apis.joinGroup.key) this.#rebalanceStartMs ??= nowMs;
  }

  answered(apiKey: number, startMs: number, nowMs: number): void {
    this.#byApi.get(apiKey)?.record(nowMs - startMs, nowMs);
  }

  /** The member has its partitions. */
  assigned(nowMs: number): void {
    this.#rebalanceMs.record(nowMs - (this.#rebalanceStartMs ?? nowMs), nowMs);
    this.#rebalanceStartMs = null;
    this.#lastRebalanceMs = nowMs;
  }

  /** The listener was told, and has ended. */
  told(change: RebalanceEvent['change'], startMs: number, nowMs: number): void {
    this.#listenerMs[change].record(nowMs - startMs, nowMs);
    if (change !== 'assigned') this.#rebalanceStartMs ??= startMs;
  }

  describe(group: MetricGroup, nowMs: number, assignedPartitions: number): void {
    group
      .value('assigned-partitions', assignedPartitions, 'Partitions that the consumer has')
      .spread('commit-latency', this.#commitMs, 'time of a commit in ms')
      .occurrences('commit', this.#commitMs, 'Commits answered')
      .occurrences('heartbeat', this.#heartbeatMs, 'Heartbeats answered')
      .value(
        'heartbeat-response-time-max',
        this.#heartbeatMs.maximum(nowMs),
        'Longest time of a heartbeat in ms',
      )
      .value(
        'last-heartbeat-seconds-ago',
        secondsSince(nowMs, this.#lastHeartbeatMs),
        'Seconds since a heartbeat was sent',
      )
      .occurrences('join', this.#joinMs, 'JoinGroup requests answered')
      .spread('join-time', this.#joinMs, 'time of a JoinGroup in ms')
      .occurrences('sync', this.#syncMs, 'SyncGroup requests answered')
      .spread('sync-time', this.#syncMs, 'time of a SyncGroup in ms')
      .value('rebalance-total', this.#rebalanceMs.count, 'Rebalances in all')
      .value(
        'rebalance-rate-per-hour',
        this.#rebalanceMs.countRate(nowMs) * hourInSeconds,
        'Rebalances per hour',
      )
      .spread('rebalance-latency', this.#rebalanceMs, 'time of a rebalance in ms')
      .value('rebalance-latency-total', this.#rebalanceMs.sum, 'Time of rebalances in all in ms')
      .value(
        'last-rebalance-seconds-ago',
        secondsSince(nowMs, this.#lastRebalanceMs),
        'Seconds since a rebalance ended',
      );
    for (const change of ['assigned', 'revoked', 'lost'] as const)
      group.spread(
        `partition-${change}-latency`,
        this.#listenerMs[change],
        `time of the listener for ${change} partitions in ms`,
      );
  }
}
