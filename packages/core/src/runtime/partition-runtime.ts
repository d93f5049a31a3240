// Decides how the log of one partition is kept in files: appends to the page cache, reads from the tail cache or a segment, flushes.
import { FileSystemError } from '../foundation/file-system-error.js';
import { ErrorCode } from '../protocol/errors.js';
import { RecordBatch } from '../protocol/records/record-batch.js';
import { encodeEpochCheckpoint } from '../machines/log/checkpoint-formats.js';
import type { RecordError } from '../machines/log/append-validation.js';
import type { LogConfig } from '../machines/log/log-config.js';
import {
  PartitionLog,
  type AppendOptions,
  type AppendPlan,
  type IsolationLevel,
} from '../machines/log/partition-log.js';
import { encodeProducerSnapshot } from '../machines/log/producer-snapshot.js';
import type { Timer } from '../ports/timers.js';
import type { LogDirectory } from './log/log-directory.js';
import { loadLog } from './log/log-loader.js';
import { fileNames, partitionDirectory, segmentFileName, segmentSuffixes } from './log/log-names.js';
import { LogSearch, type TimestampAndOffset } from './log/log-search.js';
import type { LogSegment } from './log/log-segment.js';
import { ReadPositions } from './log/read-positions.js';
import { createSegment, type SegmentLoadOptions } from './log/segment-loader.js';
import { TailCache } from './log/tail-cache.js';
import { replaceFile, syncFile } from './log/text-files.js';

export type { AppendOptions, IsolationLevel } from '../machines/log/partition-log.js';
export type { RecordError } from '../machines/log/append-validation.js';
export type { TimestampAndOffset } from './log/log-search.js';

export type AppendResult =
  | {
      readonly kind: 'appended' | 'duplicate';
      readonly baseOffset: number;
      readonly lastOffset: number;
      /** −1 when the records keep the time that their producer gave them. */
      readonly logAppendTimeMs: number;
      readonly logStartOffset: number;
    }
  | {
      readonly kind: 'rejected';
      readonly errorCode: number;
      readonly message: string;
      readonly recordErrors: readonly RecordError[];
    };

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
      /** Whole batches, of zero length when there are none; never written again. */
      readonly records: Buffer;
      readonly highWatermark: number;
      readonly lastStableOffset: number;
      readonly logStartOffset: number;
      /** Null for readers of uncommitted records (F6). */
      readonly abortedTransactions:
        readonly { readonly producerId: number; readonly firstOffset: number }[] | null;
    }
  | { readonly kind: 'error'; readonly errorCode: number };

export interface PartitionOptions {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly config: LogConfig;
  readonly leaderEpoch: number;
}

/** What the log directory knows about a partition that is opened. */
export interface PartitionCheckpoint {
  readonly wasClosedCleanly: boolean;
  readonly recoveryPoint: number;
  readonly logStartOffset: number;
}

const empty: Buffer = Buffer.alloc(0);

export class PartitionRuntime {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  /** All records before it are on the disk. */
  recoveryPoint: number;
  readonly #directory: LogDirectory;
  readonly #log: PartitionLog;
  /** Oldest first, at least one. */
  readonly #segments: LogSegment[];
  readonly #tailCache: TailCache;
  readonly #readPositions = new ReadPositions();
  readonly #search: LogSearch;
  readonly #listeners = new Set<() => void>();
  readonly #view = new RecordBatch(empty);
  #flushTimer: Timer | null = null;
  #isClosed = false;

  /** Opens the partition's directory, which must exist, and recovers what is in it. */
  constructor(directory: LogDirectory, options: PartitionOptions, checkpoint: PartitionCheckpoint) {
    this.topic = options.topic;
    this.topicId = options.topicId;
    this.partition = options.partition;
    this.#directory = directory;
    const { limits, ports } = directory;
    this.#log = new PartitionLog({
      config: options.config,
      compressors: ports.compressors,
      leaderEpoch: options.leaderEpoch,
      maxExpandedBytes: limits.maxExpandedBytes,
      producerIdExpirationMs: limits.producerIdExpirationMs,
    });
    const load = { ...this.#segmentOptions(), ...checkpoint, diagnostics: ports.diagnostics };
    this.#segments = loadLog(this.#log, load);
    this.recoveryPoint = Math.min(checkpoint.recoveryPoint, this.#log.logEndOffset);
    this.#tailCache = new TailCache(directory.tailCacheBudget, limits.tailCacheBytesPerPartition);
    const expansion = { decompressors: ports.compressors, maxBytes: limits.maxExpandedBytes };
    this.#search = new LogSearch(this.#segments, expansion);
    if (this.#log.becomeLeader(Math.max(options.leaderEpoch, this.#log.epochs.latestEpoch)))
      this.#writeEpochs();
    this.#log.advanceHighWatermark(this.#log.logEndOffset);
  }

  get leaderEpoch(): number {
    return this.#log.leaderEpoch;
  }

  get config(): LogConfig {
    return this.#log.config;
  }

  /** Takes effect with the next append. */
  set config(config: LogConfig) {
    this.#log.config = config;
  }

  get logStartOffset(): number {
    return this.#log.logStartOffset;
  }

  get logEndOffset(): number {
    return this.#log.logEndOffset;
  }

  get highWatermark(): number {
    return this.#log.highWatermark;
  }

  get lastStableOffset(): number {
    return this.#log.lastStableOffset;
  }

  /** The base offset of the oldest segment; the log start may lie behind it. */
  get firstSegmentOffset(): number {
    return this.#segments[0]?.state.baseOffset ?? this.#log.logStartOffset;
  }

  /** Bytes of all segments. */
  get sizeBytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.state.sizeBytes, 0);
  }

  /**
   * Validates and appends the records of one produce partition (L7 to L11, P2, P6 to P8). The buffer is patched in place and may be
   * written to no more by the caller. When this returns, the records are in the page cache.
   */
  append(records: Buffer, options: AppendOptions): AppendResult {
    if (this.#directory.failure !== null || this.#isClosed) return this.#unavailable();
    const outcome = this.#log.prepareAppend(records, options);
    if (outcome.kind === 'rejected') return outcome;
    const { baseOffset, lastOffset, logAppendTimeMs } = outcome;
    if (outcome.kind === 'append') {
      try {
        this.#write(outcome, options.nowMs);
      } catch (error) {
        return this.#failed(error);
      }
      this.#appended(outcome);
    }
    const kind = outcome.kind === 'append' ? 'appended' : 'duplicate';
    return { kind, baseOffset, lastOffset, logAppendTimeMs, logStartOffset: this.#log.logStartOffset };
  }

  /** F1 to F3. */
  read(request: ReadRequest): ReadResult {
    if (this.#directory.failure !== null || this.#isClosed)
      return { kind: 'error', errorCode: ErrorCode.KAFKA_STORAGE_ERROR };
    const bound = this.#log.readBound(request.fetchOffset, request.isolation);
    if ('errorCode' in bound) return { kind: 'error', errorCode: bound.errorCode };
    const { endOffset } = bound;
    let records: Buffer = empty;
    let nextOffset = endOffset;
    if (request.fetchOffset < endOffset) {
      const cached = this.#tailCache.read(
        request.fetchOffset,
        endOffset,
        request.maxBytes,
        request.atLeastOneBatch,
      );
      if (cached !== null) {
        this.#tailCache.noteTailRead();
        records = cached;
      } else {
        try {
          ({ records, nextOffset } = this.#readFiles(request, endOffset));
        } catch (error) {
          if (!(error instanceof FileSystemError)) throw error;
          this.#directory.fail(error);
          return { kind: 'error', errorCode: ErrorCode.KAFKA_STORAGE_ERROR };
        }
      }
    } else if (request.fetchOffset === this.#log.logEndOffset) {
      this.#tailCache.noteTailRead();
    }
    return {
      kind: 'read',
      records,
      highWatermark: this.#log.highWatermark,
      lastStableOffset: this.#log.lastStableOffset,
      logStartOffset: this.#log.logStartOffset,
      abortedTransactions:
        request.isolation === 'committed'
          ? this.#search.abortedTransactions(request.fetchOffset, nextOffset)
          : null,
    };
  }

  /** The first record, in log order, that is at least as late (F14); null when readers under this isolation see none. */
  offsetForTimestamp(timestamp: number, isolation: IsolationLevel): TimestampAndOffset | null {
    const found = this.#offlineOnFault(() =>
      this.#search.offsetForTimestamp(timestamp, this.#log.logStartOffset),
    );
    const bound = isolation === 'committed' ? this.#log.lastStableOffset : this.#log.highWatermark;
    return found !== null && found.offset < bound ? found : null;
  }

  /** The first record that has the largest timestamp (F14, −3); null when there is none. */
  offsetOfMaxTimestamp(): TimestampAndOffset | null {
    return this.#offlineOnFault(() => this.#search.offsetOfMaxTimestamp());
  }

  /** L20, F15. */
  epochEndOffset(leaderEpoch: number): { readonly leaderEpoch: number; readonly endOffset: number } {
    return this.#log.epochs.endOffset(leaderEpoch, this.#log.logEndOffset);
  }

  /** The epoch that wrote an offset; −1 when it is not known. */
  epochAt(offset: number): number {
    return this.#log.epochs.epochAt(offset);
  }

  /** Called after every advance of the high watermark, synchronously. Returns how to unsubscribe. */
  onHighWatermarkAdvance(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Waits until all that is in the log now is on the disk. */
  async flush(): Promise<void> {
    if (!this.#isClosed) await this.#flush();
  }

  /** Orderly: afterwards the log can be opened without a scan. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stop();
    if (this.#directory.failure === null) {
      this.#active.finish();
      await this.#flush();
      await syncFile(this.#directory.ports.fileSystem, this.#writeSnapshot(this.#log.logEndOffset));
      await this.#directory.ports.fileSystem.syncDirectory(this.directoryName);
    }
    for (const segment of this.#segments) segment.close();
  }

  /** At once, for a partition that is deleted, or as a crash would. */
  abandon(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stop();
    for (const segment of this.#segments) segment.close();
  }

  get directoryName(): string {
    return partitionDirectory(this.topic, this.partition);
  }

  get #active(): LogSegment {
    const segment = this.#segments.at(-1);
    if (segment === undefined) throw new Error(`The log of ${this.directoryName} has no segment`);
    return segment;
  }

  #segmentOptions(): SegmentLoadOptions {
    const { fileSystem, clock, random } = this.#directory.ports;
    const { indexIntervalBytes, segmentJitterMs, segmentMs } = this.#log.config;
    const jitterBound = Math.min(segmentJitterMs, segmentMs, 2 ** 32 - 1);
    return {
      fileSystem,
      directory: this.directoryName,
      indexIntervalBytes,
      nowMs: clock.nowMs(),
      rollJitterMs: jitterBound > 0 ? random.nextInteger(jitterBound) : 0,
    };
  }

  #write(plan: AppendPlan, nowMs: number): void {
    if (plan.mustRoll) this.#roll(plan.baseOffset);
    const segment = this.#active;
    segment.append(plan);
    this.#log.replayAppend(plan);
    segment.writeIndexesIfDue();
    this.#log.producers.expire(nowMs);
  }

  /** L13, L14. */
  #roll(baseOffset: number): void {
    const segment = createSegment(baseOffset, this.#segmentOptions());
    this.#active.finish();
    this.#writeSnapshot(baseOffset);
    this.#segments.push(segment);
    this.#log.startSegment(segment.state);
    this.#flushInBackground();
  }

  #appended(plan: AppendPlan): void {
    const { records } = plan;
    if (records.length === this.#view.moveTo(records, 0).sizeBytes) {
      this.#tailCache.append(records, plan.baseOffset, plan.lastOffset);
    } else {
      for (let at = 0; at < records.length; at = this.#view.end) {
        const { bytes, baseOffset, lastOffset } = this.#view.moveTo(records, at);
        this.#tailCache.append(bytes, baseOffset, lastOffset);
      }
    }
    this.#directory.changed();
    this.#flushIfDue();
    // One replica: what the leader has is replicated.
    if (!this.#log.advanceHighWatermark(this.#log.logEndOffset)) return;
    for (const listener of this.#listeners) listener();
  }

  /** L23: by default never; the operating system writes in its own time. */
  #flushIfDue(): void {
    const { flushMessages, flushMs } = this.#log.config;
    if (this.#log.logEndOffset - this.recoveryPoint >= flushMessages) this.#flushInBackground();
    if (flushMs === Number.MAX_SAFE_INTEGER || this.#flushTimer !== null) return;
    this.#flushTimer = this.#directory.ports.timers.after(flushMs, () => {
      this.#flushTimer = null;
      this.#flushInBackground();
    });
  }

  async #flush(): Promise<void> {
    const endOffset = this.#log.logEndOffset;
    const unflushed = this.#segments.filter(({ state }) => state.nextOffset > this.recoveryPoint);
    try {
      await Promise.all(unflushed.map((segment) => segment.sync()));
    } catch (error) {
      if (error instanceof FileSystemError) this.#directory.fail(error);
      throw error;
    }
    if (endOffset <= this.recoveryPoint) return;
    this.recoveryPoint = endOffset;
    this.#directory.changed();
  }

  #flushInBackground(): void {
    // A failure has put the directory offline, and every later request tells.
    this.flush().catch(() => undefined);
  }

  #readFiles(
    request: ReadRequest,
    endOffset: number,
  ): { readonly records: Buffer; readonly nextOffset: number } {
    const { fetchOffset: offset, maxBytes, atLeastOneBatch } = request;
    for (let at = this.#search.segmentAt(offset); at < this.#segments.length; at++) {
      const segment = this.#segments[at];
      if (segment === undefined || segment.state.baseOffset >= endOffset) break;
      const hint = this.#readPositions.positionFor(segment.state.baseOffset, offset);
      const slice = segment.read({ offset, endOffset, maxBytes, atLeastOneBatch, hint });
      if (slice === null) continue;
      this.#readPositions.note(segment.state.baseOffset, slice.nextOffset, slice.nextPosition);
      if (segment === this.#active) this.#noteTailRead(slice.nextPosition);
      return slice;
    }
    return { records: empty, nextOffset: endOffset };
  }

  #noteTailRead(nextPosition: number): void {
    const behindBytes = this.#active.state.sizeBytes - nextPosition;
    if (behindBytes < this.#directory.limits.tailCacheBytesPerPartition) this.#tailCache.noteTailRead();
  }

  #writeSnapshot(offset: number): string {
    const path = `${this.directoryName}/${segmentFileName(offset, segmentSuffixes.snapshot)}`;
    replaceFile(this.#directory.ports.fileSystem, path, encodeProducerSnapshot(this.#log.producers.all()));
    return path;
  }

  #writeEpochs(): void {
    const path = `${this.directoryName}/${fileNames.epochCheckpoint}`;
    replaceFile(this.#directory.ports.fileSystem, path, encodeEpochCheckpoint(this.#log.epochs.entries));
  }

  #stop(): void {
    this.#flushTimer?.cancel();
    this.#flushTimer = null;
    this.#tailCache.clear();
    this.#listeners.clear();
  }

  /** Where the answer has no place for an error code, the fault goes on as an exception. */
  #offlineOnFault<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      if (error instanceof FileSystemError) this.#directory.fail(error);
      throw error;
    }
  }

  #failed(error: unknown): AppendResult {
    if (!(error instanceof FileSystemError)) throw error;
    this.#directory.fail(error);
    return this.#unavailable();
  }

  #unavailable(): AppendResult {
    const reason = this.#directory.failure?.message ?? 'it is closed';
    const message = `The log of ${this.directoryName} is not available: ${reason}`;
    return { kind: 'rejected', errorCode: ErrorCode.KAFKA_STORAGE_ERROR, message, recordErrors: [] };
  }
}
