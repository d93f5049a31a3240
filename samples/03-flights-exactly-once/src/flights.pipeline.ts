// Decides what a worker does: two stages that consume, transform and produce, each in transactions.
import { Controller, Inject } from '@nestjs/common';
import { KafkaListener, KafkaTemplate, Payload, type Resolvable } from '@ottla/nest-transport';
import { delayOf, departureOf, type Departure, type Flight } from './flight.js';
import { RUN, topicOf, type Run, type Stage } from './run.js';

function ofRun(stage: Stage): Resolvable<string> {
  return (app) => topicOf(stage, app.get<Run>(RUN, { strict: false }));
}

/**
 * What a stage sends and the offsets of what it has read commit together, those of one poll in one transaction. A send need not be
 * awaited: the commit waits for it, and fails when it has failed.
 */
@Controller()
export class FlightsPipeline {
  constructor(
    private readonly template: KafkaTemplate,
    @Inject(RUN) private readonly run: Run,
  ) {}

  @KafkaListener({
    id: 'departures',
    topics: ofRun('flights'),
    groupId: ofRun('departures'),
    fromBeginning: true,
    transactional: true,
  })
  depart(@Payload() flight: Flight): void {
    const departure = departureOf(flight);
    void this.template.send(topicOf('departures', this.run), departure.airport, departure);
  }

  @KafkaListener({
    id: 'delays',
    topics: ofRun('departures'),
    groupId: ofRun('delays'),
    fromBeginning: true,
    transactional: true,
  })
  judge(@Payload() departure: Departure): void {
    void this.template.send(topicOf('delays', this.run), departure.airport, delayOf(departure));
  }
}
