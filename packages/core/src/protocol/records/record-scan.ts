// Decides whether the records area of a batch is well formed, without decoding a record (L3, L7, L8, L9).
import { VarintReader } from '../../foundation/varint.js';
import { noTimestamp } from './record-batch.js';

export interface ValidScan {
  readonly kind: 'valid';
  readonly recordCount: number;
  /** The least and greatest record timestamps; -1 without a record. */
  readonly minTimestamp: number;
  readonly maxTimestamp: number;
  /** Offset delta of the first record that has the greatest timestamp; -1 without a record. */
  readonly maxTimestampOffsetDelta: number;
  readonly lastOffsetDelta: number;
  /** Whether the offset deltas are 0, 1, 2 and so on. */
  readonly offsetsAreConsecutive: boolean;
  /** Index of the first record without a key; -1 when all have one. */
  readonly firstKeylessIndex: number;
}

export interface CorruptScan {
  readonly kind: 'corrupt';
  /** Index in the batch of the record that is damaged. */
  readonly recordIndex: number;
  readonly reason: string;
}

export type RecordScan = ValidScan | CorruptScan;

/** What the batch header says about the records. */
export interface ExpectedRecords {
  readonly recordCount: number;
  readonly baseTimestamp: number;
}

/** Walks over the uncompressed records in `buffer[start, end)`; they must fill it exactly. */
export function scanRecords(
  buffer: Buffer,
  start: number,
  end: number,
  expected: ExpectedRecords,
): RecordScan {
  const { recordCount } = expected;
  const reader = new VarintReader(buffer, start, end);
  let minDelta = Infinity;
  let maxDelta = -Infinity;
  let maxTimestampOffsetDelta = -1;
  let offsetDelta = -1;
  let offsetsAreConsecutive = true;
  let firstKeylessIndex = -1;
  for (let index = 0; index < recordCount; index++) {
    const length = reader.readVarint();
    const recordEnd = reader.position + length;
    if (reader.failed || length <= 0 || recordEnd > end) {
      return {
        kind: 'corrupt',
        recordIndex: index,
        reason: `record length ${length} does not fit the batch`,
      };
    }
    reader.position++;
    const timestampDelta = reader.readVarlong();
    offsetDelta = reader.readVarint();
    const keyLength = reader.readVarint();
    if (keyLength >= 0) reader.position += keyLength;
    else if (firstKeylessIndex < 0) firstKeylessIndex = index;
    const valueLength = reader.position < recordEnd ? reader.readVarint() : fail(reader);
    if (valueLength > 0) reader.position += valueLength;
    const headerCount = reader.position < recordEnd ? reader.readVarint() : fail(reader);
    if (headerCount !== 0) skipHeaders(reader, headerCount, recordEnd);
    if (reader.failed || reader.position !== recordEnd) {
      return { kind: 'corrupt', recordIndex: index, reason: 'its fields do not fill its length' };
    }
    if (timestampDelta > maxDelta) {
      maxDelta = timestampDelta;
      maxTimestampOffsetDelta = offsetDelta;
    }
    if (timestampDelta < minDelta) minDelta = timestampDelta;
    if (offsetDelta !== index) offsetsAreConsecutive = false;
  }
  if (reader.position !== end) {
    return {
      kind: 'corrupt',
      recordIndex: recordCount,
      reason: `${end - reader.position} bytes follow the last record`,
    };
  }
  return {
    kind: 'valid',
    recordCount,
    minTimestamp: recordCount === 0 ? noTimestamp : expected.baseTimestamp + minDelta,
    maxTimestamp: recordCount === 0 ? noTimestamp : expected.baseTimestamp + maxDelta,
    maxTimestampOffsetDelta,
    lastOffsetDelta: offsetDelta,
    offsetsAreConsecutive,
    firstKeylessIndex,
  };
}

function skipHeaders(reader: VarintReader, headerCount: number, recordEnd: number): void {
  if (headerCount < 0 || headerCount > recordEnd - reader.position) {
    fail(reader);
    return;
  }
  for (let index = 0; index < headerCount; index++) {
    if (reader.position >= recordEnd) {
      fail(reader);
      return;
    }
    const keyLength = reader.readVarint();
    if (keyLength < 0) fail(reader);
    else reader.position += keyLength;
    const valueLength = reader.position < recordEnd ? reader.readVarint() : fail(reader);
    if (valueLength > 0) reader.position += valueLength;
  }
}

function fail(reader: VarintReader): number {
  reader.failed = true;
  return 0;
}
