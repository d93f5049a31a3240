// Decides what becomes of a failed record unless the application says otherwise: bounded retries, then the recoverer.
import type { ErrorDecision, ListenerErrorHandler, ListenerFailure } from './listener-error-handler.js';
import { RetryPolicy, type RetryPolicyOptions } from './retry-policy.js';

/** The back-off, the recoverer, and the errors that are not worth a retry. */
export interface DefaultErrorHandlerOptions extends RetryPolicyOptions {}

/** Spring Kafka's DefaultErrorHandler: retries with back-off, in memory, one partition at a time; then recovers and goes on. */
export class DefaultErrorHandler implements ListenerErrorHandler {
  readonly #policy: RetryPolicy;

  constructor(options: DefaultErrorHandlerOptions = {}) {
    this.#policy = new RetryPolicy(options);
  }

  handle(failure: ListenerFailure): ErrorDecision | Promise<ErrorDecision> {
    const delayMs = this.#policy.delayMs(failure);
    return delayMs === null ? this.#recover(failure) : { kind: 'retry', delayMs };
  }

  async #recover(failure: ListenerFailure): Promise<ErrorDecision> {
    try {
      await this.#policy.recover(failure);
      return { kind: 'skip' };
    } catch (error) {
      return { kind: 'retry', delayMs: this.#policy.recoveryFailed(failure, error) };
    }
  }
}
