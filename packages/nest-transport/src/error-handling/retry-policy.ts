// Decides which failures are worth another try, how long to wait for it, and what the log says meanwhile.
import {
  BadRequestException,
  ForbiddenException,
  Logger,
  UnprocessableEntityException,
  type Type,
} from '@nestjs/common';
import { SerializationError } from '@ottla/core';
import { errorText } from '../errors.js';
import { exponentialBackOff, type BackOff } from './back-off.js';
import type { ListenerFailure } from './listener-error-handler.js';
import type { RecordRecoverer } from './record-recoverer.js';

/** A class of errors, or a test on an error. */
export type ErrorMatcher = Type<Error> | ((error: unknown) => boolean);

/** How a failed record is tried again, and what becomes of it when that is over. */
export interface RetryPolicyOptions {
  /** Default: 1 s, doubling up to 30 s, five retries. */
  readonly backOff?: BackOff;
  /** Default: one log line of level error; the record is skipped. */
  readonly recoverer?: RecordRecoverer;
  /** Errors that no retry can heal, beside those of bad bytes, failed validation and refusing guards. */
  readonly notRetryable?: readonly ErrorMatcher[];
  /** Exceptions to the rule above. */
  readonly retryable?: readonly ErrorMatcher[];
}

const leastRecoveryDelayMs = 1_000;

const neverRetried: readonly Type<Error>[] = [
  SerializationError as unknown as Type<Error>,
  BadRequestException,
  UnprocessableEntityException,
  ForbiddenException,
];

/** What DefaultErrorHandler and DefaultAfterRollbackProcessor have in common. */
export class RetryPolicy {
  readonly #logger = new Logger('KafkaListener');
  readonly #backOff: BackOff;
  readonly #recoverer: RecordRecoverer;
  readonly #notRetryable: readonly ErrorMatcher[];
  readonly #retryable: readonly ErrorMatcher[];

  constructor(options: RetryPolicyOptions) {
    this.#backOff = options.backOff ?? exponentialBackOff();
    this.#recoverer = options.recoverer ?? ((failure) => this.#logSkipped(failure));
    this.#notRetryable = [...neverRetried, ...(options.notRetryable ?? [])];
    this.#retryable = options.retryable ?? [];
  }

  /** How long to wait for the next delivery; null when it is the recoverer's turn. */
  delayMs(failure: ListenerFailure): number | null {
    const delayMs = this.#isRetryable(failure.error) ? this.#backOff.delayMs(failure.attempt) : null;
    if (delayMs !== null && failure.attempt === 1) {
      this.#logger.warn(
        `${describe(failure)} failed, trying again in ${delayMs} ms: ${reason(failure.error)}`,
      );
    }
    return delayMs;
  }

  async recover(failure: ListenerFailure): Promise<void> {
    const recoverer = this.#recoverer;
    await (typeof recoverer === 'function' ? recoverer(failure) : recoverer.recover(failure));
  }

  /** How long to wait after the recoverer has failed. */
  recoveryFailed(failure: ListenerFailure, error: unknown): number {
    const delayMs = Math.max(this.#backOff.delayMs(1) ?? 0, leastRecoveryDelayMs);
    this.#logger.error(
      `${describe(failure)} could not be recovered, trying again in ${delayMs} ms: ${reason(error)}`,
    );
    return delayMs;
  }

  #isRetryable(error: unknown): boolean {
    return matches(this.#retryable, error) || !matches(this.#notRetryable, error);
  }

  #logSkipped(failure: ListenerFailure): void {
    const deliveries = failure.attempt === 1 ? '' : ` after ${failure.attempt} deliveries`;
    const stack =
      failure.error instanceof Error && !isBadInput(failure.error) ? failure.error.stack : undefined;
    const line = `${describe(failure)} failed and is skipped${deliveries}: ${reason(failure.error)}`;
    if (stack === undefined) {
      this.#logger.error(line);
    } else {
      this.#logger.error(line, stack);
    }
  }
}

function matches(matchers: readonly ErrorMatcher[], error: unknown): boolean {
  return matchers.some((matcher) => (isErrorClass(matcher) ? error instanceof matcher : matcher(error)));
}

function isErrorClass(matcher: ErrorMatcher): matcher is Type<Error> {
  return matcher.prototype instanceof Error || matcher === Error;
}

/** Errors that say all in their message; a stack trace would only bury it. */
function isBadInput(error: Error): boolean {
  return matches(neverRetried, error);
}

function describe(failure: ListenerFailure): string {
  const { topic, partition, offset } = failure.record;
  return `Record ${topic}-${partition}@${offset} of listener ${failure.listenerId} (group ${failure.groupId})`;
}

/** The message of an error, with what a ValidationPipe found. */
function reason(error: unknown): string {
  if (error instanceof BadRequestException) {
    const response = error.getResponse();
    const details = typeof response === 'object' ? (response as { message?: unknown }).message : response;
    return Array.isArray(details) ? details.join('; ') : error.message;
  }
  return errorText(error);
}
