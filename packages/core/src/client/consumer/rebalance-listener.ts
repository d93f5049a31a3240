// Decides how the application hears of rebalances.
import type { TopicPartition } from '../types.js';

/** Called from within `poll()`, `unsubscribe()` and `close()`; promises are awaited before the rebalance goes on. */
export interface RebalanceListener {
  /** Partitions that were added; with a cooperative assignor those kept are not named. */
  onPartitionsAssigned?(partitions: readonly TopicPartition[]): void | Promise<void>;
  /** Partitions about to go: the last chance to commit what was done. */
  onPartitionsRevoked?(partitions: readonly TopicPartition[]): void | Promise<void>;
  /** Partitions that others may hold already, as the member was thrown out. Absent: `onPartitionsRevoked` is called. */
  onPartitionsLost?(partitions: readonly TopicPartition[]): void | Promise<void>;
}

export const noListener: RebalanceListener = {};
