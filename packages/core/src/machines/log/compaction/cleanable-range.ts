// Decides which part of a log is dirty, how far it may be compacted, and whether that is worth it (L28).
import { isCompacted, type LogConfig } from '../log-config.js';

/** What the decision asks of a segment. */
export interface CleanableSegment {
  readonly baseOffset: number;
  /** One above the last offset. */
  readonly nextOffset: number;
  readonly sizeBytes: number;
  readonly maxTimestamp: number;
  readonly firstBatchMaxTimestamp: number | null;
}

export interface CleanableContext {
  readonly config: LogConfig;
  readonly nowMs: number;
  readonly logStartOffset: number;
  readonly logEndOffset: number;
  readonly lastStableOffset: number;
  /** Null when the log was never compacted. */
  readonly checkpoint: number | null;
}

export interface CleanableRange {
  readonly firstDirtyOffset: number;
  /** The base of a segment; it and all behind it stay as they are. */
  readonly firstUncleanableOffset: number;
  readonly cleanBytes: number;
  readonly cleanableBytes: number;
  /** The dirty part of what would be read; 0 for an empty log. */
  readonly dirtyRatio: number;
  /** The ratio is above the config's, or a record waited longer than max.compaction.lag.ms. */
  readonly isDue: boolean;
}

/** `segments`, oldest first, the last of which is written to. Null when the log is not compacted. */
export function cleanableRange(
  segments: readonly CleanableSegment[],
  context: CleanableContext,
): CleanableRange | null {
  const { config, checkpoint, logStartOffset, logEndOffset, nowMs } = context;
  if (!isCompacted(config)) return null;
  const isKnown = checkpoint !== null && checkpoint >= logStartOffset && checkpoint <= logEndOffset;
  const firstDirtyOffset = isKnown ? checkpoint : logStartOffset;
  const firstUncleanableOffset = uncleanableFrom(segments, firstDirtyOffset, context);
  let cleanBytes = 0;
  let cleanableBytes = 0;
  let oldestDirty = Infinity;
  for (const [at, segment] of segments.entries()) {
    if (segment.baseOffset >= firstUncleanableOffset) break;
    const nextBase = segments[at + 1]?.baseOffset ?? Infinity;
    if (nextBase <= firstDirtyOffset) {
      cleanBytes += segment.sizeBytes;
      continue;
    }
    cleanableBytes += segment.sizeBytes;
    const timestamp = segment.firstBatchMaxTimestamp ?? -1;
    if (timestamp > 0) oldestDirty = Math.min(oldestDirty, timestamp);
  }
  const totalBytes = cleanBytes + cleanableBytes;
  const dirtyRatio = totalBytes === 0 ? 0 : cleanableBytes / totalBytes;
  const isOverdue = oldestDirty < nowMs - config.maxCompactionLagMs;
  const isDue = cleanableBytes > 0 && (dirtyRatio > config.minCleanableDirtyRatio || isOverdue);
  return { firstDirtyOffset, firstUncleanableOffset, cleanBytes, cleanableBytes, dirtyRatio, isDue };
}

/** Whole segments only, so the bound is brought down to the base of the segment that it lies in. */
function uncleanableFrom(
  segments: readonly CleanableSegment[],
  firstDirtyOffset: number,
  { config, nowMs, lastStableOffset }: CleanableContext,
): number {
  let bound = Math.min(lastStableOffset, segments.at(-1)?.baseOffset ?? 0);
  if (config.minCompactionLagMs > 0) {
    const young = segments.find(
      ({ nextOffset, maxTimestamp }) =>
        nextOffset > firstDirtyOffset && maxTimestamp > nowMs - config.minCompactionLagMs,
    );
    bound = Math.min(bound, young?.baseOffset ?? Infinity);
  }
  return segments.findLast(({ baseOffset }) => baseOffset <= bound)?.baseOffset ?? 0;
}
