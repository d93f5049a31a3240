// Decides how one segment lies in its files: the log itself, and indexes that are written in groups behind it.
import type { BufferPool } from '../../foundation/buffer-pool.js';
import type { File, FileSystem } from '../../ports/file-system.js';
import type { AppendPlan } from '../../machines/log/partition-log.js';
import {
  batchHeaderBytes,
  headerField,
  logOverheadBytes,
  type RecordBatch,
} from '../../protocol/records/record-batch.js';
import { readInt64 } from '../../foundation/int64.js';
import { SegmentState } from '../../machines/log/segment-state.js';
import { scanBatches } from './batch-scan.js';
import { segmentFileName, segmentSuffixes, type SegmentSuffix } from './log-names.js';

/** Index entries wait in memory until there are this many: a crash loses no more than recovery rebuilds anyway. */
const indexEntriesPerWrite = 64;
/** Read with every request, so that the batch that holds the offset is found with one call. */
const readSlackBytes = 8192;

export class LogSegment {
  readonly state: SegmentState;
  readonly directory: string;
  readonly log: File;
  readonly #fileSystem: FileSystem;
  readonly #offsetIndex: File;
  readonly #timeIndex: File;
  #transactionIndex: File | null = null;
  #writtenOffsetEntries: number;
  #writtenTimeEntries: number;
  #writtenTransactions: number;

  /** The index files must hold what the state's indexes hold, or be empty. */
  constructor(fileSystem: FileSystem, directory: string, state: SegmentState) {
    this.#fileSystem = fileSystem;
    this.directory = directory;
    this.state = state;
    const { baseOffset } = state;
    const open = (suffix: SegmentSuffix): File =>
      fileSystem.open(`${directory}/${segmentFileName(baseOffset, suffix)}`, { create: true });
    this.log = open(segmentSuffixes.log);
    this.#offsetIndex = open(segmentSuffixes.offsetIndex);
    this.#timeIndex = open(segmentSuffixes.timeIndex);
    if (fileSystem.exists(this.path(segmentSuffixes.transactionIndex))) {
      this.#transactionIndex = open(segmentSuffixes.transactionIndex);
    }
    this.#writtenOffsetEntries = this.#offsetIndex.sizeBytes === 0 ? 0 : state.offsetIndex.entryCount;
    this.#writtenTimeEntries = this.#timeIndex.sizeBytes === 0 ? 0 : state.timeIndex.entryCount;
    this.#writtenTransactions =
      (this.#transactionIndex?.sizeBytes ?? 0) === 0 ? 0 : state.transactionIndex.entries.length;
    // Preallocated index files of Apache Kafka end in zeros (L18); entries are appended behind the real ones.
    if (this.#offsetIndex.sizeBytes > state.offsetIndex.sizeBytes)
      this.#offsetIndex.truncate(state.offsetIndex.sizeBytes);
    if (this.#timeIndex.sizeBytes > state.timeIndex.sizeBytes)
      this.#timeIndex.truncate(state.timeIndex.sizeBytes);
  }

  path(suffix: SegmentSuffix): string {
    return `${this.directory}/${segmentFileName(this.state.baseOffset, suffix)}`;
  }

  /** Writes the records as one append. When that fails the file is cut back to where it was, then the error goes on. */
  append(plan: AppendPlan): void {
    const { log } = this;
    const sizeBytes = log.sizeBytes;
    try {
      log.append([plan.records]);
    } catch (error) {
      if (log.sizeBytes !== sizeBytes) log.truncate(sizeBytes);
      throw error;
    }
  }

  /** Writes the index entries that wait, if they are many. */
  writeIndexesIfDue(): void {
    if (this.state.offsetIndex.entryCount - this.#writtenOffsetEntries >= indexEntriesPerWrite)
      this.writeIndexes();
    else if (this.state.transactionIndex.entries.length > this.#writtenTransactions) this.writeIndexes();
  }

  writeIndexes(): void {
    const { offsetIndex, timeIndex, transactionIndex } = this.state;
    if (offsetIndex.entryCount > this.#writtenOffsetEntries) {
      this.#offsetIndex.append([offsetIndex.encode(this.#writtenOffsetEntries)]);
      this.#writtenOffsetEntries = offsetIndex.entryCount;
    }
    if (timeIndex.entryCount > this.#writtenTimeEntries) {
      this.#timeIndex.append([timeIndex.encode(this.#writtenTimeEntries)]);
      this.#writtenTimeEntries = timeIndex.entryCount;
    }
    if (transactionIndex.entries.length > this.#writtenTransactions) {
      this.#transactionIndex ??= this.#fileSystem.open(this.path(segmentSuffixes.transactionIndex), {
        create: true,
      });
      this.#transactionIndex.append([transactionIndex.encode(this.#writtenTransactions)]);
      this.#writtenTransactions = transactionIndex.entries.length;
    }
  }

  /** The segment gets no more batches, or the log closes. */
  finish(): void {
    this.state.finish();
    this.writeIndexes();
  }

  async sync(): Promise<void> {
    this.writeIndexes();
    await Promise.all([
      this.log.sync(),
      this.#offsetIndex.sync(),
      this.#timeIndex.sync(),
      this.#transactionIndex?.sync(),
    ]);
  }

  close(): void {
    this.log.close();
    this.#offsetIndex.close();
    this.#timeIndex.close();
    this.#transactionIndex?.close();
  }

  /**
   * Whole batches from the one that holds `offset` (or the first behind it) on, all below `endOffset`, up to `maxBytes`; with
   * `atLeastOneBatch` the first is returned whatever its size. Null when this segment has no batch at or behind the offset.
   */
  read(request: SegmentRead): SegmentSlice | null {
    const { sizeBytes } = this.state;
    let position = Math.max(this.state.offsetIndex.positionFor(request.offset), request.hint);
    for (;;) {
      const wanted = Math.min(sizeBytes - position, request.maxBytes + readSlackBytes);
      if (wanted < batchHeaderBytes) return null;
      const buffer = request.buffers.take(wanted);
      const filled = this.log.read(buffer, 0, wanted, position);
      const first = firstBatchWith(buffer, filled, request.offset);
      if (first.isFound) return this.#cut(buffer.subarray(0, filled), first.at, position, request);
      request.buffers.giveBack(buffer);
      if (first.at === 0) return null;
      position += first.at;
    }
  }

  /** The whole batches of `buffer`, which lies at `position`, from `start` on. */
  #cut(buffer: Buffer, start: number, position: number, request: SegmentRead): SegmentSlice {
    const limit = Math.min(buffer.length, start + request.maxBytes);
    let end = start;
    let nextOffset = request.offset;
    while (end + batchHeaderBytes <= buffer.length && readInt64(buffer, end) < request.endOffset) {
      const next = end + sizeOfBatchAt(buffer, end);
      const isForcedFirst = end === start && request.atLeastOneBatch;
      if (next > limit && !isForcedFirst) break;
      nextOffset = lastOffsetAt(buffer, end) + 1;
      if (next > buffer.length) {
        const records = request.buffers.take(next - start);
        const filled = this.log.read(records, 0, records.length, position + start);
        if (filled !== records.length) break;
        request.buffers.giveBack(buffer);
        return { records, nextOffset, nextPosition: position + next };
      }
      end = next;
      if (end > limit) break;
    }
    return { records: buffer.subarray(start, end), nextOffset, nextPosition: position + end };
  }

  /** Walks over batches from the one that may hold `offset` on; the views are good only during the visit. */
  scanFrom(offset: number, visit: (batch: RecordBatch) => boolean): void {
    scanBatches(this.log, this.state.offsetIndex.positionFor(offset), visit);
  }
}

/** What a read of a segment gave, and where the next one would go on. */
export interface SegmentSlice {
  readonly records: Buffer;
  readonly nextOffset: number;
  readonly nextPosition: number;
}

export interface SegmentRead {
  readonly offset: number;
  readonly endOffset: number;
  readonly maxBytes: number;
  readonly atLeastOneBatch: boolean;
  /** A position known to be the start of a batch at or before the offset; 0 when none is known. */
  readonly hint: number;
  /** Where the slice gets its memory from; the reader may give it back there. */
  readonly buffers: BufferPool;
}

/** Where the first batch starts whose last offset is at or above `offset`; or how far the headers in the buffer lead. */
function firstBatchWith(
  buffer: Buffer,
  filled: number,
  offset: number,
): { readonly isFound: boolean; readonly at: number } {
  let at = 0;
  while (at + batchHeaderBytes <= filled) {
    if (lastOffsetAt(buffer, at) >= offset) return { isFound: true, at };
    const sizeBytes = sizeOfBatchAt(buffer, at);
    if (sizeBytes < batchHeaderBytes) break;
    at += sizeBytes;
  }
  return { isFound: false, at };
}

function sizeOfBatchAt(buffer: Buffer, at: number): number {
  return logOverheadBytes + buffer.readInt32BE(at + headerField.batchLength);
}

function lastOffsetAt(buffer: Buffer, at: number): number {
  return readInt64(buffer, at) + buffer.readInt32BE(at + headerField.lastOffsetDelta);
}
