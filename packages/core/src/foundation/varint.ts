// Decides how zig-zag variable-length integers are written, measured and read (KIP-98 records; varlong in the safe-integer range).

const twoToThe28 = 0x1000_0000;
const twoToThe32 = 0x1_0000_0000;

/** Bytes that a zig-zag varint takes. */
export function sizeOfVarint(value: number): number {
  return sizeOfUnsignedVarint(((value << 1) ^ (value >> 31)) >>> 0);
}

/** Bytes that an unsigned 32-bit varint takes. */
export function sizeOfUnsignedVarint(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  return value < twoToThe28 ? 4 : 5;
}

/** Bytes that a zig-zag varlong takes. */
export function sizeOfVarlong(value: number): number {
  if (value >= -0x4000_0000 && value < 0x4000_0000) return sizeOfVarint(value);
  let magnitude = value < 0 ? -value - 1 : value;
  let size = 1;
  for (magnitude = Math.floor(magnitude / 64); magnitude > 0; magnitude = Math.floor(magnitude / 128)) size++;
  return size;
}

/** Writes a zig-zag varint of a 32-bit integer; returns the offset behind it. */
export function writeVarint(buffer: Buffer, value: number, offset: number): number {
  return writeUnsignedVarint(buffer, ((value << 1) ^ (value >> 31)) >>> 0, offset);
}

/** Writes an unsigned 32-bit varint; returns the offset behind it. */
export function writeUnsignedVarint(buffer: Buffer, value: number, offset: number): number {
  let rest = value;
  let at = offset;
  while (rest >= 0x80) {
    buffer[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  buffer[at++] = rest;
  return at;
}

/** Writes a zig-zag varlong of a safe integer; returns the offset behind it. */
export function writeVarlong(buffer: Buffer, value: number, offset: number): number {
  if (value >= -0x4000_0000 && value < 0x4000_0000) return writeVarint(buffer, value, offset);
  // Zig-zag of v is 2v for v >= 0 and 2(-v-1)+1 below; the first seven bits hold the sign, so nothing leaves the safe range.
  const magnitude = value < 0 ? -value - 1 : value;
  let at = offset;
  buffer[at++] = 0x80 | ((magnitude % 64) * 2) | (value < 0 ? 1 : 0);
  let rest = Math.floor(magnitude / 64);
  while (rest >= 0x80) {
    buffer[at++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  buffer[at++] = rest;
  return at;
}

/**
 * Reads varints one after another. Reading past the end, or a value too long for its type, sets `failed` and gives 0 from then
 * on, so that a caller on a hot path checks once per record instead of once per field.
 */
export class VarintReader {
  failed = false;

  constructor(
    public buffer: Buffer,
    public position: number,
    public end: number,
  ) {}

  reset(buffer: Buffer, position: number, end: number): void {
    this.buffer = buffer;
    this.position = position;
    this.end = end;
    this.failed = false;
  }

  readVarint(): number {
    const raw = this.readUnsignedVarint();
    return (raw >>> 1) ^ -(raw & 1);
  }

  // One and two bytes, which nearly all lengths and deltas take, are read without a loop.
  readUnsignedVarint(): number {
    const { buffer, position, end } = this;
    const first = buffer[position] ?? 0;
    if (first < 0x80 && position < end) {
      this.position = position + 1;
      return first;
    }
    const second = buffer[position + 1] ?? 0;
    if (second < 0x80 && position + 1 < end) {
      this.position = position + 2;
      return (first & 0x7f) | (second << 7);
    }
    return this.#readLongForm();
  }

  readVarlong(): number {
    const { buffer, position, end } = this;
    const first = buffer[position] ?? 0;
    if (first < 0x80 && position < end) {
      this.position = position + 1;
      return (first >>> 1) ^ -(first & 1);
    }
    const second = buffer[position + 1] ?? 0;
    if (second < 0x80 && position + 1 < end) {
      this.position = position + 2;
      const raw = (first & 0x7f) | (second << 7);
      return (raw >>> 1) ^ -(raw & 1);
    }
    return this.#readLongVarlong();
  }

  #readLongForm(): number {
    let value = 0;
    for (let shift = 0; shift < 35 && this.position < this.end; shift += 7) {
      const byte = this.buffer[this.position++] ?? 0;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return shift === 28 && byte > 0x0f ? this.#fail() : value >>> 0;
    }
    return this.#fail();
  }

  #readLongVarlong(): number {
    let low = 0;
    for (let shift = 0; shift < 28 && this.position < this.end; shift += 7) {
      const byte = this.buffer[this.position++] ?? 0;
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (low >>> 1) ^ -(low & 1);
    }
    let high = 0;
    let scale = 1;
    for (let count = 4; count < 10 && this.position < this.end; count++) {
      const byte = this.buffer[this.position++] ?? 0;
      high += (byte & 0x7f) * scale;
      scale *= 0x80;
      if (byte < 0x80) return this.#zigZag(low, high);
    }
    return this.#fail();
  }

  /** `high` counts in units of 2^28. Half of it, with the low half, is the magnitude; bit 0 of `low` is the sign. */
  #zigZag(low: number, high: number): number {
    if (high >= 2 ** 26) return this.#fail();
    const magnitude = (low >>> 1) + high * (twoToThe28 / 2);
    return (low & 1) === 0 ? magnitude : -magnitude - 1;
  }

  #fail(): number {
    this.failed = true;
    this.position = this.end;
    return 0;
  }
}

/** True when a number fits the 32-bit integers that `writeVarint` takes. */
export function isInt32(value: number): boolean {
  return Number.isInteger(value) && value >= -twoToThe32 / 2 && value < twoToThe32 / 2;
}
