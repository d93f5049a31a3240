// The figures of the clients, by Kafka's names, after something was produced, consumed and committed.
import type { ClientMetric } from '../../../src/client/metrics/client-metric.js';
import type { Kafka } from '../../../src/client/kafka.js';
import { createKafka } from '../../../src/composition/create-kafka.js';
import { createTopic, startTestCluster, uniqueName, type TestCluster } from '../../support/cluster.js';

const connectionNames = [
  'connection-count',
  'connection-creation-rate',
  'connection-creation-total',
  'connection-close-total',
  'successful-authentication-total',
  'failed-authentication-total',
  'successful-reauthentication-total',
  'reauthentication-latency-avg',
  'network-io-rate',
  'outgoing-byte-rate',
  'outgoing-byte-total',
  'incoming-byte-total',
  'request-rate',
  'request-total',
  'request-size-avg',
  'request-size-max',
  'response-rate',
  'response-total',
];

/** By group; what Kafka's own clients call them (SenderMetricsRegistry, FetchMetricsRegistry, ConsumerCoordinator, Selector). */
const expectedNames: Readonly<Record<string, readonly string[]>> = {
  'producer-metrics': [
    ...connectionNames,
    'batch-size-avg',
    'batch-size-max',
    'batch-split-rate',
    'batch-split-total',
    'buffer-available-bytes',
    'buffer-exhausted-rate',
    'buffer-exhausted-total',
    'buffer-total-bytes',
    'compression-rate-avg',
    'flush-time-ns-total',
    'metadata-age',
    'produce-throttle-time-avg',
    'produce-throttle-time-max',
    'record-error-rate',
    'record-error-total',
    'record-queue-time-avg',
    'record-queue-time-max',
    'record-retry-rate',
    'record-retry-total',
    'record-send-rate',
    'record-send-total',
    'record-size-avg',
    'record-size-max',
    'records-per-request-avg',
    'request-latency-avg',
    'request-latency-max',
    'requests-in-flight',
    'txn-commit-time-ns-total',
    'waiting-threads',
  ],
  'producer-topic-metrics': [
    'byte-rate',
    'byte-total',
    'compression-rate',
    'record-error-total',
    'record-retry-total',
    'record-send-rate',
    'record-send-total',
  ],
  'producer-node-metrics': [
    'request-latency-avg',
    'request-latency-max',
    'request-total',
    'incoming-byte-rate',
  ],
  'consumer-metrics': [
    ...connectionNames,
    'last-poll-seconds-ago',
    'poll-idle-ratio-avg',
    'time-between-poll-avg',
  ],
  'consumer-node-metrics': ['request-latency-avg', 'outgoing-byte-total'],
  'consumer-fetch-manager-metrics': [
    'bytes-consumed-rate',
    'bytes-consumed-total',
    'fetch-latency-avg',
    'fetch-latency-max',
    'fetch-rate',
    'fetch-size-avg',
    'fetch-size-max',
    'fetch-throttle-time-avg',
    'fetch-total',
    'preferred-read-replica',
    'records-consumed-rate',
    'records-consumed-total',
    'records-lag',
    'records-lag-max',
    'records-lead',
    'records-lead-min',
  ],
  'consumer-coordinator-metrics': [
    'assigned-partitions',
    'commit-latency-avg',
    'commit-latency-max',
    'commit-rate',
    'commit-total',
    'heartbeat-rate',
    'heartbeat-response-time-max',
    'heartbeat-total',
    'join-rate',
    'join-time-avg',
    'join-total',
    'last-heartbeat-seconds-ago',
    'last-rebalance-seconds-ago',
    'partition-assigned-latency-avg',
    'partition-lost-latency-max',
    'partition-revoked-latency-avg',
    'rebalance-latency-avg',
    'rebalance-latency-total',
    'rebalance-rate-per-hour',
    'rebalance-total',
    'sync-rate',
    'sync-time-max',
    'sync-total',
  ],
  'admin-client-metrics': connectionNames,
  'admin-client-node-metrics': ['request-latency-avg'],
};

function valueOf(
  metrics: readonly ClientMetric[],
  group: string,
  name: string,
  tags: Readonly<Record<string, string>> = {},
): number {
  const found = metrics.filter((metric) => {
    const { 'client-id': _clientId, ...own } = metric.tags;
    return metric.group === group && metric.name === name && JSON.stringify(own) === JSON.stringify(tags);
  });
  expect(found).toHaveLength(1);
  return found[0]!.value;
}

describe("clients' figures on a cluster", () => {
  let cluster: TestCluster;
  let kafka: Kafka;
  let all: ClientMetric[];
  let topic: string;
  const records = 120;

  beforeAll(async () => {
    cluster = await startTestCluster();
    kafka = createKafka({ ...cluster.clientOptions, clientId: 'measured' });
    topic = await createTopic(cluster.clientOptions, { prefix: 'measured', numPartitions: 2 });
    const admin = kafka.admin();
    await admin.describeTopics([topic]);
    const producer = kafka.producer({ compressionType: 'gzip' });
    const values = Array.from({ length: records }, (_, index) => ({
      topic,
      partition: index % 2,
      value: `${index} ${'x'.repeat(200)}`,
    }));
    await producer.sendMany(values);
    await producer.flush();
    const consumer = kafka.consumer({
      groupId: uniqueName('measured'),
      autoOffsetReset: 'earliest',
      enableAutoCommit: false,
      maxPollRecords: 50,
    });
    consumer.subscribe({ topics: [topic] });
    let consumed = 0;
    while (consumed < records) consumed += (await consumer.poll()).count;
    await consumer.commit();
    all = [...producer.metrics(), ...consumer.metrics(), ...admin.metrics()];
  });
  afterAll(async () => {
    await kafka.close();
    await cluster.close();
  });

  it.each(Object.entries(expectedNames))('%s are there, with descriptions', (group, names) => {
    const found = all.filter((metric) => metric.group === group);
    expect(found.map(({ name }) => name)).toEqual(expect.arrayContaining([...names]));
    for (const metric of found) {
      expect(metric.tags['client-id']).toBe('measured');
      expect(metric.description).toMatch(/\S/);
    }
  });

  it('no two have the same name, group and tags', () => {
    const keys = all.map(({ name, group, tags }) => JSON.stringify([group, name, tags]));
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('the producer counts records, batches and bytes', () => {
    const of = (name: string): number => valueOf(all, 'producer-metrics', name);
    expect(of('record-send-total')).toBe(records);
    expect(valueOf(all, 'producer-topic-metrics', 'record-send-total', { topic })).toBe(records);
    expect(of('record-send-rate')).toBeGreaterThan(records / 61);
    expect(of('record-error-total')).toBe(0);
    expect(of('batch-size-avg')).toBeGreaterThan(61);
    expect(of('batch-size-max')).toBeGreaterThanOrEqual(of('batch-size-avg'));
    expect(of('compression-rate-avg')).toBeLessThan(0.5);
    expect(of('record-size-avg')).toBeGreaterThan(200);
    expect(of('records-per-request-avg')).toBeGreaterThan(1);
    expect(of('request-latency-avg')).toBeGreaterThan(0);
    expect(of('buffer-total-bytes')).toBe(33_554_432);
    expect(of('buffer-available-bytes')).toBe(33_554_432);
    expect(of('requests-in-flight')).toBe(0);
    expect(of('connection-count')).toBeGreaterThan(0);
    expect(of('metadata-age')).toBeGreaterThanOrEqual(0);
    expect(of('request-total')).toBeGreaterThanOrEqual(of('response-total'));
    expect(of('outgoing-byte-total')).toBeGreaterThan(of('batch-size-max'));
  });

  it('the consumer counts records, bytes, lag and what its group did', () => {
    const fetched = (name: string, tags = {}): number =>
      valueOf(all, 'consumer-fetch-manager-metrics', name, tags);
    expect(fetched('records-consumed-total')).toBe(records);
    expect(fetched('records-consumed-total', { topic })).toBe(records);
    expect(fetched('bytes-consumed-total', { topic })).toBe(fetched('bytes-consumed-total'));
    expect(fetched('bytes-consumed-total')).toBeGreaterThan(200);
    expect(fetched('fetch-total')).toBeGreaterThan(0);
    expect(fetched('records-lag', { topic, partition: '1' })).toBe(0);
    expect(fetched('records-lag-max')).toBe(0);
    expect(fetched('records-lead', { topic, partition: '0' })).toBe(records / 2);
    expect(fetched('records-lead-min')).toBe(records / 2);
    const group = (name: string): number => valueOf(all, 'consumer-coordinator-metrics', name);
    expect(group('assigned-partitions')).toBe(2);
    expect(group('commit-total')).toBe(1);
    expect(group('commit-latency-avg')).toBeGreaterThan(0);
    expect(group('join-total')).toBeGreaterThan(0);
    expect(group('sync-total')).toBeGreaterThan(0);
    expect(group('rebalance-total')).toBe(1);
    expect(group('partition-revoked-latency-avg')).toBeNaN();
    expect(valueOf(all, 'consumer-metrics', 'last-poll-seconds-ago')).toBeGreaterThanOrEqual(0);
  });
});
