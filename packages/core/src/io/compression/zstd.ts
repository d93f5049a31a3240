// Decides zstd: node:zlib where Node has it (22.15 and later), else a native package kept within the bound frame by frame.
import * as zlib from 'node:zlib';

import type { Compressor } from '../../ports/compressor.js';
import { damaged, expandOrFail, loadLibrary, tooLarge } from './codec-failure.js';
import { maxZstdBlockBytes, zstdFrames, type ZstdFrame } from './zstd-frame.js';

/** Kafka's default level. */
const defaultLevel = 3;

/** What newer Nodes add to node:zlib. */
interface ZlibWithZstd {
  readonly zstdCompressSync?: (data: Buffer, options: { readonly params: Record<number, number> }) => Buffer;
  readonly zstdDecompressSync?: (data: Buffer, options: { readonly maxOutputLength: number }) => Buffer;
  readonly constants: { readonly ZSTD_c_compressionLevel?: number };
}

interface ZstdLibrary {
  readonly Encoder: new (level: number) => { encodeSync(data: Buffer): Buffer };
  readonly Decoder: new () => ZstdDecoder;
}

interface ZstdDecoder {
  decodeSync(data: Buffer): Buffer;
}

export function createZstdCompressor(level = defaultLevel): Compressor {
  return createNodeZstdCompressor(level) ?? createPackageZstdCompressor(level);
}

/** Null where this Node has no zstd. */
export function createNodeZstdCompressor(level = defaultLevel): Compressor | null {
  const { zstdCompressSync, zstdDecompressSync, constants } = zlib as ZlibWithZstd;
  const levelParameter = constants.ZSTD_c_compressionLevel;
  if (zstdCompressSync === undefined || zstdDecompressSync === undefined || levelParameter === undefined)
    return null;
  const options = { params: { [levelParameter]: level } };
  return {
    type: 'zstd',
    compress: (data) => zstdCompressSync(data, options),
    decompress(data, maxBytes) {
      // Node expands the first frame and leaves the rest, and some Nodes give what comes before a cut as if it were all;
      // walking the frames first finds both.
      const frames = zstdFrames(data);
      refuseDeclaredSize(frames, maxBytes);
      const parts: Buffer[] = [];
      let allowance = maxBytes;
      for (const frame of frames) {
        const part = expandFrame(
          zstdDecompressSync,
          data.subarray(frame.start, frame.end),
          allowance,
          maxBytes,
        );
        parts.push(part);
        allowance -= part.length;
      }
      return joined(parts);
    },
  };
}

function expandFrame(
  expand: NonNullable<ZlibWithZstd['zstdDecompressSync']>,
  frame: Buffer,
  allowance: number,
  maxBytes: number,
): Buffer {
  try {
    const expanded = expand(frame, { maxOutputLength: Math.max(1, allowance) });
    if (expanded.length <= allowance) return expanded;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw code === 'ERR_BUFFER_TOO_LARGE' ? tooLarge('zstd', maxBytes) : damaged('zstd', message, error);
  }
  throw tooLarge('zstd', maxBytes);
}

/** The library expands without a limit, so what it is given is limited: frames that cannot pass the bound, or parts of one. */
export function createPackageZstdCompressor(level = defaultLevel): Compressor {
  const library = loadLibrary<ZstdLibrary>('zstd', '@toondepauw/node-zstd');
  const encoder = new library.Encoder(level);
  const decoder = new library.Decoder();
  return {
    type: 'zstd',
    compress: (data) => encoder.encodeSync(data),
    decompress(data, maxBytes) {
      const frames = zstdFrames(data);
      refuseDeclaredSize(frames, maxBytes);
      const bound = frames.reduce((sum, frame) => sum + frame.maxExpandedBytes, 0);
      if (bound <= maxBytes) return expandOrFail('zstd', () => decoder.decodeSync(data));
      const parts: Buffer[] = [];
      let allowance = maxBytes;
      for (const frame of frames) {
        const part = expandWithin(decoder, data, frame, allowance, maxBytes);
        parts.push(part);
        allowance -= part.length;
      }
      return joined(parts);
    },
  };
}

function joined(parts: readonly Buffer[]): Buffer {
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
}

function refuseDeclaredSize(frames: readonly ZstdFrame[], maxBytes: number): void {
  let declared = 0;
  for (const frame of frames) declared += frame.contentSizeBytes ?? 0;
  if (declared > maxBytes) throw tooLarge('zstd', maxBytes);
}

/** Blocks are full but for a frame's last one, so one or two attempts settle honest data; more than these is an attack. */
const maxAttempts = 8;

/**
 * Expands a frame whose blocks could pass the allowance. As many blocks as can exceed it by at most one block are expanded, as a
 * frame of their own; their real size makes room for more, until the frame is done or has been shown to be too large.
 */
function expandWithin(
  decoder: ZstdDecoder,
  data: Buffer,
  frame: ZstdFrame,
  allowance: number,
  maxBytes: number,
): Buffer {
  let blockCount = 0;
  let expandedBytes = 0;
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    let bound = expandedBytes;
    while (blockCount < frame.blocks.length) {
      const more = frame.blocks[blockCount]?.maxExpandedBytes ?? 0;
      if (bound + more > allowance + maxZstdBlockBytes) break;
      bound += more;
      blockCount++;
    }
    const isWhole = blockCount === frame.blocks.length;
    const bytes = isWhole ? data.subarray(frame.start, frame.end) : firstBlocks(data, frame, blockCount);
    const expanded = expandOrFail('zstd', () => decoder.decodeSync(bytes));
    if (expanded.length > allowance) break;
    if (isWhole) return expanded;
    expandedBytes = expanded.length;
  }
  throw tooLarge('zstd', maxBytes);
}

/** A frame of the first blocks of another: a plain header with a window as large, and the last block marked as such. */
function firstBlocks(data: Buffer, frame: ZstdFrame, blockCount: number): Buffer {
  const last = frame.blocks[blockCount - 1];
  const end = last?.end ?? frame.blocksStart;
  const header = Buffer.alloc(6);
  header.writeUInt32LE(0xfd2fb528);
  header[5] = windowDescriptor(frame.windowBytes);
  const result = Buffer.concat([header, data.subarray(frame.blocksStart, end)]);
  if (last !== undefined) {
    const mark = header.length + last.start - frame.blocksStart;
    result[mark] = (result[mark] ?? 0) | 1;
  }
  return result;
}

/** The descriptor of the smallest window, of a power of two, that holds `windowBytes`. */
function windowDescriptor(windowBytes: number): number {
  return Math.max(0, Math.ceil(Math.log2(Math.max(1, windowBytes))) - 10) << 3;
}
