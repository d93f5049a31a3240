// Decides what `npm start` does: runs the flights through Kafka and prints the result.
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { Presets, SingleBar } from 'cli-progress';
import { Command } from 'commander';
import { readFlights } from './flight.js';
import { FlightsFeed } from './flights-feed.js';
import { FlightsRun } from './flights-run.js';
import { FlightsModule } from './flights.module.js';
import { jsonLinesOf, tableOf } from './report.js';
import { StderrLogger } from './stderr-logger.js';

async function main(options: { json?: boolean }): Promise<void> {
  const flights = await readFlights();
  const app = await NestFactory.createApplicationContext(
    FlightsModule.forRoot(process.env['KAFKA_BOOTSTRAP_SERVERS'] || undefined),
    { logger: new StderrLogger(), abortOnError: false },
  );
  const bar = new SingleBar(
    { format: 'flights {bar} {percentage}% {value}/{total}' },
    Presets.shades_classic,
  );
  try {
    const run = app.get(FlightsRun);
    bar.start(flights.length, 0);
    run.onFlight = () => bar.increment();
    await app.get(FlightsFeed).send(flights);
    const rows = await run.finished;
    bar.stop();
    process.stdout.write(options.json === true ? jsonLinesOf(rows) : `${tableOf(rows)}\n`);
  } finally {
    bar.stop();
    await app.close();
  }
}

const program = new Command('flights')
  .description('Counts 20,000 flights and their delays by airport, through Kafka.')
  .option('--json', 'print one JSON object per airport and line on stdout')
  .action(main);

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
