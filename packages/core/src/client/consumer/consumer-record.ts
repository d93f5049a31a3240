// Decides how a fetched record is shown: as numbers into its batch, decoded when a member is read.
import { readRecordHeaders } from '../../protocol/records/record-header.js';
import { RecordHeaders } from '../record-headers.js';
import type { ConsumerRecord, TimestampType } from '../types.js';
import type { DeserializationFailure } from './deserialization-failure.js';

/** How keys or values come out of their bytes: as views, as text (both on reading), or by a deserializer at poll. */
export type Decoding = 'bytes' | 'text' | 'deserializer';

/** What the records of one batch share. */
export interface RecordSource {
  readonly topic: string;
  readonly partition: number;
  readonly leaderEpoch: number | null;
  readonly timestampType: TimestampType;
  readonly buffer: Buffer;
  readonly keyDecoding: Decoding;
  readonly valueDecoding: Decoding;
}

const inspect = Symbol.for('nodejs.util.inspect.custom');

/** A record as `poll()` gives it. It keeps the fetched bytes alive as long as it lives itself. */
export class FetchedRecord<K, V> implements ConsumerRecord<K, V> {
  /** Why key or value could not be deserialized; only with `deserializationFailures: 'deliver'`. */
  deserializationFailure: DeserializationFailure | null = null;
  // `undefined` until the member was decoded.
  private decodedKey: K | null | undefined = undefined;
  private decodedValue: V | null | undefined = undefined;
  private decodedHeaders: RecordHeaders | undefined = undefined;

  constructor(
    private readonly source: RecordSource,
    readonly offset: number,
    readonly timestamp: number,
    private readonly keyStart: number,
    private readonly keyLength: number,
    private readonly valueStart: number,
    private readonly valueLength: number,
  ) {}

  /** The topic it was read from. */
  get topic(): string {
    return this.source.topic;
  }

  /** The partition it was read from. */
  get partition(): number {
    return this.source.partition;
  }

  /** The epoch of the leader that wrote it; null when not known. */
  get leaderEpoch(): number | null {
    return this.source.leaderEpoch;
  }

  /** Whose time the timestamp is. */
  get timestampType(): TimestampType {
    return this.source.timestampType;
  }

  /** Null when there is none. Decoded when it is first read. */
  get key(): K | null {
    if (this.decodedKey === undefined) {
      this.decodedKey = decode(
        this.source.buffer,
        this.source.keyDecoding,
        this.keyStart,
        this.keyLength,
      ) as K | null;
    }
    return this.decodedKey;
  }

  /** Null for a tombstone. Decoded when it is first read. */
  get value(): V | null {
    if (this.decodedValue === undefined) {
      this.decodedValue = decode(
        this.source.buffer,
        this.source.valueDecoding,
        this.valueStart,
        this.valueLength,
      ) as V | null;
    }
    return this.decodedValue;
  }

  /** Decoded when they are first read. */
  get headers(): RecordHeaders {
    if (this.decodedHeaders === undefined) {
      const { buffer } = this.source;
      // The headers follow the value.
      const start = this.valueStart + Math.max(0, this.valueLength);
      const headers = readRecordHeaders(buffer, start, buffer.length);
      this.decodedHeaders = headers.length === 0 ? RecordHeaders.empty : new RecordHeaders(headers);
    }
    return this.decodedHeaders;
  }

  /** Bytes of the key, -1 when it is null. */
  get serializedKeySize(): number {
    return this.keyLength;
  }

  /** Bytes of the value, -1 when it is null. */
  get serializedValueSize(): number {
    return this.valueLength;
  }

  /** The key's bytes as a view. */
  get keyBytes(): Buffer | null {
    return decode(this.source.buffer, 'bytes', this.keyStart, this.keyLength) as Buffer | null;
  }

  /** The value's bytes as a view. */
  get valueBytes(): Buffer | null {
    return decode(this.source.buffer, 'bytes', this.valueStart, this.valueLength) as Buffer | null;
  }

  /** Called by the consumer before it hands the record out. */
  setKey(key: K | null): void {
    this.decodedKey = key;
  }

  /** Called by the consumer before it hands the record out. */
  setValue(value: V | null): void {
    this.decodedValue = value;
  }

  /** All members as plain values. */
  toJSON(): Record<string, unknown> {
    const { topic, partition, offset, timestamp, timestampType, leaderEpoch, key, value } = this;
    return {
      topic,
      partition,
      offset,
      timestamp,
      timestampType,
      leaderEpoch,
      key,
      value,
      headers: this.headers.toArray(),
    };
  }

  /** What `console.log` shows. */
  [inspect](): unknown {
    return this.toJSON();
  }
}

function decode(buffer: Buffer, decoding: Decoding, start: number, length: number): Buffer | string | null {
  if (length < 0) return null;
  return decoding === 'text'
    ? buffer.toString('utf8', start, start + length)
    : buffer.subarray(start, start + length);
}
