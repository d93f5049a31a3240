import type { Admin } from '../../../src/client/admin.js';
import type { Kafka } from '../../../src/client/kafka.js';
import { ProducerFencedError } from '../../../src/client/errors.js';
import { createKafka } from '../../../src/composition/create-kafka.js';
import { createTopic, startTestCluster, uniqueName, type TestCluster } from '../../support/cluster.js';
import { eventually } from '../../support/cluster-client.js';
import { valuesOf } from './committed-records.js';

describe('what administrators see and do of transactions', () => {
  let cluster: TestCluster;
  let kafka: Kafka;
  let admin: Admin;

  beforeAll(async () => {
    cluster = await startTestCluster();
    kafka = createKafka(cluster.clientOptions);
    admin = kafka.admin();
  });
  afterAll(async () => {
    await kafka.close();
    await cluster.close();
  });

  const topicOf = (prefix: string, numPartitions = 1): Promise<string> =>
    createTopic(cluster.clientOptions, { prefix, numPartitions });

  const listed = async (...filter: Parameters<Admin['listTransactions']>) =>
    [...(await admin.listTransactions(...filter)).orThrow().values()].flat();

  test('KIP-664: describeTransactions tells where each id stands, and errors by id', async () => {
    const topic = await topicOf('described', 2);
    const transactionalId = uniqueName('tx');
    const absent = uniqueName('absent');
    const producer = kafka.producer({ transactionalId, transactionTimeoutMs: 45_000 });
    await producer.initTransactions();
    const before = await admin.describeTransactions([transactionalId, absent]);
    expect(before.errors.get(absent)).toMatchObject({ code: 'TRANSACTIONAL_ID_NOT_FOUND' });
    expect(before.get(transactionalId)).toMatchObject({
      state: 'Empty',
      transactionTimeoutMs: 45_000,
      transactionStartTimeMs: null,
      topicPartitions: [],
    });
    producer.beginTransaction();
    const startMs = Date.now();
    await producer.sendMany([0, 1].map((partition) => ({ topic, partition, value: 'open' })));
    const open = (await admin.describeTransactions([transactionalId])).get(transactionalId);
    expect(open.state).toBe('Ongoing');
    expect(Math.abs((open.transactionStartTimeMs ?? 0) - startMs)).toBeLessThan(30_000);
    expect(
      open.topicPartitions.map(({ partition }) => partition).toSorted((first, second) => first - second),
    ).toEqual([0, 1]);
    expect(open.producerId).toBe(before.get(transactionalId).producerId);
    expect(open.producerEpoch).toBeGreaterThanOrEqual(0);
    await producer.commitTransaction();
    const after = await eventually(
      async () => (await admin.describeTransactions([transactionalId])).get(transactionalId),
      ({ state }) => state === 'CompleteCommit',
    );
    expect(after).toMatchObject({ state: 'CompleteCommit', topicPartitions: [] });
    await producer.close();
  });

  test('KIP-664, KIP-994: listTransactions filters by state, producer and duration', async () => {
    const topic = await topicOf('listed');
    const [idle, busy] = [uniqueName('idle'), uniqueName('busy')];
    const producers = [idle, busy].map((transactionalId) => kafka.producer({ transactionalId }));
    await Promise.all(producers.map((producer) => producer.initTransactions()));
    const [, working] = producers;
    working!.beginTransaction();
    await working!.send({ topic, value: 'open' });
    const idsOf = async (...filter: Parameters<Admin['listTransactions']>) =>
      (await listed(...filter)).map(({ transactionalId }) => transactionalId);
    expect(await idsOf()).toEqual(expect.arrayContaining([idle, busy]));
    const ongoing = await listed({ states: ['Ongoing'] });
    expect(ongoing.find(({ transactionalId }) => transactionalId === busy)).toMatchObject({
      state: 'Ongoing',
    });
    expect(ongoing.map(({ transactionalId }) => transactionalId)).not.toContain(idle);
    const { producerId } = ongoing.find(({ transactionalId }) => transactionalId === busy)!;
    expect(await idsOf({ producerIds: [producerId] })).toEqual([busy]);
    expect(await idsOf({ durationMs: 3_600_000, producerIds: [producerId] })).toEqual([]);
    expect(await idsOf({ producerIds: [producerId], durationMs: 0 })).toEqual([busy]);
    expect(await idsOf({ transactionalIdPattern: `${busy.slice(0, -2)}.*` })).toEqual([busy]);
    expect(await idsOf({ transactionalIdPattern: `${uniqueName('none')}.*` })).toEqual([]);
    await working!.abortTransaction();
    for (const producer of producers) await producer.close();
  });

  test('KIP-730: fenceProducers aborts what is open and ends the producer', async () => {
    const topic = await topicOf('fenced');
    const transactionalId = uniqueName('tx');
    const unused = uniqueName('unused');
    const producer = kafka.producer({ transactionalId });
    await producer.initTransactions();
    producer.beginTransaction();
    await producer.send({ topic, value: 'of the fenced' });
    const before = (await admin.describeTransactions([transactionalId])).get(transactionalId);
    const fenced = await admin.fenceProducers([transactionalId, unused]);
    expect(fenced.get(transactionalId).producerId).toBe(before.producerId);
    expect(fenced.get(transactionalId).producerEpoch).toBeGreaterThan(before.producerEpoch);
    expect(fenced.get(unused).producerEpoch).toBe(0);
    const error: unknown = await producer.commitTransaction().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ProducerFencedError);
    expect(error).toMatchObject({ fatal: true, abortable: false });
    await producer.close();
    expect(await valuesOf(kafka, topic)).toEqual([]);

    const next = kafka.producer({ transactionalId });
    await next.initTransactions();
    next.beginTransaction();
    await next.send({ topic, value: 'of the next' });
    await next.commitTransaction();
    await next.close();
    expect(await valuesOf(kafka, topic)).toEqual(['of the next']);
  });

  test('KIP-664: abortTransaction frees a partition of a transaction, without its coordinator', async () => {
    const topic = await topicOf('hanging');
    const transactionalId = uniqueName('tx');
    const producer = kafka.producer({ transactionalId });
    const plain = kafka.producer();
    // There is an epoch before the one that hangs.
    (await admin.fenceProducers([transactionalId])).orThrow();
    await producer.initTransactions();
    producer.beginTransaction();
    await producer.send({ topic, value: 'hanging' });
    await plain.send({ topic, value: 'beside' });
    expect(await valuesOf(kafka, topic)).toEqual([]);
    const [hanging] = (await admin.describeProducers([{ topic, partition: 0 }]))
      .get(`${topic}-0`)
      .filter(({ transactionStartOffset }) => transactionStartOffset !== null);
    expect(hanging).toMatchObject({ transactionStartOffset: 0 });
    const stale = { ...hanging!, producerEpoch: hanging!.producerEpoch - 1 };
    await expect(admin.abortTransaction({ topic, partition: 0, ...stale })).rejects.toMatchObject({
      code: 'INVALID_PRODUCER_EPOCH',
      fatal: false,
    });
    await admin.abortTransaction({ topic, partition: 0, ...hanging! });
    const after = (await admin.describeProducers([{ topic, partition: 0 }])).get(`${topic}-0`);
    expect(after.find(({ producerId }) => producerId === hanging!.producerId)).toMatchObject({
      transactionStartOffset: null,
    });
    expect(await valuesOf(kafka, topic)).toEqual(['beside']);
    await producer.close();
    await plain.close();
  });
});
