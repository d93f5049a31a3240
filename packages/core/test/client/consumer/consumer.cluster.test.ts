import type { Consumer } from '../../../src/client/consumer.js';
import type { ConsumerOptions } from '../../../src/client/consumer/consumer-options.js';
import {
  ClosedError,
  IllegalStateError,
  NoOffsetForPartitionError,
  SerializationError,
  WakeupError,
} from '../../../src/client/errors.js';
import type { Kafka } from '../../../src/client/kafka.js';
import { deserializers } from '../../../src/client/serialization/serializers.js';
import { createKafka } from '../../../src/composition/create-kafka.js';
import { createTopic, startTestCluster, uniqueName, type TestCluster } from '../../support/cluster.js';
import { pollCount, pollUntil } from '../../support/consuming.js';

jest.setTimeout(60_000);

let cluster: TestCluster;
let kafka: Kafka;

beforeAll(async () => {
  cluster = await startTestCluster();
  kafka = createKafka(cluster.clientOptions);
});

afterAll(async () => {
  await kafka.close();
  await cluster.close();
});

function text(options: ConsumerOptions<string, string> = {}): Consumer<string, string> {
  return kafka.consumer<string, string>({
    keyDeserializer: deserializers.string,
    valueDeserializer: deserializers.string,
    autoOffsetReset: 'earliest',
    ...options,
  });
}

async function topicWith(values: readonly string[], numPartitions = 1): Promise<string> {
  const topic = await createTopic(cluster.clientOptions, { prefix: 'consumer', numPartitions });
  await produce(topic, values, numPartitions);
  return topic;
}

async function produce(topic: string, values: readonly (string | null)[], numPartitions = 1): Promise<void> {
  const producer = kafka.producer();
  await producer.sendMany(
    values.map((value, index) => ({ topic, key: `k${index}`, value, partition: index % numPartitions })),
  );
  await producer.close();
}

const numbers = (count: number): string[] => Array.from({ length: count }, (_, index) => `v${index}`);

describe('reading partitions assigned by hand', () => {
  test('records come whole and in order: key, value, headers, timestamp', async () => {
    const topic = await createTopic(cluster.clientOptions, { prefix: 'consumer' });
    const producer = kafka.producer();
    const headers = [
      { key: 'h', value: 'one' },
      { key: 'h', value: null },
    ];
    await producer.sendMany([
      { topic, key: 'k', value: 'v', timestamp: 1_700_000_000_000, headers },
      { topic, value: null },
    ]);
    await producer.close();
    const consumer = text();
    consumer.assign([{ topic, partition: 0 }]);
    const [first, second] = await pollCount(consumer, 2);
    expect(first).toMatchObject({
      topic,
      partition: 0,
      offset: 0,
      key: 'k',
      value: 'v',
      timestamp: 1_700_000_000_000,
    });
    expect(first).toMatchObject({
      timestampType: 'CreateTime',
      serializedKeySize: 1,
      serializedValueSize: 1,
    });
    expect(first?.headers.all('h').map(({ value }) => value?.toString() ?? null)).toEqual(['one', null]);
    expect(second).toMatchObject({ offset: 1, key: null, value: null });
    expect(second?.headers.size).toBe(0);
    expect(await consumer.position({ topic, partition: 0 })).toBe(2);
    expect(JSON.parse(JSON.stringify(first))).toMatchObject({ key: 'k', value: 'v', offset: 0 });
    await consumer.close();
  });

  test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)('batches in %s', async (compressionType) => {
    const topic = await createTopic(cluster.clientOptions, { prefix: 'consumer' });
    const values = numbers(1000).map((value) => value.repeat(20));
    const producer = kafka.producer({ compressionType, lingerMs: 5 });
    await producer.sendMany(values.map((value) => ({ topic, value })));
    await producer.close();
    const consumer = text();
    consumer.assign([{ topic, partition: 0 }]);
    expect((await pollCount(consumer, 1000)).map(({ value }) => value)).toEqual(values);
    await consumer.close();
  });

  test('maxPollRecords and small fetches lose and repeat nothing', async () => {
    const topic = await topicWith(numbers(500), 2);
    const consumer = text({
      maxPollRecords: 7,
      maxPartitionFetchBytes: 300,
      fetchMaxBytes: 400,
      prefetchMaxBytes: 1000,
    });
    consumer.assign([
      { topic, partition: 0 },
      { topic, partition: 1 },
    ]);
    const records = await pollCount(consumer, 500);
    for (const partition of [0, 1]) {
      const own = records.filter((record) => record.partition === partition);
      expect(own.map(({ offset }) => offset)).toEqual(Array.from({ length: 250 }, (_, offset) => offset));
    }
    await consumer.close();
  });

  test('CC2: pause keeps what was fetched; resume gives it without another look at the log', async () => {
    const topic = await topicWith(numbers(10), 2);
    const consumer = text({ maxPollRecords: 1 });
    consumer.assign([
      { topic, partition: 0 },
      { topic, partition: 1 },
    ]);
    const [first] = await pollCount(consumer, 1);
    const paused = { topic, partition: first?.partition ?? 0 };
    consumer.pause([paused]);
    expect(consumer.paused()).toEqual([paused]);
    const others = await pollCount(consumer, 5);
    expect(others.every(({ partition }) => partition !== paused.partition)).toBe(true);
    expect((await consumer.poll(50)).isEmpty).toBe(true);
    consumer.resume([paused]);
    const rest = await pollCount(consumer, 4);
    expect(rest.map(({ offset, partition }) => [partition, offset])).toEqual(
      [1, 2, 3, 4].map((offset) => [paused.partition, offset]),
    );
    await consumer.close();
  });

  test('seek moves on, back, to the beginning and to the end', async () => {
    const topic = await topicWith(numbers(10));
    const partition = { topic, partition: 0 };
    const consumer = text();
    consumer.assign([partition]);
    consumer.seek(partition, 7);
    expect((await pollCount(consumer, 3)).map(({ offset }) => offset)).toEqual([7, 8, 9]);
    consumer.seek(partition, 2);
    expect((await pollCount(consumer, 8))[0]?.offset).toBe(2);
    consumer.seekToBeginning([partition]);
    expect(await consumer.position(partition)).toBe(0);
    consumer.seekToEnd();
    expect(await consumer.position(partition)).toBe(10);
    await produce(topic, ['last']);
    expect((await pollCount(consumer, 1)).map(({ value }) => value)).toEqual(['last']);
    expect(consumer.currentLag(partition)).toBe(0);
    await consumer.close();
  });

  test('offsets by end and by time (CC8)', async () => {
    const topic = await createTopic(cluster.clientOptions, { prefix: 'consumer', numPartitions: 2 });
    const partitions = [0, 1].map((partition) => ({ topic, partition }));
    const producer = kafka.producer();
    for (const timestamp of [1000, 2000, 3000])
      await producer.send({ topic, partition: 0, value: 'v', timestamp });
    await producer.close();
    const consumer = text();
    const [first, second] = partitions;
    expect(await consumer.beginningOffsets(partitions)).toEqual([
      { ...first, offset: 0 },
      { ...second, offset: 0 },
    ]);
    expect(await consumer.endOffsets(partitions)).toEqual([
      { ...first, offset: 3 },
      { ...second, offset: 0 },
    ]);
    const found = await consumer.offsetsForTimes([
      { topic, partition: 0, timestamp: 1500 },
      { topic, partition: 1, timestamp: 1500 },
    ]);
    expect(found).toMatchObject([
      { ...first, found: { offset: 1, timestamp: 2000 } },
      { ...second, found: null },
    ]);
    expect(await consumer.offsetsForTimes([{ topic, partition: 0, timestamp: 4000 }])).toEqual([
      { ...first, found: null },
    ]);
    await consumer.close();
  });

  test('CC7: an offset outside of the log is reset by the policy, or thrown when that is none', async () => {
    const topic = await topicWith(numbers(3));
    const partition = { topic, partition: 0 };
    const lenient = text();
    lenient.assign([partition]);
    lenient.seek(partition, 1000);
    expect((await pollCount(lenient, 3))[0]?.offset).toBe(0);
    await lenient.close();
    const strict = text({ autoOffsetReset: 'none' });
    strict.assign([partition]);
    strict.seek(partition, 1000);
    await expect(pollCount(strict, 1)).rejects.toMatchObject({ code: 'OFFSET_OUT_OF_RANGE' });
    strict.seek(partition, 2);
    expect((await pollCount(strict, 1))[0]?.offset).toBe(2);
    await strict.close();
  });

  test.each([
    ['latest', 3],
    ['earliest', 0],
  ] as const)('without a committed offset, %s starts at %i', async (autoOffsetReset, offset) => {
    const topic = await topicWith(numbers(3));
    const consumer = text({ autoOffsetReset });
    consumer.assign([{ topic, partition: 0 }]);
    expect(await consumer.position({ topic, partition: 0 })).toBe(offset);
    await consumer.close();
  });

  test('KIP-1106: a duration starts at the first record so young, or at the end when there is none', async () => {
    const topic = await topicWith([]);
    const producer = kafka.producer();
    const nowMs = Date.now();
    const agesInHours = [50, 30, 20, 2];
    await producer.sendMany(
      agesInHours.map((hours) => ({ topic, partition: 0, value: 'v', timestamp: nowMs - hours * 3_600_000 })),
    );
    await producer.close();
    for (const [autoOffsetReset, offset] of [
      ['by_duration:P1D', 2],
      ['by_duration:P10DT1H', 0],
      ['by_duration:PT1H', 4],
    ] as const) {
      const consumer = text({ autoOffsetReset });
      consumer.assign([{ topic, partition: 0 }]);
      expect(await consumer.position({ topic, partition: 0 })).toBe(offset);
      await consumer.close();
    }
    expect(() => text({ autoOffsetReset: 'by_duration:soon' })).toThrow('by_duration:P1DT12H');
  });

  test('without a committed offset and with policy none, poll says so until there is a position', async () => {
    const topic = await topicWith(numbers(3));
    const consumer = text({ autoOffsetReset: 'none', groupId: uniqueName('group') });
    consumer.assign([{ topic, partition: 0 }]);
    await expect(pollCount(consumer, 1)).rejects.toThrow(NoOffsetForPartitionError);
    consumer.seek({ topic, partition: 0 }, 1);
    expect((await pollCount(consumer, 2)).map(({ offset }) => offset)).toEqual([1, 2]);
    await consumer.close();
  });
});

describe('keys and values', () => {
  test('a value that cannot be read stops the poll at its record, and can be skipped', async () => {
    const topic = await topicWith(['1', '2', 'poison', '4']);
    const consumer = kafka.consumer({ valueDeserializer: deserializers.json, autoOffsetReset: 'earliest' });
    consumer.assign([{ topic, partition: 0 }]);
    expect((await pollCount(consumer, 2)).map(({ value }) => value)).toEqual([1, 2]);
    for (let attempt = 0; attempt < 2; attempt++) {
      const failure = await pollCount(consumer, 1).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(SerializationError);
      expect(failure).toMatchObject({
        topic,
        partition: 0,
        offset: 2,
        part: 'value',
        code: 'SERIALIZATION_FAILED',
        message: expect.stringContaining('to skip the record go on from offset 3') as string,
      });
      expect(await consumer.position({ topic, partition: 0 })).toBe(2);
    }
    consumer.seek({ topic, partition: 0 }, 3);
    expect((await pollCount(consumer, 1)).map(({ value }) => value)).toEqual([4]);
    await consumer.close();
  });

  test('delivered with the reason when the consumer was told to', async () => {
    const topic = await topicWith(['1', 'poison', '3']);
    const consumer = kafka.consumer({
      valueDeserializer: deserializers.json,
      autoOffsetReset: 'earliest',
      deserializationFailures: 'deliver',
    });
    consumer.assign([{ topic, partition: 0 }]);
    const records = await pollCount(consumer, 3);
    expect(records.map(({ value }) => value)).toEqual([1, null, 3]);
    expect(records.map(({ deserializationFailure }) => deserializationFailure?.data.toString())).toEqual([
      undefined,
      'poison',
      undefined,
    ]);
    expect(records[1]?.deserializationFailure?.error).toMatchObject({ offset: 1, part: 'value' });
    // Whoever has the record needs no advice on how to get past it.
    expect(records[1]?.deserializationFailure?.error.message).not.toContain('skip');
    await consumer.close();
  });

  test('deserializers may be asynchronous; one that rejects is as one that throws', async () => {
    const topic = await topicWith(['a', 'b', 'poison', 'd']);
    const consumer = kafka.consumer({
      valueDeserializer: {
        deserialize: (data: Buffer) =>
          new Promise<string>((resolve, reject) => {
            const read = data.toString();
            setImmediate(() => (read === 'poison' ? reject(new Error('no')) : resolve(read.toUpperCase())));
          }),
      },
      autoOffsetReset: 'earliest',
    });
    consumer.assign([{ topic, partition: 0 }]);
    expect((await pollCount(consumer, 2)).map(({ value }) => value)).toEqual(['A', 'B']);
    await expect(pollCount(consumer, 1)).rejects.toMatchObject({ offset: 2 });
    consumer.seek({ topic, partition: 0 }, 3);
    expect((await pollCount(consumer, 1)).map(({ value }) => value)).toEqual(['D']);
    await consumer.close();
  });
});

describe('iterating', () => {
  test('a break gives back what was polled and not reached', async () => {
    const topic = await topicWith(numbers(10));
    const consumer = text();
    consumer.assign([{ topic, partition: 0 }]);
    const seen: number[] = [];
    for await (const { offset } of consumer) {
      seen.push(offset);
      if (seen.length === 4) break;
    }
    expect(await consumer.position({ topic, partition: 0 })).toBe(4);
    for await (const { offset } of consumer) {
      seen.push(offset);
      if (seen.length === 10) break;
    }
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    await consumer.close();
  });

  test('batches end when the consumer is closed', async () => {
    const topic = await topicWith(numbers(10), 2);
    const consumer = text();
    consumer.assign([0, 1].map((partition) => ({ topic, partition })));
    let count = 0;
    for await (const batch of consumer.batches()) {
      for (const { records } of batch.byPartition()) count += records.length;
      if (count === 10) void consumer.close();
    }
    expect(count).toBe(10);
  });
});

describe('one poll at a time', () => {
  test('wakeup ends the poll that waits, or the next one', async () => {
    const topic = await topicWith([]);
    const consumer = text();
    consumer.assign([{ topic, partition: 0 }]);
    const waiting = consumer.poll({ timeoutMs: 60_000 });
    consumer.wakeup();
    await expect(waiting).rejects.toThrow(WakeupError);
    consumer.wakeup();
    await expect(consumer.poll(0)).rejects.toThrow(WakeupError);
    expect((await consumer.poll(0)).isEmpty).toBe(true);
    await consumer.close();
  });

  test('misuse is told', async () => {
    const topic = await topicWith([]);
    const consumer = text();
    await expect(consumer.poll(0)).rejects.toThrow(IllegalStateError);
    expect(() => consumer.subscribe({ topics: [topic] })).toThrow(
      'Cannot subscribe: the consumer has no groupId',
    );
    expect(() => consumer.seek({ topic, partition: 0 }, 1)).toThrow(`${topic}-0`);
    consumer.assign([{ topic, partition: 0 }]);
    const waiting = consumer.poll({ timeoutMs: 60_000 });
    await expect(consumer.poll(0)).rejects.toThrow(IllegalStateError);
    await consumer.close();
    await expect(waiting).rejects.toThrow(ClosedError);
    await expect(consumer.poll(0)).rejects.toThrow(ClosedError);
  });
});

describe('options', () => {
  test.each([
    [{ maxPollRecords: 0 }, 'maxPollRecords'],
    [{ groupId: '' }, 'groupId'],
    [{ enableAutoCommit: true }, 'enableAutoCommit'],
    [{ groupId: 'g', heartbeatIntervalMs: 50_000 }, 'heartbeatIntervalMs'],
    [{ autoOffsetReset: 'earlist' }, 'autoOffsetReset'],
    [{ maxpollRecords: 5 }, 'did you mean maxPollRecords'],
    [{ partitionAssignmentStrategy: [] }, 'partitionAssignmentStrategy'],
  ])('%j is refused by name', (options, text) => {
    expect(() => kafka.consumer(options as ConsumerOptions)).toThrow(text);
  });
});

describe('the offsets of a group', () => {
  test('a commit is where the next member starts; nothing is committed unasked', async () => {
    const topic = await topicWith(numbers(10));
    const groupId = uniqueName('group');
    const partition = { topic, partition: 0 };
    const first = text({ groupId, enableAutoCommit: false });
    first.subscribe({ topics: [topic] });
    await pollCount(first, 10);
    await first.commit([{ ...partition, offset: 4, metadata: 'note' }]);
    expect(await first.committed([partition])).toMatchObject([{ ...partition, offset: 4, metadata: 'note' }]);
    await first.close();
    const second = text({ groupId, enableAutoCommit: false });
    second.subscribe({ topics: [topic] });
    expect((await pollCount(second, 6)).map(({ offset }) => offset)).toEqual([4, 5, 6, 7, 8, 9]);
    await second.commit();
    expect(await second.committed([partition, { topic, partition: 7 }])).toMatchObject([
      { offset: 10 },
      { offset: null },
    ]);
    await second.close();
  });

  test('CC3: auto commit commits positions on close', async () => {
    const topic = await topicWith(numbers(10));
    const groupId = uniqueName('group');
    const first = text({ groupId, maxPollRecords: 3 });
    first.subscribe({ topics: [topic] });
    await pollCount(first, 3);
    await first.close();
    const second = text({ groupId });
    second.subscribe({ topics: [topic] });
    expect((await pollCount(second, 7))[0]?.offset).toBe(3);
    await second.close();
  });

  test('CC3: auto commit commits on poll when due', async () => {
    const topic = await topicWith(numbers(10));
    const groupId = uniqueName('group');
    const consumer = text({ groupId, autoCommitIntervalMs: 1 });
    consumer.subscribe({ topics: [topic] });
    await pollCount(consumer, 10);
    let committed: number | null = null;
    await pollUntil(consumer, () => {
      void consumer
        .committed([{ topic, partition: 0 }])
        .then(([found]) => (committed = found?.offset ?? null));
      return committed === 10;
    });
    expect(await consumer.committed([{ topic, partition: 0 }])).toMatchObject([{ offset: 10 }]);
    await consumer.close();
  });
});
