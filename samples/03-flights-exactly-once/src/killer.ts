// Decides which worker is killed when: at random, with a seed that does it again.
import type { Workers } from './workers.js';

/** The kills fall between these shares of all flights. */
const firstShare = 0.02;
const lastShare = 0.95;
/** A worker that has just committed is given time to be in the middle of something. */
const longestDelayMs = 50;

export class Killer {
  readonly #random: () => number;
  /** Numbers of flights that have come out, at which a worker is killed. */
  readonly #at: number[];
  #kills = 0;

  constructor(
    private readonly workers: Pick<Workers, 'ready' | 'kill'>,
    options: { readonly seed: number; readonly kills: number; readonly flights: number },
    private readonly onKill: (worker: number, flights: number) => void,
  ) {
    this.#random = randomOf(options.seed);
    this.#at = Array.from({ length: options.kills }, () =>
      Math.floor(options.flights * (firstShare + this.#random() * (lastShare - firstShare))),
    ).sort((a, b) => a - b);
  }

  /** Workers killed so far. */
  get kills(): number {
    return this.#kills;
  }

  /** So many flights have come out: kills a worker that works, if it is time; when none does, the next time. */
  onProgress(flights: number): void {
    const next = this.#at[0];
    const ready = this.workers.ready();
    if (next === undefined || flights < next || ready.length === 0) {
      return;
    }
    this.#at.shift();
    const victim = ready[Math.floor(this.#random() * ready.length)] as number;
    this.#kills += 1;
    setTimeout(() => this.workers.kill(victim), this.#random() * longestDelayMs);
    this.onKill(victim, flights);
  }
}

/** Mulberry32: 32 bits of state, good enough to choose victims. */
function randomOf(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
