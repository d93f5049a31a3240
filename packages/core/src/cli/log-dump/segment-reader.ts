// Decides how the batches of a segment file are read one after the other, without holding more than one and a little.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

import {
  headerField,
  logOverheadBytes,
  RecordBatch,
  validateBatchStructure,
} from '../../protocol/records/record-batch.js';

/** What lies at a position of the file. After anything but a batch nothing more can be read. */
export type SegmentItem =
  | { readonly kind: 'batch'; readonly position: number; readonly batch: RecordBatch }
  | { readonly kind: 'truncated'; readonly position: number; readonly bytes: number }
  | { readonly kind: 'corrupt'; readonly position: number; readonly reason: string };

const windowBytes = 1024 * 1024;
/** A length above this is damage: no broker takes such a batch. */
const maxBatchBytes = 512 * 1024 * 1024;

export class SegmentReader {
  readonly sizeBytes: number;
  readonly #descriptor: number;
  #window: Buffer = Buffer.alloc(0);
  #windowPosition = 0;

  constructor(path: string) {
    this.#descriptor = openSync(path, 'r');
    this.sizeBytes = fstatSync(this.#descriptor).size;
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  /** The item at a position, or null at the end of the file. A batch is a view that holds until the next call. */
  at(position: number): SegmentItem | null {
    const remaining = this.sizeBytes - position;
    if (remaining <= 0) return null;
    const head = this.#read(position, Math.min(remaining, headerField.magic + 1));
    if (head.length <= headerField.magic) return { kind: 'truncated', position, bytes: remaining };
    const sizeBytes = logOverheadBytes + head.readInt32BE(headerField.batchLength);
    if (sizeBytes > maxBatchBytes) {
      return {
        kind: 'corrupt',
        position,
        reason: `a batch of ${sizeBytes} bytes is larger than any broker takes`,
      };
    }
    const bytes = this.#read(position, Math.min(remaining, Math.max(sizeBytes, head.length)));
    const structure = validateBatchStructure(bytes, 0);
    if (structure.kind === 'corrupt') return { kind: 'corrupt', position, reason: structure.reason };
    if (structure.kind === 'partial') return { kind: 'truncated', position, bytes: remaining };
    return { kind: 'batch', position, batch: new RecordBatch(bytes.subarray(0, structure.sizeBytes)) };
  }

  *items(): Generator<SegmentItem, void, undefined> {
    for (let position = 0; ;) {
      const item = this.at(position);
      if (item === null) return;
      yield item;
      if (item.kind !== 'batch') return;
      position += item.batch.sizeBytes;
    }
  }

  #read(position: number, length: number): Buffer {
    const start = position - this.#windowPosition;
    if (start < 0 || start + length > this.#window.length) {
      const size = Math.min(this.sizeBytes - position, Math.max(length, windowBytes));
      // A new buffer each time: views of the last one may still be in use.
      const window = Buffer.allocUnsafe(size);
      let filled = 0;
      while (filled < size) {
        const count = readSync(this.#descriptor, window, filled, size - filled, position + filled);
        if (count === 0) break;
        filled += count;
      }
      this.#window = window.subarray(0, filled);
      this.#windowPosition = position;
    }
    const from = position - this.#windowPosition;
    return this.#window.subarray(from, from + length);
  }
}
