// Drives the consumer's fetcher: sends what it plans, hands back the answers, and wakes it when a back-off ends.
import type { Fetcher } from '../machines/consumer/fetcher.js';
import type { FetchPlan } from '../machines/consumer/fetch-plan.js';
import type { Clock } from '../ports/clock.js';
import type { Timer, Timers } from '../ports/timers.js';
import type { FetchResponse } from '../protocol/messages/01-fetch.js';

export interface FetchLoopOptions {
  readonly fetcher: Fetcher;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly send: (plan: FetchPlan) => Promise<FetchResponse>;
  /** Something is ready to be polled, or a position has to be looked at again. */
  readonly onProgress: () => void;
  readonly onMetadataStale: () => void;
  /** A request was lost; `failuresInARow` counts for its broker. */
  readonly onRequestFailed: (nodeId: number, error: unknown, failuresInARow: number) => void;
}

export class FetchLoop {
  readonly #options: FetchLoopOptions;
  #retryTimer: Timer | null = null;
  #closed = false;

  constructor(options: FetchLoopOptions) {
    this.#options = options;
  }

  /** Sends every fetch that may be sent now; to be called when room, positions, leaders or the assignment changed. */
  kick(): void {
    if (this.#closed) return;
    const { fetcher, clock } = this.#options;
    const nowMs = clock.monotonicMs();
    for (const plan of fetcher.plan(nowMs)) void this.#run(plan);
    this.#armRetry(nowMs);
  }

  close(): void {
    this.#closed = true;
    this.#retryTimer?.cancel();
    this.#retryTimer = null;
  }

  async #run(plan: FetchPlan): Promise<void> {
    const { fetcher, clock, send, onMetadataStale, onProgress, onRequestFailed } = this.#options;
    try {
      const response = await send(plan);
      if (this.#closed) return;
      if (fetcher.handleResponse(plan, response, clock.monotonicMs())) onMetadataStale();
    } catch (error) {
      const failuresInARow = fetcher.handleFailure(plan, clock.monotonicMs());
      if (this.#closed) return;
      onRequestFailed(plan.nodeId, error, failuresInARow);
      onMetadataStale();
    }
    this.kick();
    onProgress();
  }

  #armRetry(nowMs: number): void {
    this.#retryTimer?.cancel();
    this.#retryTimer = null;
    const retryAtMs = this.#options.fetcher.nextRetryMs(nowMs);
    if (retryAtMs === null) return;
    this.#retryTimer = this.#options.timers.after(Math.max(1, retryAtMs - nowMs), () => this.kick());
  }
}
