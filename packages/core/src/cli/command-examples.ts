// Decides how a command's help shows examples.
import type { Command } from 'commander';

export type Example = readonly [what: string, line: string];

/** Examples below a command's help. */
export function addExamples(command: Command, examples: readonly Example[]): Command {
  const lines = examples.flatMap(([what, line]) => [
    `  # ${what}`,
    ...line.split('\n').map((each) => `  ${each}`),
  ]);
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
}
