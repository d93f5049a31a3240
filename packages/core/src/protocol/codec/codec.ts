// Decides which codec serves a message and version: the interpreter for the first uses, the emitted one once it pays.
import type { ByteReader } from '../../foundation/byte-reader.js';
import { ByteWriter } from '../../foundation/byte-writer.js';
import type { InputOf, ShapeOf } from '../schema/field.js';
import type { Message } from '../schema/message.js';
import { canGenerateCode } from './emitted-source.js';
import { UnknownMessageVersionError } from './errors.js';
import { readMessage, writeMessage } from './interpreter.js';
import { type EmittedReader, emitReader } from './reader-emitter.js';
import { type EmittedWriter, emitWriter } from './writer-emitter.js';

/** Writes and reads one message in one version. */
export interface Codec<Read = unknown, Input = unknown> {
  /** Throws UnsupportedFieldError or InvalidFieldError; the writer is then to be reset. */
  write(writer: ByteWriter, value: Input): void;
  /** Throws MalformedMessageError. Buffers in the result are views of the reader's. */
  read(reader: ByteReader): Read;
}

/** How often the interpreter serves before source is emitted: messages of the first connection are not worth compiling. */
const interpretedUses = 2;

/** A longer message is worth compiling at once: the interpreter needs some hundred times as long. */
const interpretedBytes = 64 * 1024;

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
  const ofMessage = codecs.get(message) ?? [];
  codecs.set(message, ofMessage);
  return (ofMessage[version] = new TieredCodec(message, version, interpretedUses));
}

/** An emitted codec from its first use on; for tests and benchmarks, which compare it with the interpreter. */
export function emittedCodec(message: Message, version: number): Codec {
  return new TieredCodec(message, version, 0);
}

class TieredCodec implements Codec {
  readonly #message: Message;
  readonly #version: number;
  #emittedWrite: EmittedWriter | null = null;
  #emittedRead: EmittedReader | null = null;
  #interpretedWrites: number;
  #interpretedReads: number;

  constructor(message: Message, version: number, interpreted: number) {
    const [first, last] = message.versions;
    if (!Number.isInteger(version) || version < first || version > last) {
      throw new UnknownMessageVersionError(message.name, version, first, last);
    }
    this.#message = message;
    this.#version = version;
    const uses = canGenerateCode() ? interpreted : Infinity;
    this.#interpretedWrites = uses;
    this.#interpretedReads = uses;
  }

  write(writer: ByteWriter, value: unknown): void {
    if (this.#emittedWrite === null) {
      if (this.#interpretedWrites-- > 0) {
        writeMessage(this.#message, this.#version, writer, value);
        return;
      }
      this.#emittedWrite = emitWriter(this.#message, this.#version);
    }
    try {
      this.#emittedWrite(writer, value);
    } catch (error) {
      // The interpreter fails on the same value and says where and why.
      writeMessage(this.#message, this.#version, new ByteWriter(), value);
      throw error;
    }
  }

  read(reader: ByteReader): unknown {
    if (this.#emittedRead === null) {
      const isLong = reader.remaining > interpretedBytes && this.#interpretedReads !== Infinity;
      if (!isLong && this.#interpretedReads-- > 0) {
        return readMessage(this.#message, this.#version, reader);
      }
      this.#emittedRead = emitReader(this.#message, this.#version);
    }
    const start = reader.offset;
    const { elementsLeft } = reader;
    try {
      return this.#emittedRead(reader);
    } catch (error) {
      reader.offset = start;
      reader.elementsLeft = elementsLeft;
      readMessage(this.#message, this.#version, reader);
      throw error;
    }
  }
}
