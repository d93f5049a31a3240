// Decides lz4: the frame format, whose blocks are measured before they are expanded (L6).
import type { Compressor } from '../../ports/compressor.js';
import { damaged, expandOrFail, loadLibrary, tooLarge } from './codec-failure.js';
import { lz4BlockSize, lz4Frames, type Lz4Frame } from './lz4-frame.js';

interface Lz4Library {
  compressFrameSync(data: Buffer): Buffer;
  decompressFrameSync(data: Buffer): Buffer;
}

export function createLz4Compressor(): Compressor {
  const library = loadLibrary<Lz4Library>('lz4', 'lz4-napi');
  return {
    type: 'lz4',
    compress: (data) => library.compressFrameSync(data),
    decompress(data, maxBytes) {
      const frames = lz4Frames(data);
      checkBound(data, frames, maxBytes);
      // The library reads one frame and stops, so that each is given to it alone.
      const parts = frames.map((frame) => expandFrame(library, data, frame));
      const [only] = parts;
      return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
    },
  };
}

function expandFrame(library: Lz4Library, data: Buffer, frame: Lz4Frame): Buffer {
  const bytes = frame.start === 0 && frame.end === data.length ? data : data.subarray(frame.start, frame.end);
  const expanded = expandOrFail('lz4', () => library.decompressFrameSync(bytes));
  if (frame.contentSizeBytes !== null && frame.contentSizeBytes !== expanded.length) {
    throw damaged('lz4', 'a frame expands to another size than it says');
  }
  return expanded;
}

function checkBound(data: Buffer, frames: readonly Lz4Frame[], maxBytes: number): void {
  let bound = 0;
  for (const frame of frames) {
    for (const block of frame.blocks) bound += block.maxExpandedBytes;
  }
  if (bound <= maxBytes) return;
  // The last block of a frame is seldom full, so the bound is loose; near the limit the blocks are measured exactly.
  let size = 0;
  for (const frame of frames) {
    for (const block of frame.blocks) {
      size += lz4BlockSize(data, block);
      if (size > maxBytes) throw tooLarge('lz4', maxBytes);
    }
  }
}
