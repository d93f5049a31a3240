// Decides how long to wait before a failed record is delivered again, and when to give up.

/** Waits between the deliveries of one record. */
export interface BackOff {
  /** Milliseconds to wait before retry number `retry` (from 1); null when there are no more retries. */
  delayMs(retry: number): number | null;
}

/** The same wait before every retry. */
export function fixedBackOff(options: { intervalMs: number; maxRetries: number }): BackOff {
  const { intervalMs, maxRetries } = options;
  checkAtLeast('fixedBackOff intervalMs', intervalMs, 0);
  checkAtLeast('fixedBackOff maxRetries', maxRetries, 0);
  return { delayMs: (retry) => (retry <= maxRetries ? intervalMs : null) };
}

/** How waits grow. */
export interface ExponentialBackOffOptions {
  /** The first wait. Default: 1000. */
  readonly initialIntervalMs?: number;
  /** What each further wait is multiplied by. Default: 2. */
  readonly multiplier?: number;
  /** The longest wait. Default: 30000. */
  readonly maxIntervalMs?: number;
  /** How often to try again. Default: 5. */
  readonly maxRetries?: number;
}

/** A wait that grows with every retry. Default: 1 s, doubling up to 30 s, five retries. */
export function exponentialBackOff(options: ExponentialBackOffOptions = {}): BackOff {
  const { initialIntervalMs = 1_000, multiplier = 2, maxIntervalMs = 30_000, maxRetries = 5 } = options;
  checkAtLeast('exponentialBackOff initialIntervalMs', initialIntervalMs, 0);
  checkAtLeast('exponentialBackOff multiplier', multiplier, 1);
  checkAtLeast('exponentialBackOff maxIntervalMs', maxIntervalMs, 0);
  checkAtLeast('exponentialBackOff maxRetries', maxRetries, 0);
  return {
    delayMs: (retry) =>
      retry <= maxRetries ? Math.min(maxIntervalMs, initialIntervalMs * multiplier ** (retry - 1)) : null,
  };
}

function checkAtLeast(what: string, value: number, least: number): void {
  if (!(value >= least)) {
    throw new RangeError(`${what} is ${value}; it must be at least ${least}`);
  }
}
