import type { Admin } from '../../src/client/admin.js';
import { BrokerError, UnknownTopicOrPartitionError } from '../../src/client/errors.js';
import type { Kafka } from '../../src/client/kafka.js';
import { createKafka } from '../../src/composition/create-kafka.js';
import { createTopic, startTestCluster, uniqueName, type TestCluster } from '../support/cluster.js';

describe('admin on a cluster', () => {
  let cluster: TestCluster;
  let kafka: Kafka;
  let admin: Admin;

  beforeAll(async () => {
    cluster = await startTestCluster();
    kafka = createKafka({ ...cluster.clientOptions, clientId: 'admin-cluster-test' });
    admin = kafka.admin();
  });
  afterAll(async () => {
    await kafka.close();
    await cluster.close();
  });

  test('createTopics: each topic has its own result, failures hide nothing', async () => {
    const taken = await createTopic(cluster.clientOptions, { prefix: 'taken' });
    const fresh = uniqueName('fresh');
    const results = await admin.createTopics([
      { name: fresh, numPartitions: 3, replicationFactor: 1, configs: { 'retention.ms': '60000' } },
      { name: taken, numPartitions: 1, replicationFactor: 1 },
      { name: 'not/valid', numPartitions: 1, replicationFactor: 1 },
    ]);
    expect(results.get(fresh)).toMatchObject({ name: fresh, numPartitions: 3, replicationFactor: 1 });
    expect(results.errors.get(taken)).toMatchObject({ code: 'TOPIC_ALREADY_EXISTS' });
    expect(results.errors.get('not/valid')).toMatchObject({ code: 'INVALID_TOPIC_EXCEPTION' });
    expect(() => results.orThrow()).toThrow(BrokerError);
    const configs = await admin.describeConfigs([
      { type: 'topic', name: fresh, configNames: ['retention.ms', 'cleanup.policy'] },
    ]);
    expect(configs.get(`topic:${fresh}`).get('retention.ms')).toMatchObject({
      value: '60000',
      source: 'dynamic-topic',
    });
    expect(configs.get(`topic:${fresh}`).get('cleanup.policy')).toMatchObject({ value: 'delete' });
  });

  test('validateOnly creates nothing', async () => {
    const name = uniqueName('validated');
    (
      await admin.createTopics([{ name, numPartitions: 1, replicationFactor: 1 }], { validateOnly: true })
    ).orThrow();
    expect((await admin.describeTopics([name])).errors.get(name)).toBeInstanceOf(
      UnknownTopicOrPartitionError,
    );
  });

  test('describeTopics, listTopics, deleteTopics', async () => {
    const name = await createTopic(cluster.clientOptions, { prefix: 'described', numPartitions: 2 });
    const description = (await admin.describeTopics([name])).get(name);
    expect(description.partitions.map(({ partition }) => partition)).toEqual([0, 1]);
    expect(description.topicId).toMatch(/^[\w-]{22}$/);
    expect((await admin.listTopics()).map((topic) => topic.name)).toContain(name);
    const absent = uniqueName('absent');
    const deleted = await admin.deleteTopics([name, absent]);
    expect([...deleted.values.keys()]).toEqual([name]);
    expect(deleted.errors.get(absent)).toBeInstanceOf(UnknownTopicOrPartitionError);
  });

  test('describeCluster', async () => {
    const { clusterId, controller, nodes } = await admin.describeCluster();
    expect(clusterId).not.toBe('');
    expect(nodes.map(({ id }) => id)).toContain(controller?.id);
  });

  test('describeConfigs of a broker', async () => {
    const { controller } = await admin.describeCluster();
    const name = `broker:${controller?.id}`;
    const results = await admin.describeConfigs([
      { type: 'broker', name: String(controller?.id), configNames: ['num.partitions'] },
    ]);
    expect(Number(results.get(name).get('num.partitions')?.value)).toBeGreaterThan(0);
  });

  test('F14: listOffsets by end, time and largest timestamp', async () => {
    const topic = await createTopic(cluster.clientOptions, { prefix: 'offsets' });
    const producer = kafka.producer();
    const startMs = Date.now() - 10_000;
    await producer.sendMany(
      [0, 1, 2].map((index) => ({ topic, value: `${index}`, timestamp: startMs + index * 100 })),
    );
    await producer.close();
    const ask = async (spec: Parameters<Admin['listOffsets']>[0][number]['spec']) =>
      (await admin.listOffsets([{ topic, partition: 0, spec }])).get(`${topic}-0`);
    expect((await ask('earliest')).offset).toBe(0);
    expect((await ask('latest')).offset).toBe(3);
    expect(await ask({ timestamp: startMs + 50 })).toMatchObject({ offset: 1, timestamp: startMs + 100 });
    expect((await ask({ timestamp: startMs + 1000 })).offset).toBeNull();
    expect(await ask('max-timestamp')).toMatchObject({ offset: 2, timestamp: startMs + 200 });
  });

  test('groups: listed, described, with what they committed', async () => {
    const topic = await createTopic(cluster.clientOptions, { prefix: 'grouped', numPartitions: 2 });
    const groupId = uniqueName('group');
    const producer = kafka.producer();
    await producer.send({ topic, partition: 1, value: 'a' });
    const consumer = kafka.consumer({ groupId, autoOffsetReset: 'earliest', enableAutoCommit: false });
    consumer.subscribe({ topics: [topic] });
    for (;;) {
      const records = await consumer.poll({ timeoutMs: 500 });
      if ([...records].length > 0) break;
    }
    await consumer.commit();
    const group = (await admin.describeGroups([groupId])).get(groupId);
    expect(group).toMatchObject({ groupId, state: 'Stable', protocolType: 'consumer' });
    expect(group.members[0]?.assignment).toHaveLength(2);
    const listed = [...(await admin.listGroups()).orThrow().values()].flat();
    expect(listed.find((each) => each.groupId === groupId)).toMatchObject({
      protocolType: 'consumer',
      state: 'Stable',
    });
    const offsets = await admin.fetchOffsets(groupId);
    expect(offsets.get(`${topic}-1`)).toMatchObject({ topic, partition: 1, offset: 1 });
    expect((await admin.fetchOffsets(groupId, [{ topic, partition: 1 }])).values.size).toBe(1);
    await consumer.close();
    await producer.close();
  }, 30_000);
});
