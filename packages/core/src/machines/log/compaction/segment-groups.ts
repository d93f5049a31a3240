// Decides which neighbouring segments become one when they are compacted (L32).
import type { LogConfig } from '../log-config.js';

const maxRelativeOffset = 0x7fff_ffff;

/** What the decision asks of a segment. */
export interface GroupedSegment {
  readonly baseOffset: number;
  readonly sizeBytes: number;
  readonly offsetIndex: { readonly sizeBytes: number };
  readonly timeIndex: { readonly sizeBytes: number };
}

/** Groups within segment.bytes and segment.index.bytes, as the segments are before; `endOffset` is where the last one ends. */
export function segmentGroups<Segment extends { readonly state: GroupedSegment }>(
  segments: readonly Segment[],
  endOffset: number,
  { segmentBytes, segmentIndexBytes }: Pick<LogConfig, 'segmentBytes' | 'segmentIndexBytes'>,
): Segment[][] {
  const groups: Segment[][] = [];
  let group: Segment[] = [];
  let logBytes = 0;
  let offsetIndexBytes = 0;
  let timeIndexBytes = 0;
  for (const [at, segment] of segments.entries()) {
    const { state } = segment;
    const first = group[0]?.state;
    const lastOffset = (segments[at + 1]?.state.baseOffset ?? endOffset) - 1;
    const fits =
      first !== undefined &&
      logBytes + state.sizeBytes <= segmentBytes &&
      offsetIndexBytes + state.offsetIndex.sizeBytes <= segmentIndexBytes &&
      timeIndexBytes + state.timeIndex.sizeBytes <= segmentIndexBytes &&
      (state.sizeBytes === 0 || lastOffset - first.baseOffset <= maxRelativeOffset);
    if (!fits) {
      group = [];
      groups.push(group);
      logBytes = 0;
      offsetIndexBytes = 0;
      timeIndexBytes = 0;
    }
    group.push(segment);
    logBytes += state.sizeBytes;
    offsetIndexBytes += state.offsetIndex.sizeBytes;
    timeIndexBytes += state.timeIndex.sizeBytes;
  }
  return groups;
}
