import 'reflect-metadata';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { Test } from '@nestjs/testing';
import { EmbeddedKafka, KafkaTestingModule } from '@ottla/testing';
import { readFlights } from '../src/flight.js';
import { FlightsFeed } from '../src/flights-feed.js';
import { airportDelaysTopic, FlightsRun } from '../src/flights-run.js';
import { FlightsModule } from '../src/flights.module.js';
import { jsonLinesOf, tableOf } from '../src/report.js';

/** The same figures, without Kafka. */
function expectedLines(flights: Awaited<ReturnType<typeof readFlights>>): unknown[] {
  const airports = new Map<string, number[]>();
  for (const { origin, delay } of flights) {
    airports.set(origin, [...(airports.get(origin) ?? []), delay]);
  }
  return [...airports]
    .map(([airport, delays]) => ({
      airport,
      flights: delays.length,
      meanDelayMinutes: Number((delays.reduce((sum, delay) => sum + delay, 0) / delays.length).toFixed(2)),
    }))
    .sort((a, b) => b.flights - a.flights || a.airport.localeCompare(b.airport));
}

test('every flight is counted once, also on a cluster where an earlier run left its records', async () => {
  const flights = await readFlights();
  const embedded = await EmbeddedKafka.start();
  for (let run = 1; run <= 2; run++) {
    const app = await Test.createTestingModule({
      imports: [FlightsModule.forRoot(undefined), KafkaTestingModule.forRoot({ embedded })],
    }).compile();
    await app.init();
    await app.get(FlightsFeed).send(flights);
    const rows = await app.get(FlightsRun).finished;

    const lines = jsonLinesOf(rows).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(expectedLines(flights));
    expect(lines[0]).toMatch(/^\{"airport":"DFW","flights":1103,"meanDelayMinutes":9\.49\}$/);
    expect(lines.every((line) => /"meanDelayMinutes":-?\d+\.\d\d\}$/.test(line))).toBe(true);

    const table = tableOf(rows).split('\n');
    expect(table.some((line) => /DFW\s+│\s+1,103\s+│\s+9\.49/.test(line))).toBe(true);
    expect(table.some((line) => /all 220\s+│\s+20,000/.test(line))).toBe(true);
    expect(new Set(table.map((line) => line.length)).size).toBe(1);
    await app.close();
  }
  const producer = embedded.kafka().producer();
  expect(await producer.partitionsFor('flights')).toHaveLength(4);
  expect(await producer.partitionsFor(airportDelaysTopic)).toHaveLength(4);
  await embedded.close();
}, 60_000);

test('--json prints JSON lines on stdout and nothing else, and exits 0', async () => {
  const root = join(import.meta.dirname, '../../..');
  const environment = { ...process.env, KAFKA_BOOTSTRAP_SERVERS: '' };
  const child = spawn(
    process.execPath,
    [
      '--import',
      join(root, 'tools/swc-register.mjs'),
      '-C',
      '@ottla/source',
      join(root, 'samples/01-flights/src/main.ts'),
      '--json',
    ],
    { cwd: root, env: environment, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const exitCode = await new Promise((resolve) => child.once('close', resolve));
  expect({ exitCode, stderr }).toEqual({
    exitCode: 0,
    stderr: expect.stringContaining('started an embedded broker') as string,
  });
  const lines = stdout.trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(expectedLines(await readFlights()));
}, 60_000);
