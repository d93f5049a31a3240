// The pool of transactional producers, on any cluster.
import { ProducerFencedError } from '@ottla/core';
import {
  DefaultKafkaProducerFactory,
  IllegalTransactionStateError,
  KafkaTemplate,
  NoProducerAvailableError,
  type KafkaModuleOptions,
} from '../../src/index.js';
import { createGate } from '../signals.js';
import { NestCluster, uniqueName } from './nest-cluster.js';

describe('the pool of transactional producers', () => {
  let cluster: NestCluster;

  beforeAll(async () => {
    cluster = await NestCluster.start();
  });
  afterEach(() => cluster.closeApplications());
  afterAll(() => cluster.close());

  const options = (more: KafkaModuleOptions['producer'] = {}): KafkaModuleOptions => ({
    producer: { transactionIdPrefix: uniqueName('tx-'), maxTransactionalProducers: 3, ...more },
  });

  /** Epoch of the producer that has the id now. */
  async function epochOf(transactionalId: string): Promise<number> {
    const admin = cluster.kafka.admin();
    const described = await admin.describeTransactions([transactionalId]);
    await admin.close();
    return described.orThrow().get(transactionalId)?.producerEpoch ?? -1;
  }

  test('lends each to one transaction at a time; others wait in their order, not for ever', async () => {
    const topic = await cluster.topic('pool');
    const kafka = options({ maxTransactionalProducers: 1, producerWaitTimeoutMs: 300 });
    const template = (await cluster.application({ kafka })).get(KafkaTemplate);
    const gate = createGate();
    const first = template.executeInTransaction(async (operations) => {
      await operations.send(topic, 1);
      await gate.opened;
    });
    const error: unknown = await template
      .executeInTransaction((operations) => operations.send(topic, 'never'))
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(NoProducerAvailableError);
    expect(error).toMatchObject({ maxProducers: 1, waitedMs: 300 });
    const waiting = [2, 3, 4].map((value) =>
      template.executeInTransaction((operations) => operations.send(topic, value)),
    );
    gate.open();
    await Promise.all([first, ...waiting]);
    expect(await cluster.seen(topic, 4)).toEqual([1, 2, 3, 4]);
  });

  test('makes a fenced producer anew; the transaction that was fenced fails and left nothing', async () => {
    const topic = await cluster.topic('fenced');
    const kafka = options({ maxTransactionalProducers: 1 });
    const app = await cluster.application({ kafka });
    const template = app.get(KafkaTemplate);
    const { transactionIdPrefix } = app.get(DefaultKafkaProducerFactory);
    const failed = template.executeInTransaction(async (operations) => {
      await operations.send(topic, 'zombie');
      const other = cluster.kafka.producer({ transactionalId: `${transactionIdPrefix}0` });
      await other.initTransactions();
      await other.close();
    });
    await expect(failed).rejects.toThrow(ProducerFencedError);
    await template.executeInTransaction((operations) => operations.send(topic, 'living'));
    expect(await cluster.seen(topic, 1)).toEqual(['living']);
    expect(cluster.lines.filter((line) => line.includes('was fenced and is made anew'))).toHaveLength(1);
  });

  test('ends what an earlier process of the same prefix left open, also under ids that are not used yet', async () => {
    const topic = await cluster.topic('left');
    const kafka = options();
    const left = cluster.kafka.producer({ transactionalId: `${kafka.producer?.transactionIdPrefix}2` });
    await left.initTransactions();
    left.beginTransaction();
    await left.send({ topic, value: '"left"' });
    const app = await cluster.application({ kafka });
    await app.get(KafkaTemplate).executeInTransaction((operations) => operations.send(topic, 'next'));
    expect(await cluster.seen(topic, 1)).toEqual(['next']);
    await left.close();
  });

  test('closing waits for transactions under way, and begins no others', async () => {
    const topic = await cluster.topic('close');
    const app = await cluster.application({ kafka: options() });
    const template = app.get(KafkaTemplate);
    const begun = createGate();
    const gate = createGate();
    const open = template.executeInTransaction(async (operations) => {
      begun.open();
      await gate.opened;
      await operations.send(topic, 'in time');
    });
    await begun.opened;
    const closing = app.get(DefaultKafkaProducerFactory).close();
    await expect(template.executeInTransaction(() => Promise.resolve())).rejects.toThrow(
      IllegalTransactionStateError,
    );
    gate.open();
    await open;
    await closing;
    expect(await cluster.seen(topic, 1)).toEqual(['in time']);
  });

  test('makes a producer anew that was idle for too long, and keeps one that was not', async () => {
    const topic = await cluster.topic('idle');
    const epochs: number[] = [];
    for (const producerMaxIdleMs of [0, 1]) {
      const kafka = options({ maxTransactionalProducers: 1, producerMaxIdleMs });
      const template = (await cluster.application({ kafka })).get(KafkaTemplate);
      const transactionalId = `${kafka.producer?.transactionIdPrefix}0`;
      const transact = async (): Promise<number> => {
        await template.executeInTransaction((operations) => operations.send(topic, producerMaxIdleMs));
        return epochOf(transactionalId);
      };
      const first = await transact();
      const idleSinceMs = performance.now();
      while (performance.now() - idleSinceMs < 5) await epochOf(transactionalId);
      epochs.push((await transact()) - first);
    }
    // Transactions of protocol 2 raise the epoch by one each (KIP-890), and so does a new producer.
    const [kept, renewed] = epochs as [number, number];
    expect(renewed).toBe(kept + 1);
    expect(await cluster.seen(topic, 4)).toEqual([0, 0, 1, 1]);
  });

  test('makes a producer anew whose transaction took longer than transactionTimeoutMs', async () => {
    const topic = await cluster.topic('timeout');
    const kafka = options({ maxTransactionalProducers: 1, transactionTimeoutMs: 500 });
    const template = (await cluster.application({ kafka })).get(KafkaTemplate);
    const transactionalId = `${kafka.producer?.transactionIdPrefix}0`;
    const slow = template.executeInTransaction(async (operations) => {
      await operations.send(topic, 'too late');
      const begun = await epochOf(transactionalId);
      while ((await epochOf(transactionalId)) === begun);
    });
    // With the first protocol PRODUCER_FENCED, with the second what a late commit hears (KIP-890).
    await expect(slow).rejects.toMatchObject({
      code: expect.stringMatching(/PRODUCER_FENCED|INVALID_TXN_STATE/) as string,
    });
    await template.executeInTransaction((operations) => operations.send(topic, 'in time'));
    expect(await cluster.seen(topic, 1)).toEqual(['in time']);
    expect(cluster.lines.filter((line) => line.includes('was fenced and is made anew'))).toHaveLength(1);
  }, 40_000);
});
