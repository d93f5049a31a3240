// Decides what is answered of a change to the metadata, and when: what the rules said, unless the disk was too slow for the request or failed.
import type { ControllerOutcome } from '../machines/controller/controller-outcome.js';
import type { Timers } from '../ports/timers.js';
import { ErrorCode } from '../protocol/errors.js';
import type { Controller } from './controller.js';

/** A request that names no time of its own has as long as the disk takes. */
export const noTimeLimit = null;

interface Result {
  readonly errorCode: number;
}

/** Makes changes durable before they are told to be made. */
export class DurableChanges {
  constructor(
    readonly controller: Controller,
    private readonly timers: Timers,
    /** Resolves when the broker has done what the changes so far ask of it. */
    private readonly applied: () => Promise<void>,
  ) {}

  /**
   * The results of the outcome, when they are on the disk and in effect. Those that succeeded become `failed` ones when the time is up first
   * (REQUEST_TIMED_OUT; what was changed stays changed) or when the disk fails (KAFKA_STORAGE_ERROR).
   */
  async make<Each extends Result>(
    outcome: ControllerOutcome<readonly Each[]>,
    timeoutMs: number | typeof noTimeLimit,
    failed: (result: Each, errorCode: number, message: string) => Each,
  ): Promise<Each[]> {
    const instead = (errorCode: number, message: string): Each[] =>
      outcome.reply.map((each) =>
        each.errorCode === ErrorCode.NONE ? failed(each, errorCode, message) : each,
      );
    if (outcome.records.length === 0) return [...outcome.reply];
    try {
      this.controller.perform(outcome);
      const isDurable = await this.#durableWithin(timeoutMs);
      if (isDurable) return [...outcome.reply];
    } catch (error) {
      return instead(ErrorCode.KAFKA_STORAGE_ERROR, error instanceof Error ? error.message : String(error));
    }
    return instead(ErrorCode.REQUEST_TIMED_OUT, 'The change was made, but did not reach the disk in time');
  }

  /** False when the time ran out first. A time of 0 or less does not wait. */
  #durableWithin(timeoutMs: number | typeof noTimeLimit): Promise<boolean> {
    const flushed = Promise.all([this.controller.flush(), this.applied()]).then(() => true);
    if (timeoutMs === noTimeLimit) return flushed;
    return new Promise((resolve, reject) => {
      const timer = this.timers.after(Math.max(0, timeoutMs), () => resolve(false));
      flushed.then(resolve, reject).finally(() => timer.cancel());
    });
  }
}
