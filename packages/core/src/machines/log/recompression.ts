// Decides how a batch is written anew when the topic asks for another codec, or its inner offsets are not 0, 1, 2 … (L9).
import { VarintReader, sizeOfVarint, writeVarint } from '../../foundation/varint.js';
import { compressionCodes, type Compressor } from '../../ports/compressor.js';
import { codecMask } from '../../protocol/records/attributes.js';
import {
  batchHeaderBytes,
  headerField,
  logOverheadBytes,
  RecordBatch,
} from '../../protocol/records/record-batch.js';

/** A copy of the batch with these (expanded) records, compressed by `compressor` or plain. Checksum and offsets are the caller's to set. */
export function rebuildBatch(
  batch: RecordBatch,
  records: Buffer,
  compressor: Compressor | null,
): RecordBatch {
  const area = compressor === null ? records : compressor.compress(records);
  const bytes = Buffer.allocUnsafeSlow(batchHeaderBytes + area.length);
  batch.buffer.copy(bytes, 0, batch.start, batch.start + batchHeaderBytes);
  area.copy(bytes, batchHeaderBytes);
  bytes.writeInt32BE(bytes.length - logOverheadBytes, headerField.batchLength);
  const attributes = (batch.attributes & ~codecMask) | compressionCodes[compressor?.type ?? 'none'];
  bytes.writeInt16BE(attributes, headerField.attributes);
  return new RecordBatch(bytes);
}

/** The same records with offset deltas 0, 1, 2 …; `records` were scanned and are well formed. */
export function withConsecutiveOffsets(records: Buffer, recordCount: number): Buffer {
  // A record grows by at most four bytes of its offset delta and two of its length.
  const result = Buffer.allocUnsafe(records.length + recordCount * 6);
  const reader = new VarintReader(records, 0, records.length);
  let at = 0;
  for (let index = 0; index < recordCount; index++) {
    const length = reader.readVarint();
    const bodyStart = reader.position;
    const bodyEnd = bodyStart + length;
    reader.position++;
    reader.readVarlong();
    const deltaStart = reader.position;
    reader.readVarint();
    const deltaEnd = reader.position;
    at = writeVarint(result, length - (deltaEnd - deltaStart) + sizeOfVarint(index), at);
    at += records.copy(result, at, bodyStart, deltaStart);
    at = writeVarint(result, index, at);
    at += records.copy(result, at, deltaEnd, bodyEnd);
    reader.position = bodyEnd;
  }
  return result.subarray(0, at);
}
