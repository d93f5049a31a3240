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

/** Walks over the whole batches of a file, one at a time, so that others may run in between. */
export class BatchWalk {
  /** Good until the next call. */
  readonly batch: RecordBatch;
  /** Where the batch starts in the file; where the walk ended, once it has. */
  position: number;
  /** Why the walk ended before the end of the file. */
  damage: string | null = null;
  readonly #file: File;
  readonly #endOfFile: number;
  #buffer: Buffer;
  #filled = 0;
  #bufferPosition: number;
  #nextPosition: number;

  constructor(file: File, from: number) {
    this.#file = file;
    this.#endOfFile = file.sizeBytes;
    this.#buffer = Buffer.allocUnsafe(Math.min(readAheadBytes, Math.max(this.#endOfFile - from, 1)));
    this.#bufferPosition = from;
    this.#nextPosition = from;
    this.position = from;
    this.batch = new RecordBatch(this.#buffer);
  }

  /** False at the end of the file, and at damage. */
  next(): boolean {
    const position = this.#nextPosition;
    this.position = position;
    while (position < this.#endOfFile) {
      const at = position - this.#bufferPosition;
      const structure = validateBatchStructure(this.#buffer, at, this.#filled);
      if (structure.kind === 'corrupt') return this.#end(structure.reason);
      if (structure.kind === 'complete') {
        this.batch.moveTo(this.#buffer, at);
        this.#nextPosition = position + structure.sizeBytes;
        return true;
      }
      const fault = this.#fill(neededBytes(this.batch, this.#buffer, at, this.#filled));
      if (fault !== null) return this.#end(fault);
    }
    return false;
  }

  /** Reads on from the batch that is not whole. */
  #fill(needed: number): string | null {
    const { position } = this;
    if (position + needed > this.#endOfFile) return 'the last batch is cut off';
    if (needed > largestBatchBytes) return `a batch of ${needed} bytes is announced`;
    const wanted = Math.min(Math.max(needed, readAheadBytes), this.#endOfFile - position);
    if (this.#buffer.length < wanted) this.#buffer = Buffer.allocUnsafe(wanted);
    this.#filled = this.#file.read(this.#buffer, 0, Math.min(this.#buffer.length, wanted), position);
    this.#bufferPosition = position;
    return this.#filled < needed ? 'the file is shorter than its size' : null;
  }

  #end(damage: string): false {
    this.damage = damage;
    return false;
  }
}

/** Walks over whole batches from a position on. The view given to `visit` is good only during the call; false stops the walk. */
export function scanBatches(
  file: File,
  from: number,
  visit: (batch: RecordBatch, position: number) => boolean | string,
): ScanEnd {
  const walk = new BatchWalk(file, from);
  while (walk.next()) {
    const { batch, position } = walk;
    const sizeBytes = batch.sizeBytes;
    const verdict = visit(batch, position);
    if (typeof verdict === 'string') return { position, damage: verdict };
    if (!verdict) return { position: position + sizeBytes, damage: null };
  }
  return { position: walk.position, damage: walk.damage };
}

/** The bytes that must be in the buffer to go on: the header, or the batch when its header is there. */
function neededBytes(view: RecordBatch, buffer: Buffer, at: number, filled: number): number {
  if (filled - at < batchHeaderBytes) return batchHeaderBytes;
  return Math.max(batchHeaderBytes, view.moveTo(buffer, at).sizeBytes);
}
