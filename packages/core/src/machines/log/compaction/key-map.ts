// Decides which offset is the last of each key in the part of a log that is compacted, within a bound on memory (L29).

const chunkBytes = 1024 * 1024;
const firstSlots = 1024;
/** Slots are at most this full (log.cleaner.io.buffer.load.factor is 0.9 of a slot count that never grows). */
const maxLoad = 0.5;
const slotBytes = 4;
/** Hash, chunk, start and length as 32-bit integers, and the offset. */
const entryBytes = 24;

/**
 * Keys are kept whole, so that two different keys are never taken for one. It grows as keys come; the bound holds for all its
 * tables together (log.cleaner.dedupe.buffer.size).
 */
export class KeyMap {
  /** All records up to here were put; −1 before the first. */
  latestOffset = -1;
  readonly #limitBytes: number;
  readonly #seed: number;
  #size = 0;
  /** Open addressing: 0, or the number of an entry plus one. */
  #slots = new Int32Array(firstSlots);
  #hashes = new Int32Array(firstSlots * maxLoad);
  #chunkNumbers = new Int32Array(firstSlots * maxLoad);
  #starts = new Int32Array(firstSlots * maxLoad);
  #lengths = new Int32Array(firstSlots * maxLoad);
  #offsets = new Float64Array(firstSlots * maxLoad);
  readonly #chunks: Buffer[] = [];
  #chunkUsedBytes = 0;
  #usedBytes = firstSlots * (slotBytes + maxLoad * entryBytes);

  /** `seed` makes the places of keys hard to foresee. */
  constructor(limitBytes: number, seed: number) {
    this.#limitBytes = limitBytes;
    this.#seed = seed | 0;
  }

  /** Different keys. */
  get size(): number {
    return this.#size;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Notes the offset of a key, which is above all before. False when there is no room for another key. */
  put(buffer: Buffer, start: number, length: number, offset: number): boolean {
    const hash = this.#hash(buffer, start, length);
    let slot = this.#find(hash, buffer, start, length);
    let entry = (this.#slots[slot] ?? 0) - 1;
    if (entry < 0) {
      if (this.#size === this.#offsets.length) {
        if (!this.#grow()) return false;
        slot = this.#find(hash, buffer, start, length);
      }
      if (!this.#reserve(length)) return false;
      entry = this.#size++;
      this.#slots[slot] = entry + 1;
      this.#hashes[entry] = hash;
      this.#chunkNumbers[entry] = this.#chunks.length - 1;
      this.#starts[entry] = this.#chunkUsedBytes;
      this.#lengths[entry] = length;
      const chunk = this.#chunks.at(-1);
      if (chunk !== undefined) buffer.copy(chunk, this.#chunkUsedBytes, start, start + length);
      this.#chunkUsedBytes += length;
    }
    this.#offsets[entry] = offset;
    return true;
  }

  /** The last offset of a key; −1 when it was never put. */
  get(buffer: Buffer, start: number, length: number): number {
    const slot = this.#find(this.#hash(buffer, start, length), buffer, start, length);
    const entry = (this.#slots[slot] ?? 0) - 1;
    return entry < 0 ? -1 : (this.#offsets[entry] ?? -1);
  }

  /** The slot of a key, or the free one where it belongs. */
  #find(hash: number, buffer: Buffer, start: number, length: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = (this.#slots[slot] ?? 0) - 1;
      if (entry < 0) return slot;
      if (this.#hashes[entry] !== hash || this.#lengths[entry] !== length) continue;
      const from = this.#starts[entry] ?? 0;
      const chunk = this.#chunks[this.#chunkNumbers[entry] ?? 0];
      if (chunk?.compare(buffer, start, start + length, from, from + length) === 0) return slot;
    }
  }

  #hash(buffer: Buffer, start: number, length: number): number {
    let hash = this.#seed ^ length;
    for (let at = start; at < start + length; at++) {
      hash = Math.imul(hash ^ (buffer[at] ?? 0), 0x5bd1e995);
      hash ^= hash >>> 15;
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    return hash ^ (hash >>> 13);
  }

  #reserve(length: number): boolean {
    const last = this.#chunks.at(-1);
    if (last !== undefined && last.length - this.#chunkUsedBytes >= length) return true;
    const wanted = Math.max(length, Math.min(chunkBytes, this.#limitBytes >> 2));
    if (this.#usedBytes + wanted > this.#limitBytes) return false;
    this.#chunks.push(Buffer.allocUnsafeSlow(wanted));
    this.#chunkUsedBytes = 0;
    this.#usedBytes += wanted;
    return true;
  }

  #grow(): boolean {
    const slotCount = this.#slots.length * 2;
    const capacity = slotCount * maxLoad;
    const moreBytes = (slotCount * slotBytes + capacity * entryBytes) / 2;
    if (this.#usedBytes + moreBytes > this.#limitBytes) return false;
    this.#usedBytes += moreBytes;
    this.#hashes = enlarged(this.#hashes, new Int32Array(capacity));
    this.#chunkNumbers = enlarged(this.#chunkNumbers, new Int32Array(capacity));
    this.#starts = enlarged(this.#starts, new Int32Array(capacity));
    this.#lengths = enlarged(this.#lengths, new Int32Array(capacity));
    this.#offsets = enlarged(this.#offsets, new Float64Array(capacity));
    this.#slots = new Int32Array(slotCount);
    for (let entry = 0; entry < this.#size; entry++) {
      let slot = (this.#hashes[entry] ?? 0) & (slotCount - 1);
      while (this.#slots[slot] !== 0) slot = (slot + 1) & (slotCount - 1);
      this.#slots[slot] = entry + 1;
    }
    return true;
  }
}

function enlarged<Table extends Int32Array | Float64Array>(from: Table, to: Table): Table {
  to.set(from);
  return to;
}
