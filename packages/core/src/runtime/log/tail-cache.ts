// Decides how the newest records stay in memory, so that consumers at the end of a log are served without reading files.

const firstChunkBytes = 16 * 1024;
const largestChunkBytes = 512 * 1024;

/** Bounds the tail caches of all partitions together; the oldest chunk goes first. */
export class TailCacheBudget {
  readonly limitBytes: number;
  usedBytes = 0;
  readonly #chunks = new Set<Chunk>();

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  add(chunk: Chunk): void {
    this.#chunks.add(chunk);
    this.usedBytes += chunk.buffer.length;
    for (const oldest of this.#chunks) {
      if (this.usedBytes <= this.limitBytes || oldest === chunk) return;
      oldest.owner.dropThrough(oldest);
    }
  }

  remove(chunk: Chunk): void {
    if (this.#chunks.delete(chunk)) this.usedBytes -= chunk.buffer.length;
  }
}

/** A run of consecutive batches; written bytes are never written again, so views of them stay good after the chunk is dropped. */
interface Chunk {
  readonly owner: TailCache;
  readonly buffer: Buffer;
  usedBytes: number;
  /** Per batch, its last offset and where it ends in the buffer. */
  readonly lastOffsets: number[];
  readonly ends: number[];
}

/**
 * The cache works only while somebody reads at the end: a partition that is only written to does not pay for it. It copies, so
 * that a few small batches do not keep the large network buffers alive in which they came.
 */
export class TailCache {
  readonly #budget: TailCacheBudget;
  readonly #limitBytes: number;
  #chunks: Chunk[] = [];
  #cachedBytes = 0;
  /** The offset of the first cached record; meaningless while there are no chunks. */
  #firstOffset = 0;
  #bytesSinceRead = Infinity;

  constructor(budget: TailCacheBudget, limitBytes: number) {
    this.#budget = budget;
    this.#limitBytes = Math.min(limitBytes, budget.limitBytes);
  }

  /** A reader is at the end of the log: keep what comes. */
  noteTailRead(): void {
    this.#bytesSinceRead = 0;
  }

  /** One batch was appended. */
  append(batch: Buffer, baseOffset: number, lastOffset: number): void {
    if (this.#bytesSinceRead > this.#limitBytes) {
      if (this.#chunks.length > 0) this.clear();
      return;
    }
    this.#bytesSinceRead += batch.length;
    if (batch.length > this.#limitBytes) {
      this.clear();
      return;
    }
    if (this.#chunks.length === 0) this.#firstOffset = baseOffset;
    const chunk = this.#chunkFor(batch.length);
    batch.copy(chunk.buffer, chunk.usedBytes);
    chunk.usedBytes += batch.length;
    chunk.lastOffsets.push(lastOffset);
    chunk.ends.push(chunk.usedBytes);
  }

  /** As LogSegment.read, without a file; null when the offset is not cached. */
  read(offset: number, endOffset: number, maxBytes: number, atLeastOneBatch: boolean): Buffer | null {
    const first = this.#chunks[0];
    if (first === undefined || offset < this.#firstOffset) return null;
    let chunkAt = this.#chunks.length - 1;
    while (chunkAt > 0 && (this.#chunks[chunkAt - 1]?.lastOffsets.at(-1) ?? -1) >= offset) chunkAt--;
    const views: Buffer[] = [];
    let total = 0;
    for (; chunkAt < this.#chunks.length; chunkAt++) {
      const chunk = this.#chunks[chunkAt];
      if (chunk === undefined) break;
      const view = viewOf(chunk, offset, endOffset, maxBytes - total, atLeastOneBatch && total === 0);
      if (view.length > 0) views.push(view);
      total += view.length;
      const isWhole =
        (chunk.lastOffsets.at(-1) ?? 0) < endOffset && view.byteOffset + view.length === chunkEnd(chunk);
      if (!isWhole || total >= maxBytes) break;
    }
    const only = views[0];
    if (only === undefined) return null;
    return views.length === 1 ? only : Buffer.concat(views, total);
  }

  clear(): void {
    for (const chunk of this.#chunks) this.#budget.remove(chunk);
    this.#chunks = [];
    this.#cachedBytes = 0;
  }

  /** Drops a chunk and all before it. */
  dropThrough(chunk: Chunk): void {
    const count = this.#chunks.indexOf(chunk) + 1;
    for (const dropped of this.#chunks.splice(0, count)) {
      this.#budget.remove(dropped);
      this.#cachedBytes -= dropped.buffer.length;
      this.#firstOffset = (dropped.lastOffsets.at(-1) ?? this.#firstOffset - 1) + 1;
    }
  }

  #chunkFor(sizeBytes: number): Chunk {
    const last = this.#chunks.at(-1);
    if (last !== undefined && last.buffer.length - last.usedBytes >= sizeBytes) return last;
    const doubled =
      last === undefined ? firstChunkBytes : Math.min(last.buffer.length * 2, largestChunkBytes);
    const buffer = Buffer.allocUnsafeSlow(Math.max(sizeBytes, Math.min(doubled, this.#limitBytes)));
    const chunk: Chunk = { owner: this, buffer, usedBytes: 0, lastOffsets: [], ends: [] };
    this.#chunks.push(chunk);
    this.#cachedBytes += buffer.length;
    while (this.#cachedBytes > this.#limitBytes && this.#chunks.length > 1) {
      const oldest = this.#chunks[0];
      if (oldest !== undefined) this.dropThrough(oldest);
    }
    this.#budget.add(chunk);
    return chunk;
  }
}

function chunkEnd(chunk: Chunk): number {
  return chunk.buffer.byteOffset + chunk.usedBytes;
}

/** The batches of one chunk that hold or follow `offset` and end below `endOffset`, as a view. */
function viewOf(
  chunk: Chunk,
  offset: number,
  endOffset: number,
  maxBytes: number,
  atLeastOneBatch: boolean,
): Buffer {
  const first = lowerBound(chunk.lastOffsets, offset);
  const start = first === 0 ? 0 : (chunk.ends[first - 1] ?? 0);
  const stop = lowerBound(chunk.lastOffsets, endOffset);
  const fitting = Math.min(stop, lowerBound(chunk.ends, start + maxBytes + 1));
  const last = Math.max(fitting, atLeastOneBatch && first < stop ? first + 1 : first);
  const end = last === first ? start : (chunk.ends[last - 1] ?? start);
  return chunk.buffer.subarray(start, end);
}

/** The first index whose value is at or above `value`. */
function lowerBound(values: readonly number[], value: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
