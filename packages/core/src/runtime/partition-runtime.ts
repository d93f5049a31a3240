// Decides how one partition is served: appends to the page cache, reads, searches, retention, compaction, and who hears of the high watermark.
import { FileSystemError } from '../foundation/file-system-error.js';
import { ErrorCode } from '../protocol/errors.js';
import { rejection, type RecordError } from '../machines/log/append-validation.js';
import { cleanableRange, type CleanableRange } from '../machines/log/compaction/cleanable-range.js';
import type { KeyMap } from '../machines/log/compaction/key-map.js';
import { isDeleted, type LogConfig } from '../machines/log/log-config.js';
import {
  PartitionLog,
  type AppendOptions,
  type AppendPlan,
  type IsolationLevel,
} from '../machines/log/partition-log.js';
import { markerBatch, type TransactionMarker } from '../machines/log/transaction-marker.js';
import { segmentsToDelete } from '../machines/log/retention.js';
import { LogCompaction, type CompactionResult } from './log/compaction/log-compaction.js';
import type { WorkSlices } from './log/compaction/work-slices.js';
import type { LogDirectory } from './log/log-directory.js';
import { LogFiles, type PartitionCheckpoint } from './log/log-files.js';
import { partitionDirectory } from './log/log-names.js';
import { LogReader, storageReadError, type ReadRequest, type ReadResult } from './log/log-reader.js';
import type { TimestampAndOffset } from './log/log-search.js';

export type { AppendOptions, IsolationLevel } from '../machines/log/partition-log.js';
export type { RecordError } from '../machines/log/append-validation.js';
export type { PartitionCheckpoint } from './log/log-files.js';
export type { ReadRequest, ReadResult } from './log/log-reader.js';
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

export type DeleteRecordsResult =
  | { readonly kind: 'deleted'; readonly lowWatermark: number }
  | { readonly kind: 'rejected'; readonly errorCode: number; readonly message: string };

/** A producer under DescribeProducers' names; −1 where there is nothing to tell. */
export interface ActiveProducer {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly lastSequence: number;
  readonly lastTimestamp: number;
  readonly coordinatorEpoch: number;
  readonly currentTxnStartOffset: number;
}

export interface PartitionOptions {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly config: LogConfig;
  readonly leaderEpoch: number;
}

/** DeleteRecords up to here deletes all that is replicated (L27). */
const deleteToHighWatermark = -1;

export class PartitionRuntime {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly directoryName: string;
  /** L28: where compaction goes on; null when it never ran. */
  firstDirtyOffset: number | null;
  readonly #directory: LogDirectory;
  readonly #log: PartitionLog;
  readonly #files: LogFiles;
  readonly #reader: LogReader;
  readonly #listeners = new Set<() => void>();
  #isBeingCompacted = false;

  /** Opens the partition's directory, which must exist, and recovers what is in it. */
  constructor(directory: LogDirectory, options: PartitionOptions, checkpoint: PartitionCheckpoint) {
    this.topic = options.topic;
    this.topicId = options.topicId;
    this.partition = options.partition;
    this.directoryName = partitionDirectory(options.topic, options.partition);
    this.firstDirtyOffset = checkpoint.firstDirtyOffset;
    this.#directory = directory;
    const { limits, ports } = directory;
    this.#log = new PartitionLog({
      config: options.config,
      compressors: ports.compressors,
      leaderEpoch: options.leaderEpoch,
      maxExpandedBytes: limits.maxExpandedBytes,
      producerIdExpirationMs: limits.producerIdExpirationMs,
    });
    this.#files = new LogFiles(directory, this.directoryName, this.#log, checkpoint);
    this.#reader = new LogReader(directory, this.#log, this.#files);
    if (this.#log.becomeLeader(Math.max(options.leaderEpoch, this.#log.epochs.latestEpoch)))
      this.#files.writeEpochs();
    this.#log.advanceHighWatermark(this.#log.logEndOffset);
  }

  get leaderEpoch(): number {
    return this.#log.leaderEpoch;
  }

  get config(): LogConfig {
    return this.#log.config;
  }

  /** Takes effect with the next append, look for old segments or compaction. */
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

  /** All records before it are on the disk. */
  get recoveryPoint(): number {
    return this.#files.recoveryPoint;
  }

  /** The base offset of the oldest segment; the log start may lie behind it. */
  get firstSegmentOffset(): number {
    return this.#files.firstSegmentOffset;
  }

  /** Bytes of all segments. */
  get sizeBytes(): number {
    return this.#files.sizeBytes;
  }

  /**
   * Validates and appends the records of one produce partition (L7 to L11, P2, P6 to P8). The buffer is patched in place and may be
   * written to no more by the caller. When this returns, the records are in the page cache.
   */
  append(records: Buffer, options: AppendOptions): AppendResult {
    if (this.#isUnavailable) return this.#unavailable();
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

  /** Ends a transaction here (T7); refused when the log has heard of a later epoch or coordinator (P9). */
  appendMarker(marker: TransactionMarker, nowMs: number): AppendResult {
    return this.append(markerBatch(marker, nowMs), { origin: 'coordinator', nowMs, marker });
  }

  /** Whether the producer has a transaction open here, so that its next batch needs no verification (P12). */
  hasOpenTransaction(producerId: number, producerEpoch: number): boolean {
    return this.#log.producers.hasOpenTransaction(producerId, producerEpoch);
  }

  /** F1 to F3. */
  read(request: ReadRequest): ReadResult {
    if (this.#isUnavailable) return storageReadError;
    try {
      return this.#reader.read(request);
    } catch (error) {
      if (!(error instanceof FileSystemError)) throw error;
      this.#directory.fail(error);
      return storageReadError;
    }
  }

  /** The first record, in log order, that is at least as late (F14); null when readers under this isolation see none. */
  offsetForTimestamp(timestamp: number, isolation: IsolationLevel): TimestampAndOffset | null {
    const found = this.#offlineOnFault(() =>
      this.#reader.search.offsetForTimestamp(timestamp, this.#log.logStartOffset),
    );
    const bound = isolation === 'committed' ? this.#log.lastStableOffset : this.#log.highWatermark;
    return found !== null && found.offset < bound ? found : null;
  }

  /** The first record that has the largest timestamp (F14, −3); null when there is none. */
  offsetOfMaxTimestamp(): TimestampAndOffset | null {
    return this.#offlineOnFault(() => this.#reader.search.offsetOfMaxTimestamp());
  }

  /** L20, F15. */
  epochEndOffset(leaderEpoch: number): { readonly leaderEpoch: number; readonly endOffset: number } {
    return this.#log.epochs.endOffset(leaderEpoch, this.#log.logEndOffset);
  }

  /** The epoch that wrote an offset; −1 when it is not known. */
  epochAt(offset: number): number {
    return this.#log.epochs.epochAt(offset);
  }

  /** The producers that the log remembers, as DescribeProducers tells them (KIP-664). */
  activeProducers(): ActiveProducer[] {
    return [...this.#log.producers.all()].map((state) => ({
      producerId: state.producerId,
      producerEpoch: state.producerEpoch,
      lastSequence: state.batches.at(-1)?.lastSequence ?? -1,
      lastTimestamp: state.lastTimestamp,
      coordinatorEpoch: state.coordinatorEpoch,
      currentTxnStartOffset: state.currentTransactionFirstOffset,
    }));
  }

  /** Called after every advance of the high watermark, synchronously. Returns how to unsubscribe. */
  onHighWatermarkAdvance(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** L27: readers begin at `offset` (−1: the high watermark) from now on, which may lie inside a batch; segments before it go later. */
  deleteRecords(offset: number): DeleteRecordsResult {
    if (this.#isUnavailable) return this.#unavailable();
    const { highWatermark, config } = this.#log;
    if (!isDeleted(config)) {
      const message = `Records of ${this.directoryName} cannot be deleted: its cleanup.policy is ${config.cleanupPolicy}`;
      return rejection(ErrorCode.POLICY_VIOLATION, message);
    }
    const target = offset === deleteToHighWatermark ? highWatermark : offset;
    if (target < 0 || target > highWatermark) {
      const message = `Offset ${offset} of ${this.directoryName} is not within 0 and its high watermark ${highWatermark}`;
      return rejection(ErrorCode.OFFSET_OUT_OF_RANGE, message);
    }
    try {
      this.#files.advanceLogStart(target);
    } catch (error) {
      return this.#failed(error);
    }
    return { kind: 'deleted', lowWatermark: this.#log.logStartOffset };
  }

  /** L24, L25: drops up to `limit` of the oldest segments, unless they are being compacted; returns how many it dropped. */
  deleteOldSegments(nowMs: number, limit: number): number {
    if (this.#isUnavailable || this.#isBeingCompacted) return 0;
    const { segments } = this.#files;
    const { config, logStartOffset, highWatermark } = this.#log;
    return this.#offlineOnFault(() => {
      const due = segmentsToDelete(
        segments.map(({ state }) => state),
        {
          config,
          nowMs,
          logStartOffset,
          highWatermark,
          modifiedMs: (index) =>
            this.#directory.ports.fileSystem.modifiedMs(segments[index]?.log.path ?? this.directoryName),
        },
      );
      const count = Math.min(due, limit);
      if (count > 0) this.#files.removeOldest(count);
      return count;
    });
  }

  /** L28; null when the partition is not compacted. */
  cleanableRange(nowMs: number): CleanableRange | null {
    if (this.#isUnavailable) return null;
    const { config, logStartOffset, logEndOffset, lastStableOffset } = this.#log;
    const states = this.#files.segments.map(({ state }) => state);
    return cleanableRange(states, {
      config,
      nowMs,
      logStartOffset,
      logEndOffset,
      lastStableOffset,
      checkpoint: this.firstDirtyOffset,
    });
  }

  /** L29 to L32: one round, in slices; appends and reads go on meanwhile. */
  async compact(
    range: CleanableRange,
    keys: KeyMap,
    slices: WorkSlices,
    isStopped: () => boolean,
  ): Promise<CompactionResult> {
    const { ports, limits } = this.#directory;
    const source = {
      log: this.#log,
      files: this.#files,
      search: this.#reader.search,
      ports,
      maxExpandedBytes: limits.maxExpandedBytes,
      checkpoint: () => this.#directory.checkpoint(),
      onReplaced: () => this.#reader.forget(),
    };
    this.firstDirtyOffset = range.firstDirtyOffset;
    this.#isBeingCompacted = true;
    try {
      const result = await new LogCompaction(source, range, keys, slices, isStopped).run();
      this.firstDirtyOffset = result.endOffset;
      this.#directory.changed();
      return result;
    } finally {
      this.#isBeingCompacted = false;
    }
  }

  /** Waits until all that is in the log now is on the disk. */
  flush(): Promise<void> {
    return this.#files.flush();
  }

  /** Orderly: afterwards the log can be opened without a scan. */
  async close(): Promise<void> {
    if (this.#files.isClosed) return;
    this.#stop();
    await this.#files.close();
  }

  /** At once, for a partition that is deleted, or as a crash would. */
  abandon(): void {
    if (this.#files.isClosed) return;
    this.#stop();
    this.#files.abandon();
  }

  get #isUnavailable(): boolean {
    return this.#directory.failure !== null || this.#files.isClosed;
  }

  #write(plan: AppendPlan, nowMs: number): void {
    if (plan.mustRoll) this.#files.roll();
    const { active } = this.#files;
    active.append(plan);
    this.#log.replayAppend(plan);
    active.writeIndexesIfDue();
    this.#log.producers.expire(nowMs);
  }

  #appended(plan: AppendPlan): void {
    this.#reader.appended(plan);
    this.#directory.changed();
    this.#files.flushIfDue();
    // One replica: what the leader has is replicated.
    if (!this.#log.advanceHighWatermark(this.#log.logEndOffset)) return;
    for (const listener of this.#listeners) listener();
  }

  #stop(): void {
    this.#reader.forget();
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

  #failed(error: unknown): ReturnType<typeof rejection> {
    if (!(error instanceof FileSystemError)) throw error;
    this.#directory.fail(error);
    return this.#unavailable();
  }

  #unavailable(): ReturnType<typeof rejection> {
    const reason = this.#directory.failure?.message ?? 'it is closed';
    const message = `The log of ${this.directoryName} is not available: ${reason}`;
    return rejection(ErrorCode.KAFKA_STORAGE_ERROR, message);
  }
}
