import { apis } from '../../../src/protocol/api-keys.js';
import { ErrorCode } from '../../../src/protocol/errors.js';
import { readCommitted } from '../../support/committed-view.js';
import type { RawClient } from '../../support/raw-client.js';
import { RawTransactionalProducer } from '../../support/raw-transactional-producer.js';
import { batchOf } from '../../support/record-batches.js';
import { TestBroker } from '../../support/test-broker.js';

describe('the transaction coordinator on the wire', () => {
  let broker: TestBroker;
  let client: RawClient;

  beforeEach(async () => {
    broker = await new TestBroker({ transactionStateLogNumPartitions: 3 }).start();
    client = broker.connect();
    await broker.createTopic(client, 'topic', 3);
  });
  afterEach(() => broker.stop());

  const describeTransaction = async (transactionalId: string) => {
    const reply = await broker.settled(
      client.send(apis.describeTransactions, 0, { transactionalIds: [transactionalId] }),
    );
    return reply.transactionStates[0]!;
  };

  it('T2: the first FindCoordinator creates __transaction_state as Kafka has it', async () => {
    await new RawTransactionalProducer(broker, 'tx').init();
    const reply = await broker.settled(
      client.send(apis.describeConfigs, 4, {
        resources: [{ resourceType: 2, resourceName: '__transaction_state', configurationKeys: null }],
      }),
    );
    const values = new Map(reply.results[0]!.configs.map(({ name, value }) => [name, value]));
    expect(values.get('cleanup.policy')).toBe('compact');
    expect(values.get('compression.type')).toBe('uncompressed');
    expect(values.get('segment.bytes')).toBe('104857600');
    expect(values.get('unclean.leader.election.enable')).toBe('false');
    const metadata = await broker.settled(
      client.send(apis.metadata, 12, { topics: [{ name: '__transaction_state' }] }),
    );
    expect(metadata.topics[0]).toMatchObject({ isInternal: true });
    expect(metadata.topics[0]!.partitions).toHaveLength(3);
  });

  it('corner case 54: replicas that cannot be had give COORDINATOR_NOT_AVAILABLE, and a log line', async () => {
    await broker.stop();
    broker = await new TestBroker({ transactionStateLogReplicationFactor: 3 }).start();
    const reply = await broker.settled(
      broker.connect().send(apis.findCoordinator, 4, { keyType: 1, coordinatorKeys: ['tx'] }),
    );
    expect(reply.coordinators[0]!.errorCode).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    expect(broker.warnings()[0]!.fields.reason).toContain('transaction.state.log.replication.factor is 3');
  });

  it('T3: transactional.max.timeout.ms and an empty id bound InitProducerId', async () => {
    const producer = new RawTransactionalProducer(broker, 'tx');
    await producer.findCoordinator();
    expect(await producer.initOnce({ timeoutMs: 900_001 })).toBe(ErrorCode.INVALID_TRANSACTION_TIMEOUT);
    expect(await producer.initOnce({ timeoutMs: 0 })).toBe(ErrorCode.INVALID_TRANSACTION_TIMEOUT);
    const nobody = new RawTransactionalProducer(broker, '');
    expect(await nobody.initOnce()).toBe(ErrorCode.INVALID_REQUEST);
  });

  it('T3: producer ids of transactional and plain producers are never the same, not over crashes either', async () => {
    const ids = new Set<number>();
    let count = 0;
    for (let round = 0; round < 3; round++) {
      for (let each = 0; each < 3; each++) {
        const producer = new RawTransactionalProducer(broker, `tx-${count++}`);
        await producer.init();
        const plain = await broker.settled(
          client.send(apis.initProducerId, 4, { transactionalId: null, transactionTimeoutMs: 1000 }),
        );
        ids.add(producer.producerId).add(plain.producerId);
      }
      await broker.kill();
      client = broker.connect();
    }
    expect(ids.size).toBe(18);
  });

  it('T4: InitProducerId of old clients names the fence by its old name', async () => {
    const producer = new RawTransactionalProducer(broker, 'tx');
    await producer.init();
    const asked = { producerId: producer.producerId, producerEpoch: 5 };
    expect(await producer.initOnce({ ...asked, version: 3 })).toBe(ErrorCode.INVALID_PRODUCER_EPOCH);
    expect(await producer.initOnce({ ...asked, version: 4 })).toBe(ErrorCode.PRODUCER_FENCED);
    expect(await producer.initOnce({ producerId: 4 })).toBe(ErrorCode.INVALID_REQUEST);
  });

  it('T5: one bad partition keeps the others out', async () => {
    const producer = new RawTransactionalProducer(broker, 'tx', 'classic');
    await producer.init();
    expect(await producer.add('topic', [0, 9, 1])).toEqual([
      ErrorCode.OPERATION_NOT_ATTEMPTED,
      ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
      ErrorCode.OPERATION_NOT_ATTEMPTED,
    ]);
    expect(await producer.add('__transaction_state', [0])).toEqual([ErrorCode.TOPIC_AUTHORIZATION_FAILED]);
    expect((await describeTransaction('tx')).transactionState).toBe('Empty');
    expect(await producer.add('topic', [0, 1])).toEqual([0, 0]);
    producer.producerEpoch += 1;
    expect(await producer.add('topic', [0], 1)).toEqual([ErrorCode.INVALID_PRODUCER_EPOCH]);
    expect(await producer.add('topic', [0], 2)).toEqual([ErrorCode.PRODUCER_FENCED]);
  });

  it('P12, P13: brokers verify and add many transactions in one AddPartitionsToTxn', async () => {
    const [one, two] = [
      new RawTransactionalProducer(broker, 'one'),
      new RawTransactionalProducer(broker, 'two'),
    ];
    await one.init();
    await two.init();
    const of = (
      { transactionalId, producerId, producerEpoch }: RawTransactionalProducer,
      verifyOnly: boolean,
    ) => ({
      transactionalId,
      producerId,
      producerEpoch,
      verifyOnly,
      topics: [{ name: 'topic', partitions: [0, 1] }],
    });
    const send = async (...transactions: ReturnType<typeof of>[]) => {
      const reply = await broker.settled(client.send(apis.addPartitionsToTxn, 5, { transactions }));
      expect(reply.errorCode).toBe(0);
      return reply.resultsByTransaction.map(({ topicResults }) =>
        topicResults[0]!.resultsByPartition.map(({ partitionErrorCode }) => partitionErrorCode),
      );
    };
    const { TRANSACTION_ABORTABLE } = ErrorCode;
    expect(await send(of(one, false), of(two, true))).toEqual([
      [0, 0],
      [TRANSACTION_ABORTABLE, TRANSACTION_ABORTABLE],
    ]);
    expect(await send(of(one, true))).toEqual([[0, 0]]);
  });

  describe('operators (KIP-664)', () => {
    it('see transactions by state, producer, duration and pattern', async () => {
      const names = ['orders-1', 'orders-2', 'payments-1'];
      const producers = names.map((name) => new RawTransactionalProducer(broker, name));
      for (const producer of producers) await producer.init();
      await producers[0]!.send('topic', ['a']);
      await broker.time.advance(5_000);
      await producers[2]!.send('topic', ['a'], { partition: 1 });
      const list = async (filter: object) => {
        const reply = await broker.settled(
          client.send(apis.listTransactions, 2, { stateFilters: [], producerIdFilters: [], ...filter }),
        );
        const ids = reply.transactionStates.map(({ transactionalId }) => transactionalId).sort();
        return [reply.errorCode, ids, reply.unknownStateFilters];
      };
      expect(await list({})).toEqual([0, names, []]);
      expect(await list({ stateFilters: ['Ongoing', 'Dead', 'Nonsense'] })).toEqual([
        0,
        ['orders-1', 'payments-1'],
        ['Nonsense'],
      ]);
      expect(await list({ producerIdFilters: [producers[1]!.producerId] })).toEqual([0, ['orders-2'], []]);
      expect(await list({ durationFilter: 4_000, stateFilters: ['Ongoing'] })).toEqual([0, ['orders-1'], []]);
      expect(await list({ transactionalIdPattern: 'orders-.*' })).toEqual([0, ['orders-1', 'orders-2'], []]);
      expect((await list({ transactionalIdPattern: '(' }))[0]).toBe(ErrorCode.INVALID_REGULAR_EXPRESSION);
      expect(await describeTransaction('orders-1')).toMatchObject({
        errorCode: 0,
        transactionState: 'Ongoing',
        transactionTimeoutMs: 60_000,
        producerId: producers[0]!.producerId,
        topics: [{ topic: 'topic', partitions: [0] }],
      });
      expect((await describeTransaction('nobody')).errorCode).toBe(ErrorCode.TRANSACTIONAL_ID_NOT_FOUND);
    });

    it('DescribeProducers shows where an open transaction began, and who ended the last', async () => {
      const producer = new RawTransactionalProducer(broker, 'tx');
      await producer.init();
      const active = async () => {
        const topics = [{ name: 'topic', partitionIndexes: [0] }];
        const reply = await broker.settled(client.send(apis.describeProducers, 0, { topics }));
        return reply.topics[0]!.partitions[0]!.activeProducers;
      };
      await broker.produce(client, 'topic', batchOf(['other']));
      await producer.send('topic', ['a']);
      expect(await active()).toMatchObject([
        { producerId: producer.producerId, currentTxnStartOffset: 1, coordinatorEpoch: -1 },
      ]);
      await producer.end('commit');
      expect(await active()).toMatchObject([
        { currentTxnStartOffset: -1, coordinatorEpoch: 0, producerEpoch: 1 },
      ]);
    });

    it('T7, P9: WriteTxnMarkers ends a transaction by hand, unless it is of an older epoch or coordinator', async () => {
      const producer = new RawTransactionalProducer(broker, 'tx', 'classic');
      await producer.init();
      await producer.add('topic', [0]);
      await producer.send('topic', ['hanging']);
      await broker.produce(client, 'topic', batchOf(['other']));
      const { producerId } = producer;
      const write = async (producerEpoch: number, coordinatorEpoch: number, partitions = [0]) => {
        const topics = [{ name: 'topic', partitionIndexes: partitions }];
        const marker = { producerId, producerEpoch, coordinatorEpoch, transactionResult: false, topics };
        const reply = await broker.settled(client.send(apis.writeTxnMarkers, 1, { markers: [marker] }));
        return reply.markers[0]!.topics[0]!.partitions.map(({ errorCode }) => errorCode);
      };
      expect(await write(-1, 0)).toEqual([ErrorCode.INVALID_PRODUCER_EPOCH]);
      expect(await write(0, 7, [0, 9])).toEqual([0, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]);
      expect((await readCommitted(broker, client, 'topic')).values).toEqual(['other']);
      expect(await write(0, 6)).toEqual([ErrorCode.TRANSACTION_COORDINATOR_FENCED]);
    });
  });

  describe('after kill -9', () => {
    it.each(['classic', 'second'] as const)(
      'T1, T8: the transaction is as open, decided or done as it was (%s protocol)',
      async (protocol) => {
        const producer = new RawTransactionalProducer(broker, 'tx', protocol);
        await producer.init();
        if (protocol === 'classic') await producer.add('topic', [0, 1]);
        for (const partition of [0, 1]) await producer.send('topic', ['a'], { partition });
        await broker.kill();
        client = broker.connect();
        producer.reconnect();
        expect((await describeTransaction('tx')).transactionState).toBe('Ongoing');
        await producer.send('topic', ['b']);
        expect(await producer.end('commit')).toBe(0);
        await broker.kill();
        client = broker.connect();
        producer.reconnect();
        expect((await describeTransaction('tx')).transactionState).toBe('CompleteCommit');
        expect((await readCommitted(broker, client, 'topic')).values).toEqual(['a', 'b']);
        expect((await readCommitted(broker, client, 'topic', { partition: 1 })).values).toEqual(['a']);
        const next = new RawTransactionalProducer(broker, 'tx', protocol);
        expect(await next.init()).toEqual([0]);
        expect(next.producerEpoch).toBe(producer.producerEpoch + 1);
      },
    );

    it('T9: the timeout goes on counting', async () => {
      const producer = new RawTransactionalProducer(broker, 'tx');
      await producer.init({ timeoutMs: 30_000 });
      await producer.send('topic', ['a']);
      await broker.time.advance(20_000);
      await broker.kill();
      await broker.time.advance(21_000);
      client = broker.connect();
      expect((await describeTransaction('tx')).transactionState).toBe('CompleteAbort');
    });
  });

  it('T7: a topic that is deleted with a transaction in it does not keep it from its end', async () => {
    await broker.createTopic(client, 'doomed');
    const producer = new RawTransactionalProducer(broker, 'tx');
    await producer.init();
    await producer.send('doomed', ['a']);
    await producer.send('topic', ['b']);
    await broker.settled(
      client.send(apis.deleteTopics, 6, { topics: [{ name: 'doomed' }], timeoutMs: 1_000 }),
    );
    expect(await producer.end('commit')).toBe(0);
    expect((await describeTransaction('tx')).transactionState).toBe('CompleteCommit');
    expect((await readCommitted(broker, client, 'topic')).values).toEqual(['b']);
  });
});
