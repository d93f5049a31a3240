// Timers that notice when something calls back for ever while the clock stands still.
import type { VirtualTime } from '../../src/io/memory/virtual-time.js';
import type { Timers } from '../../src/ports/timers.js';

const callsAtOneMoment = 100_000;

export function watchedTimers({ clock, timers }: VirtualTime): Timers {
  let momentMs = -1;
  let calls = 0;
  const count = (): void => {
    if (clock.monotonicMs() !== momentMs) {
      momentMs = clock.monotonicMs();
      calls = 0;
    }
    if (++calls > callsAtOneMoment)
      throw new Error(`more than ${callsAtOneMoment} calls while the clock stood still`);
  };
  return {
    after(delayMs, callback) {
      count();
      return timers.after(delayMs, callback);
    },
    soon(callback) {
      count();
      timers.soon(callback);
    },
  };
}
