import { ClientSimulation } from './client-simulation.js';

const stepsPerSeed = 140;
const chosen = process.env['OTTLA_SEED'];
const firstSeed = Number(chosen ?? process.env['OTTLA_FIRST_SEED'] ?? 1);
const seedCount = chosen === undefined ? Number(process.env['OTTLA_SEEDS'] ?? 20) : 1;

/** What went wrong in the life of that seed, or null. */
async function run(seed: number): Promise<string | null> {
  const simulation = new ClientSimulation(seed);
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', onUnhandled);
  try {
    await simulation.run(stepsPerSeed);
    if (unhandled.length > 0) throw unhandled[0];
    return null;
  } catch (error) {
    const last = simulation.ledger.history.slice(-40).join('\n  ');
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return (
      `seed ${seed}: ${reason}\nwhat happened last:\n  ${last}\n` +
      `replay: OTTLA_SEED=${seed} npm test -- packages/core/test/simulation/client-simulation`
    );
  } finally {
    process.off('unhandledRejection', onUnhandled);
  }
}

test(`PC5 to PC8, CC2 to CC5, L7, P6: ${seedCount} seeded lives of a broker, producers and a group from seed ${firstSeed}`, async () => {
  const failures: string[] = [];
  for (let seed = firstSeed; seed < firstSeed + seedCount; seed++) {
    const failure = await run(seed);
    if (failure !== null) failures.push(failure);
  }
  expect(failures).toEqual([]);
}, 600_000);
