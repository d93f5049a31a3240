// Decides what the engine may know of time.

/** Tells the time; the machine's own unless a test puts another in its place. */
export interface Clock {
  /** Wall-clock time in milliseconds since 1970-01-01 UTC; it goes into records. */
  nowMs(): number;
  /** Milliseconds on a clock that never goes back; timeouts and waits are measured on it. */
  monotonicMs(): number;
}
