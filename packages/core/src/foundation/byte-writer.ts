// Decides how numbers, text and bytes become the chunks of one message; large buffers go in as views, not as copies.
import { uuidToBytes } from './uuid.js';

/** A buffer at least this long becomes a chunk of its own; a shorter one is cheaper to copy than to hand to the socket. */
export const spliceThresholdBytes = 4096;

const longestString = 0x7fff;
/** Up to this many characters a loop is quicker than a native call. */
const shortText = 14;

/** Something that the protocol has no room for, for example a string of more than 32,767 bytes. */
export class UnwritableBytesError extends Error {
  override readonly name = 'UnwritableBytesError';
}

/** Buffer's own writer of text; it skips the encoding look-up of write. */
interface NativeText {
  utf8Write(text: string, offset: number, length?: number): number;
}

/**
 * Writes big-endian values into a slab and gives out the written part as a list of buffers.
 * One writer serves many messages after each other: `finish` ends one, and the next goes on in the rest of the slab.
 * Numbers are not checked here: their writers are the codecs, which are.
 */
export class ByteWriter {
  /** The slab; valid from `offset` for as many bytes as `reserve` was asked for. Emitted codecs write into it themselves. */
  buffer: Buffer;
  offset = 0;
  readonly #slabBytes: number;
  #start = 0;
  #chunks: Buffer[] = [];
  #chunkBytes = 0;
  #section: ByteWriter | null = null;

  constructor(slabBytes = 32 * 1024) {
    this.#slabBytes = slabBytes;
    this.buffer = Buffer.allocUnsafeSlow(slabBytes);
  }

  /** Bytes of the current message so far. */
  get length(): number {
    return this.#chunkBytes + this.offset - this.#start;
  }

  /** Makes room for that many bytes in one piece at `offset`. */
  reserve(byteLength: number): void {
    if (this.buffer.length - this.offset < byteLength) {
      this.#nextSlab(byteLength);
    }
  }

  int8(value: number): void {
    this.reserve(1);
    this.buffer[this.offset++] = value;
  }

  /** Signed and unsigned alike. */
  int16(value: number): void {
    this.reserve(2);
    const { buffer, offset } = this;
    buffer[offset] = value >>> 8;
    buffer[offset + 1] = value;
    this.offset = offset + 2;
  }

  /** Signed and unsigned alike. */
  int32(value: number): void {
    this.reserve(4);
    writeInt32(this.buffer, this.offset, value);
    this.offset += 4;
  }

  /** A safe integer, or 2 ** 63, which stands for 2^63-1. */
  int64(value: number): void {
    this.reserve(8);
    writeInt64(this.buffer, this.offset, value);
    this.offset += 8;
  }

  float64(value: number): void {
    this.reserve(8);
    this.offset = this.buffer.writeDoubleBE(value, this.offset);
  }

  uuid(text: string): void {
    this.reserve(16);
    uuidToBytes(text, this.buffer, this.offset);
    this.offset += 16;
  }

  unsignedVarint(value: number): void {
    this.reserve(5);
    const { buffer } = this;
    let offset = this.offset;
    let rest = value;
    while (rest > 0x7f) {
      buffer[offset++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    buffer[offset++] = rest;
    this.offset = offset;
  }

  /** Text after its length as an int16. */
  string(text: string): void {
    const bound = text.length * 3;
    if (bound > longestString) {
      this.#checkedString(text);
      return;
    }
    this.reserve(bound + 2);
    const at = this.offset;
    const byteLength = writeText(this.buffer, at + 2, text);
    this.buffer[at] = byteLength >>> 8;
    this.buffer[at + 1] = byteLength;
    this.offset = at + 2 + byteLength;
  }

  /** Text after its length plus one as an unsigned varint. */
  compactString(text: string): void {
    const bound = text.length * 3;
    if (bound > 0x7e) {
      this.#measuredCompactString(text);
      return;
    }
    this.reserve(bound + 1);
    const at = this.offset;
    const byteLength = writeText(this.buffer, at + 1, text);
    this.buffer[at] = byteLength + 1;
    this.offset = at + 1 + byteLength;
  }

  /** Bytes without a length; a large buffer becomes a view in the result and must not change afterwards. */
  raw(bytes: Buffer): void {
    if (bytes.length >= spliceThresholdBytes) {
      this.#closeChunk();
      this.#chunks.push(bytes);
      this.#chunkBytes += bytes.length;
      return;
    }
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.offset);
    this.offset += bytes.length;
  }

  /** A second writer, for content whose length must precede it; `endSection` takes it in. */
  section(): ByteWriter {
    const section = this.#section ?? new ByteWriter(1024);
    this.#section = null;
    return section;
  }

  /** Writes the length of a section as an unsigned varint, and then the section. */
  endSection(section: ByteWriter): void {
    this.unsignedVarint(section.length);
    for (const chunk of section.finish()) {
      this.raw(chunk);
    }
    this.#section = section;
  }

  /** Ends the message and gives out its chunks; the writer is ready for the next one. */
  finish(): Buffer[] {
    this.#closeChunk();
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#chunkBytes = 0;
    return chunks;
  }

  /** Ends the message and gives it out as one buffer. */
  finishAsBuffer(): Buffer {
    const chunks = this.finish();
    return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
  }

  /** Drops the current message, for example when writing it failed. */
  reset(): void {
    if (this.#chunks.length === 0) {
      this.offset = this.#start;
    } else {
      this.#start = this.offset;
      this.#chunks = [];
      this.#chunkBytes = 0;
    }
    this.#section = null;
  }

  #closeChunk(): void {
    if (this.offset > this.#start) {
      this.#chunks.push(this.buffer.subarray(this.#start, this.offset));
      this.#chunkBytes += this.offset - this.#start;
      this.#start = this.offset;
    }
  }

  #nextSlab(byteLength: number): void {
    this.#closeChunk();
    this.buffer = Buffer.allocUnsafeSlow(Math.max(this.#slabBytes, byteLength));
    this.offset = 0;
    this.#start = 0;
  }

  #checkedString(text: string): void {
    const byteLength = checkedByteLength(text);
    this.reserve(byteLength + 2);
    this.int16(byteLength);
    this.offset += (this.buffer as Buffer & NativeText).utf8Write(text, this.offset);
  }

  #measuredCompactString(text: string): void {
    const byteLength = checkedByteLength(text);
    this.unsignedVarint(byteLength + 1);
    this.reserve(byteLength);
    this.offset += (this.buffer as Buffer & NativeText).utf8Write(text, this.offset);
  }
}

function checkedByteLength(text: string): number {
  const byteLength = Buffer.byteLength(text);
  if (byteLength > longestString) {
    throw new UnwritableBytesError(
      `a string of ${byteLength} bytes; the protocol has room for ${longestString}`,
    );
  }
  return byteLength;
}

/** Writes text as UTF-8 where there is room for it; returns how many bytes it took. */
export function writeText(buffer: Buffer, offset: number, text: string): number {
  const { length } = text;
  if (length > shortText) {
    return (buffer as Buffer & NativeText).utf8Write(text, offset);
  }
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0x7f) {
      return (buffer as Buffer & NativeText).utf8Write(text, offset);
    }
    buffer[offset + index] = code;
  }
  return length;
}

/** Writes an int32, signed or unsigned. */
export function writeInt32(buffer: Buffer, offset: number, value: number): void {
  buffer[offset] = value >>> 24;
  buffer[offset + 1] = value >>> 16;
  buffer[offset + 2] = value >>> 8;
  buffer[offset + 3] = value;
}

const two32 = 2 ** 32;
const beyondInt64 = 2 ** 63;

/** Writes a safe integer, or 2 ** 63 as 2^63-1 (see `safeInt64`). */
export function writeInt64(buffer: Buffer, offset: number, value: number): void {
  if (value === beyondInt64) {
    writeInt32(buffer, offset, 0x7fffffff);
    writeInt32(buffer, offset + 4, -1);
    return;
  }
  writeInt32(buffer, offset, Math.floor(value / two32));
  writeInt32(buffer, offset + 4, value >>> 0);
}
