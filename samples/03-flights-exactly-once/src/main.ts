// Decides what `npm start` does: sends the flights, has workers carry them through the pipeline, kills workers, and prints what came out.
import 'reflect-metadata';
import { randomInt, randomUUID } from 'node:crypto';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { KafkaEngine } from '@ottla/nest-transport';
import { Command, InvalidArgumentError } from 'commander';
import { DelaysReader } from './delays-reader.js';
import { readFlights } from './flight.js';
import { FlightsFeed, FlightsModule } from './flights.module.js';
import { Killer } from './killer.js';
import { Ledger } from './ledger.js';
import { jsonLinesOf, tableOf } from './report.js';
import { topicsOf, type Run } from './run.js';
import { StderrLogger } from './stderr-logger.js';
import { work, type WorkerSettings } from './worker.js';
import { Workers } from './workers.js';

interface Options {
  readonly json?: boolean;
  readonly workers: number;
  readonly kills: number;
  readonly seed?: number;
}

async function main(options: Options): Promise<void> {
  const run: Run = { id: randomUUID().slice(0, 8) };
  const app = await NestFactory.createApplicationContext(
    FlightsModule.forRoot(run, process.env['KAFKA_BOOTSTRAP_SERVERS'] || undefined),
    { logger: new StderrLogger(), abortOnError: false },
  );
  try {
    const ledger = await carryFlights(app, run, options);
    const totals = ledger.totals();
    process.stdout.write(options.json === true ? jsonLinesOf(totals) : `${tableOf(totals)}\n`);
    await deleteTopics(app, run);
  } finally {
    await app.close();
  }
}

/** Throws when a flight did not come out exactly once and in order. */
async function carryFlights(app: INestApplicationContext, run: Run, options: Options): Promise<Ledger> {
  const { workers: count, kills, seed = randomInt(2 ** 31) } = options;
  const flights = await readFlights();
  const ledger = new Ledger(flights.length);
  const workers = new Workers({ run, bootstrapServers: app.get(KafkaEngine).bootstrapServers });
  const killer = new Killer(workers, { seed, kills, flights: flights.length }, (worker, done) =>
    tell(`killed worker ${worker} when ${done.toLocaleString('en-US')} flights had come out`),
  );
  tell(`${count} workers, ${kills} kills, --seed ${seed}`);
  const reader = app.get(DelaysReader);
  workers.start(count);
  try {
    await app.get(FlightsFeed).send(flights);
    await Promise.race([
      reader.read(flights.length, ledger, (done) => killer.onProgress(done)),
      workers.failed,
    ]);
  } finally {
    await workers.stop();
  }
  await reader.readToEnd(ledger);
  const problems = ledger.problems();
  if (problems.length > 0) {
    throw new Error(`not exactly once (${problems.length} problems): ${problems.slice(0, 10).join('; ')}`);
  }
  const sent = (await reader.countAll('departures')) + (await reader.countAll('delays'));
  const neverSeen = sent - 2 * flights.length;
  tell(
    `${flights.length.toLocaleString('en-US')} flights came out, each exactly once and in order, through ${killer.kills} kills; ` +
      `${neverSeen} records of transactions that were never committed were not seen`,
  );
  return ledger;
}

async function deleteTopics(app: INestApplicationContext, run: Run): Promise<void> {
  const admin = app.get(KafkaEngine).kafka.admin();
  const deleted = await admin.deleteTopics(topicsOf(run).map(({ name }) => name));
  await admin.close();
  deleted.orThrow();
}

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}

function wholeNumberFrom(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < least) {
      throw new InvalidArgumentError(`A whole number from ${least} is needed.`);
    }
    return value;
  };
}

const program = new Command('flights-exactly-once')
  .description(
    'Carries 20,000 flights through two transactional stages while their processes are killed at random.',
  )
  .option('--json', 'print one JSON object per airport and line on stdout')
  .option('--workers <count>', 'worker processes', wholeNumberFrom(1), 3)
  .option('--kills <count>', 'how often a worker is killed', wholeNumberFrom(0), 6)
  .option(
    '--seed <number>',
    'which workers are killed, and when; default: another one each time',
    wholeNumberFrom(0),
  )
  .action(main);
program
  .command('worker', { hidden: true })
  .argument('<settings>')
  .action((settings: string) => work(JSON.parse(settings) as WorkerSettings));

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
