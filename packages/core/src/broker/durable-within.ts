// Decides whether a change reached the disk within a request's time.
import type { Timers } from '../ports/timers.js';

/** False when the time ran out first; rejects when the disk failed. A time of 0 or less does not wait. */
export function durableWithin(flushed: Promise<void>, timeoutMs: number, timers: Timers): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const timer = timers.after(Math.max(0, timeoutMs), () => resolve(false));
    flushed.then(
      () => {
        timer.cancel();
        resolve(true);
      },
      (error: unknown) => {
        timer.cancel();
        reject(error instanceof Error ? error : new Error(String(error)));
      },
    );
  });
}
