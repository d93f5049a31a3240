// Decides how one round over a log goes: the keys of its dirty part are read, then all up to there is written anew in slices (L28 to L32).
import { BatchFilter, lastBatchesOf } from '../../../machines/log/compaction/batch-filter.js';
import type { CleanableRange } from '../../../machines/log/compaction/cleanable-range.js';
import { CleanedTransactions } from '../../../machines/log/compaction/cleaned-transactions.js';
import type { KeyMap } from '../../../machines/log/compaction/key-map.js';
import { segmentGroups } from '../../../machines/log/compaction/segment-groups.js';
import { FileSystemError } from '../../../foundation/file-system-error.js';
import type { PartitionLog } from '../../../machines/log/partition-log.js';
import { CorruptRecordError } from '../../../protocol/records/corrupt-record-error.js';
import { RecordCursor, type ExpansionOptions } from '../../../protocol/records/record-reader.js';
import type { RecordBatch } from '../../../protocol/records/record-batch.js';
import { BatchWalk } from '../batch-scan.js';
import type { LogDirectoryPorts } from '../log-directory.js';
import type { LogFiles } from '../log-files.js';
import type { LogSearch } from '../log-search.js';
import type { LogSegment } from '../log-segment.js';
import { CleanedSegment } from './cleaned-segment.js';
import type { WorkSlices } from './work-slices.js';

/** The part of a log that cannot be compacted as it is; the message tells what to do. */
export class UncleanableLogError extends Error {
  override readonly name = 'UncleanableLogError';
}

/** The log was closed or deleted, or the broker stops: what was begun is of no use. */
export class CompactionCancelled extends Error {
  override readonly name = 'CompactionCancelled';
}

export interface CompactionSource {
  readonly log: PartitionLog;
  readonly files: LogFiles;
  readonly search: LogSearch;
  readonly ports: LogDirectoryPorts;
  readonly maxExpandedBytes: number;
  /** Resolves when the checkpoints on the disk tell of now. */
  readonly checkpoint: () => Promise<void>;
  /** Called in the turn in which files took the place of others. */
  readonly onReplaced: () => void;
}

export interface CompactionResult {
  /** Where the next round begins. */
  readonly endOffset: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

export class LogCompaction {
  readonly #source: CompactionSource;
  readonly #range: CleanableRange;
  readonly #keys: KeyMap;
  readonly #slices: WorkSlices;
  readonly #isStopped: () => boolean;
  readonly #expansion: ExpansionOptions;
  #bytesRead = 0;
  #bytesWritten = 0;

  /** `keys` is empty; `isStopped` is asked between slices. */
  constructor(
    source: CompactionSource,
    range: CleanableRange,
    keys: KeyMap,
    slices: WorkSlices,
    isStopped: () => boolean,
  ) {
    this.#source = source;
    this.#range = range;
    this.#keys = keys;
    this.#slices = slices;
    this.#isStopped = isStopped;
    this.#expansion = { decompressors: source.ports.compressors, maxBytes: source.maxExpandedBytes };
  }

  async run(): Promise<CompactionResult> {
    const { files, log, ports } = this.#source;
    const lastBatches = lastBatchesOf(log.producers.all());
    // A record must not go because of a later one that a loss of power could still take away.
    await files.flush();
    this.#check();
    // Recovery must not take the gaps that are about to appear for a loss: it looks for those behind the recovery point only.
    await this.#source.checkpoint();
    this.#check();
    await this.#readKeys();
    const endOffset = this.#keys.latestOffset + 1;
    const { firstUncleanableOffset } = this.#range;
    const segments = files.segments.filter(
      ({ state }) => state.baseOffset < endOffset && state.baseOffset < firstUncleanableOffset,
    );
    let target: CleanedSegment | null = null;
    const transactions = this.#transactions(segments, (transaction) => target?.appendAborted(transaction));
    const filter = new BatchFilter({
      keys: this.#keys,
      transactions,
      lastBatches,
      nowMs: ports.clock.nowMs(),
      deleteRetentionMs: log.config.deleteRetentionMs,
      firstUncleanableOffset,
      compressors: ports.compressors,
      maxExpandedBytes: this.#source.maxExpandedBytes,
    });
    const groups = segmentGroups(segments, nextBaseOf(files.segments, segments), log.config);
    for (const group of groups) {
      const [first] = group;
      if (first === undefined) continue;
      target = this.#newSegment(first.state.baseOffset);
      await this.#writeGroup(group, target, filter);
    }
    return { endOffset, bytesRead: this.#bytesRead, bytesWritten: this.#bytesWritten };
  }

  /** L29: the last offset of each key in the dirty part, or in as much of it as the map holds. */
  async #readKeys(): Promise<void> {
    const { firstDirtyOffset, firstUncleanableOffset } = this.#range;
    const dirty = this.#source.files.segments.filter(
      ({ state }) => state.nextOffset > firstDirtyOffset && state.baseOffset < firstUncleanableOffset,
    );
    const transactions = this.#transactions(dirty);
    this.#keys.latestOffset = firstDirtyOffset - 1;
    for (const segment of dirty) {
      const isWhole = await this.#forEachBatch(segment, (batch) => {
        const isData = batch.isControl ? void transactions.readMarker(batch) : !transactions.readData(batch);
        if (batch.lastOffset < firstDirtyOffset) return true;
        if (isData === true && !this.#putKeys(batch)) return false;
        this.#keys.latestOffset = batch.lastOffset;
        return true;
      });
      if (isWhole) continue;
      if (this.#keys.latestOffset >= firstDirtyOffset) return;
      throw new UncleanableLogError(
        `The keys of one batch behind offset ${this.#keys.latestOffset} of ${this.#source.files.directoryName} ` +
          'do not fit into log.cleaner.dedupe.buffer.size; give it more',
      );
    }
    this.#keys.latestOffset = Math.max(this.#keys.latestOffset, firstUncleanableOffset - 1);
  }

  #putKeys(batch: RecordBatch): boolean {
    const cursor = new RecordCursor(batch, this.#expansion);
    while (cursor.next()) {
      if (cursor.keyLength < 0 || cursor.offset < this.#range.firstDirtyOffset) continue;
      if (!this.#keys.put(cursor.buffer, cursor.keyStart, cursor.keyLength, cursor.offset)) return false;
    }
    return true;
  }

  async #writeGroup(
    group: readonly LogSegment[],
    target: CleanedSegment,
    filter: BatchFilter,
  ): Promise<void> {
    const changedBefore = filter.changedBatches;
    const { fileSystem } = this.#source.ports;
    const { files } = this.#source;
    try {
      for (const segment of group) {
        await this.#forEachBatch(segment, (batch) => {
          const kept = filter.filter(batch);
          if (kept === null) return true;
          target.append(kept);
          this.#bytesWritten += kept.length;
          this.#slices.spend(kept.length);
          return true;
        });
      }
      if (group.length === 1 && filter.changedBatches === changedBefore) {
        target.discard();
        return;
      }
      const last = group.at(-1);
      await target.finish(last === undefined ? 0 : fileSystem.modifiedMs(last.log.path));
      this.#check();
      await target.becomeSwap();
      // From here on it takes the place of its sources, now or at the next start.
      if (files.isClosed) throw new CompactionCancelled();
      files.replace(group, target.state);
      this.#source.onReplaced();
      await fileSystem.syncDirectory(files.directoryName);
      this.#check();
    } catch (error) {
      target.close();
      // A log that was closed may be deleted, or open again, and its files another's; a disk that failed is left alone.
      if (files.isClosed) throw new CompactionCancelled();
      if (!(error instanceof FileSystemError)) target.discard();
      throw error;
    }
  }

  /** False when `visit` stopped it. */
  async #forEachBatch(segment: LogSegment, visit: (batch: RecordBatch) => boolean): Promise<boolean> {
    const walk = new BatchWalk(segment.log, 0);
    while (walk.next()) {
      const { sizeBytes } = walk.batch;
      this.#bytesRead += sizeBytes;
      if (!visit(walk.batch)) return false;
      if (!this.#slices.spend(sizeBytes)) continue;
      await this.#slices.rest();
      this.#check();
    }
    if (walk.damage === null) return true;
    throw new CorruptRecordError(
      segment.state.baseOffset,
      `${segment.log.path} at byte ${walk.position}: ${walk.damage}`,
    );
  }

  #transactions(
    segments: readonly LogSegment[],
    onRetainedAbort?: ConstructorParameters<typeof CleanedTransactions>[2],
  ): CleanedTransactions {
    const from = segments[0]?.state.baseOffset ?? 0;
    const to = segments.at(-1)?.state.nextOffset ?? 0;
    const aborted = this.#source.search.abortedTransactions(from, to);
    return new CleanedTransactions(aborted, this.#expansion, onRetainedAbort);
  }

  #newSegment(baseOffset: number): CleanedSegment {
    const { files, log, ports } = this.#source;
    const place = { fileSystem: ports.fileSystem, directory: files.directoryName };
    return new CleanedSegment(place, baseOffset, ports.clock.nowMs(), log.config.indexIntervalBytes);
  }

  #check(): void {
    if (this.#source.files.isClosed || this.#isStopped()) throw new CompactionCancelled();
  }
}

/** Where the last of `segments` ends at most: the base of the one behind it. */
function nextBaseOf(all: readonly LogSegment[], segments: readonly LogSegment[]): number {
  return all[segments.length]?.state.baseOffset ?? segments.at(-1)?.state.nextOffset ?? 0;
}
