// Decides what the application is made of.
import { Module, type DynamicModule } from '@nestjs/common';
import { KafkaModule } from '@ottla/nest-transport';
import { FlightsFeed } from './flights-feed.js';
import { airportDelaysTopic, flightsTopic, FlightsRun, partitions } from './flights-run.js';
import { FlightsController } from './flights.controller.js';

@Module({ controllers: [FlightsController], providers: [FlightsRun, FlightsFeed] })
export class FlightsModule {
  /** Without `bootstrapServers` KafkaModule starts a broker inside the application. */
  static forRoot(bootstrapServers: string | undefined): DynamicModule {
    return {
      module: FlightsModule,
      imports: [
        KafkaModule.forRoot({
          bootstrapServers,
          clientId: 'flights',
          // Whoever mistyped the address should not wait a minute to hear of it.
          admin: { defaultApiTimeoutMs: 10_000 },
          topics: [
            { name: flightsTopic, numPartitions: partitions },
            { name: airportDelaysTopic, numPartitions: partitions },
          ],
        }),
      ],
    };
  }
}
