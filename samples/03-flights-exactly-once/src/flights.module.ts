// Decides what the process is made of that sends the flights, kills workers, and reads what comes out.
import { Inject, Injectable, Module, type DynamicModule } from '@nestjs/common';
import { KafkaModule, KafkaTemplate } from '@ottla/nest-transport';
import { DelaysReader } from './delays-reader.js';
import type { Flight } from './flight.js';
import { RUN, topicOf, topicsOf, type Run } from './run.js';

const batchRecords = 1_000;

@Injectable()
export class FlightsFeed {
  constructor(
    private readonly template: KafkaTemplate,
    @Inject(RUN) private readonly run: Run,
  ) {}

  /** Sends every flight, keyed by the airport it left, so that an airport's flights stay in one partition and in order. */
  async send(flights: readonly Flight[]): Promise<void> {
    const topic = topicOf('flights', this.run);
    for (let start = 0; start < flights.length; start += batchRecords) {
      const batch = flights.slice(start, start + batchRecords);
      await this.template.sendMany(batch.map((value) => ({ topic, key: value.origin, value })));
    }
  }
}

@Module({ providers: [FlightsFeed, DelaysReader] })
export class FlightsModule {
  /** Without `bootstrapServers` KafkaModule starts a broker, in a thread of this process; workers reach it by TCP. */
  static forRoot(run: Run, bootstrapServers: string | undefined): DynamicModule {
    const provider = { provide: RUN, useValue: run };
    return {
      module: FlightsModule,
      providers: [provider],
      imports: [
        KafkaModule.forRoot({
          bootstrapServers,
          clientId: 'flights',
          // Whoever mistyped the address should not wait a minute to hear of it.
          admin: { defaultApiTimeoutMs: 10_000 },
          topics: topicsOf(run),
        }),
      ],
    };
  }
}
