// Decides where LZ4 frames and their blocks lie in a stream, and how far they can expand, without expanding them.
import { damaged } from './codec-failure.js';

export interface Lz4Frame {
  readonly start: number;
  readonly end: number;
  /** The size the frame says it expands to; null when it does not say. */
  readonly contentSizeBytes: number | null;
  readonly blocks: readonly Lz4Block[];
}

export interface Lz4Block {
  readonly start: number;
  readonly end: number;
  readonly isCompressed: boolean;
  /** The most it can expand to, by its frame's block size and by the format's best ratio. */
  readonly maxExpandedBytes: number;
}

const frameMagic = 0x184d2204;
const skippableMagic = 0x184d2a50;
const minFrameBytes = 7;
const uncompressedBlockBit = 0x8000_0000;
/** One byte of a length can stand for 255 bytes of output. */
const maxExpansion = 255;

/** The frames of a stream, in order, skippable ones left out; throws CompressionError where the stream is not whole. */
export function lz4Frames(data: Buffer): Lz4Frame[] {
  const frames: Lz4Frame[] = [];
  let at = 0;
  while (at < data.length) {
    if (data.length - at < minFrameBytes) throw damaged('lz4', 'a frame header is cut off');
    const magic = data.readUInt32LE(at);
    if (magic === frameMagic) {
      const frame = readFrame(data, at);
      frames.push(frame);
      at = frame.end;
    } else if ((magic & 0xffff_fff0) >>> 0 === skippableMagic && data.length - at >= 8) {
      at += 8 + data.readUInt32LE(at + 4);
      if (at > data.length) throw damaged('lz4', 'a skippable frame is cut off');
    } else {
      throw damaged('lz4', 'no frame begins where one should');
    }
  }
  if (frames.length === 0) throw damaged('lz4', 'it holds no frame');
  return frames;
}

function readFrame(data: Buffer, start: number): Lz4Frame {
  const flags = data[start + 4] ?? 0;
  const blockSizeCode = ((data[start + 5] ?? 0) >>> 4) & 7;
  const hasBlockChecksum = (flags & 0x10) !== 0;
  const hasContentSize = (flags & 0x08) !== 0;
  const hasContentChecksum = (flags & 0x04) !== 0;
  if (flags >>> 6 !== 1) throw damaged('lz4', `frame version ${flags >>> 6} is unknown`);
  if ((flags & 0x03) !== 0) throw damaged('lz4', 'frames with a dictionary are not used by Kafka');
  if (blockSizeCode < 4) throw damaged('lz4', `block size code ${blockSizeCode} is unknown`);
  const headerBytes = hasContentSize ? 15 : 7;
  if (data.length - start < headerBytes) throw damaged('lz4', 'a frame header is cut off');
  const contentSizeBytes = hasContentSize
    ? data.readUInt32LE(start + 6) + data.readUInt32LE(start + 10) * 0x1_0000_0000
    : null;
  const maxBlockBytes = 2 ** (8 + 2 * blockSizeCode);

  const blocks: Lz4Block[] = [];
  for (let at = start + headerBytes; ;) {
    if (data.length - at < 4) throw damaged('lz4', 'a block is cut off');
    const word = data.readUInt32LE(at);
    at += 4;
    if (word === 0) {
      const end = at + (hasContentChecksum ? 4 : 0);
      if (end > data.length) throw damaged('lz4', 'the content checksum is cut off');
      return { start, end, contentSizeBytes, blocks };
    }
    const isCompressed = word < uncompressedBlockBit;
    const sizeBytes = isCompressed ? word : word - uncompressedBlockBit;
    const end = at + sizeBytes;
    if (sizeBytes > maxBlockBytes || end > data.length) {
      throw damaged('lz4', `a block of ${sizeBytes} bytes does not fit its frame`);
    }
    const maxExpandedBytes = isCompressed ? Math.min(maxBlockBytes, sizeBytes * maxExpansion) : sizeBytes;
    blocks.push({ start: at, end, isCompressed, maxExpandedBytes });
    at = end + (hasBlockChecksum ? 4 : 0);
  }
}

/** The exact size a block expands to: the lengths of its sequences summed up, nothing copied. */
export function lz4BlockSize(data: Buffer, block: Lz4Block): number {
  if (!block.isCompressed) return block.end - block.start;
  let at = block.start;
  let size = 0;
  while (at < block.end) {
    const token = data[at++] ?? 0;
    let literals = token >>> 4;
    if (literals === 15) {
      let more: number;
      do {
        more = at < block.end ? (data[at++] ?? 0) : -1;
        literals += more;
      } while (more === 255);
      if (more < 0) throw damaged('lz4', 'a block ends inside a length');
    }
    size += literals;
    at += literals;
    // The last sequence has literals only.
    if (at >= block.end) break;
    at += 2;
    let match = (token & 15) + 4;
    if (match === 19) {
      let more: number;
      do {
        more = at < block.end ? (data[at++] ?? 0) : -1;
        match += more;
      } while (more === 255);
      if (more < 0) throw damaged('lz4', 'a block ends inside a length');
    }
    size += match;
  }
  if (at !== block.end) throw damaged('lz4', 'a block ends inside a sequence');
  return size;
}
