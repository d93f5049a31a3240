import 'reflect-metadata';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { delayOf, departureOf, readFlights, type Delay } from '../src/flight.js';
import { Ledger } from '../src/ledger.js';

/** The same figures, without Kafka. */
async function expectedLines(): Promise<unknown[]> {
  const airports = new Map<string, number[]>();
  for (const { origin, delay } of await readFlights()) {
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

test('every flight comes out exactly once and in order, although workers are killed while it runs', async () => {
  const root = join(import.meta.dirname, '../../..');
  const bootstrapServers = process.env['OTTLA_TEST_BOOTSTRAP_SERVERS'] ?? '';
  const child = spawn(
    process.execPath,
    [
      '--import',
      join(root, 'tools/swc-register.mjs'),
      '-C',
      '@ottla/source',
      join(root, 'samples/03-flights-exactly-once/src/main.ts'),
      '--json',
      '--kills',
      '3',
    ],
    {
      cwd: root,
      env: { ...process.env, KAFKA_BOOTSTRAP_SERVERS: bootstrapServers },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const exitCode = await new Promise((resolve) => child.once('close', resolve));
  expect({ exitCode, stderr }).toEqual({
    exitCode: 0,
    stderr: expect.stringContaining('each exactly once and in order, through 3 kills') as string,
  });
  const lines = stdout.trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(await expectedLines());
}, 170_000);

describe('the ledger', () => {
  const flight = (number: number, airport: string): Delay =>
    delayOf(departureOf({ number, origin: airport, destination: 'X', delay: 5 }));

  function problemsOf(...flights: Delay[]): string[] {
    const ledger = new Ledger(3);
    for (const each of flights) {
      ledger.add(each);
    }
    return ledger.problems();
  }

  test('is content with every flight once, and in order at each airport', () => {
    expect(problemsOf(flight(1, 'B'), flight(0, 'A'), flight(2, 'A'))).toEqual([]);
  });

  test('tells of flights that came out twice, in another order, or not at all', () => {
    expect(problemsOf(flight(0, 'A'), flight(1, 'A'), flight(2, 'A'), flight(2, 'A'))).toEqual([
      'flight 2 of A came out again',
    ]);
    expect(problemsOf(flight(1, 'A'), flight(0, 'A'), flight(2, 'A'))).toEqual([
      'flight 0 of A came out after flight 1',
    ]);
    expect(problemsOf(flight(0, 'A'))).toEqual(['2 of 3 flights did not come out']);
  });
});
