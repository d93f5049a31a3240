// Decides how the brokers are measured against each other: in turn, several rounds, the median of each, and the ratio of the medians.
import { cpuSeconds } from './process-figures.mjs';

/**
 * @typedef {import('./brokers.mjs').Broker} Broker
 * @typedef {{ recordsPerSecond: number, p50Ms?: number, p99Ms?: number, cpuSecondsPerMillion?: number }} Figures
 * @typedef {{ apache: Figures[], ottla: Figures[] }} Rounds
 */

/** @param {readonly (number | undefined)[]} numbers */
export function median(numbers) {
  const sorted = numbers.filter((number) => number !== undefined).sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return NaN;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? NaN)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/**
 * Runs one load on both brokers, as many rounds as asked; who begins changes from round to round.
 * @param {readonly Broker[]} brokers @param {number} rounds @param {number} records that one run of the load moves
 * @param {(broker: Broker) => Promise<Figures>} load
 */
export async function compare(brokers, rounds, records, load) {
  /** @type {Rounds} */
  const figures = { apache: [], ottla: [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const broker of round % 2 === 0 ? brokers : [...brokers].reverse()) {
      const before = cpuSeconds(broker.pid);
      const result = await load(broker);
      const after = cpuSeconds(broker.pid);
      const cpuSecondsPerMillion =
        before === null || after === null ? undefined : ((after - before) / records) * 1e6;
      figures[broker.name].push({ ...result, cpuSecondsPerMillion });
    }
  }
  return figures;
}
