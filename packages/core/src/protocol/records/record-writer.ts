// Decides how one record's bytes are laid into a buffer that has room for them (L3).
import { sizeOfVarint, writeVarint, writeVarlong } from '../../foundation/varint.js';
import type { RecordHeaderInput } from './record-header.js';
import type { RecordBytes } from './record-size.js';

/** Below this, a loop over the text or the bytes beats the call into native code. */
const shortTextUnits = 24;
const shortBytes = 24;

/** Node's native UTF-8 writer, behind `buffer.write` without its argument checks; where it is gone, `buffer.write` does. */
type Utf8Writer = { utf8Write?(text: string, offset: number): number };
const hasUtf8Write = typeof (Buffer.prototype as Utf8Writer).utf8Write === 'function';

/** What the key and the value of a record took, without their lengths; -1 when they are null. */
export interface FieldSizes {
  keyBytes: number;
  valueBytes: number;
}

/** Writes a record at `start`; returns the offset behind it, and fills `sizes` in: text is measured by being written. */
export function writeRecord(
  buffer: Buffer,
  start: number,
  timestampDelta: number,
  offsetDelta: number,
  key: RecordBytes,
  value: RecordBytes,
  headers: readonly RecordHeaderInput[] | undefined,
  sizes: FieldSizes,
): number {
  // The length comes first and is known last: keep room for it as if all text were ASCII, and move the body if that was wrong.
  // The guess is never too large, so the bytes never reach past the record's real size.
  const lengthBytes = sizeOfVarint(
    leastBodySize(key, value, headers) + (offsetDelta > 63 ? 1 : 0) + (timestampDelta > 63 ? 1 : 0),
  );
  const bodyStart = start + lengthBytes;
  let at = bodyStart;
  buffer[at++] = 0;
  at = writeVarlong(buffer, timestampDelta, at);
  at = writeVarint(buffer, offsetDelta, at);
  const keyStart = at;
  at = writeField(buffer, key, keyStart);
  sizes.keyBytes = key === null ? -1 : sizeWithoutLength(at - keyStart);
  const valueStart = at;
  at = writeField(buffer, value, valueStart);
  sizes.valueBytes = value === null ? -1 : sizeWithoutLength(at - valueStart);
  if (headers === undefined || headers.length === 0) {
    buffer[at++] = 0;
  } else {
    at = writeVarint(buffer, headers.length, at);
    for (const header of headers) {
      at = writeText(buffer, header.key, at);
      at = writeField(buffer, header.value, at);
    }
  }
  return writeLengthBefore(buffer, start, lengthBytes, at);
}

/** The size of a field of which the size with its length in front is known. */
function sizeWithoutLength(bytes: number): number {
  let lengthBytes = 1;
  while (sizeOfVarint(bytes - lengthBytes) > lengthBytes) lengthBytes++;
  return bytes - lengthBytes;
}

/** Puts the length of `buffer[start + lengthBytes, end)` at `start`, moving those bytes when it takes another size. */
function writeLengthBefore(buffer: Buffer, start: number, lengthBytes: number, end: number): number {
  const length = end - start - lengthBytes;
  const realLengthBytes = sizeOfVarint(length);
  if (realLengthBytes !== lengthBytes) {
    buffer.copyWithin(start + realLengthBytes, start + lengthBytes, end);
  }
  writeVarint(buffer, length, start);
  return start + realLengthBytes + length;
}

function leastBodySize(
  key: RecordBytes,
  value: RecordBytes,
  headers: readonly RecordHeaderInput[] | undefined,
): number {
  const attributesDeltasAndHeaderCount = 4;
  let size = attributesDeltasAndHeaderCount + leastFieldSize(key) + leastFieldSize(value);
  if (headers !== undefined) {
    for (const header of headers) size += leastFieldSize(header.key) + leastFieldSize(header.value);
  }
  return size;
}

function leastFieldSize(bytes: RecordBytes): number {
  if (bytes === null) return 1;
  return bytes.length > 63 ? bytes.length + 2 : bytes.length + 1;
}

function writeField(buffer: Buffer, bytes: RecordBytes, start: number): number {
  if (bytes === null) {
    buffer[start] = 1;
    return start + 1;
  }
  if (typeof bytes === 'string') return writeText(buffer, bytes, start);
  const at = writeVarint(buffer, bytes.length, start);
  if (bytes.length < shortBytes) {
    for (let index = 0; index < bytes.length; index++) buffer[at + index] = bytes[index] ?? 0;
  } else {
    buffer.set(bytes, at);
  }
  return at + bytes.length;
}

function writeText(buffer: Buffer, text: string, start: number): number {
  const units = text.length;
  const lengthBytes = sizeOfVarint(units);
  const at = start + lengthBytes;
  if (units <= shortTextUnits) {
    let index = 0;
    for (; index < units; index++) {
      const unit = text.charCodeAt(index);
      if (unit >= 0x80) break;
      buffer[at + index] = unit;
    }
    if (index === units) {
      buffer[start] = units << 1;
      return at + units;
    }
  }
  const written = hasUtf8Write ? ((buffer as Utf8Writer).utf8Write?.(text, at) ?? 0) : buffer.write(text, at);
  return writeLengthBefore(buffer, start, lengthBytes, at + written);
}
