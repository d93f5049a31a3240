// Decides how the result is printed.
import Table from 'cli-table3';
import type { AirportTotal } from './ledger.js';

const shownAirports = 10;

/** Mean delay in minutes with two decimals. */
export function meanDelayMinutes({ flights, totalDelayMinutes }: Omit<AirportTotal, 'airport'>): string {
  const mean = (totalDelayMinutes / flights).toFixed(2);
  return mean === '-0.00' ? '0.00' : mean;
}

/** The busiest airports and the totals, aligned. */
export function tableOf(totals: readonly AirportTotal[]): string {
  const table = new Table({
    head: ['airport', 'flights', 'mean delay (min)'],
    colAligns: ['left', 'right', 'right'],
    style: { head: [], border: [] },
  });
  for (const row of totals.slice(0, shownAirports)) {
    table.push([row.airport, row.flights.toLocaleString('en-US'), meanDelayMinutes(row)]);
  }
  const all = {
    flights: totals.reduce((sum, { flights }) => sum + flights, 0),
    totalDelayMinutes: totals.reduce((sum, { totalDelayMinutes }) => sum + totalDelayMinutes, 0),
  };
  table.push([`all ${totals.length}`, all.flights.toLocaleString('en-US'), meanDelayMinutes(all)]);
  return table.toString();
}

/** One JSON object per airport and line, the mean always with two decimals. */
export function jsonLinesOf(totals: readonly AirportTotal[]): string {
  return totals
    .map(
      (row) =>
        `{"airport":${JSON.stringify(row.airport)},"flights":${row.flights},"meanDelayMinutes":${meanDelayMinutes(row)}}\n`,
    )
    .join('');
}
