// Decides which part of a log is dirty, which segments become one, and that keys are never mistaken: L28, L29, L32.
import {
  cleanableRange,
  type CleanableSegment,
} from '../../../src/machines/log/compaction/cleanable-range.js';
import { KeyMap } from '../../../src/machines/log/compaction/key-map.js';
import { segmentGroups } from '../../../src/machines/log/compaction/segment-groups.js';
import { defaultLogConfig, type LogConfig } from '../../../src/machines/log/log-config.js';

const nowMs = 1_000_000;

/** Segments of ten offsets and a hundred bytes each; the last one is active. */
function segments(count: number, ...options: Partial<CleanableSegment>[]): CleanableSegment[] {
  return Array.from({ length: count }, (_, at) => ({
    baseOffset: at * 10,
    nextOffset: at * 10 + 10,
    sizeBytes: 100,
    maxTimestamp: nowMs - 100,
    firstBatchMaxTimestamp: nowMs - 100,
    ...options[at],
  }));
}

interface Given extends Partial<LogConfig> {
  readonly checkpoint?: number | null;
  readonly lastStableOffset?: number;
  readonly logStartOffset?: number;
}

function rangeOf(list: readonly CleanableSegment[], given: Given = {}) {
  const { checkpoint = null, lastStableOffset = Infinity, logStartOffset = 0, ...config } = given;
  return cleanableRange(list, {
    config: { ...defaultLogConfig, cleanupPolicy: 'compact', ...config },
    nowMs,
    logStartOffset,
    logEndOffset: list.at(-1)?.nextOffset ?? 0,
    lastStableOffset,
    checkpoint,
  });
}

it('L28 a log that is not compacted has no range', () => {
  expect(rangeOf(segments(3), { cleanupPolicy: 'delete' })).toBeNull();
});

it('L28 begins at the checkpoint, or at the log start when that lies outside of the log', () => {
  expect(rangeOf(segments(4), { checkpoint: 20 })).toMatchObject({ firstDirtyOffset: 20, cleanBytes: 200 });
  expect(rangeOf(segments(4), { checkpoint: 41 })).toMatchObject({ firstDirtyOffset: 0 });
  expect(rangeOf(segments(4), { checkpoint: 4, logStartOffset: 5 })).toMatchObject({ firstDirtyOffset: 5 });
});

it('L28 ends at the active segment, the last stable offset or a young segment, on the base of a segment', () => {
  expect(rangeOf(segments(4))).toMatchObject({ firstUncleanableOffset: 30, cleanableBytes: 300 });
  expect(rangeOf(segments(4), { lastStableOffset: 25 })).toMatchObject({ firstUncleanableOffset: 20 });
  const young = [{}, { maxTimestamp: nowMs - 99 }];
  const lag = { minCompactionLagMs: 100 };
  expect(rangeOf(segments(4, ...young), lag)).toMatchObject({ firstUncleanableOffset: 10 });
  expect(rangeOf(segments(4), lag)).toMatchObject({ firstUncleanableOffset: 30 });
});

it('L28 is due strictly above min.cleanable.dirty.ratio', () => {
  const at = (minCleanableDirtyRatio: number) =>
    rangeOf(segments(5), { checkpoint: 20, minCleanableDirtyRatio });
  expect(at(0.5)).toMatchObject({ dirtyRatio: 0.5, isDue: false });
  expect(at(0.49)).toMatchObject({ isDue: true });
});

it('L28 is due when a record waited longer than max.compaction.lag.ms, and there is something to clean', () => {
  const at = (maxCompactionLagMs: number, checkpoint: number) =>
    rangeOf(segments(5), { checkpoint, minCleanableDirtyRatio: 1, maxCompactionLagMs })?.isDue;
  expect(at(100, 20)).toBe(false);
  expect(at(99, 20)).toBe(true);
  expect(at(99, 40)).toBe(false);
});

it('L32 groups stay within segment.bytes, segment.index.bytes and 32-bit offsets', () => {
  const segment = (baseOffset: number, sizeBytes: number, indexBytes = 0) => ({
    state: {
      baseOffset,
      sizeBytes,
      offsetIndex: { sizeBytes: indexBytes },
      timeIndex: { sizeBytes: indexBytes },
    },
  });
  const basesOf = (list: readonly ReturnType<typeof segment>[], endOffset: number) =>
    segmentGroups(list, endOffset, { segmentBytes: 100, segmentIndexBytes: 50 }).map((group) =>
      group.map(({ state }) => state.baseOffset),
    );
  expect(basesOf([segment(0, 60), segment(10, 40), segment(20, 1)], 30)).toEqual([[0, 10], [20]]);
  expect(basesOf([segment(0, 1, 30), segment(10, 1, 20), segment(20, 1, 1)], 30)).toEqual([[0, 10], [20]]);
  expect(basesOf([segment(0, 1), segment(10, 1)], 2 ** 31)).toEqual([[0, 10]]);
  expect(basesOf([segment(0, 1), segment(10, 1)], 2 ** 31 + 1)).toEqual([[0], [10]]);
  expect(basesOf([], 0)).toEqual([]);
});

describe('KeyMap', () => {
  const keyOf = (at: number) => Buffer.from(`key ${at}`);

  it('L29 knows the last offset of each of many keys, also the empty one and those that are parts of others', () => {
    const map = new KeyMap(8 * 1024 * 1024, 7);
    for (let at = 0; at < 40_000; at++) {
      const key = keyOf(at % 20_000);
      expect(map.put(key, 0, key.length, at)).toBe(true);
    }
    const text = Buffer.from('aaaa');
    for (let length = 0; length <= 4; length++) map.put(text, 0, length, 50_000 + length);
    expect(map.size).toBe(20_005);
    for (let at = 0; at < 20_000; at++) expect(map.get(keyOf(at), 0, keyOf(at).length)).toBe(20_000 + at);
    for (let length = 0; length <= 4; length++) expect(map.get(text, 0, length)).toBe(50_000 + length);
    expect(map.get(keyOf(20_000), 0, 9)).toBe(-1);
  });

  it('L29 takes no more than its limit, and still knows what it took', () => {
    const limitBytes = 100_000;
    const map = new KeyMap(limitBytes, 7);
    let taken = 0;
    while (map.put(keyOf(taken), 0, keyOf(taken).length, taken)) taken += 1;
    expect(taken).toBeGreaterThan(500);
    expect(map.usedBytes).toBeLessThanOrEqual(limitBytes);
    expect(map.put(keyOf(3), 0, keyOf(3).length, 9_999)).toBe(true);
    expect(map.get(keyOf(3), 0, keyOf(3).length)).toBe(9_999);
    for (let at = 4; at < taken; at++) expect(map.get(keyOf(at), 0, keyOf(at).length)).toBe(at);
    expect(map.put(Buffer.alloc(limitBytes), 0, limitBytes, 1)).toBe(false);
  });
});
