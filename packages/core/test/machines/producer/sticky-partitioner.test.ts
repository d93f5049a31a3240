import { partitionForKey } from '../../../src/foundation/murmur2.js';
import { createSeededRandom } from '../../../src/io/memory/seeded-random.js';
import { StickyPartitioner } from '../../../src/machines/producer/sticky-partitioner.js';

const even = (count: number) => Array.from({ length: count }, () => ({ leader: 1, length: 0 }));

describe('partitioning (PC4)', () => {
  test('stays with a partition until the batch size, moves on when its batches are full', () => {
    const partitions = even(50);
    const sticky = new StickyPartitioner(100, createSeededRandom(3));
    const first = sticky.current(partitions);
    sticky.produced(99, true, partitions);
    expect(sticky.current(partitions)).toBe(first);
    sticky.produced(1, false, partitions);
    expect(sticky.current(partitions)).toBe(first);
    sticky.produced(1, true, partitions);
    expect(sticky.current(partitions)).not.toBe(first);
  });

  test('moves on at twice the batch size in any case', () => {
    const partitions = even(50);
    const sticky = new StickyPartitioner(100, createSeededRandom(3));
    const first = sticky.current(partitions);
    sticky.produced(199, false, partitions);
    expect(sticky.current(partitions)).toBe(first);
    sticky.produced(1, false, partitions);
    expect(sticky.current(partitions)).not.toBe(first);
  });

  function share(partitions: readonly { leader: number; length: number }[]): number[] {
    const sticky = new StickyPartitioner(1, createSeededRandom(11));
    const counts = partitions.map(() => 0);
    for (let round = 0; round < 20_000; round++) {
      const index = sticky.current(partitions);
      counts[index] = (counts[index] ?? 0) + 1;
      sticky.produced(1, true, partitions);
    }
    return counts.map((count) => count / 20_000);
  }

  test('spreads evenly over partitions with equal queues, and passes over those without a leader', () => {
    const shares = share([
      { leader: 1, length: 0 },
      { leader: -1, length: 0 },
      { leader: 1, length: 0 },
      { leader: 2, length: 0 },
    ]);
    expect(shares[1]).toBe(0);
    for (const index of [0, 2, 3]) expect(shares[index]).toBeCloseTo(1 / 3, 1);
  });

  test('prefers short queues by the weight longest + 1 - length', () => {
    const shares = share([
      { leader: 1, length: 0 },
      { leader: 1, length: 3 },
      { leader: 1, length: 1 },
    ]);
    expect(shares[0]).toBeCloseTo(4 / 8, 1);
    expect(shares[1]).toBeCloseTo(1 / 8, 1);
    expect(shares[2]).toBeCloseTo(3 / 8, 1);
  });

  // From Java's Utils.murmur2 (UtilsTest) with the sign bit cleared, modulo 1000.
  test.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('a key %j goes where the Java client puts it', (key, hash) => {
    expect(partitionForKey(Buffer.from(key), 1000)).toBe((hash & 0x7fffffff) % 1000);
  });
});
