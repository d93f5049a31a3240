// Decides what a figure of a client is, and how lists of them are made.
import type { Sensor } from './sensor.js';

/** One figure, by the name that Kafka's clients have for it. */
export interface ClientMetric {
  /** For example `record-send-rate`. */
  readonly name: string;
  /** For example `producer-metrics`. */
  readonly group: string;
  /** What it means, in a sentence. */
  readonly description: string;
  /** `client-id`, and what else tells it from others of its name: `node-id`, `topic`, `partition`. */
  readonly tags: Readonly<Record<string, string>>;
  /** As of the moment at which it was asked for; NaN where nothing was measured, as with Kafka's clients. */
  readonly value: number;
}

/** Makes the figures of one group, which have the same tags. */
export class MetricGroup {
  constructor(
    private readonly metrics: ClientMetric[],
    private readonly nowMs: number,
    private readonly group: string,
    private readonly tags: Readonly<Record<string, string>>,
  ) {}

  value(name: string, value: number, description: string): this {
    const { group, tags } = this;
    this.metrics.push({ name, group, description, tags, value });
    return this;
  }

  /** `name-rate` and `name-total` of how often something happened. */
  occurrences(name: string, sensor: Sensor, what: string): this {
    this.value(`${name}-rate`, sensor.countRate(this.nowMs), `${what} per second`);
    return this.value(`${name}-total`, sensor.count, `${what} in all`);
  }

  /** `name-rate` and `name-total` of how much it was together. */
  amounts(name: string, sensor: Sensor, what: string): this {
    this.value(`${name}-rate`, sensor.sumRate(this.nowMs), `${what} per second`);
    return this.value(`${name}-total`, sensor.sum, `${what} in all`);
  }

  average(name: string, sensor: Sensor, what: string): this {
    return this.value(name, sensor.average(this.nowMs), `Average ${what}`);
  }

  /** `name-avg` and `name-max`. */
  spread(name: string, sensor: Sensor, what: string): this {
    this.value(`${name}-avg`, sensor.average(this.nowMs), `Average ${what}`);
    return this.value(`${name}-max`, sensor.maximum(this.nowMs), `Largest ${what}`);
  }
}

/** The figures of one client; made when somebody asks. */
export class MetricList {
  readonly metrics: ClientMetric[] = [];

  constructor(
    readonly nowMs: number,
    private readonly clientId: string,
  ) {}

  group(name: string, tags: Readonly<Record<string, string>> = {}): MetricGroup {
    return new MetricGroup(this.metrics, this.nowMs, name, { 'client-id': this.clientId, ...tags });
  }
}

/** Seconds since a moment on the monotonic clock, as Kafka says -1 before it came. */
export function secondsSince(nowMs: number, thenMs: number | null): number {
  return thenMs === null ? -1 : Math.max(0, Math.round((nowMs - thenMs) / 1000));
}
