// Decides what becomes of a record whose transaction was rolled back because its listener failed.
import type { ListenerFailure } from './listener-error-handler.js';
import { RetryPolicy, type RetryPolicyOptions } from './retry-policy.js';

/** What to do after the rollback: deliver the record again after the wait, or give it to `recover`. */
export type AfterRollbackDecision =
  { readonly kind: 'retry'; readonly delayMs: number } | { readonly kind: 'recover' };

/** Spring Kafka's AfterRollbackProcessor. A fenced producer and a lost group membership are not told here: nothing was wrong with the record. */
export interface AfterRollbackProcessor {
  /** Called outside of a transaction; must not throw (one that does is taken to ask for a retry). */
  handle(failure: ListenerFailure): AfterRollbackDecision | Promise<AfterRollbackDecision>;
  /** Called inside a new transaction, which commits the record's offset too. When it throws, that transaction is rolled back as well. */
  recover(failure: ListenerFailure): void | Promise<void>;
  /** `recover`, or the commit after it, failed: how long to wait until the record's retries begin anew. */
  recoveryFailed(failure: ListenerFailure, error: unknown): number;
}

/** The back-off, the recoverer, and the errors that are not worth a retry: the same as a DefaultErrorHandler's. */
export interface DefaultAfterRollbackProcessorOptions extends RetryPolicyOptions {}

/**
 * Spring Kafka's DefaultAfterRollbackProcessor: delivers the record again after a back-off, in memory, one partition at a time; then the
 * recoverer has it, and what the recoverer sends commits together with the record's offset.
 */
export class DefaultAfterRollbackProcessor implements AfterRollbackProcessor {
  readonly #policy: RetryPolicy;

  constructor(options: DefaultAfterRollbackProcessorOptions = {}) {
    this.#policy = new RetryPolicy(options);
  }

  handle(failure: ListenerFailure): AfterRollbackDecision {
    const delayMs = this.#policy.delayMs(failure);
    return delayMs === null ? { kind: 'recover' } : { kind: 'retry', delayMs };
  }

  recover(failure: ListenerFailure): Promise<void> {
    return this.#policy.recover(failure);
  }

  recoveryFailed(failure: ListenerFailure, error: unknown): number {
    return this.#policy.recoveryFailed(failure, error);
  }
}
