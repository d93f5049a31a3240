// Decides that the index files hold what Kafka's do: L15 to L18.
import { OffsetIndex } from '../../../src/machines/log/offset-index.js';
import { SegmentState } from '../../../src/machines/log/segment-state.js';
import { TimeIndex } from '../../../src/machines/log/time-index.js';
import { TransactionIndex } from '../../../src/machines/log/transaction-index.js';
import { defaultLogConfig } from '../../../src/machines/log/log-config.js';
import { altered, batchOf, nowMs, viewOf } from './log-fixtures.js';

describe('offset index', () => {
  const index = new OffsetIndex(1000);
  for (let entry = 0; entry < 100; entry++) index.append(1009 + entry * 10, entry * 5000);

  it('L15 writes 8-byte entries of relative offset and position', () => {
    const bytes = index.encode(0);
    expect(bytes.length).toBe(800);
    expect([bytes.readInt32BE(8), bytes.readInt32BE(12)]).toEqual([19, 5000]);
    expect(index.encode(99)).toEqual(bytes.subarray(792));
  });

  it.each([
    [1000, 0],
    [1008, 0],
    [1009, 0],
    [1018, 0],
    [1019, 5000],
    [1028, 5000],
    [1999, 495_000],
    [99_999, 495_000],
  ])('starts a read of offset %i at position %i', (offset, position) => {
    expect(index.positionFor(offset)).toBe(position);
  });

  it('L18 reads its own bytes, and stops at the zeros of a preallocated file', () => {
    const bytes = index.encode(0);
    expect(OffsetIndex.decode(1000, bytes, 500_000)?.encode(0)).toEqual(bytes);
    expect(OffsetIndex.decode(1000, Buffer.concat([bytes, Buffer.alloc(80)]), 500_000)?.encode(0)).toEqual(
      bytes,
    );
  });

  it.each([
    ['a size that is no multiple of 8', index.encode(0).subarray(0, 797), 500_000],
    ['positions beyond the log', index.encode(0), 495_000],
    ['offsets that fall', Buffer.concat([index.encode(50), index.encode(49)]), 500_000],
    [
      'positions that fall',
      Buffer.concat([Buffer.from('0000000100000005', 'hex'), Buffer.from('0000000200000004', 'hex')]),
      500,
    ],
  ])('L21 calls a file with %s malformed', (_, bytes, logSizeBytes) => {
    expect(OffsetIndex.decode(1000, bytes, logSizeBytes)).toBeNull();
  });
});

describe('time index', () => {
  it('L17 takes only timestamps above all before, and L15 writes 12-byte entries', () => {
    const index = new TimeIndex(50);
    for (const [timestamp, offset] of [
      [10, 55],
      [10, 60],
      [9, 61],
      [12, 65],
    ] as const)
      index.maybeAppend(timestamp, offset);
    const bytes = index.encode(0);
    expect(bytes.toString('hex')).toBe('000000000000000a00000005' + '000000000000000c0000000f');
    expect(TimeIndex.decode(50, bytes)?.encode(0)).toEqual(bytes);
    expect(TimeIndex.decode(50, Buffer.concat([bytes, Buffer.alloc(24)]))?.entryCount).toBe(2);
    expect(TimeIndex.decode(50, bytes.subarray(1))).toBeNull();
    expect(TimeIndex.decode(50, Buffer.concat([bytes, bytes]))).toBeNull();
    expect([9, 10, 11, 12, 13].map((timestamp) => index.offsetFor(timestamp))).toEqual([50, 55, 55, 65, 65]);
  });
});

it('L15 writes 34-byte entries of aborted transactions', () => {
  const index = new TransactionIndex();
  index.append({ producerId: 7, firstOffset: 1, lastOffset: 2 ** 40, lastStableOffset: 3 });
  expect(index.encode(0).toString('hex')).toBe(
    '0000' + '0000000000000007' + '0000000000000001' + '0000010000000000' + '0000000000000003',
  );
  expect(TransactionIndex.decode(index.encode(0))?.entries).toEqual(index.entries);
  expect(TransactionIndex.decode(index.encode(0).subarray(2))).toBeNull();
});

describe('segment', () => {
  const batchAt = (baseOffset: number, timestamp: number) =>
    viewOf(
      altered(batchOf([{ timestamp, value: 'x'.repeat(500) }, { timestamp }]), (view) =>
        view.setBaseOffset(baseOffset),
      ),
    );

  it('L16 indexes a batch by its last offset and start, once more than index.interval.bytes lie between', () => {
    const state = new SegmentState(0, nowMs);
    for (let at = 0; at < 6; at++) state.replay(batchAt(at * 2, 100 + at), 1000);
    const size = batchAt(0, 0).sizeBytes;
    const entries = state.offsetIndex.encode(0);
    expect([entries.readInt32BE(0), entries.readInt32BE(4)]).toEqual([5, 2 * size]);
    expect([entries.readInt32BE(8), entries.readInt32BE(12)]).toEqual([9, 4 * size]);
    expect(state.offsetIndex.entryCount).toBe(2);
    expect(state.timeIndex.lastTimestamp).toBe(104);
  });

  it('L14 the last time entry names the largest timestamp, also when times fall', () => {
    const state = new SegmentState(0, nowMs);
    [5, 9, 7, 3].forEach((timestamp, at) => state.replay(batchAt(at * 2, timestamp), 1000));
    state.finish();
    expect([state.timeIndex.lastTimestamp, state.timeIndex.lastOffset]).toEqual([9, 3]);
  });

  describe('L13 rolls', () => {
    const incoming = { sizeBytes: 100, lastOffset: 10, maxTimestamp: 1000 };
    const filled = (timestamp = 1000, createdMs = nowMs): SegmentState => {
      const state = new SegmentState(0, createdMs);
      state.replay(batchAt(0, timestamp), 4096);
      return state;
    };
    const size = filled().sizeBytes;
    it.each([
      ['not while it fits', { segmentBytes: size + 100 }, incoming, 1000, false],
      ['by size', { segmentBytes: size + 99 }, incoming, 1000, true],
      ['by record time', { segmentMs: 500 }, { ...incoming, maxTimestamp: 1501 }, 1000, true],
      ['not at exactly segment.ms', { segmentMs: 500 }, { ...incoming, maxTimestamp: 1500 }, 1000, false],
      ['corner case 34: not by wall clock', { segmentMs: 500 }, incoming, 1000, false],
      [
        'by wall clock since creation without timestamps',
        { segmentMs: 500 },
        { ...incoming, maxTimestamp: -1 },
        -1,
        true,
      ],
      [
        'by max.compaction.lag.ms when compacted',
        { cleanupPolicy: 'compact', maxCompactionLagMs: 400 } as const,
        { ...incoming, maxTimestamp: 1450 },
        1000,
        true,
      ],
      ['by offsets that 32 bits do not hold', {}, { ...incoming, lastOffset: 2 ** 31 }, 1000, true],
      ['by a full offset index', { segmentIndexBytes: 7 }, incoming, 1000, true],
      ['by a full time index', { segmentIndexBytes: 12 }, incoming, 1000, true],
    ])('%s', (_, config, records, firstTimestamp, expected) => {
      const state = filled(firstTimestamp);
      expect(state.mustRollBefore(records, { ...defaultLogConfig, ...config }, nowMs + 501)).toBe(expected);
    });
  });
});
