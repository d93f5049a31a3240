// Decides that the oldest segments go by log start, size and time, in that order and not further: L24, L25, corner cases 32 and 33.
import { defaultLogConfig, type LogConfig } from '../../../src/machines/log/log-config.js';
import { segmentsToDelete, type RetainedSegment } from '../../../src/machines/log/retention.js';

const nowMs = 1_000_000;

/** Segments of ten offsets each; the options say what differs from 100 bytes written now. */
function segments(...options: Partial<RetainedSegment>[]): RetainedSegment[] {
  return options.map((option, at) => ({
    baseOffset: at * 10,
    nextOffset: at * 10 + 10,
    sizeBytes: 100,
    maxTimestamp: nowMs,
    ...option,
  }));
}

interface Given extends Partial<LogConfig> {
  readonly logStartOffset?: number;
  readonly highWatermark?: number;
  readonly modifiedMs?: (index: number) => number;
}

function due(list: readonly RetainedSegment[], given: Given): number {
  const { logStartOffset = 0, highWatermark = Infinity, modifiedMs = () => nowMs, ...config } = given;
  return segmentsToDelete(list, {
    config: { ...defaultLogConfig, ...config },
    nowMs,
    logStartOffset,
    highWatermark,
    modifiedMs,
  });
}

const old = { maxTimestamp: nowMs - 1_001 };
const atLimit = { maxTimestamp: nowMs - 1_000 };

it('L25 time: segments older than retention.ms go, one exactly that old stays', () => {
  expect(due(segments(old, old, atLimit, {}), { retentionMs: 1_000 })).toBe(2);
  expect(due(segments(old, old), { retentionMs: -1 })).toBe(0);
});

it('L25 time: the first segment that stays keeps all behind it', () => {
  expect(due(segments(old, {}, old, old), { retentionMs: 1_000 })).toBe(1);
});

it('L25 corner case 33: a record dated 2100 keeps its segment', () => {
  const future = { maxTimestamp: Date.UTC(2100, 0, 1) };
  expect(due(segments(future, old, {}), { retentionMs: 1_000 })).toBe(0);
});

it('L25 time: the file tells where records have no timestamps', () => {
  const list = segments({ maxTimestamp: -1 }, { maxTimestamp: -1 }, {});
  const modifiedMs = (index: number) => (index === 0 ? nowMs - 1_001 : nowMs);
  expect(due(list, { retentionMs: 1_000, modifiedMs })).toBe(1);
});

it('L25 size: segments go while the excess is at least their size', () => {
  const list = segments({ sizeBytes: 100 }, { sizeBytes: 300 }, { sizeBytes: 50 }, { sizeBytes: 50 });
  expect(due(list, { retentionBytes: 401 })).toBe(0);
  expect(due(list, { retentionBytes: 400 })).toBe(1);
  expect(due(list, { retentionBytes: 101 })).toBe(1);
  expect(due(list, { retentionBytes: 100 })).toBe(2);
  expect(due(list, { retentionBytes: 0 })).toBe(4);
  expect(due(list, { retentionBytes: -1 })).toBe(0);
});

it('L25 log start: segments that end before it go', () => {
  const list = segments({}, {}, {});
  expect(due(list, { logStartOffset: 9 })).toBe(0);
  expect(due(list, { logStartOffset: 10 })).toBe(1);
  expect(due(list, { logStartOffset: 25 })).toBe(2);
  expect(due(list, { logStartOffset: 30 })).toBe(2);
});

it('L25 log start is looked at first: what it removes is no excess of size', () => {
  expect(due(segments({}, {}, {}, {}), { logStartOffset: 20, retentionBytes: 200 })).toBe(2);
});

it.each(['compact', 'none'] as const)('L25 policy %s applies the log start only', (cleanupPolicy) => {
  const given = { cleanupPolicy, retentionMs: 1_000, retentionBytes: 0 };
  expect(due(segments(old, old, old), given)).toBe(0);
  expect(due(segments(old, old, old), { ...given, logStartOffset: 10 })).toBe(1);
});

it('L25 policy compact,delete applies all', () => {
  expect(due(segments(old, {}), { cleanupPolicy: 'compact,delete', retentionMs: 1_000 })).toBe(1);
});

it('L24 nothing at or above the high watermark goes', () => {
  const list = segments(old, old, old);
  expect(due(list, { retentionMs: 1_000, highWatermark: 19 })).toBe(1);
  expect(due(list, { retentionMs: 1_000, highWatermark: 20 })).toBe(2);
  expect(due(list, { retentionMs: 1_000, highWatermark: 29 })).toBe(2);
});

it('L24 the active segment goes too, unless it is empty', () => {
  expect(due(segments(old, old), { retentionMs: 1_000 })).toBe(2);
  expect(due(segments(old, { ...old, sizeBytes: 0 }), { retentionMs: 1_000 })).toBe(1);
});
