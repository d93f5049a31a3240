// Decides when files that nobody may read any more leave the disk: renamed at once, unlinked after a delay (L26).
import { FileSystemError } from '../../foundation/file-system-error.js';
import type { Diagnostics } from '../../ports/diagnostics.js';
import type { FileSystem } from '../../ports/file-system.js';
import type { Timer, Timers } from '../../ports/timers.js';

export interface RemovalPorts {
  readonly fileSystem: FileSystem;
  readonly timers: Timers;
  readonly diagnostics: Diagnostics;
}

/** Bounded by what is on the disk: one timer per removed segment or directory. */
export class DelayedRemovals {
  readonly #ports: RemovalPorts;
  readonly #timers = new Set<Timer>();

  constructor(ports: RemovalPorts) {
    this.#ports = ports;
  }

  schedule(paths: readonly string[], delayMs: number): void {
    const timer = this.#ports.timers.after(delayMs, () => {
      this.#timers.delete(timer);
      for (const path of paths) this.#remove(path);
    });
    this.#timers.add(timer);
  }

  /** Forgets what waits; the next start removes it. */
  cancel(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
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
