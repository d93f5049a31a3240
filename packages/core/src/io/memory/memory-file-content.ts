// Decides how the bytes of one file in memory are kept: equal chunks, the first growing up to that size, so that appends never copy the file.

const firstChunkBytes = 512;
const chunkBytes = 256 * 1024;

export class MemoryFileContent {
  readonly kind = 'file';
  sizeBytes = 0;
  /** What a crash of the machine would leave. */
  syncedBytes = 0;
  modifiedMs: number;
  readonly #chunks: Buffer[] = [];

  constructor(modifiedMs: number) {
    this.modifiedMs = modifiedMs;
  }

  append(bytes: Buffer): void {
    let from = 0;
    while (from < bytes.length) {
      const index = Math.floor(this.sizeBytes / chunkBytes);
      const at = this.sizeBytes - index * chunkBytes;
      const count = Math.min(bytes.length - from, chunkBytes - at);
      const chunk = this.#chunkWithRoom(index, at + count);
      bytes.copy(chunk, at, from, from + count);
      from += count;
      this.sizeBytes += count;
    }
  }

  read(target: Buffer, targetOffset: number, length: number, position: number): number {
    const total = Math.max(0, Math.min(length, this.sizeBytes - position));
    let done = 0;
    while (done < total) {
      const index = Math.floor((position + done) / chunkBytes);
      const at = position + done - index * chunkBytes;
      const chunk = this.#chunks[index];
      if (chunk === undefined) break;
      const count = Math.min(total - done, chunk.length - at);
      chunk.copy(target, targetOffset + done, at, at + count);
      done += count;
    }
    return done;
  }

  truncate(sizeBytes: number): void {
    if (sizeBytes >= this.sizeBytes) return;
    this.sizeBytes = sizeBytes;
    this.syncedBytes = Math.min(this.syncedBytes, sizeBytes);
    this.#chunks.length = Math.min(this.#chunks.length, Math.ceil(sizeBytes / chunkBytes));
  }

  /** An independent copy of the first `sizeBytes`, all of it synced. */
  copy(sizeBytes: number): MemoryFileContent {
    const copy = new MemoryFileContent(this.modifiedMs);
    for (const chunk of this.#chunks) {
      const rest = sizeBytes - copy.sizeBytes;
      if (rest <= 0) break;
      copy.append(chunk.subarray(0, Math.min(rest, chunk.length)));
    }
    copy.syncedBytes = copy.sizeBytes;
    return copy;
  }

  #chunkWithRoom(index: number, sizeBytes: number): Buffer {
    const chunk = this.#chunks[index];
    if (chunk !== undefined && chunk.length >= sizeBytes) return chunk;
    let capacity = index > 0 ? chunkBytes : Math.max(firstChunkBytes, (chunk?.length ?? 0) * 2);
    while (capacity < sizeBytes) capacity *= 2;
    const grown = Buffer.allocUnsafeSlow(Math.min(capacity, chunkBytes));
    if (chunk !== undefined) chunk.copy(grown);
    this.#chunks[index] = grown;
    return grown;
  }
}
