// Decides which large buffers are used again: memory that was written lately is in the processor's cache, and the garbage collector is left alone.

/** Smaller ones are cheap to make. */
const smallestBytes = 64 * 1024;
/** Larger ones are rare, and keeping them would cost more than making them. */
const largestBytes = 1024 * 1024;
/** A buffer holds a little more than its power of two: records of a round number of bytes, and what frames them. */
const slackBytes = 16 * 1024;
const defaultFreeBytes = 16 * 1024 * 1024;

/**
 * Whoever takes a buffer may give it back when nothing refers to its bytes any more, or may leave it to the garbage collector. What
 * was not taken from here, or was given back before, is ignored, so that a view can be given back without knowing where it came from.
 */
export class BufferPool {
  readonly #limitBytes: number;
  readonly #free = new Map<number, Buffer[]>();
  #freeBytes = 0;
  /** What is out; weak, because it need not come back. */
  readonly #lent = new WeakMap<ArrayBufferLike, Buffer>();

  /** Keeps up to so many bytes that nobody uses. */
  constructor(limitBytes = defaultFreeBytes) {
    this.#limitBytes = limitBytes;
  }

  /** Bytes that are kept and not in use. */
  get freeBytes(): number {
    return this.#freeBytes;
  }

  /** A buffer of that length; what is in it is left over from others. */
  take(byteLength: number): Buffer {
    if (byteLength < smallestBytes || byteLength > largestBytes + slackBytes)
      return Buffer.allocUnsafeSlow(byteLength);
    const capacity = capacityFor(byteLength);
    const kept = this.#free.get(capacity)?.pop();
    if (kept !== undefined) this.#freeBytes -= capacity;
    const whole = kept ?? Buffer.allocUnsafeSlow(capacity);
    this.#lent.set(whole.buffer, whole);
    return whole.subarray(0, byteLength);
  }

  /** Whether the bytes lie in a buffer that is lent. */
  isLent(bytes: Buffer): boolean {
    return this.#lent.has(bytes.buffer);
  }

  /** Any view of a lent buffer gives all of it back. */
  giveBack(bytes: Buffer): void {
    const whole = this.#lent.get(bytes.buffer);
    if (whole === undefined) return;
    this.#lent.delete(bytes.buffer);
    if (this.#freeBytes + whole.length > this.#limitBytes) return;
    this.#freeBytes += whole.length;
    const sameSize = this.#free.get(whole.length);
    if (sameSize === undefined) this.#free.set(whole.length, [whole]);
    else sameSize.push(whole);
  }
}

function capacityFor(byteLength: number): number {
  let bytes = smallestBytes;
  while (bytes + slackBytes < byteLength) bytes *= 2;
  return bytes + slackBytes;
}
