// Decides how the batches of a segment file are walked over with few reads and bounded memory (L22).
import type { File } from '../../ports/file-system.js';
import {
  batchHeaderBytes,
  RecordBatch,
  validateBatchStructure,
} from '../../protocol/records/record-batch.js';

const readAheadBytes = 1024 * 1024;
/** A length above this is damage: no request that may carry a batch is nearly as large. */
const largestBatchBytes = 256 * 1024 * 1024;

/** Why a walk ended, and where the last good batch ends. */
export interface ScanEnd {
  readonly position: number;
  /** Null when it came to the end of the file, or the visitor stopped it. */
  readonly damage: string | null;
}

/** Walks over whole batches from a position on. The view given to `visit` is good only during the call; false stops the walk. */
export function scanBatches(
  file: File,
  from: number,
  visit: (batch: RecordBatch, position: number) => boolean | string,
): ScanEnd {
  const endOfFile = file.sizeBytes;
  let buffer = Buffer.allocUnsafe(Math.min(readAheadBytes, Math.max(endOfFile - from, 1)));
  let filled = 0;
  let bufferPosition = from;
  let position = from;
  const view = new RecordBatch(buffer);
  while (position < endOfFile) {
    const at = position - bufferPosition;
    const structure = validateBatchStructure(buffer, at, filled);
    if (structure.kind === 'corrupt') return { position, damage: structure.reason };
    if (structure.kind === 'complete') {
      const verdict = visit(view.moveTo(buffer, at), position);
      if (typeof verdict === 'string') return { position, damage: verdict };
      position += structure.sizeBytes;
      if (!verdict) return { position, damage: null };
      continue;
    }
    const needed = neededBytes(view, buffer, at, filled);
    if (position + needed > endOfFile) return { position, damage: 'the last batch is cut off' };
    if (needed > largestBatchBytes) return { position, damage: `a batch of ${needed} bytes is announced` };
    const wanted = Math.min(Math.max(needed, readAheadBytes), endOfFile - position);
    if (buffer.length < wanted) buffer = Buffer.allocUnsafe(wanted);
    filled = file.read(buffer, 0, Math.min(buffer.length, wanted), position);
    bufferPosition = position;
    if (filled < needed) return { position, damage: 'the file is shorter than its size' };
  }
  return { position, damage: null };
}

/** The bytes that must be in the buffer to go on: the header, or the batch when its header is there. */
function neededBytes(view: RecordBatch, buffer: Buffer, at: number, filled: number): number {
  if (filled - at < batchHeaderBytes) return batchHeaderBytes;
  return Math.max(batchHeaderBytes, view.moveTo(buffer, at).sizeBytes);
}
