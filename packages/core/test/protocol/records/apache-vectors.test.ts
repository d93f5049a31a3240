import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import {
  RecordBatchBuilder,
  type BatchCloseOptions,
} from '../../../src/protocol/records/record-batch-builder.js';
import { batchesOf, batchHeaderBytes, type RecordBatch } from '../../../src/protocol/records/record-batch.js';
import { RecordCursor, recordsOf } from '../../../src/protocol/records/record-reader.js';
import { scanRecords } from '../../../src/protocol/records/record-scan.js';
import { describeBatches, expansion } from './describe-batches.js';

interface Vector {
  readonly name: string;
  readonly hex: string;
  readonly batches: readonly {
    readonly records: readonly {
      readonly offset: number;
      readonly timestamp: number;
      readonly key: string | null;
    }[];
  }[];
}

/** Made by interop/records/make-vectors.mjs with Apache Kafka's own builder. */
const vectors = readFileSync(join(__dirname, 'vectors/apache-kafka-4.4.0.jsonl'), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Vector);

/** Appends what a batch holds to a builder of ours, and closes it the same way. */
function rebuild(batch: RecordBatch, text: boolean): Buffer {
  const builder = new RecordBatchBuilder({
    batchSizeBytes: 1,
    buffer: Buffer.alloc(8),
    baseOffset: batch.baseOffset,
  });
  const cursor = new RecordCursor(batch, expansion);
  while (cursor.next()) {
    const { offset, headers } = cursor;
    // With LogAppendTime the record's own timestamp is not shown; the vectors' are those of their offsets.
    const timestamp =
      batch.timestampType === 'CreateTime'
        ? cursor.timestamp
        : batch.baseTimestamp + offset - batch.baseOffset;
    if (text) builder.appendWithOffset(offset, timestamp, cursor.keyText, cursor.valueText, headers);
    else builder.appendWithOffset(offset, timestamp, cursor.key, cursor.value, headers);
  }
  const options: BatchCloseOptions = {
    producerId: batch.producerId,
    producerEpoch: batch.producerEpoch,
    baseSequence: batch.baseSequence,
    isTransactional: batch.isTransactional,
    isControl: batch.isControl,
    partitionLeaderEpoch: batch.partitionLeaderEpoch,
    ...(batch.timestampType === 'LogAppendTime' ? { logAppendTimeMs: batch.maxTimestamp } : {}),
  };
  return builder.close(options);
}

describe("batches that Apache Kafka's builder made", () => {
  test('there are some of every kind', () => {
    expect(new Set(vectors.map(({ name }) => name.split('/')[0]))).toEqual(
      new Set(['none', 'gzip', 'snappy', 'lz4', 'zstd', 'control']),
    );
    expect(vectors.length).toBeGreaterThanOrEqual(60);
  });

  test.each(vectors.map((vector) => [vector.name, vector] as const))(
    '%s reads as Apache reads it (L1-L6)',
    (_name, vector) => {
      const bytes = Buffer.from(vector.hex, 'hex');
      expect(describeBatches(bytes)).toEqual(vector.batches);
      for (const batch of batchesOf(bytes)) expect(batch.isValidCrc()).toBe(true);
    },
  );

  test.each(vectors.map((vector) => [vector.name, vector] as const))(
    '%s passes the scan',
    (_name, vector) => {
      const bytes = Buffer.from(vector.hex, 'hex');
      let index = 0;
      for (const batch of batchesOf(bytes)) {
        const records = recordsOf(batch, expansion);
        const scan = scanRecords(records, 0, records.length, batch);
        const expected = vector.batches[index++]?.records ?? [];
        // With LogAppendTime the records keep the timestamps they came with, which in the vectors are those of their index.
        const isCreateTime = batch.timestampType === 'CreateTime';
        const timestamps = expected.map(({ timestamp }, at) =>
          isCreateTime ? timestamp : batch.baseTimestamp + at,
        );
        expect(scan).toMatchObject({
          kind: 'valid',
          recordCount: expected.length,
          lastOffsetDelta: batch.lastOffsetDelta,
          maxTimestamp: Math.max(...timestamps),
          minTimestamp: Math.min(...timestamps),
          firstKeylessIndex: expected.findIndex(({ key }) => key === null),
          offsetsAreConsecutive: expected.every(({ offset }, at) => offset === batch.baseOffset + at),
        });
      }
    },
  );

  const plain = vectors.filter(
    ({ name }) => /^(none|control)\//.test(name) && !name.includes('delete-horizon'),
  );
  test.each(plain.map((vector) => [vector.name, vector] as const))(
    '%s is built the same by ours',
    (name, vector) => {
      const bytes = Buffer.from(vector.hex, 'hex');
      const forms = name.startsWith('control') ? [false] : [false, true];
      for (const text of forms) {
        const rebuilt = Array.from(batchesOf(bytes), (batch) => rebuild(batch, text));
        expect(Buffer.concat(rebuilt).toString('hex')).toBe(vector.hex);
      }
    },
  );

  test('with a delete horizon, the records count from the horizon (L30)', () => {
    const vector = vectors.find(({ name }) => name === 'none/delete-horizon-and-gaps');
    const bytes = Buffer.from(vector?.hex ?? '', 'hex');
    const first = 1_700_000_000_000;
    const builder = new RecordBatchBuilder({
      batchSizeBytes: 1000,
      baseOffset: 100,
      deleteHorizonMs: first + 86_400_000,
    });
    builder.appendWithOffset(103, first, 'k', null);
    builder.appendWithOffset(250, first + 5, 'k2', null);
    builder.appendWithOffset(40_000, first + 2, 'k3', 'v');
    expect(builder.close().toString('hex')).toBe(bytes.toString('hex'));
    expect(
      scanRecords(bytes, batchHeaderBytes, bytes.length, { recordCount: 3, baseTimestamp: 0 }),
    ).toMatchObject({
      kind: 'valid',
      offsetsAreConsecutive: false,
    });
  });
});
