// Decides how many bytes a record takes in a batch: at most, cheaply, and exactly (L3).
import { sizeOfVarint, sizeOfVarlong } from '../../foundation/varint.js';
import type { RecordHeaderInput } from './record-header.js';

/** A key or value on its way into a batch; text is written as UTF-8. */
export type RecordBytes = Buffer | string | null;

/** UTF-8 needs at most three bytes for a UTF-16 code unit. */
const maxBytesPerCodeUnit = 3;
const maxVarintBytes = 5;
/** Length, attributes, timestamp delta, offset delta, key length, value length, header count. */
const maxFixedBytes = 5 * maxVarintBytes + 1 + 10;

/** A bound on a record's bytes that measures no text. */
export function maxSizeOfRecord(
  key: RecordBytes,
  value: RecordBytes,
  headers: readonly RecordHeaderInput[] | undefined,
): number {
  let size = maxFixedBytes + maxSizeOfBytes(key) + maxSizeOfBytes(value);
  if (headers !== undefined) {
    for (const header of headers) {
      size += 2 * maxVarintBytes + header.key.length * maxBytesPerCodeUnit + maxSizeOfBytes(header.value);
    }
  }
  return size;
}

/** The bytes of a record without its own length prefix. */
export function sizeOfRecordBody(
  timestampDelta: number,
  offsetDelta: number,
  key: RecordBytes,
  value: RecordBytes,
  headers: readonly RecordHeaderInput[] | undefined,
): number {
  let size =
    1 + sizeOfVarlong(timestampDelta) + sizeOfVarint(offsetDelta) + sizeOfField(key) + sizeOfField(value);
  size += sizeOfVarint(headers?.length ?? 0);
  if (headers !== undefined) {
    for (const header of headers) size += sizeOfField(header.key) + sizeOfField(header.value);
  }
  return size;
}

/** The bytes of a record in a batch. */
export function sizeOfRecord(
  timestampDelta: number,
  offsetDelta: number,
  key: RecordBytes,
  value: RecordBytes,
  headers: readonly RecordHeaderInput[] | undefined,
): number {
  const body = sizeOfRecordBody(timestampDelta, offsetDelta, key, value, headers);
  return sizeOfVarint(body) + body;
}

/** Bytes of a key, value or header part without its length: what Kafka calls its serialized size. */
export function sizeOfBytes(bytes: RecordBytes): number {
  if (bytes === null) return 0;
  return typeof bytes === 'string' ? Buffer.byteLength(bytes) : bytes.length;
}

function sizeOfField(bytes: RecordBytes): number {
  if (bytes === null) return 1;
  const size = sizeOfBytes(bytes);
  return sizeOfVarint(size) + size;
}

function maxSizeOfBytes(bytes: RecordBytes): number {
  if (bytes === null) return 0;
  return typeof bytes === 'string' ? bytes.length * maxBytesPerCodeUnit : bytes.length;
}
