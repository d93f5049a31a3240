// Decides what one run of the sample is: its name on the cluster, how many flights it sends, and when it is done.
import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { byFlights, type AirportDelay } from './airport-delay.js';

export const flightsTopic = 'flights';
export const airportDelaysTopic = 'airport-delays';
export const partitions = 4;

@Injectable()
export class FlightsRun {
  /** In a header of every record, so that what earlier or other runs left on the cluster is passed over. */
  readonly id = randomUUID();
  readonly finished: Promise<AirportDelay[]>;
  /** Called for every flight that was counted. */
  onFlight: () => void = () => {};

  private total = Number.POSITIVE_INFINITY;
  private finish: (rows: AirportDelay[]) => void = () => {};
  private readonly rows = new Map<string, AirportDelay>();

  constructor() {
    this.finished = new Promise((resolve) => {
      this.finish = resolve;
    });
  }

  /** Says how many flights there are, before the first is sent. */
  expect(total: number): void {
    this.total = total;
  }

  isLastFlight(counted: number): boolean {
    return counted === this.total;
  }

  /** Takes a final row; once the rows cover all flights that were sent, the run is done. A row may come twice. */
  collect(row: AirportDelay): void {
    this.rows.set(row.airport, row);
    const rows = [...this.rows.values()];
    if (rows.reduce((sum, { flights }) => sum + flights, 0) === this.total) {
      this.finish(rows.sort(byFlights));
    }
  }
}
