// Decides how a 64-bit big-endian integer of the wire becomes a number and back, without BigInt.

const twoToThe32 = 0x1_0000_0000;

/** Reads a signed 64-bit integer; past the safe-integer range the result is rounded and `Number.isSafeInteger` tells. */
export function readInt64(buffer: Buffer, offset: number): number {
  return buffer.readInt32BE(offset) * twoToThe32 + buffer.readUInt32BE(offset + 4);
}

/** Writes a safe integer as a signed 64-bit integer. */
export function writeInt64(buffer: Buffer, value: number, offset: number): void {
  const high = Math.floor(value / twoToThe32);
  buffer.writeInt32BE(high, offset);
  buffer.writeUInt32BE(value - high * twoToThe32, offset + 4);
}
