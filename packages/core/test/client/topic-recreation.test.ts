import type { ConsumerOptions } from '../../src/client/consumer/consumer-options.js';
import { deserializers } from '../../src/client/serialization/serializers.js';
import { ClientHarness } from './client-harness.js';

describe('CC7: a topic that is deleted and created again under running clients', () => {
  let harness: ClientHarness;

  beforeEach(async () => {
    harness = await ClientHarness.start({
      config: { groupInitialRebalanceDelayMs: 0, autoCreateTopicsEnable: false },
    });
    await harness.createTopic('t', 3);
  });
  afterEach(() => harness.stop());

  async function recreate(partitions: number): Promise<void> {
    const admin = harness.kafka.admin();
    (await harness.until(admin.deleteTopics(['t']))).orThrow();
    await harness.createTopic('t', partitions);
  }

  const send = (producer: ReturnType<typeof harness.kafka.producer>, values: readonly string[]) =>
    harness.until(producer.sendMany(values.map((value) => ({ topic: 't', partition: 0, value }))));

  test.each<Partial<ConsumerOptions>>([{ groupId: 'readers' }, {}])(
    'a consumer (%j) starts where its policy says, not where it stood in the old topic',
    async (options) => {
      const producer = harness.kafka.producer();
      await send(producer, ['old-0', 'old-1', 'old-2']);
      const consumer = harness.kafka.consumer({
        ...options,
        autoOffsetReset: 'earliest',
        valueDeserializer: deserializers.string,
      });
      if (options.groupId === undefined) consumer.assign([{ topic: 't', partition: 0 }]);
      else consumer.subscribe({ topics: ['t'] });
      const read: (string | null)[] = [];
      const pollFor = async (count: number): Promise<void> => {
        for (let polls = 0; polls < 30 && read.length < count; polls++)
          for (const { value } of await harness.until(consumer.poll(500))) read.push(value);
      };
      await pollFor(3);
      await recreate(3);
      // As many as the position was: without a reset they would never be read.
      await send(producer, ['new-0', 'new-1', 'new-2', 'new-3', 'new-4']);
      await pollFor(8);
      expect(read).toEqual(['old-0', 'old-1', 'old-2', 'new-0', 'new-1', 'new-2', 'new-3', 'new-4']);
      const told = harness.lines.filter(({ message }) => message.includes('created again'));
      expect(told).toHaveLength(1);
    },
  );

  test('without a policy the poll says so', async () => {
    const producer = harness.kafka.producer();
    await send(producer, ['old-0', 'old-1']);
    const consumer = harness.kafka.consumer({
      autoOffsetReset: 'none',
      valueDeserializer: deserializers.string,
    });
    consumer.assign([{ topic: 't', partition: 0 }]);
    consumer.seek({ topic: 't', partition: 0 }, 0);
    const first = await harness.until(consumer.poll(1000));
    expect(first.count).toBe(2);
    await recreate(3);
    const pollAll = async (): Promise<void> => {
      for (let polls = 0; polls < 20; polls++) await consumer.poll(500);
    };
    expect((await harness.failureOf(pollAll())).message).toContain('t-0 was deleted and created again');
    await send(producer, ['new-0']);
    consumer.seek({ topic: 't', partition: 0 }, 0);
    const again = await harness.until(consumer.poll(5000));
    expect([...again].map(({ value }) => value)).toEqual(['new-0']);
  });

  test('PC4: a producer spreads over the partitions that the topic has now, and goes on', async () => {
    const producer = harness.kafka.producer({ metadataMaxAgeMs: 1000, deliveryTimeoutMs: 40_000 });
    const keyed = (): Promise<{ partition: number }[]> =>
      Promise.all(
        Array.from({ length: 40 }, (_, index) => producer.send({ topic: 't', key: `k${index}`, value: 'v' })),
      );
    const before = await harness.until(keyed());
    expect(new Set(before.map(({ partition }) => partition))).toEqual(new Set([0, 1, 2]));
    await recreate(1);
    await harness.broker.time.advance(3000);
    const after = await harness.until(keyed());
    expect(new Set(after.map(({ partition }) => partition))).toEqual(new Set([0]));
  });
});
