// Decides a time that stands still until a test moves it.
import type { Clock } from '../../ports/clock.js';
import type { Timer, Timers } from '../../ports/timers.js';

interface Entry extends Timer {
  readonly dueMs: number;
  readonly order: number;
  readonly callback: () => void;
  cancelled: boolean;
}

export interface VirtualTime {
  readonly clock: Clock;
  readonly timers: Timers;
  /** Runs what is due now, then moves the clock on, stopping at each timer in the order in which they fall due. */
  advance(ms: number): Promise<void>;
  /** Runs callbacks that wait for the next turn until there is none; the clock stands still. */
  runUntilIdle(): Promise<void>;
  /** Moves the clock from timer to timer until the promise settles; rejects when it has not after `limitMs`. */
  until<Value>(promise: Promise<Value>, limitMs?: number): Promise<Value>;
  /** Timers armed and not yet fired. */
  readonly armedTimers: number;
}

// Taken at load, so that a test that fakes the global timers does not stop virtual time with them.
const nextTurn = setImmediate;

/** Lets every promise that can settle without input do so. */
function settlePromises(): Promise<void> {
  return new Promise((resolve) => nextTurn(resolve));
}

class VirtualTimers {
  #nowMs: number;
  readonly #startMs: number;
  #order = 0;
  /** A binary heap by due time, then by order of arming. */
  readonly #heap: Entry[] = [];
  #soon: (() => void)[] = [];

  constructor(startMs: number) {
    this.#nowMs = startMs;
    this.#startMs = startMs;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  get monotonicMs(): number {
    return this.#nowMs - this.#startMs;
  }

  get armed(): number {
    return this.#heap.reduce((count, entry) => count + (entry.cancelled ? 0 : 1), 0);
  }

  soon(callback: () => void): void {
    this.#soon.push(callback);
  }

  after(delayMs: number, callback: () => void): Timer {
    const entry: Entry = {
      dueMs: this.#nowMs + Math.max(0, delayMs),
      order: this.#order++,
      callback,
      cancelled: false,
      cancel() {
        this.cancelled = true;
      },
    };
    this.#push(entry);
    return entry;
  }

  async runUntilIdle(): Promise<void> {
    await settlePromises();
    while (this.#soon.length > 0) {
      const due = this.#soon;
      this.#soon = [];
      for (const callback of due) {
        callback();
        await settlePromises();
      }
    }
  }

  /** Runs the earliest timer that is due by `limitMs`; false when there is none. */
  async step(limitMs: number): Promise<boolean> {
    await this.runUntilIdle();
    let entry = this.#heap[0];
    while (entry?.cancelled) {
      this.#pop();
      entry = this.#heap[0];
    }
    if (entry === undefined || entry.dueMs > limitMs) return false;
    this.#pop();
    this.#nowMs = entry.dueMs;
    entry.cancelled = true;
    entry.callback();
    await this.runUntilIdle();
    return true;
  }

  async advance(ms: number): Promise<void> {
    const limitMs = this.#nowMs + ms;
    while (await this.step(limitMs));
    this.#nowMs = limitMs;
  }

  #before(first: Entry, second: Entry): boolean {
    return first.dueMs < second.dueMs || (first.dueMs === second.dueMs && first.order < second.order);
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as Entry;
      if (!this.#before(entry, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && this.#before(heap[child + 1] as Entry, heap[child] as Entry)) child++;
      if (!this.#before(heap[child] as Entry, last)) break;
      heap[index] = heap[child] as Entry;
      index = child;
    }
    heap[index] = last;
  }
}

/** Time under a test's control; the default start is a fixed moment, so that runs repeat. */
export function createVirtualTime(startMs = Date.UTC(2026, 0, 1)): VirtualTime {
  const timers = new VirtualTimers(startMs);
  return {
    clock: { nowMs: () => timers.nowMs, monotonicMs: () => timers.monotonicMs },
    timers: {
      after: (delayMs, callback) => timers.after(delayMs, callback),
      soon: (callback) => timers.soon(callback),
    },
    advance: (ms) => timers.advance(ms),
    runUntilIdle: () => timers.runUntilIdle(),
    async until(promise, limitMs = 3_600_000) {
      let settled = false;
      const done = (): void => void (settled = true);
      promise.then(done, done);
      const endMs = timers.nowMs + limitMs;
      await timers.runUntilIdle();
      while (!settled && (await timers.step(endMs)));
      if (!settled) throw new Error(`Nothing settled within ${limitMs} ms of virtual time`);
      return promise;
    },
    get armedTimers() {
      return timers.armed;
    },
  };
}
