// Decides where a search by time starts in a segment: pairs of largest timestamp so far and the offset that brought it (L15, L17).
import { readInt64, writeInt64 } from '../../foundation/int64.js';

const entryBytes = 12;
const initialEntries = 16;

export class TimeIndex {
  readonly baseOffset: number;
  entryCount = 0;
  #timestamps = new Float64Array(initialEntries);
  #relativeOffsets = new Int32Array(initialEntries);

  constructor(baseOffset: number) {
    this.baseOffset = baseOffset;
  }

  /** Reads a file of this format; null when it is malformed and must be rebuilt (L21). What begins with a zero entry is padding. */
  static decode(baseOffset: number, bytes: Buffer): TimeIndex | null {
    if (bytes.length % entryBytes !== 0) return null;
    const index = new TimeIndex(baseOffset);
    for (let at = 0; at < bytes.length; at += entryBytes) {
      const timestamp = readInt64(bytes, at);
      const relative = bytes.readInt32BE(at + 8);
      if (relative === 0 && timestamp === 0) break;
      if (!Number.isSafeInteger(timestamp) || relative < 0) return null;
      if (timestamp <= index.lastTimestamp || baseOffset + relative < index.lastOffset) return null;
      index.maybeAppend(timestamp, baseOffset + relative);
    }
    return index;
  }

  get sizeBytes(): number {
    return this.entryCount * entryBytes;
  }

  get lastTimestamp(): number {
    return this.entryCount === 0 ? -1 : (this.#timestamps[this.entryCount - 1] ?? -1);
  }

  get lastOffset(): number {
    return this.baseOffset + (this.entryCount === 0 ? 0 : (this.#relativeOffsets[this.entryCount - 1] ?? 0));
  }

  /** One slot is kept for the final entry of the segment (L13, L14). */
  isFull(maxIndexBytes: number): boolean {
    return this.entryCount >= Math.floor(maxIndexBytes / entryBytes) - 1;
  }

  /** Adds an entry if its timestamp is larger than all before (L17). */
  maybeAppend(timestamp: number, offset: number): void {
    if (timestamp <= this.lastTimestamp) return;
    if (this.entryCount === this.#timestamps.length) {
      const timestamps = new Float64Array(this.entryCount * 2);
      timestamps.set(this.#timestamps);
      this.#timestamps = timestamps;
      const relativeOffsets = new Int32Array(this.entryCount * 2);
      relativeOffsets.set(this.#relativeOffsets);
      this.#relativeOffsets = relativeOffsets;
    }
    this.#timestamps[this.entryCount] = timestamp;
    this.#relativeOffsets[this.entryCount] = offset - this.baseOffset;
    this.entryCount += 1;
  }

  /** No record before this offset is as late as `timestamp`. */
  offsetFor(timestamp: number): number {
    let low = 0;
    let high = this.entryCount;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#timestamps[middle] ?? 0) <= timestamp) low = middle + 1;
      else high = middle;
    }
    return this.baseOffset + (low === 0 ? 0 : (this.#relativeOffsets[low - 1] ?? 0));
  }

  clear(): void {
    this.entryCount = 0;
  }

  /** The entries from `fromEntry` on, as the file holds them. */
  encode(fromEntry: number): Buffer {
    const bytes = Buffer.allocUnsafe((this.entryCount - fromEntry) * entryBytes);
    for (let entry = fromEntry, at = 0; entry < this.entryCount; entry++, at += entryBytes) {
      writeInt64(bytes, this.#timestamps[entry] ?? 0, at);
      bytes.writeInt32BE(this.#relativeOffsets[entry] ?? 0, at + 8);
    }
    return bytes;
  }
}
