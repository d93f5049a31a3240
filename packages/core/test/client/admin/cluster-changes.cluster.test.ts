import type { Admin } from '../../../src/client/admin.js';
import type { Kafka } from '../../../src/client/kafka.js';
import { createKafka } from '../../../src/composition/create-kafka.js';
import { createTopic, startTestCluster, uniqueName, type TestCluster } from '../../support/cluster.js';
import { eventually } from '../../support/cluster-client.js';

describe('changes that administrators make of a cluster', () => {
  let cluster: TestCluster;
  let kafka: Kafka;
  let admin: Admin;

  beforeAll(async () => {
    cluster = await startTestCluster();
    kafka = createKafka({ ...cluster.clientOptions, clientId: 'admin-changes-test' });
    admin = kafka.admin();
  });
  afterAll(async () => {
    await kafka.close();
    await cluster.close();
  });

  const topicOf = (prefix: string, numPartitions = 1) =>
    createTopic(cluster.clientOptions, { prefix, numPartitions });

  async function sendTo(topic: string, partition: number, values: readonly string[]): Promise<void> {
    const producer = kafka.producer();
    await producer.sendMany(values.map((value) => ({ topic, partition, value })));
    await producer.close();
  }

  test('createPartitions: results by topic, and partitions that can be used', async () => {
    const topic = await topicOf('grown');
    const absent = uniqueName('absent');
    const validated = await admin.createPartitions([{ topic, totalCount: 3 }], { validateOnly: true });
    validated.orThrow();
    const results = await admin.createPartitions([
      { topic, totalCount: 3 },
      { topic: absent, totalCount: 3 },
    ]);
    results.get(topic);
    expect(results.errors.get(absent)).toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION' });
    const again = await admin.createPartitions([{ topic, totalCount: 3 }]);
    expect(again.errors.get(topic)).toMatchObject({ code: 'INVALID_PARTITIONS' });
    await sendTo(topic, 2, ['in a new partition']);
  });

  test('incrementalAlterConfigs and alterConfigs: results by resource, and synonyms in order', async () => {
    const topic = await topicOf('configured');
    const absent = uniqueName('absent');
    const changes = [
      { operation: 'set', name: 'index.interval.bytes', value: '5000' },
      { operation: 'append', name: 'cleanup.policy', value: 'compact' },
    ] as const;
    const results = await admin.incrementalAlterConfigs([
      { type: 'topic', name: topic, changes },
      { type: 'topic', name: absent, changes },
    ]);
    results.get(`topic:${topic}`);
    expect(results.errors.get(`topic:${absent}`)).toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION' });
    const entryOf = async (name: string) =>
      (await admin.describeConfigs([{ type: 'topic', name: topic }])).get(`topic:${topic}`).get(name)!;
    const entry = await eventually(
      () => entryOf('index.interval.bytes'),
      ({ value }) => value === '5000',
    );
    expect(entry).toMatchObject({ value: '5000', source: 'dynamic-topic', isReadOnly: false });
    expect(entry.synonyms).toEqual([
      { name: 'index.interval.bytes', value: '5000', source: 'dynamic-topic' },
      { name: 'log.index.interval.bytes', value: '4096', source: 'default' },
    ]);
    expect((await entryOf('cleanup.policy')).value).toBe('delete,compact');

    const replaced = await admin.alterConfigs([
      { type: 'topic', name: topic, configs: { 'segment.ms': '7000' } },
      { type: 'topic', name: absent, configs: {} },
    ]);
    replaced.get(`topic:${topic}`);
    expect(replaced.errors.get(`topic:${absent}`)).toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION' });
    await eventually(
      () => entryOf('segment.ms'),
      ({ value }) => value === '7000',
    );
    expect((await entryOf('index.interval.bytes')).value).toBe('4096');
  });

  test('configs of a broker and of all brokers', async () => {
    const name = 'log.index.size.max.bytes';
    const valueFor = async (broker: string) => {
      const results = await admin.describeConfigs([{ type: 'broker', name: broker }]);
      return results.get(`broker:${broker}`).get(name)?.value ?? null;
    };
    const set = [{ operation: 'set', name, value: '1048576' }] as const;
    const unset = [{ operation: 'delete', name }] as const;
    const id = (await admin.describeCluster()).nodes[0]!.id;
    try {
      (await admin.incrementalAlterConfigs([{ type: 'broker', name: '', changes: set }])).orThrow();
      await eventually(
        () => valueFor(''),
        (value) => value === '1048576',
      );
      expect(await valueFor(String(id))).toBe('1048576');
    } finally {
      (await admin.incrementalAlterConfigs([{ type: 'broker', name: '', changes: unset }])).orThrow();
    }
    expect(
      await eventually(
        () => valueFor(''),
        (value) => value === null,
      ),
    ).toBeNull();
    const fixed = [{ operation: 'set', name: 'num.partitions', value: '9' }] as const;
    const refused = await admin.incrementalAlterConfigs([
      { type: 'broker', name: String(id), changes: fixed },
    ]);
    expect(refused.errors.get(`broker:${id}`)).toMatchObject({ code: 'INVALID_REQUEST' });
  });

  test('describeLogDirs: results by broker, with every replica', async () => {
    const topic = await topicOf('stored', 2);
    await sendTo(topic, 1, ['some bytes']);
    const directories = (await admin.describeLogDirs()).orThrow();
    expect(directories.size).toBeGreaterThan(0);
    const replicas = [...directories.values()].flat().flatMap((each) => each.replicas);
    const [replica] = replicas.filter((each) => each.topic === topic && each.partition === 1);
    expect(replica).toMatchObject({ offsetLag: 0, isFuture: false });
    expect(replica!.sizeBytes).toBeGreaterThan(60);
    const [directory] = [...directories.values()].flat();
    expect(directory).toMatchObject({ error: null, path: expect.stringMatching(/./) });
    const absent = await admin.describeLogDirs([...directories.keys()].map(Number));
    expect(absent.hasErrors).toBe(false);
  });

  test('describeProducers: results by partition', async () => {
    const topic = await topicOf('written', 2);
    await sendTo(topic, 0, ['a', 'b']);
    const results = await admin.describeProducers([
      { topic, partition: 0 },
      { topic, partition: 1 },
    ]);
    expect(results.get(`${topic}-0`)).toEqual([
      {
        producerId: expect.any(Number),
        producerEpoch: 0,
        lastSequence: 1,
        lastTimestamp: expect.any(Number),
        coordinatorEpoch: null,
        transactionStartOffset: null,
      },
    ]);
    expect(results.get(`${topic}-1`)).toEqual([]);
  });

  test('deleteRecords: results by partition', async () => {
    const topic = await topicOf('emptied');
    await sendTo(topic, 0, ['a', 'b', 'c']);
    const some = await admin.deleteRecords([{ topic, partition: 0, beforeOffset: 1 }]);
    expect(some.get(`${topic}-0`)).toEqual({ topic, partition: 0, lowWatermark: 1 });
    const tooFar = await admin.deleteRecords([{ topic, partition: 0, beforeOffset: 9 }]);
    expect(tooFar.errors.get(`${topic}-0`)).toMatchObject({ code: 'OFFSET_OUT_OF_RANGE' });
  });

  test('electLeaders: nothing to elect is an error of the partition', async () => {
    const topic = await topicOf('led');
    for (const type of ['preferred', 'unclean'] as const) {
      const results = await admin.electLeaders(type, [
        { topic, partition: 0 },
        { topic, partition: 5 },
      ]);
      expect(results.errors.get(`${topic}-0`)).toMatchObject({ code: 'ELECTION_NOT_NEEDED' });
      expect(results.errors.get(`${topic}-5`)).toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION' });
    }
    expect((await admin.electLeaders('preferred')).errors.has(`${topic}-0`)).toBe(false);
  });

  test('partition reassignments: to where it is, elsewhere, and given up', async () => {
    const topic = await topicOf('moved', 3);
    const description = (await admin.describeTopics([topic])).get(topic);
    const { replicas } = description.partitions[0]!;
    const results = await admin.alterPartitionReassignments([
      { topic, partition: 0, replicas },
      { topic, partition: 1, replicas: [4711] },
      { topic, partition: 2, replicas: null },
    ]);
    results.get(`${topic}-0`);
    expect(results.errors.get(`${topic}-1`)).toMatchObject({ code: 'INVALID_REPLICA_ASSIGNMENT' });
    expect(results.errors.get(`${topic}-2`)).toMatchObject({ code: 'NO_REASSIGNMENT_IN_PROGRESS' });
    expect(await admin.listPartitionReassignments([{ topic, partition: 0 }])).toEqual([]);
    const all = await admin.listPartitionReassignments();
    expect(all.filter((each) => each.topic === topic)).toEqual([]);
  });
});
