// Copies in transactions through seeded storms, each of the whole ten thousand records; `npm test` has the same storms over fewer.
import { runTests } from '../support/jest.mjs';

const seeds = '200';
const records = '10000';

export function exactlyOnceCases() {
  return [
    {
      name: `exactly once: ${records} records in each of ${seeds} storms`,
      run: () =>
        runTests(
          'ottla',
          'packages/core/test/simulation/exactly-once\\.test\\.ts$',
          {
            OTTLA_SEEDS: seeds,
            OTTLA_FIRST_SEED: process.env['OTTLA_FIRST_SEED'] ?? '1',
            OTTLA_RECORDS: records,
          },
          1_200_000,
        ),
    },
  ];
}
