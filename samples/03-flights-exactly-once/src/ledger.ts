// Decides whether every flight came out exactly once and in order, and what the totals of the airports are.
import type { Delay } from './flight.js';

export interface AirportTotal {
  readonly airport: string;
  readonly flights: number;
  readonly totalDelayMinutes: number;
}

export class Ledger {
  readonly #seen: Uint8Array;
  readonly #last = new Map<string, number>();
  readonly #totals = new Map<string, { flights: number; totalDelayMinutes: number }>();
  readonly #problems: string[] = [];
  #records = 0;

  constructor(private readonly flights: number) {
    this.#seen = new Uint8Array(flights);
  }

  /** Records so far. */
  get records(): number {
    return this.#records;
  }

  add({ flight, airport, delayMinutes }: Delay): void {
    this.#records += 1;
    if (this.#seen[flight] !== 0) {
      this.#problems.push(`flight ${flight} of ${airport} came out again`);
    }
    this.#seen[flight] = 1;
    const last = this.#last.get(airport);
    if (last !== undefined && flight < last) {
      this.#problems.push(`flight ${flight} of ${airport} came out after flight ${last}`);
    }
    this.#last.set(airport, flight);
    let total = this.#totals.get(airport);
    if (total === undefined) {
      total = { flights: 0, totalDelayMinutes: 0 };
      this.#totals.set(airport, total);
    }
    total.flights += 1;
    total.totalDelayMinutes += delayMinutes;
  }

  /** What was not exactly once, or not in order; for when there is nothing more to come. */
  problems(): string[] {
    const missing = this.#seen.filter((seen) => seen === 0).length;
    return missing === 0
      ? this.#problems
      : [...this.#problems, `${missing} of ${this.flights} flights did not come out`];
  }

  /** Busiest first, ties by code. */
  totals(): AirportTotal[] {
    return [...this.#totals]
      .map(([airport, total]) => ({ airport, ...total }))
      .sort((a, b) => b.flights - a.flights || (a.airport < b.airport ? -1 : 1));
  }
}
