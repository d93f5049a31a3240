// Decides how the figures are shown: medians side by side with their ratio, and every round's figure beside them.
import Table from 'cli-table3';

import { median } from './comparison.mjs';

/** @typedef {import('./comparison.mjs').Rounds} Rounds @typedef {import('./comparison.mjs').Figures} Figures */

/** @param {number} number */
const whole = (number) => (Number.isFinite(number) ? Math.round(number).toLocaleString('en') : '');
/** @param {number} number @param {number} [digits] */
const decimal = (number, digits = 2) => (Number.isFinite(number) ? number.toFixed(digits) : '');

/** @param {string[]} head */
export function createTable(head) {
  return new Table({
    head,
    colAligns: head.map((_, at) => (at === 0 ? 'left' : 'right')),
    style: { head: [], border: [] },
  });
}

export const loadHead = [
  'load',
  'Apache records/s',
  'ours',
  'MB/s',
  'ours ÷ Apache',
  'p99 ms Apache',
  'ours',
  'broker CPU s per million Apache',
  'ours',
  'rounds, thousands/s: Apache; ours',
];

/** One load's row. @param {string} name @param {Rounds} rounds @param {number} recordBytes */
export function loadRow(name, { apache, ottla }, recordBytes) {
  /** @param {Figures[]} figures @param {keyof Figures} key */
  const of = (figures, key) => median(figures.map((each) => each[key]));
  const [theirs, ours] = [of(apache, 'recordsPerSecond'), of(ottla, 'recordsPerSecond')];
  /** @param {Figures[]} figures */
  const raw = (figures) => figures.map((each) => whole(each.recordsPerSecond / 1000)).join(' ');
  return [
    name,
    whole(theirs),
    whole(ours),
    whole((ours * recordBytes) / 1e6),
    decimal(ours / theirs),
    whole(of(apache, 'p99Ms')),
    whole(of(ottla, 'p99Ms')),
    decimal(of(apache, 'cpuSecondsPerMillion')),
    decimal(of(ottla, 'cpuSecondsPerMillion')),
    `${raw(apache)}; ${raw(ottla)}`,
  ];
}

/** @param {string} name @param {number} theirs @param {number} ours @param {string} unit @param {string} goal */
export function plainRow(name, theirs, ours, unit, goal) {
  return [name, `${whole(theirs)} ${unit}`, `${whole(ours)} ${unit}`, `1/${decimal(theirs / ours, 1)}`, goal];
}
