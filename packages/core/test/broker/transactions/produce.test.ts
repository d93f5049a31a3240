import { apis } from '../../../src/protocol/api-keys.js';
import { ErrorCode } from '../../../src/protocol/errors.js';
import { readCommitted } from '../../support/committed-view.js';
import type { RawClient } from '../../support/raw-client.js';
import {
  RawTransactionalProducer,
  type TransactionProtocol,
} from '../../support/raw-transactional-producer.js';
import { batchOf } from '../../support/record-batches.js';
import { TestBroker } from '../../support/test-broker.js';

describe('transactional batches', () => {
  const broker = new TestBroker({ transactionStateLogNumPartitions: 3, connectionsMaxIdleMs: -1 });
  let client: RawClient;
  let topicCount = 0;

  beforeAll(() => broker.start());
  beforeEach(() => void (client = broker.connect()));
  afterAll(() => broker.stop());

  async function newTopic(partitions = 1): Promise<string> {
    const name = `topic-${++topicCount}`;
    await broker.createTopic(client, name, partitions);
    return name;
  }

  async function newProducer(protocol?: TransactionProtocol): Promise<RawTransactionalProducer> {
    const producer = new RawTransactionalProducer(broker, `tx-${++topicCount}`, protocol);
    expect(await producer.init()).toEqual([0]);
    return producer;
  }

  const view = (topic: string, options?: Parameters<typeof readCommitted>[3]) =>
    readCommitted(broker, client, topic, options);

  describe.each(['classic', 'second'] as const)('of the %s protocol', (protocol) => {
    /** The classic protocol says first where it will write. */
    async function begin(producer: RawTransactionalProducer, topic: string, partitions = [0]): Promise<void> {
      const codes = protocol === 'classic' ? await producer.add(topic, partitions) : [];
      expect(codes.filter((code) => code !== 0)).toEqual([]);
    }

    it('T6, T7: are seen when they are committed, and never when they are aborted', async () => {
      const topic = await newTopic(2);
      const producer = await newProducer(protocol);
      for (const [value, result] of [
        ['a', 'commit'],
        ['b', 'abort'],
        ['c', 'commit'],
      ] as const) {
        await begin(producer, topic, [0, 1]);
        for (const partition of [0, 1]) await producer.send(topic, [`${value}1`, `${value}2`], { partition });
        expect(await producer.end(result)).toBe(0);
      }
      for (const partition of [0, 1]) {
        const seen = await view(topic, { partition });
        expect(seen.values).toEqual(['a1', 'a2', 'c1', 'c2']);
        expect(seen.markers).toEqual(['commit@2', 'abort@5', 'commit@8']);
        expect(seen.lastStableOffset).toBe(9);
      }
    });

    it('corner case 21: the end of the log lies beyond the marker, and a consumer gets there', async () => {
      const topic = await newTopic();
      const producer = await newProducer(protocol);
      await begin(producer, topic);
      await producer.send(topic, ['a']);
      await producer.end('commit');
      const reply = await broker.settled(
        client.send(apis.listOffsets, 7, {
          replicaId: -1,
          isolationLevel: 1,
          topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
        }),
      );
      expect(reply.topics[0]!.partitions[0]!.offset).toBe(2);
      expect((await view(topic)).position).toBe(2);
      expect(await view(topic, { offset: 2 })).toMatchObject({ values: [], position: 2 });
    });

    it('corner case 22: ten minutes of an open transaction hold later records back', async () => {
      const topic = await newTopic();
      const producer = new RawTransactionalProducer(broker, `tx-${++topicCount}`, protocol);
      await producer.init({ timeoutMs: 900_000 });
      await broker.produce(client, topic, batchOf(['before']));
      await begin(producer, topic);
      await producer.send(topic, ['inside']);
      await broker.produce(client, topic, batchOf(['after']));
      await broker.time.advance(600_000);
      expect(await view(topic)).toMatchObject({ values: ['before'], highWatermark: 3, lastStableOffset: 1 });
      expect(await view(topic, { isolationLevel: 0 })).toMatchObject({
        values: ['before', 'inside', 'after'],
      });
      await producer.end('commit');
      expect((await view(topic)).values).toEqual(['before', 'inside', 'after']);
    });

    it('P9: a batch outside of the transaction, of a producer that has one open, is INVALID_TXN_STATE', async () => {
      const topic = await newTopic();
      const producer = await newProducer(protocol);
      await begin(producer, topic);
      await producer.send(topic, ['a']);
      const { producerId, producerEpoch } = producer;
      const plain = batchOf(['b'], { producerId, producerEpoch, baseSequence: 1 });
      expect((await broker.produce(client, topic, plain)).errorCode).toBe(ErrorCode.INVALID_TXN_STATE);
    });

    it('corner case 49, T4: a second producer of the name aborts what the first left open, which is fenced', async () => {
      const topic = await newTopic();
      const first = await newProducer(protocol);
      await begin(first, topic);
      await first.send(topic, ['zombie']);
      const second = new RawTransactionalProducer(broker, first.transactionalId, protocol);
      expect(await second.init()).toEqual([ErrorCode.CONCURRENT_TRANSACTIONS, 0]);
      expect(second.producerId).toBe(first.producerId);
      expect((await first.send(topic, ['zombie'])).errorCode).toBe(ErrorCode.INVALID_PRODUCER_EPOCH);
      expect(await first.end('commit')).toBe(ErrorCode.PRODUCER_FENCED);
      await begin(second, topic);
      await second.send(topic, ['alive']);
      expect(await second.end('commit')).toBe(0);
      expect((await view(topic)).values).toEqual(['alive']);
    });

    it('T9, corner case 52: past its timeout the transaction is aborted, its producer fenced, and readers go on', async () => {
      const topic = await newTopic();
      const producer = new RawTransactionalProducer(broker, `tx-${++topicCount}`, protocol);
      await producer.init({ timeoutMs: 5_000 });
      await begin(producer, topic);
      await producer.send(topic, ['late']);
      await broker.produce(client, topic, batchOf(['other']));
      await broker.time.advance(16_000);
      expect((await view(topic)).values).toEqual(['other']);
      expect((await producer.send(topic, ['later'])).errorCode).toBe(ErrorCode.INVALID_PRODUCER_EPOCH);
      expect(await producer.end('commit')).toBe(ErrorCode.PRODUCER_FENCED);
    });

    it('corner case 50: an end whose answer was lost is repeated', async () => {
      const topic = await newTopic();
      const producer = await newProducer(protocol);
      await begin(producer, topic);
      await producer.send(topic, ['a']);
      const { producerId, producerEpoch } = producer;
      expect(await producer.end('commit')).toBe(0);
      const next = { producerId: producer.producerId, producerEpoch: producer.producerEpoch };
      Object.assign(producer, { producerId, producerEpoch });
      expect(await producer.end('abort')).toBe(ErrorCode.INVALID_TXN_STATE);
      expect(await producer.end('commit')).toBe(0);
      expect(producer).toMatchObject(next);
      expect((await view(topic)).markers).toEqual(['commit@1']);
    });
  });

  it('P12: without AddPartitionsToTxn a batch is INVALID_TXN_STATE, and from Produce 11 on TRANSACTION_ABORTABLE', async () => {
    const topic = await newTopic(2);
    const producer = await newProducer('classic');
    await producer.add(topic, [1]);
    expect((await producer.send(topic, ['a'], { version: 10 })).errorCode).toBe(ErrorCode.INVALID_TXN_STATE);
    expect((await producer.send(topic, ['a'], { version: 11 })).errorCode).toBe(
      ErrorCode.TRANSACTION_ABORTABLE,
    );
    expect((await producer.send(topic, ['a'], { partition: 1 })).errorCode).toBe(0);
    expect((await view(topic)).highWatermark).toBe(0);
  });

  it('P12: a batch that comes after the end of its transaction is refused, whatever delayed it', async () => {
    const topic = await newTopic();
    const producer = await newProducer('classic');
    await producer.add(topic);
    await producer.send(topic, ['a']);
    await producer.end('abort');
    const late = await producer.send(topic, ['late'], { baseSequence: 1 });
    expect(late.errorCode).toBe(ErrorCode.TRANSACTION_ABORTABLE);
    await broker.produce(client, topic, batchOf(['other']));
    expect((await view(topic)).values).toEqual(['other']);
  });

  it('P12: an unknown producer is INVALID_PRODUCER_ID_MAPPING, one of another epoch INVALID_PRODUCER_EPOCH', async () => {
    const topic = await newTopic();
    const producer = await newProducer();
    const { producerId } = producer;
    producer.producerId = 77_777;
    expect((await producer.send(topic, ['a'])).errorCode).toBe(ErrorCode.INVALID_PRODUCER_ID_MAPPING);
    Object.assign(producer, { producerId, producerEpoch: 9 });
    expect((await producer.send(topic, ['a'])).errorCode).toBe(ErrorCode.INVALID_PRODUCER_EPOCH);
  });

  it('P13: Produce 12 puts its partitions into the transaction, all of a request at once', async () => {
    const topic = await newTopic(3);
    const producer = await newProducer();
    await producer.send(topic, ['a'], { partition: 2 });
    await producer.send(topic, ['a'], { partition: 0 });
    const reply = await broker.settled(
      client.send(apis.describeTransactions, 0, { transactionalIds: [producer.transactionalId] }),
    );
    expect(reply.transactionStates).toMatchObject([
      { transactionState: 'Ongoing', topics: [{ topic, partitions: [2, 0] }] },
    ]);
  });

  it('KIP-890: a batch of the transaction before does not get into the next one', async () => {
    const topic = await newTopic();
    const producer = await newProducer();
    const { producerId, producerEpoch } = producer;
    await producer.send(topic, ['a']);
    await producer.end('abort');
    const next = producer.producerEpoch;
    await producer.send(topic, ['b']);
    producer.producerEpoch = producerEpoch;
    const late = await producer.send(topic, ['late'], { baseSequence: 1 });
    expect(late.errorCode).toBe(ErrorCode.INVALID_PRODUCER_EPOCH);
    Object.assign(producer, { producerId, producerEpoch: next });
    await producer.end('commit');
    expect((await view(topic)).values).toEqual(['b']);
  });

  it('T10: producers of the second protocol change their epoch 40 times, those of the first keep it', async () => {
    const topic = await newTopic();
    const [classic, second] = [await newProducer('classic'), await newProducer()];
    for (let count = 0; count < 40; count++) {
      for (const producer of [classic, second]) {
        if (producer === classic) await producer.add(topic);
        await producer.send(topic, [`${count}`]);
        expect(await producer.end('commit')).toBe(0);
      }
    }
    expect([classic.producerEpoch, second.producerEpoch]).toEqual([0, 40]);
    expect((await view(topic)).values).toHaveLength(80);
  });

  it('transaction.partition.verification.enable=false takes batches of the first protocol unseen', async () => {
    const careless = await new TestBroker({ transactionPartitionVerificationEnable: false }).start();
    const producer = new RawTransactionalProducer(careless, 'careless', 'classic');
    await careless.createTopic(producer.client, 'topic');
    await producer.init();
    expect((await producer.send('topic', ['a'])).errorCode).toBe(0);
    await careless.stop();
  });

  describe('the aborted list of a fetch', () => {
    it('corner case 26: of an empty partition is empty and not null, and null for read_uncommitted', async () => {
      const topic = await newTopic();
      expect((await view(topic)).aborted).toEqual([]);
      expect((await view(topic, { isolationLevel: 0 })).aborted).toBeNull();
    });

    it('F6, corner case 24: names the transaction although its marker lies beyond the bytes that are sent', async () => {
      const topic = await newTopic();
      const producer = await newProducer();
      for (const value of ['a', 'b', 'c']) await producer.send(topic, [value.repeat(2_000)]);
      await producer.end('abort');
      const seen = await view(topic, { partitionMaxBytes: 2_500 });
      expect(seen).toMatchObject({ position: 1, values: [], markers: [] });
      expect(seen.aborted).toEqual([{ producerId: producer.producerId, firstOffset: 0 }]);
      expect((await view(topic, { offset: 2 })).aborted).toHaveLength(1);
      expect((await view(topic, { offset: 4 })).aborted).toEqual([]);
    });

    it('corner case 25: a marker without records adds nothing, and the stable offset does not go back', async () => {
      const topic = await newTopic(2);
      const producer = await newProducer('classic');
      await broker.produce(client, topic, batchOf(['other']));
      await producer.add(topic, [0, 1]);
      await producer.send(topic, ['a'], { partition: 1 });
      const before = (await view(topic)).lastStableOffset;
      await producer.end('abort');
      expect(await view(topic)).toMatchObject({ aborted: [], values: ['other'], markers: ['abort@1'] });
      expect((await view(topic)).lastStableOffset).toBeGreaterThan(before);
      expect((await view(topic, { partition: 1 })).aborted).toHaveLength(1);
    });

    it('F6: transactions side by side are told apart', async () => {
      const topic = await newTopic();
      const [one, two] = [await newProducer(), await newProducer()];
      for (const value of ['1', '2', '3']) {
        await one.send(topic, [`one${value}`]);
        await two.send(topic, [`two${value}`]);
      }
      await one.end('abort');
      expect((await view(topic)).values).toEqual([]);
      await two.end('commit');
      expect((await view(topic)).values).toEqual(['two1', 'two2', 'two3']);
    });
  });
});
