import { ExactlyOnceSimulation } from './exactly-once-simulation.js';

const stepsPerSeed = 60;
const chosen = process.env['OTTLA_SEED'];
const firstSeed = Number(chosen ?? process.env['OTTLA_FIRST_SEED'] ?? 1);
const seedCount = chosen === undefined ? Number(process.env['OTTLA_SEEDS'] ?? 200) : 1;
const manyRecords = 10_000;
const fewRecords = 1000;

/** The storm is as long for few records as for many, and few are quicker; `npm run interop` copies many with every seed. */
function recordsOf(seed: number): number {
  const wanted = process.env['OTTLA_RECORDS'];
  if (wanted !== undefined) return Number(wanted);
  return seed % 10 === 0 ? manyRecords : fewRecords;
}

const sums = { commits: 0, aborts: 0, fenced: 0 };

/** What went wrong in the life of that seed, or null. */
async function run(seed: number): Promise<string | null> {
  const records = recordsOf(seed);
  const simulation = await ExactlyOnceSimulation.of({ seed, records, steps: stepsPerSeed });
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', onUnhandled);
  const { ledger } = simulation;
  try {
    await simulation.run();
    if (unhandled.length > 0) throw unhandled[0];
    return null;
  } catch (error) {
    const last = ledger.history.slice(-100).join('\n  ');
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return (
      `seed ${seed}: ${reason}\nwhat happened last:\n  ${last}\n` +
      `replay: OTTLA_SEED=${seed} OTTLA_RECORDS=${records} npm test -- packages/core/test/simulation/exactly-once`
    );
  } finally {
    sums.commits += ledger.commitCount;
    sums.aborts += ledger.aborts;
    sums.fenced += ledger.fenced;
    process.off('unhandledRejection', onUnhandled);
  }
}

test(`PC9, CC6, T4, T9, P9: numbered records are copied exactly once in each of ${seedCount} seeded storms from seed ${firstSeed}`, async () => {
  const failures: string[] = [];
  for (let seed = firstSeed; seed < firstSeed + seedCount; seed++) {
    const failure = await run(seed);
    if (failure !== null) failures.push(failure);
  }
  expect(failures).toEqual([]);
  // Storms that touch nothing prove nothing.
  const isCalmToo = seedCount < 100;
  expect(isCalmToo || sums.aborts > seedCount / 2).toBe(true);
  expect(isCalmToo || sums.fenced > seedCount / 10).toBe(true);
}, 3_600_000);
