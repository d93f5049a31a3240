import { CorruptRecordError } from '../../../src/protocol/records/corrupt-record-error.js';
import { RecordBatchBuilder } from '../../../src/protocol/records/record-batch-builder.js';
import {
  batchesOf,
  decrementSequence,
  headerField,
  incrementSequence,
  RecordBatch,
  validateBatchStructure,
} from '../../../src/protocol/records/record-batch.js';
import { RecordCursor } from '../../../src/protocol/records/record-reader.js';
import { expansion } from './describe-batches.js';

function someBatch(values: readonly string[] = ['a', 'b', 'c']): Buffer {
  const builder = new RecordBatchBuilder({ batchSizeBytes: 10_000 });
  values.forEach((value, index) => builder.tryAppend(1000 + index, 'k', value));
  return Buffer.from(builder.close({ producerId: 7, producerEpoch: 2, baseSequence: 0x7fff_fffe }));
}

describe('RecordBatch', () => {
  test('takes base offset and leader epoch without a new checksum (L1)', () => {
    const batch = new RecordBatch(someBatch());
    const { crc } = batch;
    batch.setBaseOffset(2 ** 40 + 3);
    batch.setPartitionLeaderEpoch(77);
    expect(batch.isValidCrc()).toBe(true);
    expect(batch).toMatchObject({
      crc,
      baseOffset: 2 ** 40 + 3,
      lastOffset: 2 ** 40 + 5,
      nextOffset: 2 ** 40 + 6,
      partitionLeaderEpoch: 77,
    });
    batch.setLastOffset(12);
    expect(batch.baseOffset).toBe(10);
  });

  test('any other changed byte breaks the checksum (L1)', () => {
    const bytes = someBatch();
    for (let at = headerField.crc; at < bytes.length; at++) {
      const damaged = Buffer.from(bytes);
      damaged[at]! ^= 0x10;
      expect(new RecordBatch(damaged).isValidCrc()).toBe(false);
    }
  });

  test('turned to LogAppendTime gives every record the batch time, and back (L8)', () => {
    const batch = new RecordBatch(someBatch());
    batch.setMaxTimestamp('LogAppendTime', 99_999);
    expect(batch.isValidCrc()).toBe(false);
    batch.updateCrc();
    expect(batch.isValidCrc()).toBe(true);
    const timestamps = () => {
      const cursor = new RecordCursor(batch, expansion);
      const found: number[] = [];
      while (cursor.next()) found.push(cursor.timestamp);
      return found;
    };
    expect(batch.timestampType).toBe('LogAppendTime');
    expect(timestamps()).toEqual([99_999, 99_999, 99_999]);
    batch.setMaxTimestamp('CreateTime', 1002);
    expect(batch.timestampType).toBe('CreateTime');
    expect(timestamps()).toEqual([1000, 1001, 1002]);
  });

  test('sequences wrap from 2^31-1 to 0, and back (L4)', () => {
    const batch = new RecordBatch(someBatch());
    expect(batch).toMatchObject({ baseSequence: 0x7fff_fffe, lastSequence: 0 });
    expect(incrementSequence(0x7fff_ffff, 1)).toBe(0);
    expect(incrementSequence(5, 10)).toBe(15);
    expect(decrementSequence(0, 1)).toBe(0x7fff_ffff);
    expect(decrementSequence(incrementSequence(0x7fff_fff0, 100), 100)).toBe(0x7fff_fff0);
  });

  test('takes a producer for a retry', () => {
    const batch = new RecordBatch(someBatch());
    batch.setProducerState(2 ** 35, 9, 42);
    batch.updateCrc();
    expect(batch).toMatchObject({
      producerId: 2 ** 35,
      producerEpoch: 9,
      baseSequence: 42,
      lastSequence: 44,
      hasProducerId: true,
    });
    expect(batch.isValidCrc()).toBe(true);
  });
});

describe('batches in a buffer', () => {
  const first = someBatch(['one']);
  const second = someBatch(['two', 'three']);
  const both = Buffer.concat([first, second]);

  test('come one after another, as views', () => {
    const batches = [...batchesOf(both)];
    expect(batches.map(({ start, end }) => [start, end])).toEqual([
      [0, first.length],
      [first.length, both.length],
    ]);
    expect(batches[1]?.bytes.buffer).toBe(both.buffer);
  });

  test('end before one that is cut off, wherever the cut is (F2)', () => {
    for (let length = first.length; length < both.length; length++) {
      expect([...batchesOf(both.subarray(0, length))]).toHaveLength(1);
      expect(validateBatchStructure(both.subarray(0, length), first.length).kind).toBe('partial');
    }
    expect([...batchesOf(Buffer.alloc(0))]).toHaveLength(0);
  });

  test.each([
    ['magic 1', (bytes: Buffer) => bytes.writeInt8(1, headerField.magic)],
    ['a length below the header', (bytes: Buffer) => bytes.writeInt32BE(48, headerField.batchLength)],
    ['a negative length', (bytes: Buffer) => bytes.writeInt32BE(-1, headerField.batchLength)],
    ['a negative record count', (bytes: Buffer) => bytes.writeInt32BE(-1, headerField.recordCount)],
    ['a negative last offset delta', (bytes: Buffer) => bytes.writeInt32BE(-1, headerField.lastOffsetDelta)],
    ['codec 5', (bytes: Buffer) => bytes.writeInt16BE(5, headerField.attributes)],
  ])('are corrupt with %s', (_name, damage) => {
    const bytes = Buffer.from(both);
    damage(bytes.subarray(first.length));
    const structure = validateBatchStructure(bytes, first.length);
    expect(structure.kind).toBe('corrupt');
    expect(() => [...batchesOf(bytes)]).toThrow(CorruptRecordError);
  });
});
