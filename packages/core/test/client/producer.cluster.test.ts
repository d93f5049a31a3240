import type { Kafka } from '../../src/client/kafka.js';
import { deserializers, serializers } from '../../src/client/serialization/serializers.js';
import { createKafka } from '../../src/composition/create-kafka.js';
import { TimeoutError } from '../../src/client/errors.js';
import { createTopic, startTestCluster, uniqueName, type TestCluster } from '../support/cluster.js';
import { readPartition } from './read-partition.js';

describe('producer on a cluster', () => {
  let cluster: TestCluster;
  let kafka: Kafka;

  beforeAll(async () => {
    cluster = await startTestCluster();
    kafka = createKafka({ ...cluster.clientOptions, clientId: 'producer-cluster-test' });
  });
  afterAll(async () => {
    await kafka.close();
    await cluster.close();
  });

  test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)(
    'records in %s come back byte for byte',
    async (compressionType) => {
      const topic = await createTopic(cluster.clientOptions, { prefix: `codec-${compressionType}` });
      const producer = kafka.producer({ compressionType });
      const values = Array.from(
        { length: 3000 },
        (_, index) => `{"flight":${index},"origin":"ÄTL","delay":${index % 61}}`,
      );
      const sent = await producer.sendMany(
        values.map((value, index) => ({
          topic,
          key: `k${index % 10}`,
          value,
          headers: [{ key: 'n', value: `${index}` }],
        })),
      );
      expect(sent.map(({ offset }) => offset)).toEqual(values.map((_, index) => index));
      const read = await readPartition(cluster.clientOptions, topic, 0);
      expect(read.map(({ value }) => value?.toString())).toEqual(values);
      expect(read.map(({ key }) => key?.toString())).toEqual(values.map((_, index) => `k${index % 10}`));
      expect([...(read[7]?.headers ?? [])].map(({ key, value }) => [key, value?.toString()])).toEqual([
        ['n', '7'],
      ]);
      await producer.close();
    },
  );

  test.each([
    ['string', serializers.string, 'Grüße', 'Grüße'],
    ['json', serializers.json, { a: [1, null, 'x'] }, { a: [1, null, 'x'] }],
    ['int32', serializers.int32, -2147483648, -2147483648],
    ['int64', serializers.int64, 2 ** 53 - 1, 2 ** 53 - 1],
    ['int64', serializers.int64, -(2n ** 63n), -(2n ** 63n)],
    ['float64', serializers.float64, -0.1, -0.1],
    [
      'uuid',
      serializers.uuid,
      '123e4567-e89b-12d3-a456-426614174000',
      '123e4567-e89b-12d3-a456-426614174000',
    ],
  ] as const)('serializer %s', async (name, serializer, value, expected) => {
    const topic = await createTopic(cluster.clientOptions, { prefix: 'serde' });
    const producer = kafka.producer<string, unknown>({ valueSerializer: serializer as never });
    await producer.send({ topic, value });
    const [read] = await readPartition(cluster.clientOptions, topic, 0);
    const context = { topic, partition: 0, offset: 0, part: 'value' as const };
    expect(deserializers[name].deserialize(read?.value ?? Buffer.alloc(0), context)).toEqual(expected);
    await producer.close();
  });

  test('PC6: single sends by the thousand arrive in order per partition', async () => {
    const topic = await createTopic(cluster.clientOptions, { prefix: 'order', numPartitions: 2 });
    const producer = kafka.producer({ batchSize: 500 });
    const sent: Promise<unknown>[] = [];
    for (let index = 0; index < 5000; index++)
      sent.push(producer.send({ topic, partition: index % 2, value: `${index}` }));
    await Promise.all(sent);
    for (const partition of [0, 1]) {
      const read = await readPartition(cluster.clientOptions, topic, partition);
      expect(read.map(({ value }) => Number(value?.toString()))).toEqual(
        Array.from({ length: 2500 }, (_, index) => 2 * index + partition),
      );
    }
    await producer.close();
  });

  test('PC3: a topic that nobody creates fails with a cause', async () => {
    const producer = kafka.producer({ maxBlockMs: 400 });
    // This name is refused by every broker; a name that is merely absent would be created where the cluster does so.
    await expect(producer.send({ topic: 'not/a/topic', value: 'x' })).rejects.toMatchObject({
      code: 'INVALID_TOPIC_EXCEPTION',
    });
    const admin = kafka.admin({ defaultApiTimeoutMs: 1000 });
    await expect(
      admin.listOffsets([{ topic: uniqueName('absent'), partition: 0, spec: 'latest' }]),
    ).resolves.toMatchObject({
      hasErrors: true,
    });
    await producer.close();
    await admin.close();
  });

  test('partitionsFor names leaders', async () => {
    const topic = await createTopic(cluster.clientOptions, { prefix: 'partitions', numPartitions: 4 });
    const producer = kafka.producer();
    const partitions = await producer.partitionsFor(topic);
    expect(partitions.map(({ partition }) => partition)).toEqual([0, 1, 2, 3]);
    for (const { leader, replicas } of partitions) expect(replicas).toContain(leader);
    await producer.close();
  });

  test('a port where nobody listens: TimeoutError with the addresses', async () => {
    const lines: string[] = [];
    const lost = createKafka({
      bootstrapServers: '127.0.0.1:1',
      diagnostics: { log: (level, message) => void (level === 'debug' || lines.push(message)) },
    });
    const error: unknown = await lost
      .producer({ maxBlockMs: 500 })
      .send({ topic: 't', value: 'x' })
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(TimeoutError);
    expect((error as Error).message).toMatch(/bootstrap servers 127\.0\.0\.1:1 \(connection refused\)/);
    expect(lines).toHaveLength(1);
    await lost.close();
  });
});
