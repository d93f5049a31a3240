// kafkajs 2.2.4, which we did not write, against the broker over a real socket.
import { CompressionTypes, Kafka, logLevel, type Consumer } from 'kafkajs';

import { createBroker, type RunningBroker } from '../../src/composition/create-broker.js';

describe('kafkajs against the broker', () => {
  let broker: RunningBroker;
  let kafka: Kafka;
  const closers: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    broker = await createBroker({
      listen: '127.0.0.1:0',
      config: { groupInitialRebalanceDelayMs: 100, offsetsTopicNumPartitions: 4, numPartitions: 2 },
    });
    kafka = new Kafka({
      brokers: [broker.bootstrapServers],
      clientId: 'kafkajs-test',
      logLevel: logLevel.NOTHING,
    });
  });
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });
  afterAll(async () => {
    await broker.close();
  });

  /** Consumes until so many records came. */
  async function collect(consumer: Consumer, topic: string, count: number): Promise<Map<string, string[]>> {
    const byKey = new Map<string, string[]>();
    let seen = 0;
    await consumer.connect();
    closers.push(() => consumer.disconnect());
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      consumer.on('consumer.crash', ({ payload }) => reject(payload.error));
      void consumer.run({
        eachMessage: ({ message }) => {
          const key = String(message.key);
          byKey.set(key, [...(byKey.get(key) ?? []), String(message.value)]);
          if (++seen === count) resolve();
          return Promise.resolve();
        },
      });
    });
    return byKey;
  }

  it.each([
    ['plain', CompressionTypes.None, false],
    ['gzip', CompressionTypes.GZIP, false],
    ['idempotent', CompressionTypes.None, true],
  ])(
    '%s: produces to a topic made on demand and reads all of it in a group',
    async (name, compression, idempotent) => {
      const topic = `records-${name}`;
      const producer = kafka.producer({ idempotent, allowAutoTopicCreation: true });
      await producer.connect();
      closers.push(() => producer.disconnect());
      for (let round = 0; round < 5; round++) {
        const messages = Array.from({ length: 100 }, (_unused, index) => ({
          key: `key-${index % 10}`,
          value: `${round}-${index}`,
          headers: { round: String(round) },
        }));
        await producer.send({ topic, messages, compression, acks: -1 });
      }
      const byKey = await collect(kafka.consumer({ groupId: `group-${name}` }), topic, 500);
      expect(byKey.size).toBe(10);
      for (const values of byKey.values()) {
        expect(values).toHaveLength(50);
        // One key stays in one partition and in order.
        const order = values
          .map((value) => value.split('-').map(Number))
          .map(([round = 0, index = 0]) => round * 100 + index);
        expect(order).toEqual([...order].sort((a, b) => a - b));
      }
    },
  );

  it('goes on where the group committed', async () => {
    const topic = 'resumed';
    const producer = kafka.producer();
    await producer.connect();
    closers.push(() => producer.disconnect());
    await producer.send({ topic, messages: [{ key: 'k', value: 'first' }] });
    const first = kafka.consumer({ groupId: 'resumed' });
    expect(await collect(first, topic, 1)).toEqual(new Map([['k', ['first']]]));
    await first.disconnect();
    await producer.send({ topic, messages: [{ key: 'k', value: 'second' }] });
    expect(await collect(kafka.consumer({ groupId: 'resumed' }), topic, 1)).toEqual(
      new Map([['k', ['second']]]),
    );
  });

  it('administers topics, groups and configs', async () => {
    const admin = kafka.admin();
    await admin.connect();
    closers.push(() => admin.disconnect());
    expect(await admin.describeCluster()).toMatchObject({
      clusterId: broker.clusterId,
      controller: broker.nodeId,
    });
    await admin.createTopics({
      topics: [
        { topic: 'made', numPartitions: 3, configEntries: [{ name: 'retention.ms', value: '60000' }] },
      ],
    });
    expect(await admin.listTopics()).toContain('made');
    const { topics } = await admin.fetchTopicMetadata({ topics: ['made'] });
    expect(topics[0]?.partitions.map(({ leader }) => leader)).toEqual([1, 1, 1]);
    const { resources } = await admin.describeConfigs({
      resources: [{ type: 2, name: 'made', configNames: ['retention.ms'] }],
      includeSynonyms: true,
    });
    expect(resources[0]?.configEntries).toMatchObject([{ configName: 'retention.ms', configValue: '60000' }]);
    expect(await admin.fetchTopicOffsets('made')).toHaveLength(3);
    await admin.deleteTopics({ topics: ['made'] });
    expect(await admin.listTopics()).not.toContain('made');
  });
});
