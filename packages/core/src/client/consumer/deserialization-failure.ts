// Decides how bytes that a deserializer refused are told, thrown from `poll()` or carried by the record.
import { SerializationError } from '../errors.js';

/** What a record carries in place of a key or value that could not be read. */
export interface DeserializationFailure {
  readonly part: 'key' | 'value';
  /** The bytes that were refused, as a view. */
  readonly data: Buffer;
  readonly error: SerializationError;
}

export interface RecordPlace {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** Bears the record's place, so that the application can seek past it. */
export function deserializationError(
  place: RecordPlace,
  part: 'key' | 'value',
  cause: unknown,
): SerializationError {
  const { topic, partition, offset } = place;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const known =
    cause instanceof SerializationError && cause.offset === offset && cause.partition === partition;
  const text = known
    ? reason
    : `Cannot deserialize the ${part} of ${topic}-${partition} at offset ${offset}: ${reason}`;
  return new SerializationError(
    `${text}; the position stays there: seek to ${offset + 1} to skip the record, or use deserializationFailures 'deliver'`,
    { topic, partition, offset, part, cause },
  );
}
