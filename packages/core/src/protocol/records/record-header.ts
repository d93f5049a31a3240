// Decides what a record header is, and how headers are read out of a record's bytes (L3).
import { VarintReader } from '../../foundation/varint.js';
import { CorruptRecordError } from './corrupt-record-error.js';

export interface RecordHeader {
  readonly key: string;
  readonly value: Buffer | null;
}

/** A header on its way into a batch; text is written as UTF-8. */
export interface RecordHeaderInput {
  readonly key: string;
  readonly value: Buffer | string | null;
}

const noHeaders: readonly RecordHeader[] = [];

/** Reads the headers that start, with their count, at `start` and end before `end`; values are views of `buffer`. */
export function readRecordHeaders(buffer: Buffer, start: number, end: number): readonly RecordHeader[] {
  if (buffer[start] === 0) return noHeaders;
  const reader = new VarintReader(buffer, start, end);
  const count = reader.readVarint();
  if (reader.failed || count < 0 || count > end - reader.position)
    throw new CorruptRecordError(-1, 'header count is damaged');
  const headers: RecordHeader[] = [];
  for (let index = 0; index < count; index++) {
    const keyLength = reader.readVarint();
    const keyStart = reader.position;
    if (reader.failed || keyLength < 0 || keyLength > end - keyStart)
      throw new CorruptRecordError(-1, 'header key is damaged');
    reader.position = keyStart + keyLength;
    const valueLength = reader.readVarint();
    const valueStart = reader.position;
    if (reader.failed || valueLength > end - valueStart)
      throw new CorruptRecordError(-1, 'header value is damaged');
    const key = buffer.toString('utf8', keyStart, keyStart + keyLength);
    if (valueLength < 0) {
      headers.push({ key, value: null });
    } else {
      headers.push({ key, value: buffer.subarray(valueStart, valueStart + valueLength) });
      reader.position = valueStart + valueLength;
    }
  }
  return headers;
}
