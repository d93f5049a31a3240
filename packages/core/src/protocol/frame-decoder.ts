// Decides where frames begin and end in the chunks of a connection.

/** The most that Apache's broker takes by default (`socket.request.max.bytes`). */
export const defaultMaxFrameBytes = 100 * 1024 * 1024;

const sizeBytes = 4;
/**
 * How much memory a frame gets at once; the memory of a longer one grows with what really arrives. A peer that has sent large frames
 * is trusted with as much again, so that thousands of connections that only announce frames cost little, and busy ones are not copied twice.
 */
const firstTrustedBytes = 64 * 1024;
const mostTrustedBytes = 1024 * 1024;
const growthFactor = 8;
/** With less of the frame missing, the bytes are copied: what is read with them belongs to the next frame, and saves a read. */
const leastRoomBytes = 64 * 1024;

/** The size in front of a frame is negative or over the limit; the connection cannot be read any further. */
export class FrameSizeError extends Error {
  override readonly name = 'FrameSizeError';
  readonly frameBytes: number;
  readonly maxFrameBytes: number;

  constructor(frameBytes: number, maxFrameBytes: number) {
    super(
      frameBytes < 0
        ? `a frame announces the negative size ${frameBytes}; the peer does not speak Kafka's protocol`
        : `a frame announces ${frameBytes} bytes and the limit is ${maxFrameBytes}`,
    );
    this.frameBytes = frameBytes;
    this.maxFrameBytes = maxFrameBytes;
  }
}

/** Where frames that span chunks get their memory. */
export interface FrameMemory {
  take(byteLength: number): Buffer;
  /** Nothing refers to the buffer any more. */
  giveBack(buffer: Buffer): void;
}

const freshMemory: FrameMemory = {
  take: (byteLength) => Buffer.allocUnsafeSlow(byteLength),
  giveBack: () => undefined,
};

/**
 * Cuts chunks into frames: `push` a chunk, then call `next` until it gives null.
 * A frame inside one chunk is a view of it. One that spans chunks is copied once into memory of its own
 * (beyond what the peer is trusted with that memory grows eightfold as it fills, which adds at most a seventh).
 */
export class FrameDecoder {
  readonly #maxFrameBytes: number;
  readonly #memory: FrameMemory;
  #chunk: Buffer | null = null;
  #offset = 0;
  /** Bytes of the size that arrived so far, and their value. */
  #sizeBytesSeen = 0;
  #size = 0;
  /** The frame that spans chunks. */
  #frame: Buffer | null = null;
  #filled = 0;
  #trustedBytes = firstTrustedBytes;

  constructor(maxFrameBytes = defaultMaxFrameBytes, memory = freshMemory) {
    this.#maxFrameBytes = maxFrameBytes;
    this.#memory = memory;
  }

  /** Bytes that are held back because their frame is not complete. */
  get pendingBytes(): number {
    const unread = this.#chunk === null ? 0 : this.#chunk.length - this.#offset;
    return this.#sizeBytesSeen + this.#filled + unread;
  }

  /** Bytes of the last chunk that were not yet looked at. */
  get unreadBytes(): number {
    return this.#chunk === null ? 0 : this.#chunk.length - this.#offset;
  }

  /** The size of the frame that has begun and is not whole; 0 between frames. */
  get arrivingFrameBytes(): number {
    return this.#frame === null ? 0 : this.#size;
  }

  /** Where the next bytes of the frame that has begun belong; a chunk that is pushed from there is not copied. Null between frames. */
  room(): Buffer | null {
    const frame = this.#frame;
    if (frame === null || this.#chunk !== null || this.#size - this.#filled < leastRoomBytes) return null;
    const target = this.#filled < frame.length ? frame : this.#grow(frame, 1);
    return target.subarray(this.#filled);
  }

  /** Takes the next chunk; all frames of the last one must have been taken out. */
  push(chunk: Buffer): void {
    if (this.#chunk !== null) {
      throw new Error('take the frames of the last chunk out (next) before the next chunk goes in');
    }
    if (chunk.length > 0) {
      this.#chunk = chunk;
      this.#offset = 0;
    }
  }

  /** The next whole frame without its size, or null when more bytes are needed. Throws FrameSizeError. */
  next(): Buffer | null {
    const chunk = this.#chunk;
    if (chunk === null || !this.#readSize(chunk)) {
      return null;
    }
    if (this.#frame === null) {
      const end = this.#offset + this.#size;
      if (end <= chunk.length) {
        return this.#take(chunk, chunk.subarray(this.#offset, end), end);
      }
      this.#frame = this.#memory.take(Math.min(this.#size, this.#trustedBytes));
      this.#filled = 0;
    }
    return this.#fill(chunk, this.#frame);
  }

  /** Whether the size is known; it may itself span chunks. */
  #readSize(chunk: Buffer): boolean {
    if (this.#sizeBytesSeen === 0 && chunk.length - this.#offset >= sizeBytes) {
      this.#size = chunk.readInt32BE(this.#offset);
      this.#offset += sizeBytes;
      this.#sizeBytesSeen = sizeBytes;
    }
    while (this.#sizeBytesSeen < sizeBytes) {
      const byte = chunk[this.#offset];
      if (byte === undefined) {
        this.#chunk = null;
        return false;
      }
      this.#size = (this.#size << 8) | byte;
      this.#offset++;
      this.#sizeBytesSeen++;
    }
    // Held at every call: a decoder that refused a frame once refuses it for ever.
    if (this.#size < 0 || this.#size > this.#maxFrameBytes) {
      throw new FrameSizeError(this.#size, this.#maxFrameBytes);
    }
    return true;
  }

  #fill(chunk: Buffer, frame: Buffer): Buffer | null {
    const wanted = Math.min(this.#size - this.#filled, chunk.length - this.#offset);
    const end = this.#offset + wanted;
    const target = this.#filled + wanted <= frame.length ? frame : this.#grow(frame, wanted);
    const isInPlace =
      chunk.buffer === target.buffer && chunk.byteOffset + this.#offset === target.byteOffset + this.#filled;
    if (!isInPlace) chunk.copy(target, this.#filled, this.#offset, end);
    this.#filled += wanted;
    if (this.#filled < this.#size) {
      this.#chunk = null;
      return null;
    }
    return this.#take(chunk, target, end);
  }

  #grow(frame: Buffer, wanted: number): Buffer {
    const capacity = Math.min(this.#size, Math.max(frame.length * growthFactor, this.#filled + wanted));
    const grown = this.#memory.take(capacity);
    frame.copy(grown, 0, 0, this.#filled);
    this.#memory.giveBack(frame);
    this.#frame = grown;
    return grown;
  }

  #take(chunk: Buffer, frame: Buffer, end: number): Buffer {
    this.#chunk = end === chunk.length ? null : chunk;
    this.#offset = end;
    if (this.#frame !== null && this.#size > this.#trustedBytes)
      this.#trustedBytes = Math.min(this.#size, mostTrustedBytes);
    this.#sizeBytesSeen = 0;
    this.#size = 0;
    this.#frame = null;
    this.#filled = 0;
    return frame;
  }
}
