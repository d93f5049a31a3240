// Decides which compacted log is cleaned next, one at a time, and when the next look is (L28).
import { FileSystemError } from '../../../foundation/file-system-error.js';
import type { CleanableRange } from '../../../machines/log/compaction/cleanable-range.js';
import { KeyMap } from '../../../machines/log/compaction/key-map.js';
import type { Timer } from '../../../ports/timers.js';
import type { LogDirectory } from '../log-directory.js';
import { CompactionCancelled, type CompactionResult } from './log-compaction.js';
import { WorkSlices } from './work-slices.js';

export interface CleanerOptions {
  /** log.cleaner.enable. */
  readonly isEnabled: boolean;
  /** log.cleaner.backoff.ms: the time to the next look when there is nothing to clean. */
  readonly backoffMs: number;
  /** log.cleaner.dedupe.buffer.size: the most memory for keys. */
  readonly dedupeBufferBytes: number;
  /** log.cleaner.io.max.bytes.per.second. */
  readonly maxBytesPerSecond: number;
  /** How long the cleaner runs before requests get their turn. */
  readonly sliceMs: number;
}

export const defaultCleanerOptions: CleanerOptions = {
  isEnabled: true,
  backoffMs: 15_000,
  dedupeBufferBytes: 134_217_728,
  maxBytesPerSecond: Infinity,
  sliceMs: 4,
};

/** What the cleaner asks of a partition. */
export interface CleanablePartition {
  readonly directoryName: string;
  /** Null when the partition is not compacted. */
  cleanableRange(nowMs: number): CleanableRange | null;
  compact(
    range: CleanableRange,
    keys: KeyMap,
    slices: WorkSlices,
    isStopped: () => boolean,
  ): Promise<CompactionResult>;
}

interface Candidate {
  readonly partition: CleanablePartition;
  readonly range: CleanableRange;
}

export class LogCleaner {
  readonly #directory: LogDirectory;
  #options: CleanerOptions;
  readonly #partitions: () => readonly CleanablePartition[];
  /** Partitions whose log is damaged or too large to clean, until a restart. */
  readonly #uncleanable = new WeakSet<CleanablePartition>();
  #timer: Timer | null = null;
  #isStopped = true;
  #running: Promise<number> | null = null;

  constructor(
    directory: LogDirectory,
    options: CleanerOptions,
    partitions: () => readonly CleanablePartition[],
  ) {
    this.#directory = directory;
    this.#options = options;
    this.#partitions = partitions;
  }

  start(): void {
    this.#isStopped = false;
    if (this.#options.isEnabled) this.#arm();
  }

  /** Counts from the next look and the next round on. */
  reconfigure(options: Partial<CleanerOptions>): void {
    const { backoffMs } = this.#options;
    this.#options = { ...this.#options, ...options };
    if (this.#timer === null || this.#options.backoffMs === backoffMs) return;
    this.#timer.cancel();
    this.#arm();
  }

  /** Resolves when no file is touched any more. */
  async stop(): Promise<void> {
    this.abandon();
    await this.#running;
  }

  /** As a crash would: whatever runs ends at its next rest. */
  abandon(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** Cleans what is due, the dirtiest log first, until nothing is; resolves with the number of rounds. */
  cleanDue(): Promise<number> {
    this.#running ??= this.#cleanDue().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #cleanDue(): Promise<number> {
    const { ports } = this.#directory;
    let rounds = 0;
    while (!this.#isStopped && this.#directory.failure === null) {
      const candidate = this.#dirtiest(ports.clock.nowMs());
      if (candidate === null || !(await this.#clean(candidate))) return rounds;
      rounds += 1;
    }
    return rounds;
  }

  #dirtiest(nowMs: number): Candidate | null {
    let best: Candidate | null = null;
    for (const partition of this.#partitions()) {
      if (this.#uncleanable.has(partition)) continue;
      const range = partition.cleanableRange(nowMs);
      if (range?.isDue !== true) continue;
      if (best === null || range.dirtyRatio > best.range.dirtyRatio) best = { partition, range };
    }
    return best;
  }

  /** False when the cleaner must not go on. */
  async #clean({ partition, range }: Candidate): Promise<boolean> {
    const { ports } = this.#directory;
    const { dedupeBufferBytes, maxBytesPerSecond, sliceMs } = this.#options;
    const keys = new KeyMap(dedupeBufferBytes, ports.random.nextInteger(2 ** 32));
    const slices = new WorkSlices(ports, { sliceMs, maxBytesPerSecond });
    try {
      const result = await partition.compact(range, keys, slices, () => this.#isStopped);
      ports.diagnostics.log('debug', 'A log was compacted', {
        partition: partition.directoryName,
        firstDirtyOffset: range.firstDirtyOffset,
        endOffset: result.endOffset,
        keys: keys.size,
        bytesRead: result.bytesRead,
        bytesWritten: result.bytesWritten,
      });
      return true;
    } catch (error) {
      if (error instanceof CompactionCancelled) return !this.#isStopped;
      if (error instanceof FileSystemError) {
        this.#directory.fail(error);
        return false;
      }
      this.#uncleanable.add(partition);
      ports.diagnostics.log('error', 'A log cannot be compacted; it is left as it is until a restart', {
        partition: partition.directoryName,
        reason: error instanceof Error ? error.message : String(error),
      });
      return true;
    }
  }

  #arm(): void {
    this.#timer = this.#directory.ports.timers.after(this.#options.backoffMs, () => {
      this.#timer = null;
      void this.cleanDue().finally(() => {
        if (!this.#isStopped && this.#timer === null) this.#arm();
      });
    });
  }
}
