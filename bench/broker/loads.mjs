// Decides which loads the brokers get, and how much of each in the quick and in the full form.

const acks = ['1', 'all'];

/** Enough records for a few seconds each; their bytes stay in the page cache. */
const sizes = [
  { recordBytes: 100, records: { quick: 600_000, full: 1_200_000 } },
  { recordBytes: 1024, records: { quick: 120_000, full: 300_000 } },
  { recordBytes: 10_240, records: { quick: 15_000, full: 30_000 } },
];

/** @typedef {'quick' | 'full'} Form */

/** @param {Form} form */
export function planOf(form) {
  return {
    rounds: form === 'quick' ? 1 : 3,
    starts: form === 'quick' ? 1 : 3,
    warmUp: { recordBytes: 100, records: form === 'quick' ? 1_000_000 : 2_000_000 },
    acks,
    partitionCounts: [1, 6],
    sizes: sizes.map(({ recordBytes, records }) => ({ recordBytes, records: records[form] })),
    /** What a broker with room to spare makes a producer wait. */
    steady: { recordBytes: 1024, recordsPerSecond: 10_000, records: form === 'quick' ? 30_000 : 60_000 },
    c: [
      { recordBytes: 100, records: form === 'quick' ? 3_000_000 : 6_000_000, goalPerSecond: 1_500_000 },
      { recordBytes: 1024, records: form === 'quick' ? 600_000 : 1_200_000, goalPerSecond: 500e6 / 1024 },
    ],
  };
}
