import type { Consumer } from '../../../src/client/consumer.js';
import { deserializers } from '../../../src/client/serialization/serializers.js';
import { createBroker, type RunningBroker } from '../../../src/composition/create-broker.js';
import { createKafka } from '../../../src/composition/create-kafka.js';
import { createMemoryFileSystem } from '../../../src/io/memory/memory-file-system.js';
import { createNodeClock } from '../../../src/io/node/node-clock.js';
import { pollCount, pollUntil } from '../../support/consuming.js';
import { TestBroker } from '../../support/test-broker.js';

jest.setTimeout(60_000);

interface Line {
  readonly level: string;
  readonly message: string;
}

describe('a broker that stops and comes back, over TCP', () => {
  const fileSystem = createMemoryFileSystem(createNodeClock());
  const lines: Line[] = [];
  let broker: RunningBroker;

  async function start(listen: string): Promise<void> {
    broker = await createBroker({
      listen,
      config: { groupInitialRebalanceDelayMs: 0, offsetsTopicNumPartitions: 1 },
      ports: { fileSystem },
    });
  }

  function kafkaOf() {
    const log = (level: string, message: string): void => void lines.push({ level, message });
    return createKafka({ bootstrapServers: broker.bootstrapServers, diagnostics: { log } });
  }

  const warnings = (): string[] =>
    lines.filter(({ level }) => level !== 'debug').map(({ level, message }) => `${level}: ${message}`);

  async function produce(kafka: ReturnType<typeof kafkaOf>, values: readonly string[]): Promise<void> {
    const producer = kafka.producer();
    await producer.sendMany(values.map((value) => ({ topic: 'recovery', value })));
    await producer.close();
  }

  test('the group goes on from its positions, with one warning and one all-clear', async () => {
    await start('127.0.0.1:0');
    const kafka = kafkaOf();
    (
      await kafka.admin().createTopics([{ name: 'recovery', numPartitions: 1, replicationFactor: 1 }])
    ).orThrow();
    await produce(kafka, ['a', 'b']);
    const events: string[] = [];
    const consumer: Consumer<Buffer, string> = kafka.consumer({
      groupId: 'recovery-group',
      autoOffsetReset: 'earliest',
      valueDeserializer: deserializers.string,
      heartbeatIntervalMs: 100,
      sessionTimeoutMs: 10_000,
    });
    consumer.subscribe({
      topics: ['recovery'],
      listener: {
        onPartitionsAssigned: () => void events.push('assigned'),
        onPartitionsRevoked: () => void events.push('revoked'),
        onPartitionsLost: () => void events.push('lost'),
      },
    });
    expect((await pollCount(consumer, 2)).map(({ value }) => value)).toEqual(['a', 'b']);
    await consumer.commit();
    const { bootstrapServers } = broker;
    await broker.close();
    await pollUntil(consumer, () => warnings().length > 0);
    // Some more tries, which must stay silent.
    for (let poll = 0; poll < 20; poll++) expect((await consumer.poll(50)).isEmpty).toBe(true);
    expect(warnings()).toEqual([expect.stringMatching(/^warn: .*127\.0\.0\.1/)]);
    await start(bootstrapServers);
    await produce(kafkaOf(), ['c', 'd']);
    expect((await pollCount(consumer, 2)).map(({ value }) => value)).toEqual(['c', 'd']);
    await consumer.commit();
    expect(await consumer.committed([{ topic: 'recovery', partition: 0 }])).toMatchObject([{ offset: 4 }]);
    // Records come as soon as the broker is there, the metadata's next try up to a second later.
    await pollUntil(consumer, () => warnings().length > 1);
    expect(warnings().slice(1)).toEqual([expect.stringMatching(/^info: /)]);
    expect(events[0]).toBe('assigned');

    // And once more, to close while it is down.
    await broker.close();
    await pollUntil(consumer, () => warnings().length > 2);
    const startedMs = performance.now();
    // A commit that is being tried again must not hold up the close either.
    const committing = consumer.commit().catch((error: unknown) => error);
    await consumer.close();
    expect(await committing).toMatchObject({ retriable: true });
    expect(performance.now() - startedMs).toBeLessThan(5000);
    await kafka.close();
  });
});

describe('under virtual time', () => {
  async function startConsumer(options: object) {
    const world = await new TestBroker({ groupInitialRebalanceDelayMs: 0 }).start();
    await world.createTopic(world.connect(), 'slow', 2);
    const lines: Line[] = [];
    const kafka = createKafka({
      bootstrapServers: world.running.bootstrapServers,
      network: world.running.network,
      clock: world.time.clock,
      timers: world.time.timers,
      diagnostics: { log: (level, message) => void lines.push({ level, message }) },
    });
    const consumer = kafka.consumer({ groupId: 'slow-group', ...options });
    consumer.subscribe({ topics: ['slow'] });
    while (consumer.assignment().length < 2) await world.settled(consumer.poll(100));
    return { world, kafka, consumer, lines };
  }

  test('a handler that takes four minutes keeps its place: heartbeats need no polls', async () => {
    const { world, kafka, consumer } = await startConsumer({});
    const before = consumer.groupMetadata();
    await world.time.advance(240_000);
    await world.settled(consumer.poll(100));
    expect(consumer.groupMetadata()).toEqual(before);
    expect(consumer.assignment()).toHaveLength(2);
    await world.settled(kafka.close());
    await world.stop();
  });

  test('CC5: after maxPollIntervalMs the place is given up, and taken again by the next poll', async () => {
    const { world, kafka, consumer, lines } = await startConsumer({});
    const before = consumer.groupMetadata();
    await world.time.advance(301_000);
    // C15: it must not pass for nobody while it works on what it was given then.
    expect(consumer.groupMetadata()).toEqual(before);
    expect(lines.filter(({ message }) => message.includes('maxPollIntervalMs'))).toHaveLength(1);
    await world.settled(consumer.poll(100));
    while (consumer.assignment().length < 2) await world.settled(consumer.poll(100));
    expect(consumer.groupMetadata().memberId).not.toBe(before.memberId);
    await world.settled(kafka.close());
    await world.stop();
  });

  test('close takes no longer than it may, whatever a listener does', async () => {
    const { world, kafka, consumer } = await startConsumer({});
    consumer.subscribe({
      topics: ['slow'],
      listener: { onPartitionsRevoked: () => new Promise(() => undefined) },
    });
    const startedMs = world.time.clock.monotonicMs();
    await world.settled(consumer.close({ timeoutMs: 3000 }));
    expect(world.time.clock.monotonicMs() - startedMs).toBe(3000);
    await world.settled(kafka.close());
    await world.stop();
  });

  test('a topic that does not exist is told of once, and read as soon as it is there', async () => {
    const world = await new TestBroker({
      groupInitialRebalanceDelayMs: 0,
      autoCreateTopicsEnable: false,
    }).start();
    const lines: Line[] = [];
    const kafka = createKafka({
      bootstrapServers: world.running.bootstrapServers,
      network: world.running.network,
      clock: world.time.clock,
      timers: world.time.timers,
      diagnostics: { log: (level, message) => void lines.push({ level, message }) },
    });
    const consumer = kafka.consumer({ groupId: 'patient-group' });
    consumer.subscribe({ topics: ['later'] });
    const startedMs = world.time.clock.monotonicMs();
    while (world.time.clock.monotonicMs() - startedMs < 30_000) await world.settled(consumer.poll(1000));
    expect(lines.filter(({ level }) => level === 'warn').map(({ message }) => message)).toEqual([
      expect.stringContaining('Topic later does not exist'),
    ]);
    await world.createTopic(world.connect(), 'later', 1);
    const createdMs = world.time.clock.monotonicMs();
    while (consumer.assignment().length === 0) await world.settled(consumer.poll(100));
    expect(world.time.clock.monotonicMs() - createdMs).toBeLessThan(6000);
    await world.settled(kafka.close());
    await world.stop();
  });
});
