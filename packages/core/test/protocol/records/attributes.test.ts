// Decides that the attribute bits of a batch are Kafka's (L2).
import { createCompressors } from '../../../src/io/compression/compressors.js';
import { compressionOf } from '../../../src/protocol/records/attributes.js';
import { CorruptRecordError } from '../../../src/protocol/records/corrupt-record-error.js';
import {
  RecordBatchBuilder,
  type BatchCloseOptions,
} from '../../../src/protocol/records/record-batch-builder.js';
import { headerField, RecordBatch } from '../../../src/protocol/records/record-batch.js';
import { RecordCursor } from '../../../src/protocol/records/record-reader.js';
import { expansion } from './describe-batches.js';

const headerBytes = 61;
const compressors = createCompressors();

function batch(options: BatchCloseOptions = {}, deleteHorizonMs: number | null = null): Buffer {
  const builder = new RecordBatchBuilder({
    batchSizeBytes: 10_000,
    ...(deleteHorizonMs === null ? {} : { deleteHorizonMs }),
  });
  for (let at = 0; at < 20; at++) builder.tryAppend(1_000, 'key', `value ${'x'.repeat(50)}`);
  return Buffer.from(builder.close(options));
}

const attributesOf = (bytes: Buffer) => bytes.readInt16BE(headerField.attributes);

describe('L2 attributes', () => {
  test.each([
    ['none', 0],
    ['gzip', 1],
    ['snappy', 2],
    ['lz4', 3],
    ['zstd', 4],
  ] as const)(
    'L2 codec %s is %i in the lowest three bits, and only the records are compressed',
    (type, code) => {
      const bytes = batch(type === 'none' ? {} : { compressor: compressors.get(type) });
      const plain = batch();
      expect(attributesOf(bytes)).toBe(code);
      expect(new RecordBatch(bytes).compressionType).toBe(type);
      // Length, checksum and attributes apart, the header is that of the plain batch.
      const header = (from: Buffer) =>
        Buffer.concat([from.subarray(0, 8), from.subarray(12, 17), from.subarray(23, headerBytes)]);
      expect(header(bytes)).toEqual(header(plain));
      const records = bytes.subarray(headerBytes);
      const expanded = type === 'none' ? records : compressors.get(type).decompress(records, 10_000);
      expect(expanded).toEqual(plain.subarray(headerBytes));
    },
  );

  test.each([5, 6, 7])('L2 codec %i is nobody’s, and its records are not read', (code) => {
    expect(compressionOf(code)).toBeUndefined();
    const bytes = batch();
    bytes.writeInt16BE(code, headerField.attributes);
    const view = new RecordBatch(bytes);
    view.updateCrc();
    expect(() => new RecordCursor(view, expansion).next()).toThrow(CorruptRecordError);
  });

  test('L2 timestamp type, transactional, control and delete horizon have a bit each', () => {
    const producer = { producerId: 1, producerEpoch: 0, baseSequence: 0 };
    expect(attributesOf(batch({ logAppendTimeMs: 5_000 }))).toBe(0x08);
    expect(attributesOf(batch({ ...producer, isTransactional: true }))).toBe(0x10);
    expect(attributesOf(batch({ ...producer, isTransactional: true, isControl: true }))).toBe(0x30);
    const horizon = batch({}, 99_000);
    expect(attributesOf(horizon)).toBe(0x40);
    // The base timestamp then holds the horizon.
    expect(Number(horizon.readBigInt64BE(headerField.baseTimestamp))).toBe(99_000);
    expect(new RecordBatch(horizon).deleteHorizonMs).toBe(99_000);
  });
});
