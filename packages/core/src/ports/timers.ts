// Decides how the engine asks to be called later.

/** An armed timer. */
export interface Timer {
  /** Disarms the timer; afterwards its callback does not run. Cancelling twice, or after it fired, does nothing. */
  cancel(): void;
}

/** Calls back later; a test may put virtual time in its place. */
export interface Timers {
  /** Calls back once after at least `delayMs` milliseconds (0 or more), never before this call returns. */
  after(delayMs: number, callback: () => void): Timer;
  /** Calls back once in the next turn of the event loop, after the input that is already waiting was read. */
  soon(callback: () => void): void;
}
