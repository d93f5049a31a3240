// `npm run check`: all that must hold before a change lands, in the order in which failures are cheapest to see.
import { spawnSync } from 'node:child_process';

const steps = [
  ['types', 'npm run --silent build'],
  ['lint', 'npm run --silent lint'],
  ['format', 'npm run --silent format:check'],
  ['floors', 'npm run --silent floors'],
  ['api', 'npm run --silent api:check'],
  ['docs', 'npm run --silent docs:check'],
  ['rules', 'npm run --silent rules'],
  ['test', 'npm test --silent'],
];

const only = process.argv.slice(2);
for (const [name, command] of steps) {
  if (only.length > 0 && !only.includes(name)) continue;
  const startedAtMs = performance.now();
  console.log(`${name}: ${command}`);
  const { status } = spawnSync(command, { shell: true, stdio: 'inherit' });
  if (status !== 0) {
    console.log(`${name} failed. To run it alone: npm run check -- ${name}`);
    process.exit(status ?? 1);
  }
  console.log(`${name} passed in ${((performance.now() - startedAtMs) / 1000).toFixed(1)} s\n`);
}
