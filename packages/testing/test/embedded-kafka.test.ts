import { createKafka, serializers } from '@ottla/core';
import { EmbeddedKafka, ProbeError } from '../src/index.js';

describe('EmbeddedKafka', () => {
  let embedded: EmbeddedKafka;
  beforeAll(async () => {
    embedded = await EmbeddedKafka.start({
      partitions: 3,
      topics: ['orders', { name: 'single', numPartitions: 1 }],
    });
  });
  afterAll(() => embedded.close());

  test('creates its topics with the partitions asked for', async () => {
    const kafka = embedded.kafka();
    const producer = kafka.producer();
    expect(await producer.partitionsFor('orders')).toHaveLength(3);
    expect(await producer.partitionsFor('single')).toHaveLength(1);
    await kafka.close();
  });

  test('a probe takes records from the beginning, in order within a partition', async () => {
    const producer = embedded.kafka().producer();
    await producer.sendMany(
      [1, 2, 3].map((value) => ({ topic: 'single', key: 'k', value: JSON.stringify(value) })),
    );
    const probe = embedded.probe('single');
    expect((await probe.next()).value).toBe(1);
    expect((await probe.take(2)).map(({ key, value }) => [key, value])).toEqual([
      ['k', 2],
      ['k', 3],
    ]);
    await probe.expectNone(20);
    await probe.close();
  });

  test('a probe sees what is committed, and the rest when it is asked to', async () => {
    await embedded.createTopics({ name: 'transactional', numPartitions: 1 });
    const producer = embedded.kafka().producer({ transactionalId: 'probe' });
    await producer.initTransactions();
    for (const value of ['"aborted"', '"committed"']) {
      producer.beginTransaction();
      await producer.send({ topic: 'transactional', value });
      await (value === '"committed"' ? producer.commitTransaction() : producer.abortTransaction());
    }
    expect((await embedded.probe('transactional').next()).value).toBe('committed');
    const all = embedded.probe('transactional', { isolationLevel: 'read_uncommitted' });
    expect((await all.take(2)).map(({ value }) => value)).toEqual(['aborted', 'committed']);
  });

  test('a probe says what it missed and what it saw', async () => {
    await embedded.createTopics({ name: 'messages', numPartitions: 1 });
    const producer = embedded.kafka().producer();
    await producer.send({ topic: 'messages', key: 'a', value: '{"n":1}' });
    const probe = embedded.probe('messages');
    const error = await probe.take(2, { timeoutMs: 50 }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ProbeError);
    expect((error as Error).message).toBe(
      'expected 2 records on messages within 50 ms, got 1: 0@0 "a"={"n":1}',
    );
    await expect(probe.expectNone(50)).rejects.toThrow(
      'expected no record on messages within 50 ms, got 1: 0@0 "a"={"n":1}',
    );
    await expect(embedded.probe('messages', { from: 'end' }).next({ timeoutMs: 30 })).rejects.toThrow(
      'got 0',
    );
  });

  test('a probe from the end sees what is sent once it is ready', async () => {
    const producer = embedded.kafka().producer({ valueSerializer: serializers.json });
    await producer.send({ topic: 'orders', value: 'before' });
    const probe = embedded.probe('orders', { from: 'end' });
    await probe.ready();
    await producer.send({ topic: 'orders', value: 'after' });
    expect((await probe.next()).value).toBe('after');
  });

  test('has no TCP port unless it is asked to listen', async () => {
    const listening = await EmbeddedKafka.start({ listen: true, topics: ['t'] });
    const kafka = createKafka({ bootstrapServers: listening.bootstrapServers });
    const metadata = await kafka.producer().send({ topic: 't', value: 'over TCP' });
    expect(metadata).toMatchObject({ topic: 't', partition: 0, offset: 0 });
    await kafka.close();
    await listening.close();
    expect(embedded.clientOptions().network).toBeDefined();
    expect(listening.clientOptions().network).toBeUndefined();
  });

  test('closing twice is closing once', async () => {
    const another = await EmbeddedKafka.start();
    const producer = another.kafka().producer();
    await Promise.all([another.close(), another.close()]);
    await expect(producer.send({ topic: 't', value: 'x' })).rejects.toMatchObject({ code: 'CLOSED' });
  });

  test('refuses a number of partitions that is none', async () => {
    await expect(EmbeddedKafka.start({ partitions: 0 })).rejects.toThrow('EmbeddedKafka partitions is 0');
  });
});
