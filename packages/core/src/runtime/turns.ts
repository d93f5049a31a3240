// Decides that work on many files is done in several turns of the event loop, so that requests are served in between.
import type { Timers } from '../ports/timers.js';

export class Turns {
  readonly #timers: Pick<Timers, 'soon'>;
  readonly #underWay = new Set<Promise<void>>();
  #isStopped = false;

  constructor(timers: Pick<Timers, 'soon'>) {
    this.#timers = timers;
  }

  /** Does the first step now, which may throw, and the others in later turns; a step tells whether there is more to do. */
  run(step: () => boolean): void {
    if (!step()) return;
    const rest = this.#rest(step).finally(() => this.#underWay.delete(rest));
    this.#underWay.add(rest);
    // Whoever waits for it is told; nobody has to wait.
    rest.catch(() => undefined);
  }

  /** Resolves when what is under way now is done; rejects when a step of it failed. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  /** No step is begun any more. */
  stop(): void {
    this.#isStopped = true;
  }

  async #rest(step: () => boolean): Promise<void> {
    let isMore = true;
    while (isMore) {
      await new Promise<void>((resume) => this.#timers.soon(resume));
      isMore = !this.#isStopped && step();
    }
  }
}
