// Decides that the engine's timers are those of Node's event loop.
import type { Timer, Timers } from '../../ports/timers.js';

/** The longest delay setTimeout takes; it fires at once on anything longer. */
const longestDelayMs = 2 ** 31 - 1;

class NodeTimer implements Timer {
  #handle: NodeJS.Timeout | null = null;
  #remainingMs: number;
  readonly #callback: () => void;

  constructor(delayMs: number, callback: () => void) {
    this.#remainingMs = delayMs;
    this.#callback = callback;
    this.#arm();
  }

  #arm(): void {
    const delayMs = Math.min(this.#remainingMs, longestDelayMs);
    this.#remainingMs -= delayMs;
    this.#handle = setTimeout(() => {
      if (this.#remainingMs > 0) {
        this.#arm();
      } else {
        this.#handle = null;
        this.#callback();
      }
    }, Math.ceil(delayMs));
  }

  cancel(): void {
    if (this.#handle === null) return;
    clearTimeout(this.#handle);
    this.#handle = null;
  }
}

export function createNodeTimers(): Timers {
  return {
    after: (delayMs, callback) => new NodeTimer(Math.max(0, delayMs), callback),
    soon: (callback) => void setImmediate(callback),
  };
}
