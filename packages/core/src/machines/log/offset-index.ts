// Decides which batch a read of a segment starts at: sparse pairs of last offset and file position (L15, L16, L18).

const entryBytes = 8;
const initialEntries = 16;

export class OffsetIndex {
  readonly baseOffset: number;
  entryCount = 0;
  #relativeOffsets = new Int32Array(initialEntries);
  #positions = new Int32Array(initialEntries);

  constructor(baseOffset: number) {
    this.baseOffset = baseOffset;
  }

  /** Reads a file of this format; null when it is malformed and must be rebuilt (L21). What begins with a zero entry is padding. */
  static decode(baseOffset: number, bytes: Buffer, logSizeBytes: number): OffsetIndex | null {
    if (bytes.length % entryBytes !== 0) return null;
    const index = new OffsetIndex(baseOffset);
    let lastRelative = -1;
    let lastPosition = -1;
    for (let at = 0; at < bytes.length; at += entryBytes) {
      const relative = bytes.readInt32BE(at);
      const position = bytes.readInt32BE(at + 4);
      if (relative === 0 && (at > 0 || position === 0)) break;
      if (relative <= lastRelative || position <= lastPosition || position >= logSizeBytes) return null;
      index.append(baseOffset + relative, position);
      lastRelative = relative;
      lastPosition = position;
    }
    return index;
  }

  get sizeBytes(): number {
    return this.entryCount * entryBytes;
  }

  /** The last indexed offset; the base offset when there is none. */
  get lastOffset(): number {
    return this.baseOffset + (this.entryCount === 0 ? 0 : (this.#relativeOffsets[this.entryCount - 1] ?? 0));
  }

  isFull(maxIndexBytes: number): boolean {
    return this.entryCount >= Math.floor(maxIndexBytes / entryBytes);
  }

  append(offset: number, position: number): void {
    if (this.entryCount === this.#positions.length) {
      this.#relativeOffsets = grown(this.#relativeOffsets);
      this.#positions = grown(this.#positions);
    }
    this.#relativeOffsets[this.entryCount] = offset - this.baseOffset;
    this.#positions[this.entryCount] = position;
    this.entryCount += 1;
  }

  /** Where to start scanning for an offset: the position of the last entry at or below it, or the start of the file. */
  positionFor(offset: number): number {
    const relative = offset - this.baseOffset;
    let low = 0;
    let high = this.entryCount;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#relativeOffsets[middle] ?? 0) <= relative) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? 0 : (this.#positions[low - 1] ?? 0);
  }

  clear(): void {
    this.entryCount = 0;
  }

  /** The entries from `fromEntry` on, as the file holds them. */
  encode(fromEntry: number): Buffer {
    const bytes = Buffer.allocUnsafe((this.entryCount - fromEntry) * entryBytes);
    for (let entry = fromEntry, at = 0; entry < this.entryCount; entry++, at += entryBytes) {
      bytes.writeInt32BE(this.#relativeOffsets[entry] ?? 0, at);
      bytes.writeInt32BE(this.#positions[entry] ?? 0, at + 4);
    }
    return bytes;
  }
}

function grown(array: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}
