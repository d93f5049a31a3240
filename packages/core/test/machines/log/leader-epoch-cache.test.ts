// Decides that leader epochs answer as Kafka's do: L20.
import { LeaderEpochCache } from '../../../src/machines/log/leader-epoch-cache.js';

function cacheOf(...entries: readonly (readonly [number, number])[]): LeaderEpochCache {
  const cache = new LeaderEpochCache();
  for (const [epoch, startOffset] of entries) cache.assign(epoch, startOffset);
  return cache;
}

const pairs = (cache: LeaderEpochCache) =>
  cache.entries.map(({ epoch, startOffset }) => [epoch, startOffset]);

describe('leader epochs', () => {
  it.each([
    [
      'a later start of the same epoch changes nothing',
      [
        [1, 0],
        [1, 5],
      ],
      [[1, 0]],
    ],
    [
      'epochs rise',
      [
        [1, 0],
        [3, 5],
      ],
      [
        [1, 0],
        [3, 5],
      ],
    ],
    [
      'a newer epoch at an old offset removes what it contradicts',
      [
        [1, 0],
        [2, 5],
        [3, 9],
        [4, 5],
      ],
      [
        [1, 0],
        [4, 5],
      ],
    ],
    [
      'an older epoch removes the newer ones',
      [
        [1, 0],
        [5, 5],
        [2, 8],
      ],
      [
        [1, 0],
        [2, 8],
      ],
    ],
  ] as const)('L20 %s', (_, entries, expected) => {
    expect(pairs(cacheOf(...entries))).toEqual(expected);
  });

  it.each([
    [-1, -1, -1],
    [0, 0, 10],
    [1, 1, 20],
    [2, 1, 20],
    [3, 3, 30],
    [5, 5, 100],
    [6, -1, -1],
  ])('L20 the end of epoch %i is epoch %i at %i', (asked, leaderEpoch, endOffset) => {
    const cache = cacheOf([1, 10], [3, 20], [5, 30]);
    expect(cache.endOffset(asked, 100)).toEqual({ leaderEpoch, endOffset });
  });

  it('L20 an empty cache knows nothing', () => {
    expect(new LeaderEpochCache().endOffset(0, 7)).toEqual({ leaderEpoch: -1, endOffset: -1 });
  });

  it('L20 truncation drops entries behind the end and re-bases the one before the start', () => {
    const cache = cacheOf([1, 0], [2, 10], [3, 20]);
    expect(cache.truncateFromEnd(20)).toBe(true);
    expect(pairs(cache)).toEqual([
      [1, 0],
      [2, 10],
    ]);
    expect(cache.truncateFromStart(15)).toBe(true);
    expect(pairs(cache)).toEqual([[2, 15]]);
    expect(cache.truncateFromStart(15)).toBe(false);
    expect([cache.epochAt(14), cache.epochAt(15)]).toEqual([-1, 2]);
  });
});
