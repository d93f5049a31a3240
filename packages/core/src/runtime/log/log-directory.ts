// Decides what all partitions of one log directory share: whether it still works, what must be checkpointed, what waits for its removal.
import { BufferPool } from '../../foundation/buffer-pool.js';
import type { Clock } from '../../ports/clock.js';
import type { Compressors } from '../../ports/compressor.js';
import type { Diagnostics } from '../../ports/diagnostics.js';
import type { FileSystem } from '../../ports/file-system.js';
import type { Random } from '../../ports/random.js';
import type { Timers } from '../../ports/timers.js';
import { DelayedRemovals } from './delayed-removals.js';
import { TailCacheBudget } from './tail-cache.js';

export interface LogDirectoryPorts {
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly compressors: Compressors;
  readonly diagnostics: Diagnostics;
}

export interface LogDirectoryLimits {
  /** Newest records kept in memory for readers, per partition and in all. */
  readonly tailCacheBytesPerPartition: number;
  readonly tailCacheBytes: number;
  /** The most bytes that the records of a compressed batch may expand to. */
  readonly maxExpandedBytes: number;
  readonly producerIdExpirationMs: number;
}

export const defaultLogDirectoryLimits: LogDirectoryLimits = {
  tailCacheBytesPerPartition: 4 * 1024 * 1024,
  tailCacheBytes: 64 * 1024 * 1024,
  maxExpandedBytes: 104_857_600,
  producerIdExpirationMs: 86_400_000,
};

/** How the checkpoints of the directory are written: soon, or now. */
export interface CheckpointHooks {
  schedule(): void;
  write(): Promise<void>;
}

export class LogDirectory {
  readonly ports: LogDirectoryPorts;
  readonly limits: LogDirectoryLimits;
  readonly tailCacheBudget: TailCacheBudget;
  readonly removals: DelayedRemovals;
  /** What is read from files is read into these. */
  readonly buffers = new BufferPool();
  readonly #checkpoints: CheckpointHooks;
  #failure: Error | null = null;

  constructor(ports: LogDirectoryPorts, limits: LogDirectoryLimits, checkpoints: CheckpointHooks) {
    this.ports = ports;
    this.limits = limits;
    this.tailCacheBudget = new TailCacheBudget(limits.tailCacheBytes);
    this.removals = new DelayedRemovals(ports);
    this.#checkpoints = checkpoints;
  }

  /** Why the directory is offline; null while it works. */
  get failure(): Error | null {
    return this.#failure;
  }

  /** A file operation failed: like Kafka, nothing of this directory is served until a restart has recovered it. */
  fail(error: Error): void {
    if (this.#failure !== null) return;
    this.#failure = error;
    this.ports.diagnostics.log(
      'error',
      'The log directory is offline: every request to its partitions fails until a restart',
      {
        reason: error.message,
      },
    );
  }

  /** An offset that the checkpoints hold moved. */
  changed(): void {
    this.#checkpoints.schedule();
  }

  /** Resolves when the checkpoints on the disk tell of now. */
  checkpoint(): Promise<void> {
    return this.#checkpoints.write();
  }
}
