// Decides what is known of one airport, and in which order airports are listed.

/** The final row of an airport; it travels as the value of a record. */
export interface AirportDelay {
  readonly airport: string;
  readonly flights: number;
  readonly totalDelayMinutes: number;
}

/** Mean delay in minutes with two decimals. */
export function meanDelayMinutes(row: { flights: number; totalDelayMinutes: number }): string {
  const mean = (row.totalDelayMinutes / row.flights).toFixed(2);
  return mean === '-0.00' ? '0.00' : mean;
}

/** Busiest first, ties by code. */
export function byFlights(a: AirportDelay, b: AirportDelay): number {
  return b.flights - a.flights || (a.airport < b.airport ? -1 : 1);
}
