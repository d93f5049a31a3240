// Decides how what users give as key, value and headers becomes what the batch builder takes.
import type { RecordHeaderInput } from '../../protocol/records/record-header.js';
import type { RecordBytes } from '../../protocol/records/record-size.js';
import { InvalidArgumentError, SerializationError } from '../errors.js';
import type { Serialized, Serializer } from '../serialization/serializer.js';
import type { HeaderInput, HeadersInput } from '../types.js';

export type Part = 'key' | 'value';

function serializationFailure(part: Part, topic: string, cause: unknown): SerializationError {
  if (cause instanceof SerializationError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new SerializationError(`Cannot serialize the ${part} of a record for ${topic}: ${reason}`, {
    topic,
    part,
    cause,
  });
}

/** Checks what a serializer gave. */
function bytesOf(serialized: Serialized | undefined, part: Part, topic: string): RecordBytes {
  if (typeof serialized === 'string' || serialized === null || serialized === undefined)
    return serialized ?? null;
  if (Buffer.isBuffer(serialized)) return serialized;
  if (serialized instanceof Uint8Array) {
    return Buffer.from(serialized.buffer, serialized.byteOffset, serialized.byteLength);
  }
  throw new SerializationError(
    `The serializer of the ${part} of a record for ${topic} gave a ${typeof serialized}; bytes, text or null are needed`,
    { topic, part },
  );
}

/** The bytes of a key or value, or a promise of them when the serializer is asynchronous. Null and undefined are written as null. */
export function serialize<T>(
  serializer: Serializer<T>,
  topic: string,
  input: T | null | undefined,
  part: Part,
): RecordBytes | Promise<RecordBytes> {
  if (input === null || input === undefined) return null;
  let serialized: Serialized | Promise<Serialized>;
  try {
    serialized = serializer.serialize(topic, input);
  } catch (cause) {
    throw serializationFailure(part, topic, cause);
  }
  if (!(serialized instanceof Promise)) return bytesOf(serialized, part, topic);
  return serialized.then(
    (bytes) => bytesOf(bytes, part, topic),
    (cause: unknown) => {
      throw serializationFailure(part, topic, cause);
    },
  );
}

function headerOf(header: HeaderInput, topic: string): RecordHeaderInput {
  const { key, value } = header;
  if (typeof key !== 'string') {
    throw new InvalidArgumentError(
      `A header of a record for ${topic} has no name; headers are { key, value }`,
    );
  }
  if (value === null || value === undefined) return { key, value: null };
  if (typeof value === 'string' || Buffer.isBuffer(value)) return { key, value };
  if (value instanceof Uint8Array) {
    return { key, value: Buffer.from(value.buffer, value.byteOffset, value.byteLength) };
  }
  throw new InvalidArgumentError(
    `Header ${key} of a record for ${topic} is a ${typeof value}; bytes, text or null are needed`,
  );
}

export function headersOf(headers: HeadersInput | undefined, topic: string): RecordHeaderInput[] | undefined {
  if (headers === undefined || headers === null) return undefined;
  if (Symbol.iterator in headers) {
    return Array.from(headers as Iterable<HeaderInput>, (header) => headerOf(header, topic));
  }
  return Object.entries(headers).map(([key, value]) => headerOf({ key, value }, topic));
}
