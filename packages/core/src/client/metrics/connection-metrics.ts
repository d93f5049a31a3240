// Decides which figures a client keeps of its connections and requests, in all and by node.
import { KeyedSensors, type Idle } from './keyed-sensors.js';
import type { MetricGroup, MetricList } from './client-metric.js';
import { Sensor } from './sensor.js';

/** Of one node, or of all. */
export class TrafficMetrics implements Idle {
  readonly requestBytes: Sensor;
  readonly responseBytes: Sensor;
  readonly latencyMs: Sensor;

  constructor(nowMs: number) {
    this.requestBytes = new Sensor(nowMs);
    this.responseBytes = new Sensor(nowMs);
    this.latencyMs = new Sensor(nowMs);
  }

  get lastMs(): number {
    return this.requestBytes.lastMs;
  }

  describe(group: MetricGroup): MetricGroup {
    return group
      .amounts('outgoing-byte', this.requestBytes, 'Bytes sent')
      .occurrences('request', this.requestBytes, 'Requests sent')
      .spread('request-size', this.requestBytes, 'size of a request in bytes')
      .amounts('incoming-byte', this.responseBytes, 'Bytes received')
      .occurrences('response', this.responseBytes, 'Responses received');
  }
}

export class ConnectionMetrics {
  readonly created: Sensor;
  readonly closed: Sensor;
  readonly authenticated: Sensor;
  readonly authenticationFailed: Sensor;
  /** In milliseconds. */
  readonly authenticatedAgain: Sensor;
  readonly authenticationAgainFailed: Sensor;
  readonly all: TrafficMetrics;
  readonly nodes = new KeyedSensors((nowMs) => new TrafficMetrics(nowMs));

  constructor(nowMs: number) {
    this.created = new Sensor(nowMs);
    this.closed = new Sensor(nowMs);
    this.authenticated = new Sensor(nowMs);
    this.authenticationFailed = new Sensor(nowMs);
    this.authenticatedAgain = new Sensor(nowMs);
    this.authenticationAgainFailed = new Sensor(nowMs);
    this.all = new TrafficMetrics(nowMs);
  }

  sent(nodeId: number, bytes: number, nowMs: number): void {
    this.all.requestBytes.record(bytes, nowMs);
    this.nodes.get(nodeId, nowMs)?.requestBytes.record(bytes, nowMs);
  }

  answered(nodeId: number, bytes: number, latencyMs: number, nowMs: number): void {
    this.all.responseBytes.record(bytes, nowMs);
    const node = this.nodes.get(nodeId, nowMs);
    node?.responseBytes.record(bytes, nowMs);
    node?.latencyMs.record(latencyMs, nowMs);
  }

  /** `kind` is what Kafka begins the groups' names with. */
  describe(list: MetricList, kind: 'producer' | 'consumer' | 'admin-client'): void {
    const group = list.group(`${kind}-metrics`);
    group
      .value('connection-count', this.created.count - this.closed.count, 'Connections that are open')
      .occurrences('connection-creation', this.created, 'Connections that came about')
      .occurrences('connection-close', this.closed, 'Connections that ended')
      .occurrences('successful-authentication', this.authenticated, 'Connections authenticated by SASL')
      .occurrences(
        'failed-authentication',
        this.authenticationFailed,
        'Connections that could not be authenticated',
      )
      .occurrences('successful-reauthentication', this.authenticatedAgain, 'Sessions renewed in time')
      .occurrences(
        'failed-reauthentication',
        this.authenticationAgainFailed,
        'Sessions that could not be renewed',
      )
      .spread('reauthentication-latency', this.authenticatedAgain, 'time to renew a session in ms');
    this.all.describe(group);
    const { requestBytes, responseBytes } = this.all;
    const network = (rate: (sensor: Sensor) => number): number => rate(requestBytes) + rate(responseBytes);
    group
      .value(
        'network-io-rate',
        network((sensor) => sensor.countRate(list.nowMs)),
        'Requests sent and responses received per second',
      )
      .value(
        'network-io-total',
        network((sensor) => sensor.count),
        'Requests sent and responses received in all',
      );
    for (const [nodeId, traffic] of this.nodes.entries(list.nowMs)) {
      const node = list.group(`${kind}-node-metrics`, { 'node-id': `node-${nodeId}` });
      traffic
        .describe(node)
        .spread('request-latency', traffic.latencyMs, 'time from a request to its answer in ms');
    }
  }
}
