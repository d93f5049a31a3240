// Decides how a machine's timers, known by keys, become timers of the port.
import type { TimerChange } from '../machines/coordinator/outcome.js';
import type { Timer, Timers } from '../ports/timers.js';

interface Armed<TimerEvent> {
  readonly event: TimerEvent;
  timer: Timer | null;
}

export class CoordinatorTimers<TimerEvent> {
  readonly #timers: Timers;
  readonly #onFired: (event: TimerEvent) => void;
  /** Bounded by the machine: one per member, and a few per group. */
  readonly #armed = new Map<string, Armed<TimerEvent>>();

  constructor(timers: Timers, onFired: (event: TimerEvent) => void) {
    this.#timers = timers;
    this.#onFired = onFired;
  }

  apply(changes: readonly TimerChange<TimerEvent>[]): void {
    for (const change of changes) {
      this.#armed.get(change.key)?.timer?.cancel();
      if (change.kind === 'cancel') this.#armed.delete(change.key);
      else this.#set(change.key, change.delayMs, change.event);
    }
  }

  clear(): void {
    for (const { timer } of this.#armed.values()) timer?.cancel();
    this.#armed.clear();
  }

  #set(key: string, delayMs: number, event: TimerEvent): void {
    const armed: Armed<TimerEvent> = { event, timer: null };
    this.#armed.set(key, armed);
    armed.timer = this.#timers.after(delayMs, () => {
      // Heartbeats that already wait in the sockets come first: a broker that was busy must not blame its members.
      this.#timers.soon(() => {
        if (this.#armed.get(key) !== armed) return;
        this.#armed.delete(key);
        this.#onFired(event);
      });
    });
  }
}
