// Decides what happens to the records: flights are counted per airport, and the airports' final rows are collected.
import { Controller } from '@nestjs/common';
import {
  Header,
  KafkaListener,
  KafkaTemplate,
  Offset,
  Partition,
  Payload,
  type Resolvable,
} from '@ottla/nest-transport';
import type { AirportDelay } from './airport-delay.js';
import type { Flight } from './flight.js';
import { airportDelaysTopic, flightsTopic, FlightsRun } from './flights-run.js';

/** A group of its own for every run: it reads the topic from the beginning, whatever earlier runs have read. */
function groupOf(purpose: string): Resolvable<string> {
  return (app) => `${purpose}-${app.get(FlightsRun, { strict: false }).id}`;
}

@Controller()
export class FlightsController {
  private counted = 0;
  private readonly airports = new Map<string, { flights: number; totalDelayMinutes: number }>();
  /** Last offset counted of each partition: Kafka may deliver a record again, and it must not count twice. */
  private readonly countedOffsets = new Map<number, number>();

  constructor(
    private readonly template: KafkaTemplate,
    private readonly run: FlightsRun,
  ) {}

  @KafkaListener({ id: 'flights', topics: flightsTopic, groupId: groupOf('flights'), fromBeginning: true })
  countFlight(
    @Payload() flight: Flight,
    @Header('run') run: string,
    @Partition() partition: number,
    @Offset() offset: number,
  ): Promise<unknown> | undefined {
    if (run !== this.run.id) {
      return undefined;
    }
    if (offset > (this.countedOffsets.get(partition) ?? -1)) {
      this.countedOffsets.set(partition, offset);
      this.add(flight);
    }
    return this.run.isLastFlight(this.counted) ? this.sendRows() : undefined;
  }

  @KafkaListener({
    id: 'airports',
    topics: airportDelaysTopic,
    groupId: groupOf('airports'),
    fromBeginning: true,
  })
  collectRow(@Payload() row: AirportDelay, @Header('run') run: string): void {
    if (run === this.run.id) {
      this.run.collect(row);
    }
  }

  private add(flight: Flight): void {
    let airport = this.airports.get(flight.origin);
    if (airport === undefined) {
      airport = { flights: 0, totalDelayMinutes: 0 };
      this.airports.set(flight.origin, airport);
    }
    airport.flights += 1;
    airport.totalDelayMinutes += flight.delay;
    this.counted += 1;
    this.run.onFlight();
  }

  private sendRows(): Promise<unknown> {
    return this.template.sendMany(
      [...this.airports].map(([airport, delays]) => ({
        topic: airportDelaysTopic,
        key: airport,
        value: { airport, ...delays } satisfies AirportDelay,
        headers: { run: this.run.id },
      })),
    );
  }
}
