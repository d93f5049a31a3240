// Decides into which memory a socket reads: neighbouring chunks lie side by side, and a busy connection reads in larger pieces.

const smallestSlabBytes = 4 * 1024;
const largestSlabBytes = 1024 * 1024;
const growthFactor = 4;
/** A read below this part of its slab is small; after some of them in a row the slab is too large for the connection. */
const smallPart = 64;
const smallReadsBeforeShrinking = 4;
const defaultBudgetBytes = 64 * 1024 * 1024;

/** Bounds the large slabs of all sockets of a network together; without room there, a socket reads in its smallest pieces. */
export class ReadSlabBudget {
  #usedBytes = 0;

  constructor(private readonly limitBytes = defaultBudgetBytes) {}

  get usedBytes(): number {
    return this.#usedBytes;
  }

  take(bytes: number): boolean {
    if (this.#usedBytes + bytes > this.limitBytes) return false;
    this.#usedBytes += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#usedBytes -= bytes;
  }
}

/** Hands out the free end of a slab, then the part that was filled; a filled part is only written again when it is given back. */
export class ReadSlab {
  /** The size of the next slab. */
  #slabBytes = smallestSlabBytes;
  #slab = Buffer.allocUnsafeSlow(smallestSlabBytes);
  #position = 0;
  #fromBudgetBytes = 0;
  #smallReads = 0;
  /** The last read filled the slab; whatever is given back, the next one is larger. */
  #wasFilled = false;

  constructor(private readonly budget: ReadSlabBudget) {}

  /** The memory that is kept for reading. */
  get retainedBytes(): number {
    return this.#slab.length;
  }

  /** Where the next read goes: the rest of the slab, or a new one when less than a quarter is left or it is too large. */
  free(): Buffer {
    const isUsedUp = this.#slab.length - this.#position < this.#slab.length / 4;
    if (isUsedUp || this.#wasFilled || this.#slab.length > this.#slabBytes) this.#replace();
    return this.#slab.subarray(this.#position);
  }

  /** The bytes just read at the start of what `free` gave. */
  take(bytes: number): Buffer {
    const start = this.#position;
    this.#position += bytes;
    const { length } = this.#slab;
    if (this.#position === length) {
      // A read that filled all it was offered says that more is waiting: the next slab is larger.
      this.#slabBytes = Math.min(length * growthFactor, largestSlabBytes);
      this.#wasFilled = this.#slabBytes > length;
    } else if (bytes > length / smallPart || length === smallestSlabBytes) {
      this.#smallReads = 0;
    } else if (++this.#smallReads >= smallReadsBeforeShrinking) {
      this.#smallReads = 0;
      this.#slabBytes = Math.max(length / growthFactor, smallestSlabBytes);
    }
    return this.#slab.subarray(start, this.#position);
  }

  /** The bytes that were taken last are not needed any more: the next read may go there. */
  giveBack(bytes: Buffer): void {
    const start = bytes.byteOffset - this.#slab.byteOffset;
    if (bytes.buffer === this.#slab.buffer && start + bytes.length === this.#position) this.#position = start;
  }

  /** The socket is closed. */
  close(): void {
    this.#slabBytes = smallestSlabBytes;
    this.budget.giveBack(this.#fromBudgetBytes);
    this.#fromBudgetBytes = 0;
    this.#slab = Buffer.alloc(0);
    this.#position = 0;
  }

  #replace(): void {
    this.budget.giveBack(this.#fromBudgetBytes);
    const mayBeLarge = this.#slabBytes > smallestSlabBytes && this.budget.take(this.#slabBytes);
    this.#fromBudgetBytes = mayBeLarge ? this.#slabBytes : 0;
    this.#slab = Buffer.allocUnsafeSlow(mayBeLarge ? this.#slabBytes : smallestSlabBytes);
    this.#position = 0;
    this.#wasFilled = false;
  }
}
