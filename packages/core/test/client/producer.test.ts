import {
  BufferExhaustedError,
  ClosedError,
  ConnectionError,
  InvalidArgumentError,
  KafkaError,
  RecordTooLargeError,
  SendManyError,
  SerializationError,
  TimeoutError,
} from '../../src/client/errors.js';

import type { Serialized, Serializer } from '../../src/client/serialization/serializer.js';
import { createKafka } from '../../src/composition/create-kafka.js';
import { createSeededRandom } from '../../src/io/memory/seeded-random.js';
import { ClientHarness } from './client-harness.js';

describe('producer on a broker in memory, under virtual time', () => {
  let harness: ClientHarness;

  beforeEach(async () => {
    harness = await ClientHarness.start();
    await harness.createTopic('t', 3);
  });
  afterEach(() => harness.stop());

  test('PC4: a send resolves with the place of the record; keys keep to their partition', async () => {
    const producer = harness.kafka.producer();
    const sent = await harness.until(
      Promise.all(
        Array.from({ length: 300 }, (_, index) =>
          producer.send({ topic: 't', key: `k${index % 7}`, value: `v${index}` }),
        ),
      ),
    );
    for (const partition of [0, 1, 2]) {
      const read = await harness.read('t', partition);
      for (const { offset, value } of read) {
        expect(sent[Number(value?.slice(1))]).toMatchObject({
          topic: 't',
          partition,
          offset,
          serializedKeySize: 2,
        });
      }
    }
    expect(new Set(sent.map(({ partition }) => partition)).size).toBe(3);
    for (let key = 0; key < 7; key++) {
      expect(
        new Set(sent.filter((_, index) => index % 7 === key).map(({ partition }) => partition)).size,
      ).toBe(1);
    }
  });

  test('what is sent in one turn goes in one request; partition, timestamp, headers and null are kept', async () => {
    const producer = harness.kafka.producer();
    const sent = await harness.until(
      producer.sendMany([
        { topic: 't', partition: 2, value: 'a', timestamp: 1234, headers: { h: 'x' } },
        {
          topic: 't',
          partition: 2,
          key: 'k',
          value: null,
          headers: [
            { key: 'h', value: null },
            { key: 'h', value: Buffer.from('y') },
          ],
        },
        { topic: 't', partition: 2, value: { json: true } },
      ]),
    );
    expect(sent.map(({ offset }) => offset)).toEqual([0, 1, 2]);
    expect(sent[0]).toMatchObject({ timestamp: 1234, serializedKeySize: -1, serializedValueSize: 1 });
    expect(await harness.read('t', 2)).toEqual([
      { offset: 0, key: null, value: 'a', headers: [['h', 'x']] },
      {
        offset: 1,
        key: 'k',
        value: null,
        headers: [
          ['h', null],
          ['h', 'y'],
        ],
      },
      { offset: 2, key: null, value: '{"json":true}', headers: [] },
    ]);
  });

  test('asynchronous serializers keep the order of the calls', async () => {
    const slowFirst: Serializer<string> = {
      serialize: (_topic, value): Promise<Serialized> =>
        new Promise((resolve) =>
          harness.broker.time.timers.after(value === 'first' ? 500 : 5, () => resolve(value)),
        ),
    };
    const producer = harness.kafka.producer({ valueSerializer: slowFirst });
    await harness.until(
      Promise.all(
        ['first', 'second', 'third'].map((value) => producer.send({ topic: 't', partition: 0, value })),
      ),
    );
    expect((await harness.read('t', 0)).map(({ value }) => value)).toEqual(['first', 'second', 'third']);
  });

  test('a serializer that fails fails its record alone, naming topic and part', async () => {
    const producer = harness.kafka.producer({
      valueSerializer: {
        serialize: (_topic, value: string) => {
          if (value === 'bad') throw new Error('no such schema');
          return value;
        },
      },
    });
    const error = await harness.failureOf(
      producer.sendMany(['a', 'bad', 'c'].map((value) => ({ topic: 't', partition: 0, value }))),
    );
    expect(error).toBeInstanceOf(SendManyError);
    const results = (error as SendManyError).results;
    expect(results[1]).toBeInstanceOf(SerializationError);
    expect((results[1] as Error).message).toBe(
      'Cannot serialize the value of a record for t: no such schema',
    );
    expect(results.map((result) => (result instanceof Error ? null : result.offset))).toEqual([0, null, 1]);
  });

  test('bad records are refused at once, in words', async () => {
    const producer = harness.kafka.producer({ maxRequestSize: 1000 });
    const failures = await Promise.all(
      [
        { topic: '', value: 'x' },
        { topic: 't', value: 'x', partition: -2 },
        { topic: 't', value: 'x', timestamp: 1.5 },
        { topic: 't', value: 'x'.repeat(2000) },
      ].map((record) => harness.failureOf(producer.send(record))),
    );
    expect(failures.map((error) => error.constructor)).toEqual([
      InvalidArgumentError,
      InvalidArgumentError,
      InvalidArgumentError,
      RecordTooLargeError,
    ]);
    expect(failures[3]?.message).toMatch(
      /^A record for t takes 20\d\d bytes, more than maxRequestSize \(1000\)$/,
    );
  });

  test('PC8: a batch too large for the topic is split until it fits; a record too large alone fails with advice', async () => {
    await harness.createTopic('small', 1, { 'max.message.bytes': '600' });
    const producer = harness.kafka.producer({ batchSize: 10_000 });
    const sent = await harness.until(
      producer.sendMany(
        Array.from({ length: 40 }, (_, index) => ({ topic: 'small', value: `${'x'.repeat(100)}${index}` })),
      ),
    );
    expect(sent.map(({ offset }) => offset)).toEqual(sent.map((_, index) => index));
    const error = await harness.failureOf(producer.send({ topic: 'small', value: 'x'.repeat(700) }));
    expect(error).toBeInstanceOf(RecordTooLargeError);
    expect(error).toMatchObject({ code: 'MESSAGE_TOO_LARGE', retriable: false });
    expect(error.message).toMatch(/too large for small-0 on broker 1 \(.*\); raise max\.message\.bytes/);
    // The refused sequence is no gap for what follows.
    expect((await harness.until(producer.send({ topic: 'small', value: 'y' }))).offset).toBe(40);
  });

  test('acks 0 resolves without an offset, acks 1 with one', async () => {
    const unanswered = await harness.until(
      harness.kafka.producer({ acks: 0 }).send({ topic: 't', partition: 0, value: 'a' }),
    );
    expect(unanswered.offset).toBe(-1);
    const answered = await harness.until(
      harness.kafka.producer({ acks: 1 }).send({ topic: 't', partition: 1, value: 'b' }),
    );
    expect(answered.offset).toBe(0);
    expect((await harness.read('t', 0)).map(({ value }) => value)).toEqual(['a']);
  });

  test('acks 0: what was sent before close arrives', async () => {
    const producer = harness.kafka.producer({ acks: 0 });
    await harness.until(producer.send({ topic: 't', partition: 0, value: 'a' }));
    const last = producer.send({ topic: 't', partition: 0, value: 'b' });
    await harness.until(producer.close());
    await harness.until(last);
    expect((await harness.read('t', 0)).map(({ value }) => value)).toEqual(['a', 'b']);
  });

  test('PC5: flush sends what lingers', async () => {
    const producer = harness.kafka.producer({ lingerMs: 20_000 });
    const startMs = harness.broker.time.clock.nowMs();
    const sent = producer.send({ topic: 't', value: 'a' });
    await harness.until(producer.flush());
    await harness.until(sent);
    expect(harness.broker.time.clock.nowMs() - startMs).toBeLessThan(1000);
  });

  test('P14: an unknown topic is created where the broker does so', async () => {
    const producer = harness.kafka.producer();
    expect((await harness.until(producer.send({ topic: 'fresh', value: 'a' }))).offset).toBe(0);
  });

  test('PC3: a partition that does not exist fails after maxBlockMs and holds up nobody else', async () => {
    const producer = harness.kafka.producer({ maxBlockMs: 5000 });
    const missing = harness.failureOf(producer.send({ topic: 't', partition: 9, value: 'a' }));
    expect((await harness.until(producer.send({ topic: 't', partition: 1, value: 'b' }))).offset).toBe(0);
    expect(await missing).toBeInstanceOf(TimeoutError);
    expect((await missing).message).toMatch(
      'Topic t has 3 partitions; partition 9 did not appear within 5000 ms',
    );
  });

  test('P14, PC3: a topic that nobody creates is told of once and early; the send goes out when it appears', async () => {
    const strict = await ClientHarness.start({ config: { autoCreateTopicsEnable: false } });
    try {
      const told = (): string[] =>
        strict.lines.filter(({ level }) => level === 'warn').map((line) => line.message);
      const producer = strict.kafka.producer();
      const sent = producer.send({ topic: 'late', value: 'a' });
      const second = producer.send({ topic: 'late', value: 'b' });
      await strict.broker.time.advance(1500);
      expect(told()).toEqual([]);
      await strict.broker.time.advance(8500);
      expect(told()).toEqual([
        'Topic late does not exist; create it, or allow the broker to (auto.create.topics.enable); waiting for it up to 60000 ms',
      ]);
      await strict.createTopic('late');
      expect((await strict.until(Promise.all([sent, second]))).map(({ offset }) => offset)).toEqual([0, 1]);
      expect(told()).toHaveLength(1);
    } finally {
      await strict.stop();
    }
  });

  test('an invalid topic name fails at once', async () => {
    const startMs = harness.broker.time.clock.nowMs();
    const error = await harness.failureOf(harness.kafka.producer().send({ topic: 'a b', value: 'x' }));
    expect(error).toMatchObject({ code: 'INVALID_TOPIC_EXCEPTION', retriable: false });
    expect(harness.broker.time.clock.nowMs() - startMs).toBeLessThan(1000);
  });

  test('PC3: sends wait for buffer memory first come first served, and fail after maxBlockMs', async () => {
    const producer = harness.kafka.producer({
      bufferMemory: 40_000,
      batchSize: 10_000,
      maxBlockMs: 3000,
      maxRequestSize: 30_000,
    });
    const values = Array.from({ length: 20 }, (_, index) => `${index}:${'x'.repeat(9000)}`);
    await harness.until(
      Promise.all(values.map((value) => producer.send({ topic: 't', partition: 0, value }))),
    );
    expect((await harness.read('t', 0)).map(({ value }) => value?.split(':')[0])).toEqual(
      values.map((_, index) => String(index)),
    );
    harness.network.isSilent = true;
    const stuck = values.map((value) =>
      harness.failureOf(producer.send({ topic: 't', partition: 0, value })),
    );
    const error = await stuck[10];
    expect(error).toBeInstanceOf(BufferExhaustedError);
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error?.message).toMatch(
      /^No room for a record for t within 3000 ms \(maxBlockMs\): 40000 bytes \(bufferMemory\)/,
    );
  });

  test('PC7: without answers records fail at the delivery timeout, and later ones arrive once', async () => {
    const producer = harness.kafka.producer({ deliveryTimeoutMs: 8000, requestTimeoutMs: 3000 });
    await harness.until(producer.send({ topic: 't', partition: 0, value: 'before' }));
    harness.network.isSilent = true;
    const startMs = harness.broker.time.clock.nowMs();
    const error = await harness.failureOf(producer.send({ topic: 't', partition: 0, value: 'lost' }));
    expect(harness.broker.time.clock.nowMs() - startMs).toBe(8000);
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error.message).toMatch(
      /^1 records for t-0 were not acknowledged within 8000 ms \(deliveryTimeoutMs\); last: .*broker 1/,
    );
    harness.network.isSilent = false;
    await harness.until(producer.send({ topic: 't', partition: 0, value: 'after' }));
    const values = (await harness.read('t', 0)).map(({ value }) => value);
    expect(values.filter((value) => value === 'lost').length).toBeLessThanOrEqual(1);
    expect(values.filter((value) => value !== 'lost')).toEqual(['before', 'after']);
  });

  test('PC7: sendMany tells of every record, those that failed while others still waited for memory too', async () => {
    const producer = harness.kafka.producer({
      bufferMemory: 2000,
      batchSize: 1000,
      requestTimeoutMs: 500,
      deliveryTimeoutMs: 1000,
      maxBlockMs: 2500,
    });
    await harness.until(producer.send({ topic: 't', value: 'first' }));
    harness.network.isSilent = true;
    const records = Array.from({ length: 9 }, (_, index) => ({
      topic: 't',
      partition: 0,
      value: `${index}${'x'.repeat(900)}`,
    }));
    const failure = await harness.failureOf(producer.sendMany(records));
    expect(failure).toBeInstanceOf(SendManyError);
    const { results } = failure as SendManyError;
    expect(results).toHaveLength(9);
    for (const result of results) expect(result).toBeInstanceOf(TimeoutError);
  });

  test('a broker that restarts is found again, and nothing is lost or doubled', async () => {
    const producer = harness.kafka.producer();
    await harness.until(producer.send({ topic: 't', partition: 0, value: '0' }));
    await harness.broker.stop();
    const sent = Promise.all(
      [1, 2, 3].map((index) => producer.send({ topic: 't', partition: 0, value: `${index}` })),
    );
    await harness.broker.time.advance(2000);
    await harness.broker.start();
    Object.assign(harness.network, { inner: harness.broker.running.network });
    await harness.until(sent);
    expect((await harness.read('t', 0)).map(({ value }) => value)).toEqual(['0', '1', '2', '3']);
    expect(
      harness.lines.filter(({ level }) => level === 'warn').map(({ message }) => message).length,
    ).toBeLessThanOrEqual(3);
  });

  test('close while the broker is away ends in time and tells every record', async () => {
    const producer = harness.kafka.producer();
    await harness.until(producer.send({ topic: 't', partition: 0, value: 'a' }));
    await harness.broker.stop();
    const failures = [
      harness.failureOf(producer.send({ topic: 't', partition: 0, value: 'b' })),
      harness.failureOf(producer.send({ topic: 'other', value: 'c' })),
    ];
    const startMs = harness.broker.time.clock.nowMs();
    await harness.until(producer.close({ timeoutMs: 500 }));
    expect(harness.broker.time.clock.nowMs() - startMs).toBeLessThanOrEqual(500);
    for (const failure of failures) expect(await failure).toBeInstanceOf(ClosedError);
    expect(await harness.failureOf(producer.send({ topic: 't', value: 'd' }))).toBeInstanceOf(ClosedError);
    expect(harness.broker.time.armedTimers).toBe(0);
    await harness.broker.start();
  });

  test('close in the middle of a transaction while the broker is away leaves nothing behind', async () => {
    const producer = harness.kafka.producer({ transactionalId: 'left-alone' });
    await harness.until(producer.initTransactions());
    producer.beginTransaction();
    await harness.broker.stop();
    const sent = harness.failureOf(producer.send({ topic: 't', partition: 0, value: 'a' }));
    await harness.until(producer.close({ timeoutMs: 0 }));
    expect(await sent).toBeInstanceOf(ClosedError);
    // What the closing had begun goes on for some microtasks.
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect(harness.broker.time.armedTimers).toBe(0);
    await harness.broker.start();
  });

  test('close without anything to send does not wait for a broker that is away', async () => {
    const producer = harness.kafka.producer();
    await harness.until(producer.send({ topic: 't', value: 'a' }));
    await harness.broker.stop();
    const startMs = harness.broker.time.clock.nowMs();
    await harness.until(producer.close());
    expect(harness.broker.time.clock.nowMs()).toBe(startMs);
    await harness.broker.start();
  });

  test('a wrong port: one line in the log, one clear error', async () => {
    const lines: string[] = [];
    const kafka = createKafka({
      bootstrapServers: ['memory:1', 'memory:2'],
      network: harness.network,
      clock: harness.broker.time.clock,
      timers: harness.broker.time.timers,
      diagnostics: { log: (level, message) => void (level === 'debug' || lines.push(message)) },
    });
    const error = (await harness.failureOf(
      kafka.producer({ maxBlockMs: 10_000 }).send({ topic: 't', value: 'a' }),
    )) as KafkaError;
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error.message).toMatch(
      /^Topic t is not known to the cluster after 10000 ms: Cannot reach any of the bootstrap servers memory:[12] \(connection refused\), memory:[12] \(connection refused\); check that/,
    );
    expect(error.cause).toBeInstanceOf(ConnectionError);
    expect(lines).toHaveLength(1);
    await harness.until(kafka.close());
  });

  test('an outage is told once for all clients of a Kafka, and so is its end', async () => {
    const clients = [harness.kafka.producer(), harness.kafka.producer()];
    const sendAll = (value: string): Promise<unknown> =>
      harness.until(Promise.all(clients.map((client) => client.send({ topic: 't', value }))));
    const told = (): string[] =>
      harness.lines
        .filter(({ level, fields }) => level !== 'debug' && 'clientId' in fields)
        .map(({ level, message }) => `${level}: ${message}`);
    await sendAll('a');
    for (const outage of [1, 2]) {
      await harness.broker.stop();
      const sent = clients.map((client) => client.send({ topic: 't', value: 'b' }));
      await harness.broker.time.advance(5000);
      expect(told()).toHaveLength(2 * outage - 1);
      expect(told().at(-1)).toMatch(/^warn: Cannot reach any of the bootstrap servers/);
      await harness.broker.start();
      Object.assign(harness.network, { inner: harness.broker.running.network });
      await harness.until(Promise.all(sent));
      await harness.broker.time.advance(5000);
      expect(told().slice(2 * outage - 1)).toEqual(['info: The cluster can be reached again']);
    }
  });
});

describe('idempotence over a network that breaks', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])(
    'PC6-PC8: each record once and in order, seed %i',
    async (seed) => {
      const harness = await ClientHarness.start({ seed });
      try {
        await harness.createTopic('t', 2);
        const producer = harness.kafka.producer({ batchSize: 300 });
        const chance = createSeededRandom(seed * 7919);
        harness.network.shouldBreak = () => chance.nextInteger(4) === 0;
        const sent: Promise<unknown>[] = [];
        for (let index = 0; index < 400; index++) {
          sent.push(producer.send({ topic: 't', partition: index % 2, value: `${index}` }));
          if (index % 40 === 39) await harness.broker.time.advance(7);
        }
        await harness.until(Promise.all(sent));
        expect(harness.network.broken).toBeGreaterThan(3);
        harness.network.shouldBreak = () => false;
        for (const partition of [0, 1]) {
          const values = (await harness.read('t', partition)).map(({ value }) => Number(value));
          expect(values).toEqual(Array.from({ length: 200 }, (_, index) => 2 * index + partition));
        }
      } finally {
        await harness.stop();
      }
    },
  );
});
