// Corner cases 5 to 8 and 10 to 14: what a partition takes and refuses, on any cluster.
import { ErrorCode } from '../../src/protocol/errors.js';
import { RecordBatch } from '../../src/protocol/records/record-batch.js';
import { recordsIn } from '../support/record-batches.js';
import { CornerCluster, recentBatch } from './corner-cluster.js';

describe('produce', () => {
  let world: CornerCluster;
  beforeAll(async () => void (world = await CornerCluster.start()));
  afterAll(() => world.close());

  it('corner case 5: two batches for one partition are 87, and the log is unchanged', async () => {
    const { name } = await world.topic();
    const two = Buffer.concat([recentBatch(['a']), recentBatch(['b'])]);
    expect((await world.produce(name, two)).errorCode).toBe(ErrorCode.INVALID_RECORD);
    expect(await world.endOffset(name)).toBe(0);
    expect(await world.produce(name, recentBatch(['c']))).toMatchObject({ errorCode: 0, baseOffset: 0 });
  });

  it('corner case 6: a wrong largest timestamp is corrected, and the checksum with it', async () => {
    const { name } = await world.topic();
    const timestamp = Date.now();
    const sent = recentBatch([{ value: 'a', timestamp }]);
    const lying = new RecordBatch(sent);
    sent.writeBigInt64BE(BigInt(timestamp + 5_000), 35);
    lying.updateCrc();
    expect((await world.produce(name, sent)).errorCode).toBe(0);
    const stored = new RecordBatch((await world.fetch(name, 0)).records!);
    expect(stored.maxTimestamp).toBe(timestamp);
    expect(stored.isValidCrc()).toBe(true);
    expect((await world.listOffset(name, timestamp + 1)).offset).toBe(-1);
  });

  it('corner case 7: on a LogAppendTime topic all records of a batch have one time', async () => {
    const { name } = await world.topic({ 'message.timestamp.type': 'LogAppendTime' });
    const old = Date.now() - 50_000;
    const sent = recentBatch([
      { value: 'a', timestamp: old },
      { value: 'b', timestamp: old + 9 },
    ]);
    const { errorCode, logAppendTimeMs } = await world.produce(name, sent);
    expect(errorCode).toBe(0);
    expect(logAppendTimeMs).toBeGreaterThan(old + 9);
    const times = recordsIn((await world.fetch(name, 0)).records).map(({ timestamp }) => timestamp);
    expect(times).toEqual([logAppendTimeMs, logAppendTimeMs]);
  });

  it('corner case 8: a batch of exactly max.message.bytes is taken, one byte more is 10', async () => {
    const exact = recentBatch(['x'.repeat(1_000)]);
    const { name } = await world.topic({ 'max.message.bytes': String(exact.length) });
    expect((await world.produce(name, exact)).errorCode).toBe(0);
    const larger = recentBatch(['x'.repeat(1_001)]);
    expect(larger).toHaveLength(exact.length + 1);
    expect((await world.produce(name, larger)).errorCode).toBe(ErrorCode.MESSAGE_TOO_LARGE);
    expect(await world.endOffset(name)).toBe(1);
  });

  /** A producer id that no coordinator gave: a partition takes any. */
  const sequenced = (baseSequence: number, producerEpoch = 0, ...values: string[]) =>
    recentBatch(values.length === 0 ? ['a'] : values, { producerId: 4_000, producerEpoch, baseSequence });

  it('corner case 10: the last five batches are known again, the sixth-last is 45', async () => {
    const { name } = await world.topic();
    const batches = [0, 1, 2, 3, 4, 5].map((sequence) => sequenced(sequence));
    for (const [baseOffset, batch] of batches.entries())
      expect(await world.produce(name, batch)).toMatchObject({ errorCode: 0, baseOffset });
    for (const baseOffset of [5, 1])
      expect(await world.produce(name, batches[baseOffset]!)).toMatchObject({ errorCode: 0, baseOffset });
    expect((await world.produce(name, batches[0]!)).errorCode).toBe(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER);
    expect(await world.endOffset(name)).toBe(6);
  });

  it('corner case 11: a sequence wraps from 2147483647 to 0, within a batch and between two', async () => {
    const { name } = await world.topic();
    expect((await world.produce(name, sequenced(2_147_483_646))).errorCode).toBe(0);
    expect((await world.produce(name, sequenced(2_147_483_647, 0, 'last', 'first'))).errorCode).toBe(0);
    expect(await world.produce(name, sequenced(1))).toMatchObject({ errorCode: 0, baseOffset: 3 });
    const { name: between } = await world.topic();
    expect((await world.produce(between, sequenced(2_147_483_647))).errorCode).toBe(0);
    expect(await world.produce(between, sequenced(0))).toMatchObject({ errorCode: 0, baseOffset: 1 });
  });

  it('corner case 12: a new producer that starts at sequence 7 is taken', async () => {
    const { name } = await world.topic();
    expect(await world.produce(name, sequenced(7))).toMatchObject({ errorCode: 0, baseOffset: 0 });
    expect((await world.produce(name, sequenced(9))).errorCode).toBe(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER);
  });

  it('corner case 13: the next epoch starting at 1 is 45, a lower one is 47', async () => {
    const { name } = await world.topic();
    expect((await world.produce(name, sequenced(0, 4))).errorCode).toBe(0);
    expect((await world.produce(name, sequenced(1, 5))).errorCode).toBe(
      ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
    );
    expect((await world.produce(name, sequenced(1, 3))).errorCode).toBe(ErrorCode.INVALID_PRODUCER_EPOCH);
    expect((await world.produce(name, sequenced(0, 5))).errorCode).toBe(0);
    expect(await world.endOffset(name)).toBe(2);
  });

  it('corner case 14: min.insync.replicas=2 does not block acks=all on a topic of one replica', async () => {
    const { name } = await world.topic({ 'min.insync.replicas': '2' });
    expect(await world.produce(name, recentBatch(['a']))).toMatchObject({ errorCode: 0, baseOffset: 0 });
  });
});
