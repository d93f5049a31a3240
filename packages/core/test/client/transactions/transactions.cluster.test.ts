import type { Kafka } from '../../../src/client/kafka.js';
import { ProducerFencedError, TransactionAbortableError } from '../../../src/client/errors.js';
import { createKafka } from '../../../src/composition/create-kafka.js';
import { createTopic, startTestCluster, uniqueName, type TestCluster } from '../../support/cluster.js';
import { eventually } from '../../support/cluster-client.js';
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

  test.each(['classic', 'consumer'] as const)(
    'PC9, C15, C24: offsets of a %s group go with the transaction: committed with it, gone with its abort',
    async (groupProtocol) => {
      const input = await topicOf('input');
      const output = await topicOf('output', 3);
      const groupId = uniqueName('group');
      const plain = kafka.producer();
      await plain.sendMany(Array.from({ length: 10 }, (_, index) => ({ topic: input, value: `${index}` })));
      const consumer = kafka.consumer({
        groupId,
        groupProtocol,
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
    },
  );

  test.each(['classic', 'consumer'] as const)(
    'C15, CC4: offsets of a member that its group (%s) has put out are refused, and its transaction can only be aborted',
    async (groupProtocol) => {
      const input = await topicOf('input');
      const output = await topicOf('output');
      const groupId = uniqueName('group');
      const plain = kafka.producer();
      await plain.send({ topic: input, value: 'one' });
      const consumer = kafka.consumer({
        groupId,
        groupProtocol,
        autoOffsetReset: 'earliest',
        enableAutoCommit: false,
        maxPollIntervalMs: groupProtocol === 'consumer' ? 1000 : 300_000,
      });
      expect(consumer.groupMetadata()).toMatchObject({ generationId: -1, memberId: '' });
      consumer.subscribe({ topics: [input] });
      while ((await consumer.poll({ timeoutMs: 1000 })).count === 0);
      const given = consumer.groupMetadata();
      expect(given.generationId).toBeGreaterThan(0);
      const admin = kafka.admin();
      if (groupProtocol === 'classic')
        (await admin.removeMembersFromGroup(groupId, [{ memberId: given.memberId }])).orThrow();
      const empty = await eventually(
        async () => (await admin.describeGroups([groupId])).get(groupId),
        ({ members }) => members.length === 0,
      );
      expect(empty.members).toEqual([]);
      const offsets = [{ topic: input, partition: 0, offset: 1 }];
      // The member has found out, by a commit that was refused or by being too slow.
      await expect(consumer.commit(offsets)).rejects.toMatchObject({ code: 'COMMIT_FAILED' });

      const producer = kafka.producer({ transactionalId: uniqueName('tx') });
      await producer.initTransactions();
      producer.beginTransaction();
      await producer.send({ topic: output, value: 'copy' });
      expect(consumer.groupMetadata()).toEqual(given);
      const error: unknown = await producer
        .sendOffsetsToTransaction(offsets, consumer.groupMetadata())
        .catch((reason: unknown) => reason);
      expect(error).toMatchObject({ abortable: true, fatal: false, cause: { code: 'COMMIT_FAILED' } });
      await expect(producer.commitTransaction()).rejects.toMatchObject({ abortable: true });
      await producer.abortTransaction();
      expect(await valuesOf(kafka, output)).toEqual([]);
      expect(await consumer.committed([{ topic: input, partition: 0 }])).toMatchObject([{ offset: null }]);
      for (const client of [consumer, producer, plain]) await client.close();
      await admin.close();
    },
  );

  test('PC9: a record that was not sent makes the commit fail until the transaction is aborted', async () => {
    const topic = await topicOf('refused');
    const producer = kafka.producer({ transactionalId: uniqueName('tx'), maxRequestSize: 2_000_000 });
    await producer.initTransactions();
    producer.beginTransaction();
    const fitting = producer.send({ topic, value: 'fits' });
    const large = producer.send({ topic, value: 'x'.repeat(1_500_000) });
    await expect(large).rejects.toMatchObject({ code: 'MESSAGE_TOO_LARGE' });
    await fitting;
    await expect(producer.send({ topic, value: 'more' })).rejects.toMatchObject({ abortable: true });
    const error: unknown = await producer.commitTransaction().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(TransactionAbortableError);
    expect(error).toMatchObject({ abortable: true, fatal: false, cause: { code: 'MESSAGE_TOO_LARGE' } });
    await producer.abortTransaction();
    producer.beginTransaction();
    await producer.send({ topic, value: 'later' });
    await producer.commitTransaction();
    expect(await valuesOf(kafka, topic)).toEqual(['later']);
    await producer.close();
  });

  test('T9, corner case 52: a transaction that is over its time is aborted, and its producer finds out', async () => {
    const topic = await topicOf('timeout');
    const producer = kafka.producer({ transactionalId: uniqueName('tx'), transactionTimeoutMs: 1000 });
    const plain = kafka.producer();
    await producer.initTransactions();
    producer.beginTransaction();
    await producer.send({ topic, value: 'late' });
    await plain.send({ topic, value: 'beside' });
    // The coordinator looks every ten seconds.
    const seen = await eventuallyEnd(kafka, topic, 3);
    expect(seen.records.map(({ value }) => value)).toEqual(['beside']);
    const error: unknown = await producer.commitTransaction().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ retriable: false });
    await producer.close();
    await plain.close();
    expect(await valuesOf(kafka, topic)).toEqual(['beside']);
  }, 60_000);

  test('PC9: closing aborts what is open, so that nobody waits for the time-out', async () => {
    const topic = await topicOf('closed');
    const transactionalId = uniqueName('tx');
    const producer = kafka.producer({ transactionalId });
    await producer.initTransactions();
    producer.beginTransaction();
    await producer.send({ topic, value: 'open' });
    await producer.close();
    const seen = await eventuallyEnd(kafka, topic, 2);
    expect(seen).toMatchObject({ records: [], position: 2 });
  });

  test('CC6: read_committed skips what is aborted in every partition and between transactions, and ends behind the markers', async () => {
    const topic = await topicOf('mixed');
    const [first, second] = [uniqueName('tx'), uniqueName('tx')].map((transactionalId) =>
      kafka.producer({ transactionalId }),
    );
    const plain = kafka.producer();
    await Promise.all([first!.initTransactions(), second!.initTransactions()]);
    const expected: string[] = [];
    for (let round = 0; round < 6; round++) {
      first!.beginTransaction();
      second!.beginTransaction();
      await first!.send({ topic, value: `first ${round}` });
      await second!.send({ topic, value: `second ${round}` });
      await plain.send({ topic, value: `plain ${round}` });
      await first!.send({ topic, value: `first again ${round}` });
      const isFirstCommitted = round % 2 === 0;
      const isSecondCommitted = round % 3 === 0;
      if (isSecondCommitted) await second!.commitTransaction();
      else await second!.abortTransaction();
      if (isFirstCommitted) await first!.commitTransaction();
      else await first!.abortTransaction();
      if (isFirstCommitted) expected.push(`first ${round}`);
      if (isSecondCommitted) expected.push(`second ${round}`);
      expected.push(`plain ${round}`);
      if (isFirstCommitted) expected.push(`first again ${round}`);
    }
    // Six rounds of four records and two markers.
    const { records, position } = await eventuallyEnd(kafka, topic, 36);
    expect(records.map(({ value }) => value)).toEqual(expected);
    expect(position).toBe(36);
    const all = await recordsOf(kafka, topic, 'read_uncommitted');
    expect(all.records).toHaveLength(24);
    expect(all.position).toBe(36);
    for (const producer of [first!, second!, plain]) await producer.close();
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
