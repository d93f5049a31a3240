// Decides how the result is printed.
import Table from 'cli-table3';
import { meanDelayMinutes, type AirportDelay } from './airport-delay.js';

const shownAirports = 10;

/** The busiest airports and the totals, aligned. */
export function tableOf(rows: readonly AirportDelay[]): string {
  const table = new Table({
    head: ['airport', 'flights', 'mean delay (min)'],
    colAligns: ['left', 'right', 'right'],
    style: { head: [], border: [] },
  });
  for (const row of rows.slice(0, shownAirports)) {
    table.push([row.airport, row.flights.toLocaleString('en-US'), meanDelayMinutes(row)]);
  }
  const total = {
    flights: rows.reduce((sum, { flights }) => sum + flights, 0),
    totalDelayMinutes: rows.reduce((sum, { totalDelayMinutes }) => sum + totalDelayMinutes, 0),
  };
  table.push([`all ${rows.length}`, total.flights.toLocaleString('en-US'), meanDelayMinutes(total)]);
  return table.toString();
}

/** One JSON object per airport and line, the mean always with two decimals. */
export function jsonLinesOf(rows: readonly AirportDelay[]): string {
  return rows
    .map(
      (row) =>
        `{"airport":${JSON.stringify(row.airport)},"flights":${row.flights},"meanDelayMinutes":${meanDelayMinutes(row)}}\n`,
    )
    .join('');
}
