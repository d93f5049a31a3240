// Decides the serializers that come with the client; their bytes are those of Kafka's own of the same names.
import { SerializationError } from '../errors.js';
import type { DeserializationContext, Deserializer, Serde, Serialized, Serializer } from './serializer.js';

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'bigint') return `bigint ${value}`;
  return typeof value === 'object'
    ? (value.constructor?.name ?? 'an object')
    : `${typeof value} ${JSON.stringify(value)}`;
}

function place(context: DeserializationContext): string {
  return `${context.part} of ${context.topic}-${context.partition} at offset ${context.offset}`;
}

function failedRead(context: DeserializationContext, why: string, cause?: unknown): SerializationError {
  return new SerializationError(`Cannot read the ${place(context)}: ${why}`, { ...context, cause });
}

function expectSize(data: Buffer, sizeBytes: number, context: DeserializationContext): void {
  if (data.length !== sizeBytes) {
    throw failedRead(context, `it has ${data.length} bytes where ${sizeBytes} are needed`);
  }
}

/** UTF-8 text. */
const string: Serde<string> = {
  serialize(topic, value) {
    if (typeof value === 'string') return value;
    throw new TypeError(`a string is needed, not ${describe(value)}`);
  },
  deserialize: (data) => data.toString('utf8'),
};

/** JSON text; `undefined` is written as null bytes. */
const json: Serde<unknown> = {
  serialize: (topic, value) => JSON.stringify(value) ?? null,
  deserialize(data, context) {
    const text = data.toString('utf8');
    try {
      return JSON.parse(text) as unknown;
    } catch (cause) {
      const start = text.length > 60 ? `${text.slice(0, 60)}…` : text;
      throw failedRead(context, `it is not JSON: ${JSON.stringify(start)}`, cause);
    }
  },
};

/** Bytes as they are. Bytes that were read are a view; copy them to keep them past the poll. */
const bytes: Serializer<Buffer | Uint8Array> & Deserializer<Buffer> = {
  serialize(topic, value) {
    if (value instanceof Uint8Array) return value;
    throw new TypeError(`a Buffer or Uint8Array is needed, not ${describe(value)}`);
  },
  deserialize: (data) => data,
};

const int32: Serde<number> = {
  serialize(topic, value) {
    if (!Number.isInteger(value) || value < -(2 ** 31) || value > 2 ** 31 - 1) {
      throw new TypeError(`a 32-bit integer is needed, not ${describe(value)}`);
    }
    const buffer = Buffer.allocUnsafe(4);
    buffer.writeInt32BE(value);
    return buffer;
  },
  deserialize(data, context) {
    expectSize(data, 4, context);
    return data.readInt32BE();
  },
};

/** 64-bit integers: numbers in the safe range and bigints are written; numbers are read, bigints past the safe range. */
const int64: Serde<number | bigint> = {
  serialize(topic, value) {
    if (typeof value !== 'bigint' && !Number.isSafeInteger(value)) {
      throw new TypeError(`a safe integer or a bigint is needed, not ${describe(value)}`);
    }
    const big = BigInt(value);
    if (BigInt.asIntN(64, big) !== big) throw new TypeError(`${big} does not fit in 64 bits`);
    const buffer = Buffer.allocUnsafe(8);
    buffer.writeBigInt64BE(big);
    return buffer;
  },
  deserialize(data, context) {
    expectSize(data, 8, context);
    const big = data.readBigInt64BE();
    const value = Number(big);
    return Number.isSafeInteger(value) ? value : big;
  },
};

const float64: Serde<number> = {
  serialize(topic, value) {
    if (typeof value !== 'number') throw new TypeError(`a number is needed, not ${describe(value)}`);
    const buffer = Buffer.allocUnsafe(8);
    buffer.writeDoubleBE(value);
    return buffer;
  },
  deserialize(data, context) {
    expectSize(data, 8, context);
    return data.readDoubleBE();
  },
};

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** UUIDs in their usual text form with hyphens, which is also what Kafka's UUIDSerializer writes. */
const uuid: Serde<string> = {
  serialize(topic, value) {
    if (typeof value === 'string' && uuidPattern.test(value)) return value;
    throw new TypeError(
      `a UUID such as 123e4567-e89b-12d3-a456-426614174000 is needed, not ${describe(value)}`,
    );
  },
  deserialize(data, context) {
    const text = data.toString('latin1');
    if (!uuidPattern.test(text)) throw failedRead(context, 'it is not a UUID in text form');
    return text;
  },
};

/** What the clients use when no serializer is given: text and bytes as they are, null and undefined as null, the rest as JSON. */
const automatic: Serde<unknown> = {
  serialize(topic, value): Serialized {
    if (typeof value === 'string' || value instanceof Uint8Array) return value;
    return value === undefined || value === null ? null : (JSON.stringify(value) ?? null);
  },
  deserialize: (data) => data,
};

/** The serializers that come with the client, by what they write. */
export const serializers = { string, json, bytes, int32, int64, float64, uuid, automatic } as const;

/** The deserializers that come with the client, by what they read. */
export const deserializers: {
  readonly string: Deserializer<string>;
  readonly json: Deserializer<unknown>;
  readonly bytes: Deserializer<Buffer>;
  readonly int32: Deserializer<number>;
  readonly int64: Deserializer<number | bigint>;
  readonly float64: Deserializer<number>;
  readonly uuid: Deserializer<string>;
} = serializers;

/** JSON of one type: the type is a promise of the caller, nothing checks it. */
export function jsonOf<T>(): Serde<T> {
  return json as Serde<T>;
}
