// Decides how the flights are sent.
import { Injectable } from '@nestjs/common';
import { KafkaTemplate } from '@ottla/nest-transport';
import type { Flight } from './flight.js';
import { flightsTopic, FlightsRun } from './flights-run.js';

const batchRecords = 1_000;

@Injectable()
export class FlightsFeed {
  constructor(
    private readonly template: KafkaTemplate,
    private readonly run: FlightsRun,
  ) {}

  /** Sends every flight, keyed by the airport it left, so that an airport's flights stay in one partition and in order. */
  async send(flights: readonly Flight[]): Promise<void> {
    this.run.expect(flights.length);
    for (let start = 0; start < flights.length; start += batchRecords) {
      await this.template.sendMany(
        flights.slice(start, start + batchRecords).map((flight) => ({
          topic: flightsTopic,
          key: flight.origin,
          value: flight,
          headers: { run: this.run.id },
        })),
      );
    }
  }
}
