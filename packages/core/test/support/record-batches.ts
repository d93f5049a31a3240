// Batches for tests, and their records read back.
import { createCompressors } from '../../src/io/compression/compressors.js';
import {
  RecordBatchBuilder,
  type BatchCloseOptions,
} from '../../src/protocol/records/record-batch-builder.js';
import { batchesOf } from '../../src/protocol/records/record-batch.js';
import { RecordCursor } from '../../src/protocol/records/record-reader.js';

export interface TestRecord {
  readonly key?: string | null;
  readonly value: string | null;
  readonly timestamp?: number;
}

export const someTimeMs = Date.UTC(2026, 0, 1);

/** One batch of the values. */
export function batchOf(records: readonly (string | TestRecord)[], options: BatchCloseOptions = {}): Buffer {
  const builder = new RecordBatchBuilder({ batchSizeBytes: 64 * 1024 * 1024, buffer: Buffer.alloc(1024) });
  for (const record of records) {
    const {
      key = null,
      value,
      timestamp = someTimeMs,
    } = typeof record === 'string' ? { value: record } : record;
    if (!builder.tryAppend(timestamp, key, value)) throw new Error('The batch is full');
  }
  return Buffer.from(builder.close(options));
}

/** A copy, because a broker patches what it is given. */
export function copyOf(batch: Buffer): Buffer {
  return Buffer.from(batch);
}

const expansion = { decompressors: createCompressors(), maxBytes: 64 * 1024 * 1024 };

export interface ReadRecord {
  readonly offset: number;
  readonly timestamp: number;
  readonly key: string | null;
  readonly value: string | null;
}

export function recordsIn(bytes: Buffer | null): ReadRecord[] {
  const records: ReadRecord[] = [];
  for (const batch of batchesOf(bytes ?? Buffer.alloc(0))) {
    const cursor = new RecordCursor(batch, expansion);
    while (cursor.next()) {
      const { offset, timestamp, keyText, valueText } = cursor;
      records.push({ offset, timestamp, key: keyText, value: valueText });
    }
  }
  return records;
}

export function valuesIn(bytes: Buffer | null): (string | null)[] {
  return recordsIn(bytes).map(({ value }) => value);
}
