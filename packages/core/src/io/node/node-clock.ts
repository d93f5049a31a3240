// Decides that the engine's time is the machine's.
import type { Clock } from '../../ports/clock.js';

export function createNodeClock(): Clock {
  return {
    nowMs: () => Date.now(),
    monotonicMs: () => performance.now(),
  };
}
