import { judgePosition } from '../../../src/machines/consumer/position-validation.js';

describe('CC7: a position is held against the end of its epoch in the log of a new leader (KIP-320)', () => {
  test.each([
    // The leader's log goes on past the position, or ends right there.
    [{ endOffset: 12, leaderEpoch: 3 }, { kind: 'valid' }],
    [{ endOffset: 10, leaderEpoch: 3 }, { kind: 'valid' }],
    // The epoch is known, but was shorter here.
    [
      { endOffset: 9, leaderEpoch: 3 },
      { kind: 'truncated', divergent: { offset: 9, offsetEpoch: 3 } },
    ],
    // The epoch is not known here; an older one ends earlier.
    [
      { endOffset: 4, leaderEpoch: 1 },
      { kind: 'truncated', divergent: { offset: 4, offsetEpoch: 1 } },
    ],
    [
      { endOffset: 0, leaderEpoch: 3 },
      { kind: 'truncated', divergent: { offset: 0, offsetEpoch: 3 } },
    ],
    // Neither is known.
    [
      { endOffset: -1, leaderEpoch: -1 },
      { kind: 'truncated', divergent: null },
    ],
    [
      { endOffset: 12, leaderEpoch: -1 },
      { kind: 'truncated', divergent: null },
    ],
  ])('offset 10 of epoch 3, and the leader says %j', (end, verdict) => {
    expect(judgePosition({ offset: 10, offsetEpoch: 3 }, end)).toEqual(verdict);
  });
});
