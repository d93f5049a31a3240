import type { Consumer } from '../../../src/client/consumer.js';
import type { ConsumerOptions } from '../../../src/client/consumer/consumer-options.js';
import { SubscriptionPattern } from '../../../src/client/consumer/subscription-pattern.js';
import { ClosedError } from '../../../src/client/errors.js';
import { deserializers } from '../../../src/client/serialization/serializers.js';
import type { TopicPartition } from '../../../src/client/types.js';
import { names } from '../../support/consuming.js';
import { ClientHarness } from '../client-harness.js';

describe('members of the consumer protocol when something goes wrong, under virtual time', () => {
  let harness: ClientHarness;
  const events: string[] = [];

  beforeEach(async () => {
    events.length = 0;
    harness = await ClientHarness.start();
    await harness.createTopic('t', 2);
    await produce(['a', 'b', 'c', 'd']);
  });
  afterEach(() => harness.stop());

  function produce(values: readonly string[]): Promise<unknown> {
    const producer = harness.kafka.producer();
    return harness.until(
      producer
        .sendMany(values.map((value, index) => ({ topic: 't', partition: index % 2, value })))
        .then(() => producer.close()),
    );
  }

  function consumerOf(options: Partial<ConsumerOptions<Buffer, string>> = {}): Consumer<Buffer, string> {
    const consumer = harness.kafka.consumer<Buffer, string>({
      groupId: 'readers',
      groupProtocol: 'consumer',
      autoOffsetReset: 'earliest',
      valueDeserializer: deserializers.string,
      ...options,
    });
    const told = (what: string) => (partitions: readonly TopicPartition[]) =>
      void events.push(`${what}${names(partitions).join(' ')}`);
    consumer.subscribe({
      topics: ['t'],
      listener: {
        onPartitionsAssigned: told('+'),
        onPartitionsRevoked: told('-'),
        onPartitionsLost: told('lost '),
      },
    });
    return consumer;
  }

  /** Polls until so many records came. */
  async function read(consumer: Consumer<Buffer, string>, count: number): Promise<string[]> {
    const values: string[] = [];
    for (let polls = 0; values.length < count && polls < 1000; polls++)
      for (const { value } of await harness.until(consumer.poll(100))) values.push(value ?? '');
    return values.sort();
  }

  test('C20: after a session that ended in silence the partitions are lost, and come again with the committed offsets', async () => {
    const consumer = consumerOf({ autoCommitIntervalMs: 1000 });
    expect(await read(consumer, 4)).toEqual(['a', 'b', 'c', 'd']);
    await harness.until(consumer.commit());
    const { memberId } = consumer.groupMetadata();
    harness.network.isSilent = true;
    harness.network.shouldBreak = (point) => point === 'write';
    await harness.broker.time.advance(60_000);
    harness.network.isSilent = false;
    harness.network.shouldBreak = () => false;
    for (let polls = 0; polls < 100 && events.length < 3; polls++) await harness.until(consumer.poll(100));
    expect(events).toEqual(['+t-0 t-1', 'lost t-0 t-1', '+t-0 t-1']);
    await produce(['e', 'f']);
    expect(await read(consumer, 2)).toEqual(['e', 'f']);
    expect(consumer.groupMetadata().memberId).toBe(memberId);
  });

  test('a broker that is gone for less than the session changes nothing', async () => {
    const consumer = consumerOf();
    await read(consumer, 4);
    const before = consumer.groupMetadata();
    harness.network.shouldBreak = (point) => point === 'write';
    await harness.broker.time.advance(30_000);
    harness.network.shouldBreak = () => false;
    await produce(['e']);
    expect(await read(consumer, 1)).toEqual(['e']);
    expect(consumer.groupMetadata()).toEqual(before);
    expect(events).toEqual(['+t-0 t-1']);
  });

  test.each([1, 2, 3])(
    'C20, C22: connections break twice before an answer, from the %ith poll on: no partition is lost, no record comes again',
    async (from) => {
      const first = consumerOf();
      let broken = 0;
      let answers = 0;
      await read(first, 4);
      harness.network.shouldBreak = (point) => point === 'answer' && ++answers > from * 3 && ++broken <= 2;
      const second = consumerOf();
      const values: string[] = [];
      for (let polls = 0; polls < 300 && second.assignment().length === 0; polls++) {
        for (const polled of await harness.until(Promise.all([first.poll(100), second.poll(100)])))
          for (const { value } of polled) values.push(value ?? '');
      }
      expect(broken).toBeGreaterThanOrEqual(2);
      expect(values).toEqual([]);
      expect([...names(first.assignment()), ...names(second.assignment())].sort()).toEqual(['t-0', 't-1']);
      expect(events.filter((event) => event.startsWith('lost'))).toEqual([]);
    },
  );

  test('C24: a commit that crosses the answer with a new epoch is made again under that one', async () => {
    const consumer = consumerOf({ enableAutoCommit: false });
    await read(consumer, 4);
    await harness.createTopic('u', 1);
    const { generationId } = consumer.groupMetadata();
    // The heartbeat with the new subscription goes out first, the commit right behind it: of a partition that the member holds
    // only since the epoch it does not know yet.
    consumer.subscribe({ topics: ['t', 'u'] });
    await harness.until(consumer.commit([{ topic: 'u', partition: 0, offset: 0 }]));
    expect(consumer.groupMetadata().generationId).toBeGreaterThan(generationId);
    expect(await harness.until(consumer.committed([{ topic: 'u', partition: 0 }]))).toMatchObject([
      { offset: 0 },
    ]);
  });

  test('CC5: after maxPollIntervalMs the place is given up, and taken again by the next poll', async () => {
    const consumer = consumerOf();
    await read(consumer, 4);
    const given = consumer.groupMetadata();
    await harness.broker.time.advance(301_000);
    // C15: it must not pass for nobody while it works on what it was given then.
    expect(consumer.groupMetadata()).toEqual(given);
    await produce(['e']);
    // What was read and not committed comes again.
    expect(await read(consumer, 1)).toContain('e');
    expect(events).toEqual(['+t-0 t-1', 'lost t-0 t-1', '+t-0 t-1']);
  });

  test('a handler that takes four minutes keeps its place', async () => {
    const consumer = consumerOf();
    await read(consumer, 4);
    const before = consumer.groupMetadata();
    await harness.broker.time.advance(240_000);
    await harness.until(consumer.poll(0));
    expect(consumer.groupMetadata()).toEqual(before);
  });

  test.each(['onPartitionsAssigned', 'onPartitionsRevoked'] as const)(
    'unsubscribe() inside of %s leaves the group for good',
    async (moment) => {
      const consumer = consumerOf();
      let isTold = false;
      consumer.subscribe({
        topics: ['t'],
        listener: {
          [moment]: async () => {
            if (isTold) return;
            isTold = true;
            await consumer.unsubscribe();
          },
        },
      });
      await harness.until(consumer.poll(1000));
      if (moment === 'onPartitionsRevoked') {
        const other = consumerOf();
        for (let polls = 0; polls < 100 && !isTold; polls++)
          await harness.until(Promise.all([consumer.poll(100), other.poll(100)]));
        await harness.until(other.close());
      }
      expect(isTold).toBe(true);
      expect(consumer.assignment()).toEqual([]);
      await harness.broker.time.advance(10_000);
      const described = await harness.until(harness.kafka.admin().describeGroups(['readers']));
      expect(described.get('readers').members).toEqual([]);
      consumer.subscribe({ topics: ['t'] });
      await harness.until(consumer.poll(2000));
      expect(consumer.assignment()).toHaveLength(2);
    },
  );

  test('who is refused for good has lost its partitions, and every poll says why until it unsubscribes', async () => {
    const consumer = consumerOf();
    await read(consumer, 4);
    const listener = { onPartitionsLost: () => void events.push('lost') };
    consumer.subscribe({ pattern: new SubscriptionPattern('('), listener });
    const refusals = [];
    for (let polls = 0; polls < 100 && refusals.length < 3; polls++) {
      const error = await harness.until(
        consumer.poll(100).then(
          () => null,
          (reason: unknown) => reason,
        ),
      );
      if (error !== null) refusals.push(error);
    }
    expect(refusals).toEqual(Array(3).fill(expect.objectContaining({ code: 'INVALID_REGULAR_EXPRESSION' })));
    expect(events).toEqual(['+t-0 t-1', 'lost']);
    expect(consumer.assignment()).toEqual([]);
    await harness.until(consumer.unsubscribe());
    consumer.subscribe({ topics: ['t'] });
    for (let polls = 0; polls < 100 && consumer.assignment().length < 2; polls++)
      await harness.until(consumer.poll(100));
    expect(consumer.assignment()).toHaveLength(2);
  });

  test('unsubscribe() inside of onPartitionsLost is the end of it', async () => {
    const consumer = consumerOf();
    await read(consumer, 4);
    consumer.subscribe({ topics: ['t'], listener: { onPartitionsLost: () => consumer.unsubscribe() } });
    await harness.broker.time.advance(301_000);
    await harness.until(consumer.poll(100));
    await harness.broker.time.advance(10_000);
    const described = await harness.until(harness.kafka.admin().describeGroups(['readers']));
    expect(described.get('readers').members).toEqual([]);
  });

  test('a listener that fails over what goes is still told of what comes, and the poll throws', async () => {
    await harness.createTopic('u', 1);
    const consumer = consumerOf();
    await read(consumer, 4);
    const told: string[] = [];
    consumer.subscribe({
      topics: ['u'],
      listener: {
        onPartitionsAssigned: (partitions) => void told.push(`+${names(partitions).join(' ')}`),
        onPartitionsRevoked: () => {
          if (told.push('-') > 1) return;
          throw new Error('the listener fails');
        },
      },
    });
    const failures: string[] = [];
    for (let polls = 0; polls < 300 && !told.includes('+u-0'); polls++)
      await harness.until(consumer.poll(100).catch((error: Error) => void failures.push(error.message)));
    expect(failures).toEqual(['the listener fails']);
    expect(told).toContain('+u-0');
    expect(names(consumer.assignment())).toEqual(['u-0']);
  });

  test('close() commits, gives up, and leaves, while the poll under way is ended', async () => {
    const consumer = consumerOf();
    await read(consumer, 4);
    const polling = consumer.poll(60_000).catch((error: unknown) => error);
    await harness.until(consumer.close());
    expect(await polling).toBeInstanceOf(ClosedError);
    expect(events.at(-1)).toBe('-t-0 t-1');
    const described = await harness.until(harness.kafka.admin().describeGroups(['readers']));
    expect(described.get('readers').members).toEqual([]);
    const next = consumerOf();
    await produce(['e']);
    expect(await read(next, 1)).toEqual(['e']);
  });
});

describe('options of the two protocols', () => {
  test.each([
    [{ groupProtocol: 'consumer', partitionAssignmentStrategy: ['range'] }, 'partitionAssignmentStrategy'],
    [{ groupProtocol: 'consumer', heartbeatIntervalMs: 3000 }, 'heartbeatIntervalMs'],
    [{ groupProtocol: 'consumer', sessionTimeoutMs: 45_000 }, 'sessionTimeoutMs'],
    [{ groupProtocol: 'consumer', groupRemoteAssignor: '' }, 'groupRemoteAssignor'],
    [{ groupRemoteAssignor: 'uniform' }, 'groupRemoteAssignor'],
    [{ groupProtocol: 'newest' }, 'groupProtocol'],
  ])('%j is refused over %s, as Kafka does', async (options, option) => {
    const harness = await ClientHarness.start();
    expect(() => harness.kafka.consumer({ groupId: 'g', ...(options as object) })).toThrow(
      expect.objectContaining({ option }) as Error,
    );
    await harness.stop();
  });
});
