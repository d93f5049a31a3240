import * as fc from 'fast-check';

import { createCompressors } from '../../../src/io/compression/compressors.js';
import { RecordBatchBuilder } from '../../../src/protocol/records/record-batch-builder.js';
import { batchHeaderBytes, RecordBatch } from '../../../src/protocol/records/record-batch.js';
import { RecordCursor } from '../../../src/protocol/records/record-reader.js';
import { scanRecords } from '../../../src/protocol/records/record-scan.js';
import {
  maxSizeOfRecord,
  sizeOfRecord,
  type RecordBytes,
} from '../../../src/protocol/records/record-size.js';
import { assertSeeded } from '../support/seeded.js';
import { expansion } from './describe-batches.js';

const file = 'packages/core/test/protocol/records/record-batch-builder';
const hex = (input: RecordBytes) => (input === null ? null : Buffer.from(input as string).toString('hex'));

const text = fc
  .tuple(fc.constantFrom('a', 'ü', '€', '🚀', 'a\ud800', 'ab\udc00€'), fc.integer({ min: 0, max: 6_000 }))
  .map(([unit, count]) => unit.repeat(count));
const shortText = fc.string({ unit: 'binary', maxLength: 70 });
const bytes = fc.uint8Array({ maxLength: 150 }).map((array) => Buffer.from(array));
const content = fc.oneof(fc.constant(null), shortText, text, bytes);
const record = fc.record({
  timestamp: fc.oneof(fc.constant(1_700_000_000_000), fc.integer({ min: 0, max: 2 ** 45 })),
  key: content,
  value: content,
  headers: fc.oneof(
    fc.constant(undefined),
    fc.array(fc.record({ key: shortText, value: content }), { maxLength: 4 }),
  ),
});

describe('RecordBatchBuilder (L3)', () => {
  test('writes what the reader reads: any text, bytes, nulls, headers and timestamps', () => {
    assertSeeded(
      fc.property(
        fc.array(record, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 0, max: 200 }),
        (records, capacity) => {
          // A buffer far too small makes it grow in the middle of records.
          const builder = new RecordBatchBuilder({
            batchSizeBytes: 2 ** 24,
            buffer: Buffer.alloc(batchHeaderBytes + capacity),
          });
          for (const { timestamp, key, value, headers } of records) {
            expect(builder.tryAppend(timestamp, key, value, headers)).toBe(true);
          }
          const { sizeInBytes } = builder;
          const batch = new RecordBatch(builder.close());
          expect(batch.buffer).toHaveLength(sizeInBytes);
          expect(batch.isValidCrc()).toBe(true);
          expect(batch.maxTimestamp).toBe(Math.max(...records.map(({ timestamp }) => timestamp)));
          const cursor = new RecordCursor(batch, expansion);
          for (const [offset, expected] of records.entries()) {
            expect(cursor.next()).toBe(true);
            expect([cursor.offset, cursor.timestamp]).toEqual([offset, expected.timestamp]);
            expect(hex(cursor.key)).toBe(hex(expected.key));
            expect(hex(cursor.value)).toBe(hex(expected.value));
            const headers = (expected.headers ?? []).map(({ key, value }) => [
              Buffer.from(key).toString(),
              hex(value),
            ]);
            expect(cursor.headers.map(({ key, value }) => [key, hex(value)])).toEqual(headers);
          }
          expect(cursor.next()).toBe(false);
          expect(scanRecords(batch.buffer, batchHeaderBytes, batch.end, batch)).toMatchObject({
            kind: 'valid',
            offsetsAreConsecutive: true,
            minTimestamp: Math.min(...records.map(({ timestamp }) => timestamp)),
          });
        },
      ),
      150,
      file,
    );
  });

  test('measures a record exactly, and bounds it', () => {
    assertSeeded(
      fc.property(record, record, (first, { timestamp, key, value, headers }) => {
        const builder = new RecordBatchBuilder({ batchSizeBytes: 2 ** 24 });
        builder.tryAppend(first.timestamp, first.key, first.value, first.headers);
        const before = builder.sizeInBytes;
        builder.tryAppend(timestamp, key, value, headers);
        const size = sizeOfRecord(timestamp - first.timestamp, 1, key, value, headers);
        expect(builder.sizeInBytes - before).toBe(size);
        expect(maxSizeOfRecord(key, value, headers)).toBeGreaterThanOrEqual(size);
      }),
      150,
      file,
    );
  });

  test('is filled to the last byte of its size, and not past it', () => {
    assertSeeded(
      fc.property(shortText, fc.integer({ min: 100, max: 5_000 }), (value, batchSizeBytes) => {
        const builder = new RecordBatchBuilder({ batchSizeBytes });
        builder.tryAppend(1, null, value);
        while (builder.tryAppend(1, null, value));
        expect(builder.recordCount === 1 || builder.sizeInBytes <= batchSizeBytes).toBe(true);
        expect(
          builder.sizeInBytes + sizeOfRecord(0, builder.recordCount, null, value, undefined),
        ).toBeGreaterThan(batchSizeBytes);
      }),
      100,
      file,
    );
  });

  test('takes a first record of any size, then is full', () => {
    const builder = new RecordBatchBuilder({ batchSizeBytes: 100 });
    expect(builder.isFull).toBe(false);
    expect(builder.tryAppend(1, null, 'x'.repeat(5_000))).toBe(true);
    expect(builder.isFull).toBe(true);
    expect(builder.tryAppend(1, null, '')).toBe(false);
    expect(new RecordBatch(builder.close()).recordCount).toBe(1);
    expect(builder.tryAppend(1, null, '')).toBe(false);
  });

  test('writes into the buffer it is given while that is large enough', () => {
    const buffer = Buffer.alloc(500);
    const builder = new RecordBatchBuilder({ batchSizeBytes: 500, buffer });
    builder.tryAppend(1, 'k', 'v');
    expect(builder.close().buffer).toBe(buffer.buffer);
    expect(builder.buffer).toBe(buffer);
  });

  test('takes more records when they are expected to compress', () => {
    const fill = (compressionRatio: number) => {
      const builder = new RecordBatchBuilder({ batchSizeBytes: 10_000, compressionRatio });
      while (builder.tryAppend(1, null, 'abcdefgh'.repeat(10)));
      return builder;
    };
    const halved = fill(0.5);
    expect(halved.recordCount / fill(1).recordCount).toBeCloseTo(1 / 0.525, 1);
    expect(halved.estimatedSizeBytes).toBeLessThanOrEqual(10_000);
  });

  test.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)(
    'compresses the records with %s, even when they grow',
    (type) => {
      const compressor = createCompressors().get(type);
      for (const value of ['text '.repeat(1000), 'x']) {
        const builder = new RecordBatchBuilder({ batchSizeBytes: 100 });
        builder.tryAppend(5, 'key', value);
        const batch = new RecordBatch(builder.close({ compressor }));
        expect(batch).toMatchObject({
          compressionType: type,
          recordCount: 1,
          sizeBytes: batch.buffer.length,
        });
        expect(batch.isValidCrc()).toBe(true);
        const cursor = new RecordCursor(batch, expansion);
        expect(cursor.next()).toBe(true);
        expect([cursor.keyText, cursor.valueText]).toEqual(['key', value]);
        expect(cursor.next()).toBe(false);
      }
    },
  );

  test('keeps a last offset behind its last record (L29)', () => {
    const builder = new RecordBatchBuilder({ batchSizeBytes: 100, baseOffset: 10 });
    builder.appendWithOffset(12, 1, 'k', 'v');
    expect(() => builder.appendWithOffset(12, 1, 'k', 'v')).toThrow('does not follow');
    const batch = new RecordBatch(builder.close({ lastOffset: 20 }));
    expect([batch.baseOffset, batch.lastOffset, batch.recordCount]).toEqual([10, 20, 1]);
  });

  test('is closed once, with a record', () => {
    expect(() => new RecordBatchBuilder({ batchSizeBytes: 100 }).close()).toThrow('at least one record');
    const builder = new RecordBatchBuilder({ batchSizeBytes: 100 });
    builder.tryAppend(1, null, null);
    builder.close();
    expect(() => builder.close()).toThrow('closed once');
  });
});
