// Decides how a batch is written again with fewer records, or with none, so that offsets and sequences stay (L29 to L31).
import { VarintReader, sizeOfVarlong, writeVarint, writeVarlong } from '../../foundation/varint.js';
import { writeInt64 } from '../../foundation/int64.js';
import { codecMask, deleteHorizonBit, type BatchCompressor } from './attributes.js';
import { batchHeaderBytes, headerField, logOverheadBytes, noTimestamp, RecordBatch } from './record-batch.js';

export interface RewrittenRecords {
  /** The records that stay, plain, as they were: their deltas count from the same base offset and timestamp. */
  readonly records: Buffer;
  readonly recordCount: number;
  /** The greatest timestamp among them. */
  readonly maxTimestamp: number;
}

/** The batch with the records that stay. The compressor is that of the batch's codec; null when the batch is plain. */
export function withRecords(
  batch: RecordBatch,
  { records, recordCount, maxTimestamp }: RewrittenRecords,
  compressor: BatchCompressor | null,
): Buffer {
  const area = compressor === null ? records : compressor.compress(records);
  const bytes = copyWithArea(batch, area);
  bytes.writeInt32BE(recordCount, headerField.recordCount);
  writeInt64(bytes, maxTimestamp, headerField.maxTimestamp);
  new RecordBatch(bytes).updateCrc();
  return bytes;
}

/** As `withRecords`, with the time in the base timestamp after which tombstones and markers of the batch may go (L30). */
export function withDeleteHorizon(
  batch: RecordBatch,
  rewritten: RewrittenRecords,
  deleteHorizonMs: number,
  compressor: BatchCompressor | null,
): Buffer {
  const shift = batch.baseTimestamp - deleteHorizonMs;
  const records = withShiftedTimestamps(rewritten.records, rewritten.recordCount, shift);
  const bytes = withRecords(batch, { ...rewritten, records }, compressor);
  const view = new RecordBatch(bytes);
  bytes.writeInt16BE(view.attributes | deleteHorizonBit, headerField.attributes);
  writeInt64(bytes, deleteHorizonMs, headerField.baseTimestamp);
  view.updateCrc();
  return bytes;
}

/** The header alone: it keeps the offsets, the epoch and the last sequence of a producer (L31). */
export function withoutRecords(batch: RecordBatch): Buffer {
  const bytes = copyWithArea(batch, Buffer.alloc(0));
  const view = new RecordBatch(bytes);
  bytes.writeInt16BE(view.attributes & ~(codecMask | deleteHorizonBit), headerField.attributes);
  writeInt64(bytes, noTimestamp, headerField.baseTimestamp);
  bytes.writeInt32BE(0, headerField.recordCount);
  view.updateCrc();
  return bytes;
}

function copyWithArea(batch: RecordBatch, area: Buffer): Buffer {
  const bytes = Buffer.allocUnsafeSlow(batchHeaderBytes + area.length);
  batch.buffer.copy(bytes, 0, batch.start, batch.start + batchHeaderBytes);
  bytes.set(area, batchHeaderBytes);
  bytes.writeInt32BE(bytes.length - logOverheadBytes, headerField.batchLength);
  return bytes;
}

/** The same records, each timestamp delta larger by `shift`; `records` are well formed. */
function withShiftedTimestamps(records: Buffer, recordCount: number, shift: number): Buffer {
  // A record grows by at most nine bytes of its timestamp delta and four of its length.
  const result = Buffer.allocUnsafe(records.length + recordCount * 13);
  const reader = new VarintReader(records, 0, records.length);
  let at = 0;
  for (let index = 0; index < recordCount; index++) {
    const length = reader.readVarint();
    const bodyEnd = reader.position + length;
    const attributes = records[reader.position++] ?? 0;
    const oldDelta = reader.readVarlong();
    const restStart = reader.position;
    const timestampDelta = oldDelta + shift;
    const newLength = 1 + sizeOfVarlong(timestampDelta) + bodyEnd - restStart;
    at = writeVarint(result, newLength, at);
    result[at++] = attributes;
    at = writeVarlong(result, timestampDelta, at);
    at += records.copy(result, at, restStart, bodyEnd);
    reader.position = bodyEnd;
  }
  return result.subarray(0, at);
}
