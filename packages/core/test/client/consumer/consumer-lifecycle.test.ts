import type { Consumer } from '../../../src/client/consumer.js';
import type { ConsumerOptions } from '../../../src/client/consumer/consumer-options.js';
import { ClosedError, InvalidArgumentError } from '../../../src/client/errors.js';
import { deserializers } from '../../../src/client/serialization/serializers.js';
import { apis } from '../../../src/protocol/api-keys.js';
import { fetchOf } from '../../support/test-broker.js';
import { ClientHarness } from '../client-harness.js';

const base = {
  groupId: 'readers',
  autoOffsetReset: 'earliest',
  valueDeserializer: deserializers.string,
} as const;

describe('consumers that end in the middle of something, under virtual time', () => {
  let harness: ClientHarness;

  beforeEach(async () => {
    harness = await ClientHarness.start({ config: { groupInitialRebalanceDelayMs: 0 } });
    await harness.createTopic('t', 2);
    const producer = harness.kafka.producer();
    const values = Array.from({ length: 10 }, (_, index) => `v${index}`);
    await harness.until(producer.sendMany(values.map((value) => ({ topic: 't', partition: 0, value }))));
  });
  afterEach(() => harness.stop());

  function consumerOf(options: Partial<ConsumerOptions<Buffer, string>> = {}): Consumer<Buffer, string> {
    return harness.kafka.consumer<Buffer, string>({ ...base, ...options });
  }

  async function committed(): Promise<number | null> {
    const consumer = consumerOf();
    const [found] = await harness.until(consumer.committed([{ topic: 't', partition: 0 }]));
    await harness.until(consumer.close());
    return found?.offset ?? null;
  }

  async function membersOf(): Promise<string[]> {
    const client = harness.broker.connect();
    const reply = await harness.until(client.send(apis.describeGroups, 5, { groups: ['readers'] }));
    return reply.groups[0]?.members.map(({ memberId }) => memberId) ?? [];
  }

  test.each(['onPartitionsAssigned', 'onPartitionsRevoked'] as const)(
    'CC4: unsubscribe() inside of %s leaves the group for good',
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
      await harness.until(consumer.poll({ timeoutMs: 1000 }));
      if (moment === 'onPartitionsRevoked') {
        const other = consumerOf();
        other.subscribe({ topics: ['t'] });
        for (let count = 0; count < 10 && !isTold; count++)
          await harness.until(Promise.all([consumer.poll(1000), other.poll(1000)]));
        await harness.until(other.close());
      }
      expect(isTold).toBe(true);
      expect(consumer.assignment()).toEqual([]);
      await harness.broker.time.advance(10_000);
      expect(await membersOf()).toEqual([]);
      // It may begin anew.
      consumer.subscribe({ topics: ['t'] });
      await harness.until(consumer.poll({ timeoutMs: 2000 }));
      expect(consumer.assignment()).toHaveLength(2);
    },
  );

  test('CC4: unsubscribe() inside of onPartitionsRevoked does not tell of the same partitions again', async () => {
    const consumer = consumerOf();
    let told = 0;
    consumer.subscribe({
      topics: ['t'],
      listener: {
        onPartitionsRevoked: async () => {
          told++;
          await consumer.unsubscribe();
        },
      },
    });
    while (consumer.assignment().length < 2) await harness.until(consumer.poll(100));
    await harness.until(consumer.unsubscribe());
    expect(told).toBe(1);
    await harness.broker.time.advance(10_000);
    expect(await membersOf()).toEqual([]);
  });

  test('CC4: a listener that fails over what goes is still told of what comes', async () => {
    const told: string[] = [];
    const name = (partitions: readonly { topic: string; partition: number }[]): string =>
      partitions.map(({ topic, partition }) => `${topic}-${partition}`).join(' ');
    await harness.createTopic('u', 1);
    const consumer = consumerOf({ partitionAssignmentStrategy: ['cooperative-sticky'] });
    consumer.subscribe({
      topics: ['t'],
      listener: {
        onPartitionsAssigned: (partitions) => void told.push(`+ ${name(partitions)}`),
        onPartitionsRevoked: (partitions) => {
          told.push(`- ${name(partitions)}`);
          if (told.length === 2) throw new Error('the listener fails');
        },
      },
    });
    await harness.until(consumer.poll(1000));
    const other = consumerOf({ partitionAssignmentStrategy: ['cooperative-sticky'] });
    other.subscribe({ topics: ['t'] });
    const failures: unknown[] = [];
    for (let count = 0; count < 30; count++) {
      await harness.until(
        Promise.all([consumer.poll(500).catch((error: unknown) => failures.push(error)), other.poll(500)]),
      );
    }
    expect(failures).toEqual([new Error('the listener fails')]);
    expect(told).toEqual(['+ t-0 t-1', expect.stringMatching(/^- t-/), '+ ', '+ ']);
    expect(consumer.assignment()).toHaveLength(1);
    await harness.until(other.close());
  });

  test('CC3: commit() within a loop leaves out what the loop has not reached', async () => {
    const consumer = consumerOf({ enableAutoCommit: false });
    consumer.subscribe({ topics: ['t'] });
    const read = async (): Promise<void> => {
      for await (const { offset } of consumer) {
        if (offset === 3) {
          await consumer.commit();
          return;
        }
      }
    };
    await harness.until(read());
    expect(await committed()).toBe(4);
  });

  test('CC3: close() beside a loop commits what the loop has reached, and ends it', async () => {
    const consumer = consumerOf();
    consumer.subscribe({ topics: ['t'] });
    const seen: number[] = [];
    let closing: Promise<void> | null = null;
    const read = async (): Promise<void> => {
      for await (const { offset } of consumer) {
        seen.push(offset);
        if (offset === 5) closing = consumer.close();
      }
    };
    await harness.until(read());
    await harness.until(closing ?? Promise.resolve());
    expect(seen).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await committed()).toBe(6);
  });

  test('CC3: records that a poll found when close() was called already are not committed', async () => {
    const { timers } = harness.broker.time;
    let ended: () => void = () => undefined;
    const deserializing = new Promise<void>((resolve) => (ended = resolve));
    const consumer = consumerOf({
      valueDeserializer: {
        deserialize: (data) => {
          timers.after(50, ended);
          return deserializing.then(() => data.toString());
        },
      },
    });
    consumer.subscribe({ topics: ['t'] });
    const polled = consumer.poll(5000).then(
      () => 'records',
      (error: unknown) => error,
    );
    await harness.broker.time.advance(20);
    while (consumer.currentPosition({ topic: 't', partition: 0 }) !== 10)
      await harness.broker.time.advance(1);
    await harness.until(consumer.close());
    expect(await polled).toBeInstanceOf(ClosedError);
    expect(await committed()).toBe(0);
  });

  test('a poll whose deserializer never ends is rejected once the consumer is closed', async () => {
    const consumer = consumerOf({
      valueDeserializer: { deserialize: () => new Promise<string>(() => undefined) },
    });
    consumer.subscribe({ topics: ['t'] });
    const polled = consumer.poll(5000).catch((error: unknown) => error);
    await harness.broker.time.advance(3000);
    await harness.until(consumer.close({ timeoutMs: 1000 }));
    expect(await harness.until(polled)).toBeInstanceOf(ClosedError);
    expect(await committed()).toBeNull();
  });

  test('arguments that make no sense are refused with words about them', async () => {
    const consumer = consumerOf();
    expect(() => consumer.assign([{ topic: 't', partition: -1 }])).toThrow(
      'Cannot assign t: its partition is -1; partitions count from 0',
    );
    expect(() => consumer.assign([{ topic: '', partition: 0 }])).toThrow(InvalidArgumentError);
    const refused = async (promise: Promise<unknown>): Promise<string> =>
      (await harness.failureOf(promise)).message;
    expect(await refused(consumer.commit([{ topic: 't', partition: 1.5, offset: 0 }]))).toContain('1.5');
    expect(await refused(consumer.committed([], { timeoutMs: Number.NaN }))).toContain('timeoutMs is NaN');
    expect(await refused(consumer.close({ timeoutMs: -1 }))).toContain('timeoutMs is -1');
    expect(await refused(consumer.beginningOffsets([{ topic: 't', partition: -3 }]))).toContain('-3');
  });
});

test('F7: close() ends the fetch session, so that its place is free at once', async () => {
  const harness = await ClientHarness.start({ config: { maxIncrementalFetchSessionCacheSlots: 1 } });
  await harness.createTopic('t');
  const sessionOf = async (): Promise<number> => {
    const client = harness.broker.connect();
    const reply = await harness.until(client.send(apis.fetch, 11, { ...fetchOf('t', 0), sessionEpoch: 0 }));
    client.close();
    return reply.sessionId;
  };
  const consumer = harness.kafka.consumer({ autoOffsetReset: 'earliest' });
  consumer.assign([{ topic: 't', partition: 0 }]);
  // The second fetch is made within the session that the first one got.
  for (let polls = 0; polls < 3; polls++) await harness.until(consumer.poll(1000));
  expect(await sessionOf()).toBe(0);
  await harness.until(consumer.close());
  expect(await sessionOf()).not.toBe(0);
  await harness.stop();
});
