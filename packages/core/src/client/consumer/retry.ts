// Decides how a call of the consumer tries again until it succeeds, fails for good, or runs out of time.
import { backoffMs } from '../../foundation/backoff.js';
import { ErrorCode } from '../../protocol/errors.js';
import { KafkaError, TimeoutError } from '../errors.js';
import type { ConnectionPorts } from '../node-connection.js';

export interface RetryOptions {
  readonly ports: Pick<ConnectionPorts, 'clock' | 'timers' | 'random'>;
  readonly retryBackoffMs: number;
  readonly retryBackoffMaxMs: number;
  /** True once the consumer closes: what fails then is not tried again. */
  readonly isEnding?: () => boolean;
}

/** Calls `attempt` with the time that is left; a retriable KafkaError is tried again. `what` completes "… did not succeed within". */
export async function retryUntil<T>(
  what: string,
  timeoutMs: number,
  options: RetryOptions,
  attempt: (remainingMs: number) => Promise<T>,
): Promise<T> {
  const { clock, random, timers } = options.ports;
  const deadlineMs = clock.monotonicMs() + timeoutMs;
  for (let failures = 0; ; failures++) {
    try {
      // Whole milliseconds: the time goes into requests.
      return await attempt(Math.max(0, Math.ceil(deadlineMs - clock.monotonicMs())));
    } catch (error) {
      if (!(error instanceof KafkaError) || !error.retriable || options.isEnding?.() === true) throw error;
      // Only the next poll can end what this error tells of.
      if (error.errorCode === ErrorCode.REBALANCE_IN_PROGRESS) throw error;
      const waitMs = backoffMs(failures, options.retryBackoffMs, options.retryBackoffMaxMs, random);
      if (clock.monotonicMs() + waitMs >= deadlineMs) {
        if (timeoutMs === 0) throw error;
        throw new TimeoutError(`${what} did not succeed within ${timeoutMs} ms: ${error.message}`, {
          cause: error,
        });
      }
      await new Promise<void>((resolve) => timers.after(waitMs, resolve));
    }
  }
}
