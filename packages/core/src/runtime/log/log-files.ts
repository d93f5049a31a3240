// Decides how the files of one partition change: segments begin, go and are replaced; snapshots, epochs and flushes (L14, L23, L26, L32).
import { FileSystemError } from '../../foundation/file-system-error.js';
import { encodeEpochCheckpoint } from '../../machines/log/checkpoint-formats.js';
import { isCompacted } from '../../machines/log/log-config.js';
import type { PartitionLog } from '../../machines/log/partition-log.js';
import { encodeProducerSnapshot } from '../../machines/log/producer-snapshot.js';
import type { Timer } from '../../ports/timers.js';
import type { LogDirectory } from './log-directory.js';
import { loadLog } from './log-loader.js';
import { fileNames, segmentFileName, segmentSuffixes } from './log-names.js';
import { LogSegment } from './log-segment.js';
import { allSuffixes, dataSuffixes, fileEndings, renameSegmentFiles } from './segment-files.js';
import { createSegment, type SegmentLoadOptions } from './segment-loader.js';
import { replaceFile, syncFile } from './text-files.js';
import type { SegmentState } from '../../machines/log/segment-state.js';

/** What the log directory knows about a partition that is opened. */
export interface PartitionCheckpoint {
  readonly wasClosedCleanly: boolean;
  readonly recoveryPoint: number;
  readonly logStartOffset: number;
  /** L28: where compaction goes on; null when it never ran. */
  readonly firstDirtyOffset: number | null;
}

export class LogFiles {
  readonly directoryName: string;
  /** Oldest first, at least one; the list is the same for life, and its last one is written to. */
  readonly segments: LogSegment[];
  /** All records before it are on the disk. */
  recoveryPoint: number;
  readonly #directory: LogDirectory;
  readonly #log: PartitionLog;
  #flushTimer: Timer | null = null;
  #isClosed = false;

  /** Recovers what is in the directory, which must exist, into `log`. */
  constructor(
    directory: LogDirectory,
    directoryName: string,
    log: PartitionLog,
    checkpoint: PartitionCheckpoint,
  ) {
    this.#directory = directory;
    this.directoryName = directoryName;
    this.#log = log;
    this.segments = loadLog(log, {
      ...this.#segmentOptions(),
      ...checkpoint,
      isCompacted: isCompacted(log.config) || checkpoint.firstDirtyOffset !== null,
      diagnostics: directory.ports.diagnostics,
    });
    this.recoveryPoint = Math.min(checkpoint.recoveryPoint, log.logEndOffset);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get active(): LogSegment {
    const segment = this.segments.at(-1);
    if (segment === undefined) throw new Error(`The log of ${this.directoryName} has no segment`);
    return segment;
  }

  /** The base offset of the oldest segment; the log start may lie behind it. */
  get firstSegmentOffset(): number {
    return this.segments[0]?.state.baseOffset ?? this.#log.logStartOffset;
  }

  /** Bytes of all segments. */
  get sizeBytes(): number {
    return this.segments.reduce((sum, segment) => sum + segment.state.sizeBytes, 0);
  }

  /** L13, L14: appends go to a new segment from now on. */
  roll(): void {
    const baseOffset = this.#log.logEndOffset;
    const segment = createSegment(baseOffset, this.#segmentOptions());
    this.active.finish();
    this.writeSnapshot(baseOffset);
    this.segments.push(segment);
    this.#log.startSegment(segment.state);
    this.flushInBackground();
  }

  /** L24, L26: the oldest segments leave the log now and the disk later; a log that would lose its last one rolls first. */
  removeOldest(count: number): void {
    if (count >= this.segments.length) this.roll();
    for (const segment of this.segments.splice(0, count)) this.#moveAside(segment, allSuffixes);
    this.advanceLogStart(this.firstSegmentOffset);
    this.#directory.changed();
  }

  advanceLogStart(offset: number): void {
    if (this.#log.advanceLogStart(offset)) this.writeEpochs();
    this.#directory.changed();
  }

  /**
   * L32: puts a compacted segment, whose files end in `.swap`, in the place of the segments that it was made of. A crash in between
   * leaves the `.swap` files, and the loader finishes what was begun.
   */
  replace(replaced: readonly LogSegment[], state: SegmentState): void {
    const { fileSystem } = this.#directory.ports;
    const [first] = replaced;
    const at = first === undefined ? -1 : this.segments.indexOf(first);
    if (at < 0) throw new Error(`The compacted segments are no part of ${this.directoryName}`);
    for (const segment of replaced) {
      const keepsSnapshot = segment.state.baseOffset === state.baseOffset;
      this.#moveAside(segment, keepsSnapshot ? dataSuffixes : allSuffixes);
    }
    const place = { fileSystem, directory: this.directoryName };
    renameSegmentFiles(place, state.baseOffset, dataSuffixes, fileEndings.swap, '');
    this.segments.splice(at, replaced.length, new LogSegment(fileSystem, this.directoryName, state));
  }

  writeSnapshot(offset: number): string {
    const path = `${this.directoryName}/${segmentFileName(offset, segmentSuffixes.snapshot)}`;
    replaceFile(this.#directory.ports.fileSystem, path, encodeProducerSnapshot(this.#log.producers.all()));
    return path;
  }

  writeEpochs(): void {
    const path = `${this.directoryName}/${fileNames.epochCheckpoint}`;
    replaceFile(this.#directory.ports.fileSystem, path, encodeEpochCheckpoint(this.#log.epochs.entries));
  }

  /** L23: by default never; the operating system writes in its own time. */
  flushIfDue(): void {
    const { flushMessages, flushMs } = this.#log.config;
    if (this.#log.logEndOffset - this.recoveryPoint >= flushMessages) this.flushInBackground();
    if (flushMs === Number.MAX_SAFE_INTEGER || this.#flushTimer !== null) return;
    this.#flushTimer = this.#directory.ports.timers.after(flushMs, () => {
      this.#flushTimer = null;
      this.flushInBackground();
    });
  }

  /** Waits until all that is in the log now is on the disk. */
  async flush(): Promise<void> {
    if (!this.#isClosed) await this.#flush();
  }

  flushInBackground(): void {
    // A failure has put the directory offline, and every later request tells.
    this.flush().catch(() => undefined);
  }

  /** Orderly: afterwards the log can be opened without a scan. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#flushTimer?.cancel();
    if (this.#directory.failure === null) {
      const { fileSystem } = this.#directory.ports;
      this.active.finish();
      await this.#flush();
      await syncFile(fileSystem, this.writeSnapshot(this.#log.logEndOffset));
      await fileSystem.syncDirectory(this.directoryName);
    }
    for (const segment of this.segments) segment.close();
  }

  /** At once, without a word to the disk. */
  abandon(): void {
    this.#isClosed = true;
    this.#flushTimer?.cancel();
    for (const segment of this.segments) segment.close();
  }

  async #flush(): Promise<void> {
    const { fileSystem } = this.#directory.ports;
    const endOffset = this.#log.logEndOffset;
    const unflushed = this.segments.filter(({ state }) => state.nextOffset > this.recoveryPoint);
    const begun = unflushed.filter(({ state }) => state.baseOffset >= this.recoveryPoint);
    try {
      const snapshots = begun
        .map((segment) => segment.path(segmentSuffixes.snapshot))
        .filter((path) => fileSystem.exists(path));
      await Promise.all([
        ...unflushed.map((segment) => segment.sync()),
        ...snapshots.map((path) => syncFile(fileSystem, path)),
      ]);
      // A new file is on the disk when its name is, too.
      if (begun.length > 0 && fileSystem.exists(this.directoryName))
        await fileSystem.syncDirectory(this.directoryName);
    } catch (error) {
      if (error instanceof FileSystemError) this.#directory.fail(error);
      throw error;
    }
    if (endOffset <= this.recoveryPoint) return;
    this.recoveryPoint = endOffset;
    this.#directory.changed();
  }

  #moveAside(segment: LogSegment, suffixes: typeof allSuffixes | typeof dataSuffixes): void {
    const { fileSystem } = this.#directory.ports;
    const { baseOffset } = segment.state;
    segment.close();
    const place = { fileSystem, directory: this.directoryName };
    const paths = renameSegmentFiles(place, baseOffset, suffixes, '', fileEndings.deleted);
    this.#directory.removals.schedule(paths, this.#log.config.fileDeleteDelayMs);
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
}
