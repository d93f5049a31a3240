// Decides how bytes that a deserializer refused are told, thrown from `poll()` or carried by the record.
import { SerializationError } from '../errors.js';

/** What a record carries in place of a key or value that could not be read. */
export interface DeserializationFailure {
  /** Whether it is the key or the value. */
  readonly part: 'key' | 'value';
  /** The bytes that were refused, as a view. */
  readonly data: Buffer;
  /** Why. */
  readonly error: SerializationError;
}

export interface RecordPlace {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** Bears the record's place; thrown from `poll()`, it says how to get past the record. */
export function deserializationError(
  place: RecordPlace,
  part: 'key' | 'value',
  cause: unknown,
  fate: 'throw' | 'deliver',
): SerializationError {
  const { topic, partition, offset } = place;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const known =
    cause instanceof SerializationError && cause.offset === offset && cause.partition === partition;
  const text = known
    ? reason
    : `Cannot deserialize the ${part} of ${topic}-${partition} at offset ${offset}: ${reason}`;
  const advice = `; the position stays there: to skip the record go on from offset ${offset + 1} (seek, or the group's offset); to have it use a deserializer that accepts it, or deserializationFailures 'deliver'`;
  return new SerializationError(fate === 'throw' ? `${text}${advice}` : text, {
    topic,
    partition,
    offset,
    part,
    cause,
  });
}
