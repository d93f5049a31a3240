// Decides that a batch written again keeps its offsets, sequences and record times: L29 to L31.
import { createCompressors } from '../../../src/io/compression/compressors.js';
import {
  withDeleteHorizon,
  withoutRecords,
  withRecords,
} from '../../../src/protocol/records/batch-rewrite.js';
import { batchHeaderBytes, RecordBatch } from '../../../src/protocol/records/record-batch.js';
import { RecordBatchBuilder } from '../../../src/protocol/records/record-batch-builder.js';
import { RecordCursor } from '../../../src/protocol/records/record-reader.js';

const compressors = createCompressors();
const expansion = { decompressors: compressors, maxBytes: 1024 * 1024 };
const timeMs = Date.UTC(2026, 0, 1);

function batchOf(): RecordBatch {
  const builder = new RecordBatchBuilder({ batchSizeBytes: 10_000, baseOffset: 1_000 });
  for (let at = 0; at < 3; at++)
    builder.appendWithOffset(1_000 + at, timeMs + at * 100, `key ${at}`, `value ${at}`, [
      { key: 'h', value: 'v' },
    ]);
  const bytes = builder.close({ producerId: 5, producerEpoch: 2, baseSequence: 40, partitionLeaderEpoch: 3 });
  return new RecordBatch(bytes);
}

function read(bytes: Buffer) {
  const batch = new RecordBatch(bytes);
  expect(batch.isValidCrc()).toBe(true);
  expect(batch.sizeBytes).toBe(bytes.length);
  const records = [];
  for (const cursor = new RecordCursor(batch, expansion); cursor.next();)
    records.push([cursor.offset, cursor.timestamp, cursor.keyText, cursor.valueText, cursor.headers.length]);
  return { batch, records };
}

const identity = {
  baseOffset: 1_000,
  lastOffset: 1_002,
  producerId: 5,
  producerEpoch: 2,
  baseSequence: 40,
  lastSequence: 42,
  partitionLeaderEpoch: 3,
};

/** The last two records of the batch. */
function lastTwo(batch: RecordBatch) {
  const cursor = new RecordCursor(batch, expansion);
  cursor.next();
  const records = batch.buffer.subarray(cursor.recordEnd, batch.end);
  return { records, recordCount: 2, maxTimestamp: timeMs + 200 };
}

it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)('L29 fewer records, codec %s', (type) => {
  const source = batchOf();
  const kept = lastTwo(source);
  source.buffer.writeInt16BE(['none', 'gzip', 'snappy', 'lz4', 'zstd'].indexOf(type), 21);
  const bytes = withRecords(source, kept, type === 'none' ? null : compressors.get(type));
  const { batch, records } = read(bytes);
  expect(batch).toMatchObject({
    ...identity,
    recordCount: 2,
    maxTimestamp: timeMs + 200,
    compressionType: type,
  });
  expect(records).toEqual([
    [1_001, timeMs + 100, 'key 1', 'value 1', 1],
    [1_002, timeMs + 200, 'key 2', 'value 2', 1],
  ]);
});

it.each([timeMs - 5_000, timeMs + 86_400_000, timeMs * 2])(
  'L30 a delete horizon of %i leaves record times',
  (horizon) => {
    const source = batchOf();
    const { batch, records } = read(withDeleteHorizon(source, lastTwo(source), horizon, null));
    expect(batch).toMatchObject({ ...identity, deleteHorizonMs: horizon, recordCount: 2 });
    expect(records).toEqual([
      [1_001, timeMs + 100, 'key 1', 'value 1', 1],
      [1_002, timeMs + 200, 'key 2', 'value 2', 1],
    ]);
  },
);

it('L31 the header alone', () => {
  const source = batchOf();
  const kept = withDeleteHorizon(source, lastTwo(source), timeMs, null);
  const { batch, records } = read(withoutRecords(new RecordBatch(kept)));
  expect(batch).toMatchObject({
    ...identity,
    sizeBytes: batchHeaderBytes,
    recordCount: 0,
    hasDeleteHorizon: false,
  });
  expect(batch.maxTimestamp).toBe(timeMs + 200);
  expect(records).toEqual([]);
});
