import { GroupSimulation } from './group-simulation.js';

const stepsPerSeed = 250;
const chosen = process.env['OTTLA_SEED'];
const firstSeed = Number(chosen ?? process.env['OTTLA_FIRST_SEED'] ?? 1);
const seedCount = chosen === undefined ? Number(process.env['OTTLA_SEEDS'] ?? 60) : 1;

/** What went wrong in the life of that seed, or null. */
function run(seed: number): string | null {
  const simulation = new GroupSimulation(seed);
  try {
    for (let step = 0; step < stepsPerSeed; step++) simulation.step();
    simulation.settle();
    return null;
  } catch (error) {
    const last = simulation.history.slice(-25).join('\n  ');
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return (
      `seed ${seed}: ${reason}\nlast steps:\n  ${last}\n` +
      `replay: OTTLA_SEED=${seed} npm test -- packages/core/test/machines/group/group-simulation`
    );
  }
}

test(`C4 to C13: ${seedCount} seeded lives of a group from seed ${firstSeed}`, () => {
  for (let seed = firstSeed; seed < firstSeed + seedCount; seed++) expect(run(seed)).toBeNull();
}, 120_000);
