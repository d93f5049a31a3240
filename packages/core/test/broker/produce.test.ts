import { zeroUuid } from '../../src/foundation/uuid.js';
import { apis } from '../../src/protocol/api-keys.js';
import { ErrorCode } from '../../src/protocol/errors.js';
import { RecordBatch } from '../../src/protocol/records/record-batch.js';
import type { RawClient } from '../support/raw-client.js';
import { batchOf, recordsIn, someTimeMs, valuesIn } from '../support/record-batches.js';
import { fetchOf, TestBroker } from '../support/test-broker.js';

describe('Produce', () => {
  const broker = new TestBroker();
  let client: RawClient;
  let topicCount = 0;

  beforeAll(() => broker.start());
  beforeEach(() => void (client = broker.connect()));
  afterAll(() => broker.stop());

  async function newTopic(configs: Record<string, string> = {}): Promise<string> {
    const name = `topic-${++topicCount}`;
    await broker.createTopic(client, name, 1, configs);
    return name;
  }

  async function endOffset(topic: string): Promise<number> {
    const reply = await broker.settled(
      client.send(apis.listOffsets, 7, {
        replicaId: -1,
        isolationLevel: 0,
        topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
      }),
    );
    return reply.topics[0]!.partitions[0]!.offset;
  }

  async function fetched(topic: string): Promise<Buffer | null> {
    const reply = await broker.settled(client.send(apis.fetch, 12, fetchOf(topic, 0)));
    return reply.responses[0]!.partitions[0]!.records;
  }

  it.each([-1, 1])('P3, P5: acks=%i answers with offsets that go on', async (acks) => {
    const topic = await newTopic();
    const first = await broker.produce(client, topic, batchOf(['a', 'b']), { acks });
    const second = await broker.produce(client, topic, batchOf(['c']), { acks });
    expect([first.baseOffset, second.baseOffset]).toEqual([0, 2]);
    expect(valuesIn(await fetched(topic))).toEqual(['a', 'b', 'c']);
  });

  it('P1: acks=2 is INVALID_REQUIRED_ACKS and writes nothing', async () => {
    const topic = await newTopic();
    const answer = await broker.produce(client, topic, batchOf(['a']), { acks: 2 });
    expect(answer.errorCode).toBe(ErrorCode.INVALID_REQUIRED_ACKS);
    expect(await endOffset(topic)).toBe(0);
  });

  it.each([
    ['without a transactional id', null, 11, ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED],
    // No producer of that name has found its coordinator yet.
    ['of an unheard-of coordinator', 'id', 11, ErrorCode.NOT_ENOUGH_REPLICAS],
  ])('P1, P12: a transactional batch %s is refused', async (_what, transactionalId, version, errorCode) => {
    const topic = await newTopic();
    const records = batchOf(['a'], {
      producerId: 5,
      producerEpoch: 0,
      baseSequence: 0,
      isTransactional: true,
    });
    const reply = await broker.settled(
      client.send(apis.produce, version, {
        transactionalId,
        acks: -1,
        timeoutMs: 1000,
        topicData: [{ name: topic, partitionData: [{ index: 0, records }] }],
      }),
    );
    expect(reply.responses[0]!.partitionResponses[0]!.errorCode).toBe(errorCode);
    expect(await endOffset(topic)).toBe(0);
  });

  it('P2: partitions fail by themselves', async () => {
    const topic = await newTopic();
    const reply = await broker.settled(
      client.send(apis.produce, 11, {
        acks: -1,
        timeoutMs: 1000,
        topicData: [
          { name: 'absent', partitionData: [{ index: 0, records: batchOf(['x']) }] },
          {
            name: topic,
            partitionData: [
              { index: 7, records: batchOf(['x']) },
              { index: -1, records: batchOf(['x']) },
              { index: 0, records: batchOf(['kept']) },
            ],
          },
        ],
      }),
    );
    const codes = reply.responses.map(({ partitionResponses }) =>
      partitionResponses.map(({ errorCode }) => errorCode),
    );
    expect(codes).toEqual([[3], [3, 3, 0]]);
    expect(valuesIn(await fetched(topic))).toEqual(['kept']);
    // P14: Produce never creates a topic.
    expect(await endOffset('absent')).toBe(-1);
  });

  it('P2, corner case 5: two batches for one partition are INVALID_RECORD and the log is unchanged', async () => {
    const topic = await newTopic();
    const answer = await broker.produce(client, topic, Buffer.concat([batchOf(['a']), batchOf(['b'])]));
    expect(answer.errorCode).toBe(ErrorCode.INVALID_RECORD);
    expect(answer.errorMessage).toContain('there are more');
    expect(await endOffset(topic)).toBe(0);
  });

  it.each([
    ['null', null],
    ['empty', Buffer.alloc(0)],
    ['short', Buffer.alloc(20, 2)],
    ['of format 1', Buffer.alloc(80, 1)],
  ])('P2: records that are %s are INVALID_RECORD', async (_what, records) => {
    const answer = await broker.produce(client, await newTopic(), records);
    expect(answer.errorCode).toBe(ErrorCode.INVALID_RECORD);
  });

  it('P2, KIP-110: zstd below version 7 is UNSUPPORTED_COMPRESSION_TYPE', async () => {
    const topic = await newTopic();
    const zstd = { type: 'zstd' as const, compress: (data: Buffer) => data };
    const answer = await broker.produce(client, topic, batchOf(['a'], { compressor: zstd }), { version: 6 });
    expect(answer.errorCode).toBe(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE);
  });

  it('P2: the broker keeps its own topics to itself', async () => {
    await broker.settled(client.send(apis.findCoordinator, 4, { keyType: 0, coordinatorKeys: ['g'] }));
    const answer = await broker.produce(client, '__consumer_offsets', batchOf([{ key: 'k', value: 'v' }]));
    expect(answer.errorCode).toBe(ErrorCode.INVALID_TOPIC_EXCEPTION);
  });

  it('KIP-516: version 13 finds topics by id', async () => {
    const name = `topic-${++topicCount}`;
    const topicId = await broker.createTopic(client, name);
    const send = (id: string) =>
      broker.settled(
        client.send(apis.produce, 13, {
          acks: -1,
          timeoutMs: 1000,
          topicData: [{ topicId: id, partitionData: [{ index: 0, records: batchOf(['by id']) }] }],
        }),
      );
    const [known, unknown, zero] = [
      await send(topicId),
      await send('AAAAAAAAAAAAAAAAAAAAAg'),
      await send(zeroUuid),
    ];
    expect(known.responses).toMatchObject([
      { topicId, partitionResponses: [{ errorCode: 0, baseOffset: 0 }] },
    ]);
    expect(unknown.responses[0]!.partitionResponses[0]!.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_ID);
    expect(zero.responses[0]!.partitionResponses[0]!.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_ID);
    expect(valuesIn(await fetched(name))).toEqual(['by id']);
  });

  it('L8, corner case 6: a wrong max timestamp is corrected and the CRC with it', async () => {
    const topic = await newTopic();
    const sent = batchOf(['a', { value: 'b', timestamp: someTimeMs + 5 }]);
    const lying = new RecordBatch(sent);
    sent.writeBigInt64BE(BigInt(someTimeMs + 5_000), 35);
    lying.updateCrc();
    expect((await broker.produce(client, topic, sent)).errorCode).toBe(0);
    const stored = new RecordBatch((await fetched(topic)) as Buffer);
    expect(stored.maxTimestamp).toBe(someTimeMs + 5);
    expect(stored.computeCrc()).toBe(stored.crc);
  });

  it('L8, corner case 7: on a LogAppendTime topic every record has the time of the append', async () => {
    const topic = await newTopic({ 'message.timestamp.type': 'LogAppendTime' });
    const nowMs = broker.time.clock.nowMs();
    const answer = await broker.produce(
      client,
      topic,
      batchOf(['a', { value: 'b', timestamp: someTimeMs - 99 }]),
    );
    expect(answer.logAppendTimeMs).toBe(nowMs);
    expect(recordsIn(await fetched(topic)).map(({ timestamp }) => timestamp)).toEqual([nowMs, nowMs]);
  });

  it('L11, corner case 8: a batch of exactly max.message.bytes is taken, one byte more is MESSAGE_TOO_LARGE', async () => {
    const exact = batchOf(['x'.repeat(1000)]);
    const fits = await newTopic({ 'max.message.bytes': String(exact.length) });
    const tight = await newTopic({ 'max.message.bytes': String(exact.length - 1) });
    expect((await broker.produce(client, fits, Buffer.from(exact))).errorCode).toBe(0);
    expect((await broker.produce(client, tight, Buffer.from(exact))).errorCode).toBe(
      ErrorCode.MESSAGE_TOO_LARGE,
    );
  });

  it('L7: a flipped bit is CORRUPT_MESSAGE', async () => {
    const sent = batchOf(['value']);
    sent[sent.length - 2]! ^= 1;
    expect((await broker.produce(client, await newTopic(), sent)).errorCode).toBe(ErrorCode.CORRUPT_MESSAGE);
  });

  it('L10, KIP-467: a record without a key on a compacted topic is named', async () => {
    const topic = await newTopic({ 'cleanup.policy': 'compact' });
    const answer = await broker.produce(
      client,
      topic,
      batchOf([{ key: 'k', value: 'a' }, { value: 'keyless' }]),
    );
    expect(answer.errorCode).toBe(ErrorCode.INVALID_RECORD);
    expect(answer.recordErrors.map(({ batchIndex }) => batchIndex)).toEqual([1]);
    expect(await endOffset(topic)).toBe(0);
  });

  it('P4, corner case 14: min.insync.replicas=2 does not block a topic with one replica', async () => {
    const topic = await newTopic({ 'min.insync.replicas': '2' });
    expect((await broker.produce(client, topic, batchOf(['a']))).errorCode).toBe(0);
  });

  describe('idempotence', () => {
    const sequenced = (baseSequence: number, producerEpoch = 0, value = `s${baseSequence}`) =>
      batchOf([value], { producerId: 4000, producerEpoch, baseSequence });

    it('P7, corner cases 9 and 10: the last five batches are known again, also after a restart; the sixth is not', async () => {
      const topic = await newTopic();
      for (let sequence = 0; sequence < 6; sequence++) {
        expect(await broker.produce(client, topic, sequenced(sequence))).toMatchObject({
          errorCode: 0,
          baseOffset: sequence,
        });
      }
      expect(await broker.produce(client, topic, sequenced(1))).toMatchObject({
        errorCode: 0,
        baseOffset: 1,
      });
      expect((await broker.produce(client, topic, sequenced(0))).errorCode).toBe(
        ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
      );
      expect(await endOffset(topic)).toBe(6);
      await broker.restart();
      client = broker.connect();
      expect(await broker.produce(client, topic, sequenced(5))).toMatchObject({
        errorCode: 0,
        baseOffset: 5,
      });
      expect(await endOffset(topic)).toBe(6);
    });

    it('P8, corner case 12: a new producer may start anywhere; corner case 11: sequences wrap', async () => {
      const topic = await newTopic();
      expect((await broker.produce(client, topic, sequenced(7))).errorCode).toBe(0);
      const wrapping = await newTopic();
      expect((await broker.produce(client, wrapping, sequenced(2_147_483_647))).errorCode).toBe(0);
      expect(await broker.produce(client, wrapping, sequenced(0))).toMatchObject({
        errorCode: 0,
        baseOffset: 1,
      });
    });

    it('P8, corner case 13: a higher epoch starts at 0, a lower one is refused', async () => {
      const topic = await newTopic();
      await broker.produce(client, topic, sequenced(0, 1));
      expect((await broker.produce(client, topic, sequenced(1, 2))).errorCode).toBe(
        ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
      );
      expect((await broker.produce(client, topic, sequenced(1, 0))).errorCode).toBe(
        ErrorCode.INVALID_PRODUCER_EPOCH,
      );
      expect((await broker.produce(client, topic, sequenced(0, 2))).errorCode).toBe(0);
    });

    it('T3: producer ids are never given twice, not even over a restart', async () => {
      const ids = new Set<number>();
      const take = async (): Promise<void> => {
        const reply = await broker.settled(
          client.send(apis.initProducerId, 4, { transactionalId: null, transactionTimeoutMs: 1000 }),
        );
        expect(reply).toMatchObject({ errorCode: 0, producerEpoch: 0 });
        expect(ids).not.toContain(reply.producerId);
        ids.add(reply.producerId);
      };
      await Promise.all([take(), take(), take()]);
      await broker.restart();
      client = broker.connect();
      await take();
      expect(ids.size).toBe(4);
    });

    it.each([
      ['an empty transactional id', { transactionalId: '' }, ErrorCode.INVALID_REQUEST],
      ['a transactional id before FindCoordinator', { transactionalId: 'tx' }, ErrorCode.NOT_COORDINATOR],
      ['an id without an epoch', { transactionalId: null, producerId: 5 }, ErrorCode.INVALID_REQUEST],
    ])('InitProducerId with %s is refused', async (_what, request, errorCode) => {
      const reply = await broker.settled(
        client.send(apis.initProducerId, 4, { transactionTimeoutMs: 1000, ...request }),
      );
      expect(reply).toMatchObject({ errorCode, producerId: -1 });
    });
  });
});
