// Decides which of the oldest segments of a log must go: by log start, then by size, then by time (L24, L25).
import { isDeleted, type LogConfig } from './log-config.js';

/** What retention asks of a segment. */
export interface RetainedSegment {
  readonly baseOffset: number;
  /** One above the last offset. */
  readonly nextOffset: number;
  readonly sizeBytes: number;
  /** The largest timestamp of its records; −1 when they have none. */
  readonly maxTimestamp: number;
}

export interface RetentionContext {
  readonly config: LogConfig;
  readonly nowMs: number;
  readonly logStartOffset: number;
  readonly highWatermark: number;
  /** When the file of a segment whose records have no timestamps was written last. */
  readonly modifiedMs: (segmentIndex: number) => number;
}

/** How many of `segments`, oldest first, must go; the last one, which is written to, goes only when it holds something. */
export function segmentsToDelete(segments: readonly RetainedSegment[], context: RetentionContext): number {
  const { config, logStartOffset, nowMs } = context;
  let count = countWhile(segments, 0, context, (_, nextBase) => nextBase <= logStartOffset);
  if (!isDeleted(config)) return count;
  if (config.retentionBytes >= 0) {
    let excess = -config.retentionBytes;
    for (const segment of segments.slice(count)) excess += segment.sizeBytes;
    count = countWhile(segments, count, context, (segment) => {
      if (excess < segment.sizeBytes) return false;
      excess -= segment.sizeBytes;
      return true;
    });
  }
  if (config.retentionMs < 0) return count;
  return countWhile(segments, count, context, (segment, _, index) => {
    const newest = segment.maxTimestamp >= 0 ? segment.maxTimestamp : context.modifiedMs(index);
    return nowMs - newest > config.retentionMs;
  });
}

function countWhile(
  segments: readonly RetainedSegment[],
  from: number,
  { highWatermark }: RetentionContext,
  mustGo: (segment: RetainedSegment, nextBaseOffset: number, index: number) => boolean,
): number {
  let count = from;
  for (const segment of segments.slice(from)) {
    const following = segments[count + 1];
    if (following === undefined && segment.sizeBytes === 0) break;
    // The log start never passes what is replicated.
    if ((following?.baseOffset ?? segment.nextOffset) > highWatermark) break;
    if (!mustGo(segment, following?.baseOffset ?? Infinity, count)) break;
    count += 1;
  }
  return count;
}
