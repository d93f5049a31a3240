import { createCompressors } from '../../src/io/compression/compressors.js';
import type { CompressionType } from '../../src/ports/compressor.js';
import { apis } from '../../src/protocol/api-keys.js';
import { ErrorCode } from '../../src/protocol/errors.js';
import { RecordBatch } from '../../src/protocol/records/record-batch.js';
import type { BatchCloseOptions } from '../../src/protocol/records/record-batch-builder.js';
import type { RawClient } from '../support/raw-client.js';
import { batchOf, recordsIn, someTimeMs, valuesIn } from '../support/record-batches.js';
import { fetchOf, TestBroker } from '../support/test-broker.js';

const compressors = createCompressors();
const codecs: readonly CompressionType[] = ['gzip', 'snappy', 'lz4', 'zstd'];

function compressedBy(type: CompressionType): BatchCloseOptions {
  return type === 'none' ? {} : { compressor: compressors.get(type) };
}

describe('Produce, rule by rule', () => {
  const broker = new TestBroker();
  let client: RawClient;
  let topicCount = 0;

  beforeAll(() => broker.start());
  beforeEach(() => void (client = broker.connect()));
  afterAll(() => broker.stop());

  async function newTopic(configs: Record<string, string> = {}, partitions = 1): Promise<string> {
    const name = `topic-${++topicCount}`;
    await broker.createTopic(client, name, partitions, configs);
    return name;
  }

  async function fetched(topic: string): Promise<Buffer> {
    const reply = await broker.settled(client.send(apis.fetch, 12, fetchOf(topic, 0)));
    return reply.responses[0]!.partitions[0]!.records ?? Buffer.alloc(0);
  }

  interface PartitionToSend {
    readonly topic: string;
    readonly index: number;
    readonly records: Buffer | null;
  }

  /** The error codes, one for each partition in the order in which they were sent. */
  async function codesOf(
    partitions: readonly PartitionToSend[],
    { acks = -1, version = 9, transactionalId = null as string | null } = {},
  ): Promise<number[]> {
    const topicData = partitions.map(({ topic, index, records }) => ({
      name: topic,
      partitionData: [{ index, records }],
    }));
    const reply = await broker.settled(
      client.send(apis.produce, version, { transactionalId, acks, timeoutMs: 1000, topicData }),
    );
    return reply.responses.map(({ partitionResponses }) => partitionResponses[0]!.errorCode);
  }

  const transactional = (producerId: number) =>
    batchOf(['t'], { producerId, producerEpoch: 0, baseSequence: 0, isTransactional: true });

  it('P1: the whole request fails before any partition is looked at: 53, then 21, then 49', async () => {
    const topic = await newTopic();
    const mixed = [1, 2].map((producerId) => ({ topic, index: 0, records: transactional(producerId) }));
    const others = [
      { topic: 'absent', index: 0, records: null },
      { topic, index: 0, records: batchOf(['plain']) },
    ];
    const all = (code: number) => [code, code, code, code];
    const send = (acks: number, transactionalId: string | null) =>
      codesOf([...mixed, ...others], { acks, transactionalId });
    expect(await send(5, null)).toEqual(all(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED));
    expect(await send(-2, 'id')).toEqual(all(ErrorCode.INVALID_REQUIRED_ACKS));
    expect(await send(1, 'id')).toEqual(all(ErrorCode.INVALID_PRODUCER_ID_MAPPING));
    expect(await fetched(topic)).toHaveLength(0);
  });

  it('P2: of several faults the first in order counts: existence, form, codec, the own topic, the log', async () => {
    await broker.settled(client.send(apis.findCoordinator, 4, { keyType: 0, coordinatorKeys: ['g'] }));
    const own = '__consumer_offsets';
    const topic = await newTopic();
    const broken = batchOf(['b']);
    broken[broken.length - 1]! ^= 1;
    const two = Buffer.concat([batchOf(['1']), batchOf(['2'])]);
    const old = batchOf(['old']);
    old[16] = 1;
    const zstd = batchOf(['z'], compressedBy('zstd'));
    const cases: [PartitionToSend, number][] = [
      [{ topic: 'absent', index: 0, records: two }, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
      [{ topic: own, index: 99, records: null }, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
      [{ topic: own, index: 0, records: null }, ErrorCode.INVALID_RECORD],
      [{ topic: own, index: 0, records: two }, ErrorCode.INVALID_RECORD],
      [{ topic: own, index: 0, records: old }, ErrorCode.INVALID_RECORD],
      [{ topic: own, index: 0, records: Buffer.from(zstd) }, ErrorCode.UNSUPPORTED_COMPRESSION_TYPE],
      [{ topic: own, index: 0, records: Buffer.from(broken) }, ErrorCode.INVALID_TOPIC_EXCEPTION],
      [{ topic, index: 0, records: Buffer.from(broken) }, ErrorCode.CORRUPT_MESSAGE],
      [{ topic, index: 0, records: batchOf(['fine']) }, ErrorCode.NONE],
    ];
    const codes = await codesOf(
      cases.map(([partition]) => partition),
      { version: 6 },
    );
    expect(codes).toEqual(cases.map(([, code]) => code));
    expect(valuesIn(await fetched(topic))).toEqual(['fine']);
  });

  it('P2: the admin client may write to the own topics', async () => {
    const admin = broker.connect('__admin_client');
    await broker.settled(admin.send(apis.findCoordinator, 4, { keyType: 0, coordinatorKeys: ['g'] }));
    const answer = await broker.produce(admin, '__consumer_offsets', batchOf([{ key: 'k', value: 'v' }]));
    expect(answer.errorCode).toBe(0);
  });

  it('P2: partitions of one topic fail and succeed by themselves, each in its place', async () => {
    const topic = await newTopic({}, 4);
    const partition = (index: number, records: Buffer | null) => ({ topic, index, records });
    const late = batchOf(['late'], { producerId: 9, producerEpoch: 0, baseSequence: 5 });
    await codesOf([partition(2, batchOf(['early'], { producerId: 9, producerEpoch: 0, baseSequence: 0 }))]);
    const codes = await codesOf([
      partition(0, batchOf(['zero'])),
      partition(1, Buffer.from('rubbish')),
      partition(2, late),
      partition(3, batchOf(['three'])),
      partition(4, batchOf(['four'])),
    ]);
    expect(codes).toEqual([
      0,
      ErrorCode.INVALID_RECORD,
      ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
      0,
      ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    ]);
  });

  it('P3: what acks=1 and acks=-1 acknowledged is there after kill -9', async () => {
    const topic = await newTopic();
    await broker.produce(client, topic, batchOf(['one']), { acks: 1 });
    await broker.produce(client, topic, batchOf(['all']), { acks: -1 });
    await broker.kill();
    client = broker.connect();
    expect(valuesIn(await fetched(topic))).toEqual(['one', 'all']);
  });

  describe('P6, P7, P11: deduplication over restarts', () => {
    const batch = (sequence: number) =>
      batchOf([`s${sequence}`], { producerId: 77, producerEpoch: 3, baseSequence: sequence });

    async function sixBatches(): Promise<string> {
      const topic = await newTopic();
      for (let sequence = 0; sequence < 6; sequence++) {
        const answer = await broker.produce(client, topic, batch(sequence));
        expect(answer).toMatchObject({ errorCode: 0, baseOffset: sequence });
      }
      return topic;
    }

    async function sentAgain(topic: string): Promise<[code: number, offset: number][]> {
      const answers: [number, number][] = [];
      for (let sequence = 0; sequence < 6; sequence++) {
        const { errorCode, baseOffset } = await broker.produce(client, topic, batch(sequence));
        answers.push([errorCode, baseOffset]);
      }
      return answers;
    }

    const refused: [number, number] = [ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, -1];
    const known = (sequence: number): [number, number] => [0, sequence];

    it('without a restart the last five are known, the sixth-last is out of order', async () => {
      const topic = await sixBatches();
      expect(await sentAgain(topic)).toEqual([refused, ...[1, 2, 3, 4, 5].map(known)]);
      expect(recordsIn(await fetched(topic))).toHaveLength(6);
    });

    it('after kill -9 the log is read again: the last five are known', async () => {
      const topic = await sixBatches();
      await broker.kill();
      client = broker.connect();
      expect(await sentAgain(topic)).toEqual([refused, ...[1, 2, 3, 4, 5].map(known)]);
      expect(recordsIn(await fetched(topic))).toHaveLength(6);
    });

    it('after an orderly restart the snapshot knows the newest one, and the sequence goes on', async () => {
      const topic = await sixBatches();
      await broker.restart();
      client = broker.connect();
      expect(await sentAgain(topic)).toEqual([refused, refused, refused, refused, refused, known(5)]);
      expect(await broker.produce(client, topic, batch(6))).toMatchObject({ errorCode: 0, baseOffset: 6 });
    });
  });

  it('P8: the epoch that fences outlives a restart', async () => {
    const topic = await newTopic();
    const of = (producerEpoch: number, baseSequence: number) =>
      batchOf(['e'], { producerId: 5, producerEpoch, baseSequence });
    await broker.produce(client, topic, of(2, 0));
    for (const crash of [() => broker.restart(), () => broker.kill()]) {
      await crash();
      client = broker.connect();
      expect((await broker.produce(client, topic, of(1, 1))).errorCode).toBe(
        ErrorCode.INVALID_PRODUCER_EPOCH,
      );
    }
    expect((await broker.produce(client, topic, of(2, 1))).errorCode).toBe(0);
  });

  it('P10: moving the log start forgets no producer', async () => {
    const topic = await newTopic();
    const batch = () => batchOf(['gone'], { producerId: 41, producerEpoch: 0, baseSequence: 0 });
    await broker.produce(client, topic, batch());
    const deleted = await broker.settled(
      client.send(apis.deleteRecords, 2, {
        topics: [{ name: topic, partitions: [{ partitionIndex: 0, offset: -1 }] }],
        timeoutMs: 1000,
      }),
    );
    expect(deleted.topics[0]!.partitions[0]).toMatchObject({ errorCode: 0, lowWatermark: 1 });
    expect(await broker.produce(client, topic, batch())).toMatchObject({ errorCode: 0, baseOffset: 0 });
  });

  describe('L9: compression.type of the topic', () => {
    const records = [
      { key: 'a', value: 'x'.repeat(200) },
      { key: null, value: null, timestamp: someTimeMs + 40 },
      { key: 'c', value: 'y'.repeat(300), timestamp: someTimeMs + 7 },
    ];
    const producer = { producerId: 8, producerEpoch: 1, baseSequence: 4 };

    it.each([
      ...codecs.map((to): [CompressionType, CompressionType] => ['none', to]),
      ...codecs.map((from): [CompressionType, CompressionType] => [from, 'none']),
      ['gzip', 'zstd'] as [CompressionType, CompressionType],
      ['lz4', 'lz4'] as [CompressionType, CompressionType],
    ])('%s is kept as %s, with the same records, producer and a right checksum', async (from, to) => {
      const topic = await newTopic({ 'compression.type': to === 'none' ? 'uncompressed' : to });
      const send = () =>
        broker.produce(client, topic, batchOf(records, { ...producer, ...compressedBy(from) }));
      expect(await send()).toMatchObject({ errorCode: 0, baseOffset: 0 });
      const stored = new RecordBatch(await fetched(topic));
      expect(stored.compressionType).toBe(to);
      expect(stored).toMatchObject({ ...producer, maxTimestamp: someTimeMs + 40, lastOffset: 2 });
      expect(stored.computeCrc()).toBe(stored.crc);
      expect(recordsIn(stored.bytes)).toEqual(
        records.map(({ timestamp = someTimeMs, ...rest }, offset) => ({ offset, timestamp, ...rest })),
      );
      expect(await send()).toMatchObject({ errorCode: 0, baseOffset: 0 });
    });

    it.each(codecs)('producer: %s stays as it came, byte for byte', async (from) => {
      const topic = await newTopic();
      const sent = batchOf(records, compressedBy(from));
      await broker.produce(client, topic, Buffer.from(sent));
      const stored = await fetched(topic);
      expect(stored.subarray(21).equals(sent.subarray(21))).toBe(true);
    });

    it('L8: recompressed and with LogAppendTime, every record has the time of the append', async () => {
      const topic = await newTopic({ 'compression.type': 'gzip', 'message.timestamp.type': 'LogAppendTime' });
      const nowMs = broker.time.clock.nowMs();
      const answer = await broker.produce(client, topic, batchOf(records, compressedBy('snappy')));
      expect(answer).toMatchObject({ errorCode: 0, logAppendTimeMs: nowMs });
      const stored = await fetched(topic);
      expect(new RecordBatch(stored)).toMatchObject({
        compressionType: 'gzip',
        timestampType: 'LogAppendTime',
      });
      expect(new Set(recordsIn(stored).map(({ timestamp }) => timestamp))).toEqual(new Set([nowMs]));
    });

    it('L11: a batch that recompression makes too large is MESSAGE_TOO_LARGE, and nothing is written', async () => {
      const topic = await newTopic({ 'compression.type': 'uncompressed', 'max.message.bytes': '1000' });
      const large = batchOf([{ key: 'k', value: 'z'.repeat(5000) }], compressedBy('gzip'));
      expect(large.length).toBeLessThan(1000);
      const answer = await broker.produce(client, topic, large);
      expect(answer.errorCode).toBe(ErrorCode.MESSAGE_TOO_LARGE);
      expect(await fetched(topic)).toHaveLength(0);
    });
  });

  it('P5: LogAppendTime of a repeated batch is that of the first time', async () => {
    const topic = await newTopic({ 'message.timestamp.type': 'LogAppendTime' });
    const batch = () => batchOf(['d'], { producerId: 3, producerEpoch: 0, baseSequence: 0 });
    const first = await broker.produce(client, topic, batch());
    await broker.time.advance(1000);
    const again = await broker.produce(client, topic, batch());
    expect(again).toMatchObject({ errorCode: 0, baseOffset: 0, logAppendTimeMs: first.logAppendTimeMs });
  });
});

describe('Produce and time', () => {
  const broker = new TestBroker({ producerIdExpirationMs: 1_200_000, connectionsMaxIdleMs: -1 });
  beforeAll(() => broker.start());
  afterAll(() => broker.stop());

  it('P10: a producer that is silent for producer.id.expiration.ms is forgotten, not before', async () => {
    const client = broker.connect();
    const topic = 'silent';
    await broker.createTopic(client, topic);
    const send = (baseSequence: number, producerId = 31) =>
      broker.produce(
        client,
        topic,
        batchOf([{ value: 'p', timestamp: broker.time.clock.nowMs() }], {
          producerId,
          producerEpoch: 0,
          baseSequence,
        }),
      );
    expect((await send(0)).errorCode).toBe(0);
    await broker.time.advance(1_199_000);
    await send(0, 32);
    expect((await send(9)).errorCode).toBe(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER);
    await broker.time.advance(700_000);
    await send(1, 32);
    expect((await send(9)).errorCode).toBe(0);
  });
});
