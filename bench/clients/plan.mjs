// Decides what the clients are put through, and for how long, in the short and in the full form.

/** @typedef {import('./measure.mjs').Task} Task */

export const modes = /** @type {const} */ ([
  'produce arrays',
  'produce 1000 concurrent',
  'produce one awaited',
  'consume batches',
  'consume records',
]);

/** Enough to read for a second at three million records or a gigabyte per second. */
const recordsToRead = new Map([
  [100, 2_400_000],
  [1024, 500_000],
]);

/** @typedef {{ valueBytes: number, partitions: number, codec: 'none' | 'lz4' }} Load */

/** @type {Load[]} */
const shortLoads = [
  { valueBytes: 100, partitions: 1, codec: 'none' },
  { valueBytes: 100, partitions: 6, codec: 'none' },
  { valueBytes: 1024, partitions: 6, codec: 'lz4' },
];

/** @type {Load[]} */
const fullLoads = [100, 1024].flatMap((valueBytes) =>
  [1, 6].flatMap((partitions) =>
    /** @type {const} */ (['none', 'lz4']).map((codec) => ({ valueBytes, partitions, codec })),
  ),
);

/** @param {boolean} isFull */
export function planOf(isFull) {
  return {
    rounds: isFull ? 3 : 1,
    brokerWarmUpMs: isFull ? 6000 : 2500,
    warmUpMs: isFull ? 1500 : 700,
    measureMs: isFull ? 4000 : 1500,
    loads: isFull ? fullLoads : shortLoads,
  };
}

/** @param {Load} load */
export function recordsOf({ valueBytes }) {
  return recordsToRead.get(valueBytes) ?? 0;
}

/** @param {Load} load */
export function nameOf({ valueBytes, partitions, codec }) {
  const size = valueBytes < 1024 ? `${valueBytes} B` : `${valueBytes / 1024} KiB`;
  return `${size}, ${partitions === 1 ? '1 partition' : `${partitions} partitions`}, ${codec}`;
}
