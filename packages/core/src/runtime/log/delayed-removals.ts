// Decides when files that nobody may read any more leave the disk: renamed at once, unlinked after a delay, a few in each turn (L26).
import { FileSystemError } from '../../foundation/file-system-error.js';
import type { Diagnostics } from '../../ports/diagnostics.js';
import type { FileSystem } from '../../ports/file-system.js';
import type { Timer, Timers } from '../../ports/timers.js';
import { Turns } from '../turns.js';

export interface RemovalPorts {
  readonly fileSystem: FileSystem;
  readonly timers: Timers;
  readonly diagnostics: Diagnostics;
}

/** A path may be a directory of many files. */
const pathsPerTurn = 4;

/** Bounded by what is on the disk: one timer per removed segment or directory. */
export class DelayedRemovals {
  readonly #ports: RemovalPorts;
  readonly #timers = new Set<Timer>();
  readonly #turns: Turns;
  #due: string[] = [];

  constructor(ports: RemovalPorts) {
    this.#ports = ports;
    this.#turns = new Turns(ports.timers);
  }

  schedule(paths: readonly string[], delayMs: number): void {
    const timer = this.#ports.timers.after(delayMs, () => {
      this.#timers.delete(timer);
      // A topic of many partitions comes due in one moment.
      const isUnderWay = this.#due.length > 0;
      this.#due.push(...paths);
      if (!isUnderWay) this.#turns.run(() => this.#removeSome());
    });
    this.#timers.add(timer);
  }

  /** Forgets what waits; the next start removes it. */
  cancel(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    this.#turns.stop();
    this.#due = [];
  }

  /** True when more is left. */
  #removeSome(): boolean {
    for (const path of this.#due.slice(0, pathsPerTurn)) this.#remove(path);
    this.#due = this.#due.slice(pathsPerTurn);
    return this.#due.length > 0;
  }

  #remove(path: string): void {
    try {
      this.#ports.fileSystem.remove(path);
    } catch (error) {
      if (!(error instanceof FileSystemError)) throw error;
      // The next start tries again.
      this.#ports.diagnostics.log('warn', 'A deleted file could not be removed', {
        path,
        reason: error.message,
      });
    }
  }
}
