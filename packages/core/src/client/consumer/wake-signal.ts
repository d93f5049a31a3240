// Decides how calls that wait learn that something happened, without missing what happened just before they began to wait.
import type { Timers } from '../../ports/timers.js';

export class WakeSignal {
  /** Goes up with every notification. */
  version = 0;
  /** One for each call that waits. */
  readonly #waiters = new Set<() => void>();

  constructor(private readonly timers: Timers) {}

  notify(): void {
    this.version++;
    for (const wake of this.#waiters) wake();
  }

  /** Resolves at the first notification after `version` was read, or after `timeoutMs`. */
  wait(version: number, timeoutMs: number): Promise<void> {
    if (version !== this.version) return this.turn();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiters.delete(wake);
        timer.cancel();
        resolve();
      };
      const timer = this.timers.after(timeoutMs, wake);
      this.#waiters.add(wake);
    });
  }

  /** Lets the event loop read its input once. */
  turn(): Promise<void> {
    return new Promise((resolve) => this.timers.soon(resolve));
  }
}
