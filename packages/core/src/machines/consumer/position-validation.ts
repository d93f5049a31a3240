// Decides whether a position lies in what the new leader's log holds, or behind where it was cut off (KIP-320).
import type { FetchPosition } from './partition-state.js';

/** Where the leader's log ends for the epoch of the position. */
export interface EpochEnd {
  /** -1 when the leader does not know the epoch, nor an older one. */
  readonly leaderEpoch: number;
  readonly endOffset: number;
}

export type PositionVerdict =
  | { readonly kind: 'valid' }
  /** `divergent` is where the logs part; null when the leader has nothing of that epoch or older. */
  | { readonly kind: 'truncated'; readonly divergent: FetchPosition | null };

export function judgePosition(position: FetchPosition, end: EpochEnd): PositionVerdict {
  if (end.endOffset < 0 || end.leaderEpoch < 0) return { kind: 'truncated', divergent: null };
  if (end.endOffset >= position.offset) return { kind: 'valid' };
  return { kind: 'truncated', divergent: { offset: end.endOffset, offsetEpoch: end.leaderEpoch } };
}
