// Decides how CRC-32C (Castagnoli) checksums are computed: table lookups for short inputs, WebAssembly or native code for long ones.
import { createWebAssemblyCrc32c } from './crc32c-wasm.js';

/** Computes the unsigned CRC-32C of all the given bytes. */
export type NativeCrc32c = (bytes: Uint8Array) => number;

/** Computes the unsigned CRC-32C of `buffer[start, end)`. */
export type Crc32c = (buffer: Buffer, start: number, end: number) => number;

const slices = 16;

// Measured (performance.md B3): a native call costs about 240 ns before its first byte, WebAssembly's copy about 80 ns.
const webAssemblyFromBytes = 96;
const nativeFromBytes = 600;

/** Entry 256*k + b: the checksum of byte b followed by k zero bytes, without the final inversion. */
const tables = createTables();

let native: NativeCrc32c | null = null;
let middle: Crc32c | null = null;

/** Unsigned CRC-32C of `buffer[start, end)`. */
export function crc32c(buffer: Buffer, start: number, end: number): number {
  const length = end - start;
  if (length < webAssemblyFromBytes) return crc32cByTables(buffer, start, end);
  if (length >= nativeFromBytes && native !== null) {
    return native(start === 0 && end === buffer.length ? buffer : buffer.subarray(start, end)) >>> 0;
  }
  middle ??= createWebAssemblyCrc32c(tables) ?? crc32cByTables;
  return middle(buffer, start, end);
}

/** Installs native code for long inputs, or takes it out again with null; it must agree with the tables on every input. */
export function useCrc32c(implementation: NativeCrc32c | null): void {
  native = implementation;
}

/** The implementation in plain JavaScript: eight bytes a step. */
export function crc32cByTables(buffer: Buffer, start: number, end: number): number {
  const table = tables;
  let crc = -1;
  let at = start;
  for (const stepsEnd = end - 7; at < stepsEnd; at += 8) {
    const low = crc ^ word(buffer, at);
    const high = word(buffer, at + 4);
    crc =
      entry(table, 0x700 | (low & 0xff)) ^
      entry(table, 0x600 | ((low >>> 8) & 0xff)) ^
      entry(table, 0x500 | ((low >>> 16) & 0xff)) ^
      entry(table, 0x400 | (low >>> 24)) ^
      entry(table, 0x300 | (high & 0xff)) ^
      entry(table, 0x200 | ((high >>> 8) & 0xff)) ^
      entry(table, 0x100 | ((high >>> 16) & 0xff)) ^
      entry(table, high >>> 24);
  }
  for (; at < end; at++) crc = entry(table, (crc ^ (buffer[at] ?? 0)) & 0xff) ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** The implementation in WebAssembly, or null where WebAssembly is refused. */
export function crc32cByWebAssembly(): Crc32c | null {
  return createWebAssemblyCrc32c(tables);
}

function createTables(): Int32Array {
  const result = new Int32Array(slices * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
    result[byte] = crc;
  }
  for (let index = 256; index < result.length; index++) {
    const previous = entry(result, index - 256);
    result[index] = entry(result, previous & 0xff) ^ (previous >>> 8);
  }
  return result;
}

function entry(table: Int32Array, index: number): number {
  return table[index] ?? 0;
}

function word(buffer: Buffer, at: number): number {
  return (
    (buffer[at] ?? 0) |
    ((buffer[at + 1] ?? 0) << 8) |
    ((buffer[at + 2] ?? 0) << 16) |
    ((buffer[at + 3] ?? 0) << 24)
  );
}
