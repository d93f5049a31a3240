// Decides how a message lies where no API names its version: an int16 with the version, then the message in it.
import { ByteReader, MalformedBytesError } from '../foundation/byte-reader.js';
import { ByteWriter } from '../foundation/byte-writer.js';
import { codecFor } from './codec/codec.js';
import { MalformedMessageError } from './codec/errors.js';
import type { InputOf, ShapeOf } from './schema/field.js';
import type { Message } from './schema/message.js';

/**
 * What to do with a version newer than all that are known: refuse it, or read it as the newest that is known.
 * The latter fits payloads to which versions only ever add fields at the end (the consumer protocol).
 */
export type NewerVersions = 'refused' | 'read-as-newest';

let sharedWriter: ByteWriter | null = null;

/** The prefix and the message. Throws UnsupportedFieldError or InvalidFieldError. */
export function encodeVersioned<Shape>(
  message: Message<Shape>,
  version: number,
  value: InputOf<Shape>,
): Buffer {
  return encodePrefixed(version, message, version, value);
}

/** A message after an int16 that says something else than its version, such as the kind of a record's key. */
export function encodePrefixed<Shape>(
  prefix: number,
  message: Message<Shape>,
  version: number,
  value: InputOf<Shape>,
): Buffer {
  const writer = (sharedWriter ??= new ByteWriter());
  try {
    writer.int16(prefix);
    codecFor(message, version).write(writer, value);
    return writer.finishAsBuffer();
  } catch (error) {
    writer.reset();
    throw error;
  }
}

/** Reads the prefix and the message. Throws MalformedMessageError, for a version that cannot be read too. */
export function decodeVersioned<Shape>(
  message: Message<Shape>,
  bytes: Buffer,
  newerVersions: NewerVersions,
): ShapeOf<Shape> {
  const [first, last] = message.versions;
  const reader = new ByteReader(bytes);
  const version = readPrefix(message.name, reader);
  if (version < first || (version > last && newerVersions === 'refused')) {
    throw new MalformedMessageError(message.name, version, '', `versions ${first} to ${last} are known`);
  }
  return codecFor(message, Math.min(version, last)).read(reader);
}

/** Reads the int16 in front of a message. Throws MalformedMessageError. */
export function readPrefix(messageName: string, reader: ByteReader): number {
  try {
    return reader.int16();
  } catch (error) {
    if (error instanceof MalformedBytesError) {
      throw new MalformedMessageError(messageName, 0, '', error.message);
    }
    throw error;
  }
}
