import type { Kafka } from '../../../src/client/kafka.js';
import { ProducerFencedError } from '../../../src/client/errors.js';
import { createKafka } from '../../../src/composition/create-kafka.js';
import { createTopic, startTestCluster, uniqueName, type TestCluster } from '../../support/cluster.js';
import { recordsOf, valuesOf } from './committed-records.js';

describe('transactions on a cluster', () => {
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

  const topicOf = (prefix: string, numPartitions = 1): Promise<string> =>
    createTopic(cluster.clientOptions, { prefix, numPartitions });

  test('PC9, CC6: committed records are seen as one, aborted ones never', async () => {
    const topic = await topicOf('commit');
    const producer = kafka.producer({ transactionalId: uniqueName('tx') });
    await producer.initTransactions();
    for (const [name, ends] of [
      ['a', 'commit'],
      ['b', 'abort'],
      ['c', 'commit'],
    ] as const) {
      producer.beginTransaction();
      await producer.sendMany([1, 2, 3].map((n) => ({ topic, value: `${name}${n}` })));
      if (ends === 'commit') await producer.commitTransaction();
      else await producer.abortTransaction();
    }
    expect(await valuesOf(kafka, topic)).toEqual(['a1', 'a2', 'a3', 'c1', 'c2', 'c3']);
    const all = ['a1', 'a2', 'a3', 'b1', 'b2', 'b3', 'c1', 'c2', 'c3'];
    expect(await valuesOf(kafka, topic, 'read_uncommitted')).toEqual(all);
    await producer.close();
  });

  test('CC6: an open transaction holds the end back; its end lets the position past the marker', async () => {
    const topic = await topicOf('open');
    const producer = kafka.producer({ transactionalId: uniqueName('tx') });
    const plain = kafka.producer();
    await producer.initTransactions();
    await plain.send({ topic, value: 'before' });
    producer.beginTransaction();
    await producer.send({ topic, value: 'inside' });
    await plain.send({ topic, value: 'beside' });
    expect(await recordsOf(kafka, topic)).toMatchObject({
      records: [{ value: 'before' }],
      position: 1,
      end: 1,
    });
    await producer.abortTransaction();
    const after = await eventuallyEnd(kafka, topic, 4);
    expect(after.records.map(({ value }) => value)).toEqual(['before', 'beside']);
    expect(after.position).toBe(4);
    await producer.close();
    await plain.close();
  });

  test('PC9, T4: a later producer of the same name fences the earlier, whose open transaction is aborted', async () => {
    const topic = await topicOf('fence');
    const transactionalId = uniqueName('tx');
    const first = kafka.producer({ transactionalId });
    await first.initTransactions();
    first.beginTransaction();
    await first.send({ topic, value: 'zombie' });
    const second = kafka.producer({ transactionalId });
    await second.initTransactions();
    second.beginTransaction();
    await second.send({ topic, value: 'living' });
    const error = await first.commitTransaction().then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(ProducerFencedError);
    expect(error).toMatchObject({ fatal: true, abortable: false, code: 'PRODUCER_FENCED' });
    await second.commitTransaction();
    expect(await valuesOf(kafka, topic)).toEqual(['living']);
    expect(() => first.beginTransaction()).toThrow(ProducerFencedError);
    await first.close();
    await second.close();
  });

  test('PC9, C15: offsets go with the transaction: committed with it, gone with its abort', async () => {
    const input = await topicOf('input');
    const output = await topicOf('output', 3);
    const groupId = uniqueName('group');
    const plain = kafka.producer();
    await plain.sendMany(Array.from({ length: 10 }, (_, index) => ({ topic: input, value: `${index}` })));
    const consumer = kafka.consumer({
      groupId,
      autoOffsetReset: 'earliest',
      enableAutoCommit: false,
      isolationLevel: 'read_committed',
    });
    const producer = kafka.producer({ transactionalId: uniqueName('tx') });
    await producer.initTransactions();
    consumer.subscribe({ topics: [input] });
    let seen = 0;
    while (seen < 10) seen += (await consumer.poll({ timeoutMs: 1000 })).count;
    const copy = async (offset: number): Promise<void> => {
      producer.beginTransaction();
      await producer.sendMany([0, 1, 2].map((partition) => ({ topic: output, partition, value: 'copy' })));
      const offsets = [{ topic: input, partition: 0, offset, metadata: `at ${offset}` }];
      await producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
    };
    await copy(4);
    await producer.commitTransaction();
    const committed = await consumer.committed([{ topic: input, partition: 0 }]);
    expect(committed).toMatchObject([{ offset: 4, metadata: 'at 4' }]);
    await copy(10);
    await producer.abortTransaction();
    expect(await consumer.committed([{ topic: input, partition: 0 }])).toMatchObject([{ offset: 4 }]);
    for (const partition of [0, 1, 2])
      expect(await valuesOf(kafka, output, 'read_committed', partition)).toEqual(['copy']);
    await consumer.close();
    await producer.close();
    await plain.close();
  });

  test('PC9: many transactions in a row, with and without records', async () => {
    const topic = await topicOf('row', 2);
    const producer = kafka.producer({ transactionalId: uniqueName('tx') });
    await producer.initTransactions();
    const expected: string[][] = [[], []];
    for (let index = 0; index < 30; index++) {
      producer.beginTransaction();
      const isCommitted = index % 3 !== 0;
      const count = index % 4;
      for (let record = 0; record < count; record++) {
        void producer
          .send({ topic, partition: record % 2, value: `${index}/${record}` })
          .catch(() => undefined);
        if (isCommitted) expected[record % 2]?.push(`${index}/${record}`);
      }
      if (isCommitted) await producer.commitTransaction();
      else await producer.abortTransaction();
    }
    expect(await valuesOf(kafka, topic, 'read_committed', 0)).toEqual(expected[0]);
    expect(await valuesOf(kafka, topic, 'read_committed', 1)).toEqual(expected[1]);
    await producer.close();
  });
});

/** Markers are written after the reply to EndTxn (T6). */
async function eventuallyEnd(kafka: Kafka, topic: string, end: number): ReturnType<typeof recordsOf> {
  for (;;) {
    const seen = await recordsOf(kafka, topic);
    if (seen.end >= end) return seen;
  }
}
