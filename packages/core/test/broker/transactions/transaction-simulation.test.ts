import { TransactionSimulation } from './transaction-simulation.js';

const stepsPerSeed = 150;
const chosen = process.env['OTTLA_SEED'];
const firstSeed = Number(chosen ?? process.env['OTTLA_FIRST_SEED'] ?? 1);
const seedCount = chosen === undefined ? Number(process.env['OTTLA_SEEDS'] ?? 20) : 1;

/** What went wrong in the life of that seed, or null. */
async function run(seed: number): Promise<string | null> {
  const simulation = new TransactionSimulation(seed);
  try {
    await simulation.run(stepsPerSeed);
    return null;
  } catch (error) {
    const last = simulation.history.slice(-40).join('\n  ');
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return (
      `seed ${seed}: ${reason}\nwhat happened last:\n  ${last}\n` +
      `replay: OTTLA_SEED=${seed} npm test -- packages/core/test/broker/transactions/transaction-simulation`
    );
  }
}

test(`T1 to T10, P9, P12, P13, F6, C15, corner cases 48 to 52: ${seedCount} seeded lives of transactional producers from seed ${firstSeed}`, async () => {
  const failures: string[] = [];
  for (let seed = firstSeed; seed < firstSeed + seedCount; seed++) {
    const failure = await run(seed);
    if (failure !== null) failures.push(failure);
  }
  expect(failures).toEqual([]);
}, 300_000);
