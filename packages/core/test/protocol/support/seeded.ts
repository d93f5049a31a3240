// Decides the seed of random tests: OTTLA_SEED, or a new one at every run; a failure tells how to replay it.
import * as fc from 'fast-check';

const seed = Number(process.env['OTTLA_SEED'] ?? Date.now() % 0x7fffffff);
const effort = Number(process.env['OTTLA_EFFORT'] ?? 1);

/** Checks a property on random values; OTTLA_EFFORT multiplies their number. */
export function assertSeeded<Values>(property: fc.IProperty<Values>, runs: number, file: string): void {
  try {
    fc.assert(property, { seed, numRuns: Math.ceil(runs * effort) });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${reason}\n\nseed ${seed}; replay: OTTLA_SEED=${seed} npm test -- ${file}`, {
      cause: error,
    });
  }
}

/** As assertSeeded, for properties that must be waited for. */
export async function assertSeededAsync<Values>(
  property: fc.IAsyncProperty<Values>,
  runs: number,
  file: string,
): Promise<void> {
  try {
    await fc.assert(property, { seed, numRuns: Math.ceil(runs * effort) });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${reason}\n\nseed ${seed}; replay: OTTLA_SEED=${seed} npm test -- ${file}`, {
      cause: error,
    });
  }
}
