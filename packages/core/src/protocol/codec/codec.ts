// Decides which codec serves a message and version: the interpreter at first, the emitted one as soon as it pays.
import type { ByteReader } from '../../foundation/byte-reader.js';
import type { ByteWriter } from '../../foundation/byte-writer.js';
import type { InputOf, ShapeOf } from '../schema/field.js';
import type { Message } from '../schema/message.js';
import { UnknownMessageVersionError } from './errors.js';
import { readMessage, writeMessage } from './interpreter.js';

/** Writes and reads one message in one version. */
export interface Codec<Read = unknown, Input = unknown> {
  /** Throws UnsupportedFieldError or InvalidFieldError; the writer is then to be reset. */
  write(writer: ByteWriter, value: Input): void;
  /** Throws MalformedMessageError. Buffers in the result are views of the reader's. */
  read(reader: ByteReader): Read;
}

const codecs = new WeakMap<Message, Codec[]>();

/** The codec of a message in a version; the same object every time. */
export function codecFor<Shape>(
  message: Message<Shape>,
  version: number,
): Codec<ShapeOf<Shape>, InputOf<Shape>> {
  const ofMessage = codecs.get(message as Message);
  const codec = ofMessage?.[version] ?? newCodec(message as Message, version);
  return codec as Codec<ShapeOf<Shape>, InputOf<Shape>>;
}

function newCodec(message: Message, version: number): Codec {
  const [first, last] = message.versions;
  if (!Number.isInteger(version) || version < first || version > last) {
    throw new UnknownMessageVersionError(message.name, version, first, last);
  }
  const ofMessage = codecs.get(message) ?? [];
  codecs.set(message, ofMessage);
  return (ofMessage[version] = {
    write: (writer, value) => writeMessage(message, version, writer, value),
    read: (reader) => readMessage(message, version, reader),
  });
}
