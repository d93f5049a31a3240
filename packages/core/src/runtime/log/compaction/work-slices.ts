// Decides how long background work may run before requests get their turn, and how many bytes per second it may move.
import type { Clock } from '../../../ports/clock.js';
import type { Timers } from '../../../ports/timers.js';

/** Where the clock stands still, as in simulations, bytes end a slice. */
const sliceBytes = 2 * 1024 * 1024;

export interface SliceOptions {
  readonly sliceMs: number;
  /** log.cleaner.io.max.bytes.per.second; Infinity for as many as there are. */
  readonly maxBytesPerSecond: number;
}

export class WorkSlices {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #timers: Timers;
  readonly #options: SliceOptions;
  #sliceStartMs: number;
  #bytes = 0;

  constructor(ports: { readonly clock: Clock; readonly timers: Timers }, options: SliceOptions) {
    this.#clock = ports.clock;
    this.#timers = ports.timers;
    this.#options = options;
    this.#sliceStartMs = ports.clock.monotonicMs();
  }

  /** Counts bytes that were read or written; true when it is time to `rest`. */
  spend(bytes: number): boolean {
    this.#bytes += bytes;
    return (
      this.#bytes >= sliceBytes || this.#clock.monotonicMs() - this.#sliceStartMs >= this.#options.sliceMs
    );
  }

  /** Lets others run; a slice that moved more than its share waits for the difference. */
  async rest(): Promise<void> {
    const ranMs = this.#clock.monotonicMs() - this.#sliceStartMs;
    const fairMs = (this.#bytes / this.#options.maxBytesPerSecond) * 1000;
    await new Promise<void>((resume) => {
      if (fairMs > ranMs) this.#timers.after(Math.ceil(fairMs - ranMs), resume);
      else this.#timers.soon(resume);
    });
    this.#bytes = 0;
    this.#sliceStartMs = this.#clock.monotonicMs();
  }
}
