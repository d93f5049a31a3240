// Decides what the `ottla` command does with its arguments.
import { runCommand } from './program.js';

void runCommand(process.argv.slice(2)).then((exitCode) => {
  process.exitCode = exitCode;
});
