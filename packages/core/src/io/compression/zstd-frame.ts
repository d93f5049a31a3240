// Decides where zstd frames and their blocks lie in a stream (RFC 8878), and how far they can expand, without expanding them.
import { damaged } from './codec-failure.js';

export interface ZstdFrame {
  readonly start: number;
  readonly end: number;
  /** Where the first block starts. */
  readonly blocksStart: number;
  readonly windowBytes: number;
  /** The size the frame says it expands to; null when it does not say, as in what streams write. */
  readonly contentSizeBytes: number | null;
  readonly blocks: readonly ZstdBlock[];
  readonly maxExpandedBytes: number;
}

export interface ZstdBlock {
  /** Where its three-byte header starts. */
  readonly start: number;
  readonly end: number;
  readonly maxExpandedBytes: number;
}

export const maxZstdBlockBytes = 128 * 1024;
const frameMagic = 0xfd2fb528;
const skippableMagic = 0x184d2a50;
const blockHeaderBytes = 3;

/** The frames of a stream, in order, skippable ones left out; throws CompressionError where the stream is not whole. */
export function zstdFrames(data: Buffer): ZstdFrame[] {
  const frames: ZstdFrame[] = [];
  let at = 0;
  while (at < data.length) {
    need(data, at, 5);
    const magic = data.readUInt32LE(at);
    if (magic === frameMagic) {
      const frame = readFrame(data, at);
      frames.push(frame);
      at = frame.end;
    } else if ((magic & 0xffff_fff0) >>> 0 === skippableMagic) {
      need(data, at, 8);
      const skipped = 8 + data.readUInt32LE(at + 4);
      need(data, at, skipped);
      at += skipped;
    } else {
      throw damaged('zstd', 'no frame begins where one should');
    }
  }
  if (frames.length === 0) throw damaged('zstd', 'it holds no frame');
  return frames;
}

function readFrame(data: Buffer, start: number): ZstdFrame {
  const descriptor = data[start + 4] ?? 0;
  const isSingleSegment = (descriptor & 0x20) !== 0;
  if ((descriptor & 0x08) !== 0) throw damaged('zstd', 'a reserved bit is set');
  if ((descriptor & 0x03) !== 0) throw damaged('zstd', 'frames with a dictionary are not used by Kafka');
  let at = start + 5;
  need(data, at, isSingleSegment ? 1 : 2);
  let windowBytes = 0;
  if (!isSingleSegment) {
    const byte = data[at++] ?? 0;
    windowBytes = 2 ** (10 + (byte >>> 3)) * (1 + (byte & 7) / 8);
  }
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >>> 6] ?? 0;
  need(data, at, sizeBytes);
  const contentSizeBytes = readContentSize(data, at, sizeBytes);
  if (isSingleSegment) windowBytes = contentSizeBytes ?? 0;
  at += sizeBytes;

  const blocksStart = at;
  const maxBlockBytes = Math.min(windowBytes, maxZstdBlockBytes);
  const blocks: ZstdBlock[] = [];
  let maxExpandedBytes = 0;
  for (let isLast = false; !isLast;) {
    const block = readBlock(data, at, maxBlockBytes);
    isLast = ((data[at] ?? 0) & 1) === 1;
    blocks.push(block);
    maxExpandedBytes += block.maxExpandedBytes;
    at = block.end;
  }
  if ((descriptor & 0x04) !== 0) {
    need(data, at, 4);
    at += 4;
  }
  return { start, end: at, blocksStart, windowBytes, contentSizeBytes, blocks, maxExpandedBytes };
}

function readBlock(data: Buffer, start: number, maxBlockBytes: number): ZstdBlock {
  need(data, start, blockHeaderBytes);
  const header = data.readUIntLE(start, blockHeaderBytes);
  const type = (header >>> 1) & 3;
  const size = header >>> 3;
  if (type === 3) throw damaged('zstd', 'a block has a reserved type');
  if (size > maxBlockBytes && size > 0)
    throw damaged('zstd', `a block of ${size} bytes is larger than its window allows`);
  // A run-length block holds one byte, whatever it expands to.
  const contentBytes = type === 1 ? 1 : size;
  need(data, start + blockHeaderBytes, contentBytes);
  const end = start + blockHeaderBytes + contentBytes;
  return { start, end, maxExpandedBytes: type === 2 ? maxBlockBytes : size };
}

function readContentSize(data: Buffer, at: number, sizeBytes: number): number | null {
  if (sizeBytes === 0) return null;
  if (sizeBytes === 1) return data[at] ?? 0;
  if (sizeBytes === 2) return data.readUInt16LE(at) + 256;
  const low = data.readUInt32LE(at);
  return sizeBytes === 4 ? low : low + data.readUInt32LE(at + 4) * 0x1_0000_0000;
}

function need(data: Buffer, at: number, bytes: number): void {
  if (data.length - at < bytes) throw damaged('zstd', 'a frame is cut off');
}
