// Decides where a fetch is served from: the tail cache, or the segment that holds its offset (F1 to F3, F6).
import type { BufferPool } from '../../foundation/buffer-pool.js';
import { ErrorCode } from '../../protocol/errors.js';
import { RecordBatch } from '../../protocol/records/record-batch.js';
import type { AppendPlan, IsolationLevel, PartitionLog } from '../../machines/log/partition-log.js';
import type { LogDirectory } from './log-directory.js';
import type { LogFiles } from './log-files.js';
import { LogSearch } from './log-search.js';
import { ReadPositions } from './read-positions.js';
import { TailCache } from './tail-cache.js';

export interface ReadRequest {
  readonly fetchOffset: number;
  readonly maxBytes: number;
  /** The first batch is returned whatever its size (F4). */
  readonly atLeastOneBatch: boolean;
  readonly isolation: IsolationLevel;
}

export type ReadResult =
  | {
      readonly kind: 'read';
      /** Whole batches, of zero length when there are none; not written again unless they are given back to the directory's buffers. */
      readonly records: Buffer;
      readonly highWatermark: number;
      readonly lastStableOffset: number;
      readonly logStartOffset: number;
      /** Null for readers of uncommitted records (F6). */
      readonly abortedTransactions:
        readonly { readonly producerId: number; readonly firstOffset: number }[] | null;
    }
  | { readonly kind: 'error'; readonly errorCode: number };

interface Slice {
  readonly records: Buffer;
  readonly nextOffset: number;
}

const empty: Buffer = Buffer.alloc(0);

export class LogReader {
  readonly search: LogSearch;
  readonly #log: PartitionLog;
  readonly #files: LogFiles;
  readonly #tailCache: TailCache;
  readonly #tailBytes: number;
  readonly #buffers: BufferPool;
  readonly #positions = new ReadPositions();
  readonly #view = new RecordBatch(empty);

  constructor(directory: LogDirectory, log: PartitionLog, files: LogFiles) {
    const { limits, ports } = directory;
    this.#log = log;
    this.#files = files;
    this.#buffers = directory.buffers;
    this.#tailCache = new TailCache(directory.tailCacheBudget, limits.tailCacheBytesPerPartition);
    this.#tailBytes = limits.tailCacheBytesPerPartition;
    const expansion = { decompressors: ports.compressors, maxBytes: limits.maxExpandedBytes };
    this.search = new LogSearch(files.segments, expansion);
  }

  /** Throws FileSystemError when a segment cannot be read. */
  read(request: ReadRequest): ReadResult {
    const bound = this.#log.readBound(request.fetchOffset, request.isolation);
    if ('errorCode' in bound) return { kind: 'error', errorCode: bound.errorCode };
    const { records, nextOffset } = this.#slice(request, bound.endOffset);
    const isCommitted = request.isolation === 'committed';
    return {
      kind: 'read',
      records,
      highWatermark: this.#log.highWatermark,
      lastStableOffset: this.#log.lastStableOffset,
      logStartOffset: this.#log.logStartOffset,
      abortedTransactions: isCommitted
        ? this.search.abortedTransactions(request.fetchOffset, nextOffset)
        : null,
    };
  }

  /** Records were appended. */
  appended({ records, baseOffset, lastOffset }: AppendPlan): void {
    if (records.length === this.#view.moveTo(records, 0).sizeBytes) {
      this.#tailCache.append(records, baseOffset, lastOffset);
      return;
    }
    for (let at = 0; at < records.length; at = this.#view.end) {
      const batch = this.#view.moveTo(records, at);
      this.#tailCache.append(batch.bytes, batch.baseOffset, batch.lastOffset);
    }
  }

  /** Bytes in the files are not what and where they were: forgets what was kept of them. */
  forget(): void {
    this.#tailCache.clear();
    this.#positions.clear();
  }

  #slice(request: ReadRequest, endOffset: number): Slice {
    const { fetchOffset, maxBytes, atLeastOneBatch } = request;
    if (fetchOffset >= endOffset) {
      if (fetchOffset === this.#log.logEndOffset) this.#tailCache.noteTailRead();
      return { records: empty, nextOffset: endOffset };
    }
    const cached = this.#tailCache.read(fetchOffset, endOffset, maxBytes, atLeastOneBatch);
    if (cached === null) return this.#readFiles(request, endOffset);
    this.#tailCache.noteTailRead();
    return { records: cached, nextOffset: endOffset };
  }

  #readFiles(request: ReadRequest, endOffset: number): Slice {
    const { fetchOffset: offset, maxBytes, atLeastOneBatch } = request;
    const { segments, active } = this.#files;
    const buffers = this.#buffers;
    for (let at = this.search.segmentAt(offset); at < segments.length; at++) {
      const segment = segments[at];
      if (segment === undefined || segment.state.baseOffset >= endOffset) break;
      const hint = this.#positions.positionFor(segment.state.baseOffset, offset);
      const slice = segment.read({ offset, endOffset, maxBytes, atLeastOneBatch, hint, buffers });
      if (slice === null) continue;
      this.#positions.note(segment.state.baseOffset, slice.nextOffset, slice.nextPosition);
      if (segment === active && active.state.sizeBytes - slice.nextPosition < this.#tailBytes)
        this.#tailCache.noteTailRead();
      return slice;
    }
    return { records: empty, nextOffset: endOffset };
  }
}

/** The answer where the log cannot be read. */
export const storageReadError: ReadResult = { kind: 'error', errorCode: ErrorCode.KAFKA_STORAGE_ERROR };
