// Decides how the bytes of a record become the key and value that a listener sees.
import { SerializationError, type ConsumerRecord, type Deserializer } from '@ottla/core';

/** Decodes key and value in place; a promise comes back only from an asynchronous deserializer. Throws SerializationError. */
export type RecordDecoder = (record: ConsumerRecord) => Promise<void> | undefined;

/** The record is the container's own until a listener saw it, so its fields may still be filled in. */
export type Undecoded = { -readonly [Field in keyof ConsumerRecord]: ConsumerRecord[Field] };

export function createRecordDecoder(
  keyDeserializer: Deserializer<unknown>,
  valueDeserializer: Deserializer<unknown>,
): RecordDecoder {
  return (record) => {
    const key = decodePart(record, 'key', keyDeserializer);
    const value = decodePart(record, 'value', valueDeserializer);
    return key === undefined && value === undefined
      ? undefined
      : Promise.all([key, value]).then(() => undefined);
  };
}

function decodePart(
  record: Undecoded,
  part: 'key' | 'value',
  deserializer: Deserializer<unknown>,
): Promise<void> | undefined {
  const bytes = record[part];
  if (bytes === null) {
    return undefined;
  }
  const { topic, partition, offset } = record;
  let decoded: unknown;
  try {
    decoded = deserializer.deserialize(bytes as Buffer, { topic, partition, offset, part });
  } catch (error) {
    throw typed(error, record, part);
  }
  if (!isPromise(decoded)) {
    record[part] = decoded;
    return undefined;
  }
  return decoded.then(
    (value) => {
      record[part] = value;
    },
    (error: unknown) => {
      throw typed(error, record, part);
    },
  );
}

function isPromise(value: unknown): value is Promise<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Partial<Promise<unknown>>).then === 'function'
  );
}

function typed(error: unknown, record: ConsumerRecord, part: 'key' | 'value'): SerializationError {
  if (error instanceof SerializationError) {
    return error;
  }
  const { topic, partition, offset } = record;
  const why = error instanceof Error ? error.message : String(error);
  return new SerializationError(
    `Cannot read the ${part} of ${topic}-${partition} at offset ${offset}: ${why}`,
    {
      topic,
      partition,
      offset,
      part,
      cause: error,
    },
  );
}
