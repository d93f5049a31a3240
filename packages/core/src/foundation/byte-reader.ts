// Decides how numbers, text and views are read from a buffer; nothing is read or allocated beyond its end.
import { uuidFromBytes } from './uuid.js';

/** Bytes that cannot be read as asked: they end too early, or a length or number among them is out of bounds. */
export class MalformedBytesError extends Error {
  override readonly name = 'MalformedBytesError';
}

/** Buffer's own slicers; they skip the encoding look-up of toString. */
interface NativeText {
  utf8Slice(start: number, end: number): string;
}

/** Text of a range that the caller has checked. */
export function utf8Text(buffer: Buffer, start: number, end: number): string {
  return start === end ? '' : (buffer as Buffer & NativeText).utf8Slice(start, end);
}

/** Reads big-endian values from one buffer, from `offset` up to `end`. */
export class ByteReader {
  readonly buffer: Buffer;
  /** Where the next value starts. Emitted codecs move it themselves. */
  offset: number;
  readonly end: number;
  /** Array elements that may still be read; whoever reads a stranger's bytes sets it, since an element of two bytes becomes an object. */
  elementsLeft = Infinity;

  constructor(buffer: Buffer, offset = 0, end = buffer.length) {
    if (offset < 0 || end > buffer.length || offset > end) {
      throw new RangeError(`no range ${offset}..${end} in a buffer of ${buffer.length} bytes`);
    }
    this.buffer = buffer;
    this.offset = offset;
    this.end = end;
  }

  get remaining(): number {
    return this.end - this.offset;
  }

  bool(): boolean {
    return this.buffer[this.#advance(1)] !== 0;
  }

  int8(): number {
    return this.buffer.readInt8(this.#advance(1));
  }

  int16(): number {
    return this.buffer.readInt16BE(this.#advance(2));
  }

  uint16(): number {
    return this.buffer.readUInt16BE(this.#advance(2));
  }

  int32(): number {
    return this.buffer.readInt32BE(this.#advance(4));
  }

  uint32(): number {
    return this.buffer.readUInt32BE(this.#advance(4));
  }

  int64(): number {
    const at = this.#advance(8);
    return safeInt64(this.buffer.readInt32BE(at), this.buffer.readUInt32BE(at + 4));
  }

  float64(): number {
    return this.buffer.readDoubleBE(this.#advance(8));
  }

  uuid(): string {
    return uuidFromBytes(this.buffer, this.#advance(16));
  }

  /** An unsigned varint of at most 31 bits: every one in the protocol is a length, a count or a tag. */
  unsignedVarint(): number {
    let value = 0;
    for (let shift = 0; shift <= 28; shift += 7) {
      const byte = this.buffer[this.#advance(1)] as number;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) {
        if (value > 0x7fffffff) {
          throw new MalformedBytesError(`unsigned varint ${value} is over 2147483647`);
        }
        return value;
      }
    }
    throw new MalformedBytesError('an unsigned varint is longer than five bytes');
  }

  /** Text of that many bytes of UTF-8. */
  utf8(byteLength: number): string {
    const at = this.#advance(byteLength);
    return utf8Text(this.buffer, at, at + byteLength);
  }

  /** A view of the next bytes; it shares memory with the buffer. */
  view(byteLength: number): Buffer {
    const at = this.#advance(byteLength);
    return this.buffer.subarray(at, at + byteLength);
  }

  skip(byteLength: number): void {
    this.#advance(byteLength);
  }

  /** Skips a section of tagged fields (KIP-482) of which none is known. */
  skipTaggedFields(): void {
    for (let count = this.unsignedVarint(); count > 0; count--) {
      this.unsignedVarint();
      this.skip(this.unsignedVarint());
    }
  }

  #advance(byteLength: number): number {
    const at = this.offset;
    if (byteLength > this.end - at) {
      throw new MalformedBytesError(
        `${byteLength} bytes are announced or needed and ${this.end - at} remain`,
      );
    }
    this.offset = at + byteLength;
    return at;
  }
}

const two32 = 2 ** 32;
const highestInt64 = 2 ** 63;

/** The number that two halves make. 2^63-1, Kafka's "no limit", is read as 2 ** 63; others beyond the safe range are refused. */
export function safeInt64(high: number, low: number): number {
  if (high >= -0x200000 && high <= 0x1fffff && (high !== -0x200000 || low !== 0)) {
    return high * two32 + low;
  }
  if (high === 0x7fffffff && low === 0xffffffff) {
    return highestInt64;
  }
  throw new MalformedBytesError(
    `int64 ${((BigInt(high) << 32n) | BigInt(low)).toString()} is outside the safe range`,
  );
}
