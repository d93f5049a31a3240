// Decides snappy: Java's xerial container on write; that container, or one raw block as librdkafka sends it, on read (L6).
import type { Compressor } from '../../ports/compressor.js';
import { damaged, expandOrFail, loadLibrary, tooLarge } from './codec-failure.js';

interface SnappyLibrary {
  compressSync(data: Uint8Array): Buffer;
  uncompressSync(data: Uint8Array, options: { readonly asBuffer: true }): Buffer;
}

/** Java's header: the magic, then version 1 and lowest compatible version 1. */
const xerialHeader = Buffer.from([0x82, ...Buffer.from('SNAPPY'), 0, 0, 0, 0, 1, 0, 0, 0, 1]);
const xerialMagicBytes = 8;
const xerialBlockBytes = 32 * 1024;
const blockLengthBytes = 4;

/** A copy of 64 bytes takes three, so no block expands further; a length that claims more is a lie. */
const maxExpansion = 22;

export function createSnappyCompressor(): Compressor {
  const library = loadLibrary<SnappyLibrary>('snappy', 'snappy');
  return {
    type: 'snappy',
    compress: (data) => compressXerial(library, data),
    decompress: (data, maxBytes) =>
      isXerial(data, 0) ? decompressXerial(library, data, maxBytes) : decompressRaw(library, data, maxBytes),
  };
}

function compressXerial(library: SnappyLibrary, data: Buffer): Buffer {
  const parts: Buffer[] = [xerialHeader];
  for (let at = 0; at < data.length; at += xerialBlockBytes) {
    const block = library.compressSync(data.subarray(at, at + xerialBlockBytes));
    const length = Buffer.allocUnsafe(blockLengthBytes);
    length.writeInt32BE(block.length);
    parts.push(length, block);
  }
  return Buffer.concat(parts);
}

function decompressRaw(library: SnappyLibrary, data: Buffer, maxBytes: number): Buffer {
  checkBound(expandedSize(data, 0, data.length), maxBytes);
  return expandOrFail('snappy', () => library.uncompressSync(data, { asBuffer: true }));
}

function decompressXerial(library: SnappyLibrary, data: Buffer, maxBytes: number): Buffer {
  const blocks = xerialBlocks(data);
  let total = 0;
  for (const block of blocks) {
    total += block.expandedBytes;
    checkBound(total, maxBytes);
  }
  const first = blocks[0];
  if (blocks.length === 1 && first !== undefined) return expandBlock(library, data, first);
  const result = Buffer.allocUnsafe(total);
  let at = 0;
  for (const block of blocks) {
    result.set(expandBlock(library, data, block), at);
    at += block.expandedBytes;
  }
  return result;
}

interface Block {
  readonly start: number;
  readonly end: number;
  readonly expandedBytes: number;
}

function expandBlock(library: SnappyLibrary, data: Buffer, block: Block): Buffer {
  const expanded = expandOrFail('snappy', () =>
    library.uncompressSync(data.subarray(block.start, block.end), { asBuffer: true }),
  );
  if (expanded.length !== block.expandedBytes)
    throw damaged('snappy', 'a block expands to another size than it says');
  return expanded;
}

function isXerial(data: Buffer, start: number): boolean {
  return (
    data.length - start >= xerialHeader.length &&
    data.compare(xerialHeader, 0, xerialMagicBytes, start, start + xerialMagicBytes) === 0
  );
}

function xerialBlocks(data: Buffer): Block[] {
  const blocks: Block[] = [];
  let at = xerialHeader.length;
  while (at < data.length) {
    // Streams written one after another carry their headers along.
    if (isXerial(data, at)) {
      at += xerialHeader.length;
      continue;
    }
    if (data.length - at < blockLengthBytes) throw damaged('snappy', 'a block length is cut off');
    const start = at + blockLengthBytes;
    const end = start + data.readInt32BE(at);
    if (end <= start || end > data.length)
      throw damaged('snappy', `a block of ${end - start} bytes does not fit the data`);
    blocks.push({ start, end, expandedBytes: expandedSize(data, start, end) });
    at = end;
  }
  return blocks;
}

/** The size that a raw block says it expands to: a varint before its first element. */
function expandedSize(data: Buffer, start: number, end: number): number {
  let size = 0;
  for (let index = 0; index < 5 && start + index < end; index++) {
    const byte = data[start + index] ?? 0;
    size += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) {
      if (size > (end - start) * maxExpansion)
        throw damaged('snappy', `a block cannot expand to the ${size} bytes it says`);
      return size;
    }
  }
  throw damaged('snappy', 'the size of a block is cut off');
}

function checkBound(expandedBytes: number, maxBytes: number): void {
  if (expandedBytes > maxBytes) throw tooLarge('snappy', maxBytes);
}
