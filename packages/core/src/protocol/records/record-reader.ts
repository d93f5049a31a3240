// Decides how the records of a batch are read one by one, decoding nothing before it is asked for (L3, L8).
import { VarintReader } from '../../foundation/varint.js';
import type { BatchDecompressors } from './attributes.js';
import { CorruptRecordError } from './corrupt-record-error.js';
import { batchHeaderBytes, type RecordBatch } from './record-batch.js';
import { readRecordHeaders, type RecordHeader } from './record-header.js';

/** How compressed records are opened. */
export interface ExpansionOptions {
  readonly decompressors: BatchDecompressors;
  /** The most bytes that the records of one batch may expand to. */
  readonly maxBytes: number;
}

/** The records area of a batch, expanded when it is compressed; throws CorruptRecordError when it cannot be. */
export function recordsOf(batch: RecordBatch, options: ExpansionOptions): Buffer {
  const area = batch.buffer.subarray(batch.start + batchHeaderBytes, batch.end);
  const type = batch.compressionType;
  if (type === 'none') return area;
  if (type === undefined) throw new CorruptRecordError(batch.baseOffset, 'compression codec is unknown');
  return options.decompressors.get(type).decompress(area, options.maxBytes);
}

/**
 * A cursor over the records of one batch. After `next()` gave true, `offset` and `timestamp` are the record's and the other
 * members decode on each call; views stay valid while their buffer does. The place of every part is public, so that a record
 * can be kept as numbers and decoded later.
 */
export class RecordCursor {
  offset = -1;
  timestamp = -1;
  /** The bytes that the places below point into. */
  buffer: Buffer;
  keyStart = 0;
  /** -1 for a null key. */
  keyLength = -1;
  valueStart = 0;
  /** -1 for a null value. */
  valueLength = -1;
  headersStart = 0;
  recordEnd = 0;
  /** Records not yet visited. */
  remaining: number;

  readonly #reader: VarintReader;
  readonly #baseOffset: number;
  readonly #baseTimestamp: number;
  /** The timestamp of every record of a LogAppendTime batch (L8), else null. */
  readonly #appendTimestamp: number | null;

  /** Opens a batch whose structure was checked; a compressed one is expanded here, once. */
  constructor(batch: RecordBatch, options: ExpansionOptions) {
    const isPlain = batch.compressionType === 'none';
    this.buffer = isPlain ? batch.buffer : recordsOf(batch, options);
    const start = isPlain ? batch.start + batchHeaderBytes : 0;
    this.#reader = new VarintReader(this.buffer, start, isPlain ? batch.end : this.buffer.length);
    this.remaining = batch.recordCount;
    this.#baseOffset = batch.baseOffset;
    this.#baseTimestamp = batch.baseTimestamp;
    this.#appendTimestamp = batch.timestampType === 'LogAppendTime' ? batch.maxTimestamp : null;
  }

  /** Moves to the next record; false after the last. Throws CorruptRecordError when the bytes are no record. */
  next(): boolean {
    const reader = this.#reader;
    if (this.remaining === 0) {
      if (reader.position !== reader.end) throw this.#corrupt('bytes follow the last record');
      return false;
    }
    const length = reader.readVarint();
    const recordEnd = reader.position + length;
    if (reader.failed || length <= 0 || recordEnd > reader.end)
      throw this.#corrupt('record length does not fit the batch');
    reader.position++;
    const timestampDelta = reader.readVarlong();
    this.timestamp = this.#appendTimestamp ?? this.#baseTimestamp + timestampDelta;
    this.offset = this.#baseOffset + reader.readVarint();
    this.keyLength = reader.readVarint();
    this.keyStart = reader.position;
    if (this.keyLength > 0) reader.position += this.keyLength;
    if (reader.position >= recordEnd) throw this.#corrupt('record key does not fit the record');
    this.valueLength = reader.readVarint();
    this.valueStart = reader.position;
    if (this.valueLength > 0) reader.position += this.valueLength;
    if (reader.failed || reader.position >= recordEnd)
      throw this.#corrupt('record value does not fit the record');
    if (this.buffer[reader.position] === 0 && reader.position + 1 !== recordEnd) {
      throw this.#corrupt('record is longer than its fields');
    }
    this.headersStart = reader.position;
    this.recordEnd = recordEnd;
    reader.position = recordEnd;
    this.remaining--;
    return true;
  }

  /** The key as a view, or null. */
  get key(): Buffer | null {
    return this.keyLength < 0 ? null : this.buffer.subarray(this.keyStart, this.keyStart + this.keyLength);
  }

  /** The value as a view, or null. */
  get value(): Buffer | null {
    return this.valueLength < 0
      ? null
      : this.buffer.subarray(this.valueStart, this.valueStart + this.valueLength);
  }

  /** The key as UTF-8 text, without a view in between. */
  get keyText(): string | null {
    return this.keyLength < 0
      ? null
      : this.buffer.toString('utf8', this.keyStart, this.keyStart + this.keyLength);
  }

  /** The value as UTF-8 text, without a view in between. */
  get valueText(): string | null {
    return this.valueLength < 0
      ? null
      : this.buffer.toString('utf8', this.valueStart, this.valueStart + this.valueLength);
  }

  /** Decodes the headers anew at every call. */
  get headers(): readonly RecordHeader[] {
    return readRecordHeaders(this.buffer, this.headersStart, this.recordEnd);
  }

  #corrupt(reason: string): CorruptRecordError {
    return new CorruptRecordError(this.#baseOffset, `${reason} (${this.remaining} records unread)`);
  }
}
