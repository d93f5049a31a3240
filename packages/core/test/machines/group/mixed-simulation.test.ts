import { MixedSimulation, type Population } from './mixed-simulation.js';

const stepsPerSeed = 200;
const chosen = process.env['OTTLA_SEED'];
const firstSeed = Number(chosen ?? process.env['OTTLA_FIRST_SEED'] ?? 1);
const seedCount = chosen === undefined ? Number(process.env['OTTLA_SEEDS'] ?? 40) : 1;

/** What went wrong in the life of that seed, or null. */
function run(
  seed: number,
  population: Population,
  seen: { classic: number; consumer: number },
): string | null {
  const simulation = new MixedSimulation(seed, population);
  try {
    for (let step = 0; step < stepsPerSeed; step++) simulation.step();
    simulation.settle();
    seen.classic += simulation.seen.classic;
    seen.consumer += simulation.seen.consumer;
    return null;
  } catch (error) {
    const last = simulation.history.slice(-30).join('\n  ');
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return (
      `seed ${seed}: ${reason}\nlast steps:\n  ${last}\n` +
      `replay: OTTLA_SEED=${seed} npm test -- packages/core/test/machines/group/mixed-simulation -t ${population}`
    );
  }
}

test(`61: ${seedCount} seeded lives of a modern group from seed ${firstSeed}: no partition is ever read by two, nobody diligent is fenced`, () => {
  const seen = { classic: 0, consumer: 0 };
  for (let seed = firstSeed; seed < firstSeed + seedCount; seed++)
    expect(run(seed, 'modern', seen)).toBeNull();
  expect(seen.consumer).toBeGreaterThan(0);
}, 120_000);

test(`62: ${seedCount} seeded lives of a mixed group from seed ${firstSeed}: upgraded and downgraded, each partition is read once`, () => {
  const seen = { classic: 0, consumer: 0 };
  for (let seed = firstSeed; seed < firstSeed + seedCount; seed++)
    expect(run(seed, 'mixed', seen)).toBeNull();
  expect(seen.consumer).toBeGreaterThan(0);
  expect(seen.classic).toBeGreaterThan(0);
}, 120_000);
