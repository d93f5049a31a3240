// Decides into which memory a socket reads: neighbouring chunks lie side by side, and a busy connection reads in larger pieces.

const smallestSlabBytes = 16 * 1024;
const largestSlabBytes = 1024 * 1024;

/** Hands out the free end of a slab, then the part that was filled; a filled part is never written again. */
export class ReadSlab {
  #slabBytes = smallestSlabBytes;
  #slab = Buffer.allocUnsafeSlow(smallestSlabBytes);
  #position = 0;

  /** Where the next read goes: the rest of the slab, or a new one when less than a quarter is left. */
  free(): Buffer {
    if (this.#slab.length - this.#position < this.#slab.length / 4) {
      this.#slab = Buffer.allocUnsafeSlow(this.#slabBytes);
      this.#position = 0;
    }
    return this.#slab.subarray(this.#position);
  }

  /** The bytes just read at the start of what `free` gave. */
  take(bytes: number): Buffer {
    const start = this.#position;
    this.#position += bytes;
    // A read that filled all it was offered says that more is waiting: the next slab is larger.
    if (this.#position === this.#slab.length) {
      this.#slabBytes = Math.min(this.#slabBytes * 2, largestSlabBytes);
    }
    return this.#slab.subarray(start, this.#position);
  }
}
