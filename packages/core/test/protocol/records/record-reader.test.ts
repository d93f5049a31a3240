import * as fc from 'fast-check';

import { CompressionError } from '../../../src/foundation/compression-error.js';
import { createCompressors } from '../../../src/io/compression/compressors.js';
import { CorruptRecordError } from '../../../src/protocol/records/corrupt-record-error.js';
import { RecordBatchBuilder } from '../../../src/protocol/records/record-batch-builder.js';
import { batchHeaderBytes, headerField, RecordBatch } from '../../../src/protocol/records/record-batch.js';
import { readRecordHeaders } from '../../../src/protocol/records/record-header.js';
import { RecordCursor } from '../../../src/protocol/records/record-reader.js';
import { scanRecords } from '../../../src/protocol/records/record-scan.js';
import { assertSeeded } from '../support/seeded.js';
import { expansion } from './describe-batches.js';

const file = 'packages/core/test/protocol/records/record-reader';

function batchOf(build: (builder: RecordBatchBuilder) => void): Buffer {
  const builder = new RecordBatchBuilder({ batchSizeBytes: 100_000 });
  build(builder);
  return Buffer.from(builder.close());
}

const sample = batchOf((builder) => {
  builder.tryAppend(1000, 'key', 'value', [{ key: 'h', value: 'x' }]);
  builder.tryAppend(900, null, 'second');
  builder.tryAppend(2000, 'k', null, [{ key: 'n', value: null }]);
  builder.tryAppend(2000, 'k', 'fourth');
});

/** A batch around hand-written records. */
function batchAround(records: readonly number[], recordCount: number): Buffer {
  const bytes = Buffer.concat([sample.subarray(0, batchHeaderBytes), Buffer.from(records)]);
  bytes.writeInt32BE(bytes.length - 12, headerField.batchLength);
  bytes.writeInt32BE(recordCount, headerField.recordCount);
  return bytes;
}

/** Everything a consumer could touch; the number of records. */
function readAll(bytes: Buffer): number {
  const cursor = new RecordCursor(new RecordBatch(bytes), expansion);
  let count = 0;
  while (cursor.next()) {
    void [cursor.key, cursor.value, cursor.headers];
    count++;
  }
  return count;
}

/** The number of records, or null when they are refused as they should be. */
function readOrRefuse(bytes: Buffer): number | null {
  try {
    return readAll(bytes);
  } catch (error) {
    if (error instanceof CorruptRecordError) return null;
    throw error;
  }
}

const scan = (bytes: Buffer) => scanRecords(bytes, batchHeaderBytes, bytes.length, new RecordBatch(bytes));

describe('scanRecords', () => {
  test('finds extremes, order and keys without decoding (L8-L10)', () => {
    expect(scan(sample)).toEqual({
      kind: 'valid',
      recordCount: 4,
      minTimestamp: 900,
      maxTimestamp: 2000,
      maxTimestampOffsetDelta: 2,
      lastOffsetDelta: 3,
      offsetsAreConsecutive: true,
      firstKeylessIndex: 1,
    });
  });

  test('of no record', () => {
    expect(scan(batchAround([], 0))).toMatchObject({
      kind: 'valid',
      maxTimestamp: -1,
      firstKeylessIndex: -1,
    });
  });

  // A record is: length, attributes, timestamp delta, offset delta, key length, value length, header count.
  test.each<[string, number[], number]>([
    ['cut off', [12, 0, 0, 0, 1, 1], 1],
    ['with a length of zero', [0, 0, 0, 0, 1, 1, 0], 1],
    ['with a negative length', [1, 0, 0, 0, 1, 1, 0], 1],
    ['with an unending length', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 1],
    ['longer than its fields', [14, 0, 0, 0, 1, 1, 0, 0], 1],
    ['shorter than its fields', [10, 0, 0, 0, 1, 1, 0], 1],
    ['whose key passes the end', [12, 0, 0, 0, 100, 1, 0], 1],
    ['whose value passes the end', [12, 0, 0, 0, 1, 100, 0], 1],
    ['whose value passes into the next record', [12, 0, 0, 0, 1, 8, 0, 12, 0, 0, 2, 1, 1, 0], 2],
    ['with more headers than bytes', [12, 0, 0, 0, 1, 1, 126], 1],
    ['with a negative header count', [12, 0, 0, 0, 1, 1, 1], 1],
    ['with a null header key', [16, 0, 0, 0, 1, 1, 2, 1, 1], 1],
    ['whose header value passes the end', [18, 0, 0, 0, 1, 1, 2, 2, 65, 20], 1],
    ['missing of two', [12, 0, 0, 0, 1, 1, 0], 2],
    ['followed by bytes', [12, 0, 0, 0, 1, 1, 0, 0], 1],
    ['with a huge claimed length', [0xfe, 0xff, 0xff, 0xff, 0x0f, 0, 0, 0, 1, 1, 0], 1],
    ['with a huge claimed key', [12, 0, 0, 0xfe, 0xff, 0xff, 0xff, 0x0f], 1],
  ])('refuses a record %s', (_name, records, count) => {
    const bytes = batchAround(records, count);
    expect(scan(bytes).kind).toBe('corrupt');
    expect(() => readAll(bytes)).toThrow(CorruptRecordError);
  });

  test('accepts nothing of damaged bytes that the cursor does not read in full', () => {
    let refused = 0;
    const place = fc.nat({ max: sample.length - batchHeaderBytes - 1 });
    const changes = fc.array(fc.tuple(place, fc.nat({ max: 255 })), { minLength: 1, maxLength: 3 });
    const property = fc.property(changes, (list) => {
      const bytes = Buffer.from(sample);
      for (const [at, byte] of list) bytes[batchHeaderBytes + at] = byte;
      const read = readOrRefuse(bytes);
      if (scan(bytes).kind === 'valid') return read === 4;
      refused++;
      return true;
    });
    assertSeeded(property, 2_000, file);
    expect(refused).toBeGreaterThan(100);
  });

  test('accepts nothing of noise that the cursor does not read in full', () => {
    let refused = 0;
    const counts = fc.oneof(fc.nat({ max: 5 }), fc.nat({ max: 2 ** 31 - 1 }));
    const property = fc.property(fc.uint8Array({ maxLength: 200 }), counts, (noise, count) => {
      const bytes = batchAround([...noise], count);
      const read = readOrRefuse(bytes);
      if (scan(bytes).kind === 'valid') return read === count;
      refused++;
      return true;
    });
    assertSeeded(property, 2_000, file);
    expect(refused).toBeGreaterThan(100);
  });
});

describe('RecordCursor', () => {
  test('gives the places of every part, so that a record can be decoded later', () => {
    const cursor = new RecordCursor(new RecordBatch(sample), expansion);
    cursor.next();
    const { buffer, keyStart, keyLength, valueStart, valueLength, headersStart, recordEnd } = cursor;
    cursor.next();
    expect([cursor.keyLength, cursor.key, cursor.keyText, cursor.valueText]).toEqual([
      -1,
      null,
      null,
      'second',
    ]);
    expect(buffer.toString('utf8', keyStart, keyStart + keyLength)).toBe('key');
    expect(buffer.toString('utf8', valueStart, valueStart + valueLength)).toBe('value');
    expect(readRecordHeaders(buffer, headersStart, recordEnd)).toEqual([
      { key: 'h', value: Buffer.from('x') },
    ]);
  });

  test('gives views, not copies', () => {
    const cursor = new RecordCursor(new RecordBatch(sample), expansion);
    cursor.next();
    expect(cursor.value?.buffer).toBe(sample.buffer);
  });

  test('refuses a batch that would expand past its bound (L11)', () => {
    const builder = new RecordBatchBuilder({ batchSizeBytes: 100 });
    builder.tryAppend(1, null, 'a'.repeat(100_000));
    const { decompressors } = expansion;
    const batch = new RecordBatch(builder.close({ compressor: createCompressors().get('zstd') }));
    expect(batch.sizeBytes).toBeLessThan(200);
    const open = (maxBytes: number) => new RecordCursor(batch, { decompressors, maxBytes });
    expect(() => open(50_000)).toThrow(
      expect.objectContaining({ failure: 'too-large', codec: 'zstd' }) as Error,
    );
    expect(open(200_000).next()).toBe(true);
  });

  test('tells damaged compression apart', () => {
    const builder = new RecordBatchBuilder({ batchSizeBytes: 100 });
    builder.tryAppend(1, null, 'abc');
    const bytes = builder.close({ compressor: createCompressors().get('gzip') });
    bytes.fill(0xff, batchHeaderBytes);
    expect(() => readAll(bytes)).toThrow(CompressionError);
  });
});
