// Decides what a worker process is made of, and when it ends.
import { Module, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { KafkaModule } from '@ottla/nest-transport';
import { FlightsPipeline } from './flights.pipeline.js';
import { RUN, type Run } from './run.js';
import { StderrLogger } from './stderr-logger.js';

export interface WorkerSettings {
  readonly run: Run;
  /** From 0; a worker that is started again has the number of the one before it. */
  readonly number: number;
  readonly bootstrapServers: string;
}

/** Small polls make many transactions, so that a worker is likely to be killed in the middle of one. */
const maxPollRecords = 10;

@Module({ controllers: [FlightsPipeline] })
class WorkerModule {
  static forRoot({ run, number, bootstrapServers }: WorkerSettings): DynamicModule {
    const provider = { provide: RUN, useValue: run };
    return {
      module: WorkerModule,
      providers: [provider],
      imports: [
        KafkaModule.forRoot({
          bootstrapServers,
          clientId: `worker-${number}`,
          // No two workers share it, and a worker that is started again finds and ends what the one before it left open.
          producer: { transactionIdPrefix: `${run.id}-worker-${number}-`, maxTransactionalProducers: 2 },
          // A static member (KIP-345): a worker that is started again has its partitions back at once.
          consumer: { groupInstanceId: `worker-${number}`, sessionTimeoutMs: 30_000, maxPollRecords },
        }),
      ],
    };
  }
}

/** Works until the process that started it lets it go, or is gone. */
export async function work(settings: WorkerSettings): Promise<void> {
  // It may have done so while this one was starting; then nobody tells any more.
  const released = process.connected
    ? new Promise<void>((resolve) => process.once('disconnect', resolve))
    : Promise.resolve();
  const app = await NestFactory.createApplicationContext(WorkerModule.forRoot(settings), {
    logger: new StderrLogger(),
    abortOnError: false,
  });
  if (process.connected) {
    process.send?.('ready');
  }
  await released;
  await app.close();
}
