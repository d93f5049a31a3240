// Decides the options of `ottla produce`.
import { Option, type Command } from 'commander';

import { delimiter, each, namedValue, wholeNumber } from './arguments.js';
import { addExamples } from './command-examples.js';
import { addClusterOptions } from './command-parts.js';
import type { CliEnvironment } from './environment.js';
import { UsageError } from './failures.js';
import { produce, type ProduceOptions } from './produce.js';
import { formatHelp } from './record-format.js';
import { withCluster } from './session.js';

/** `name=value`; a name alone is a header without a value. */
function checkHeader(text: string, previous: readonly string[] | undefined): string[] {
  if (text === '' || text.startsWith('='))
    throw new UsageError(`Header ${JSON.stringify(text)} has no name; give name=value`);
  return each(text, previous);
}

export function addProduceCommand(program: Command, environment: CliEnvironment): void {
  const command = program
    .command('produce <topic>')
    .description('send each line of stdin as a record; exit code 1 when not all were delivered')
    .option('-K, --key-delimiter <text>', 'what comes before the first of these is the key', delimiter)
    .option('-k, --key <key>', 'the key of every record')
    .option('-H, --header <name=value>', 'a header of every record; repeatable', checkHeader)
    .option('-p, --partition <number>', 'partition (default: by the key, or spread)', wholeNumber)
    .option('-D, --delimiter <text>', 'what ends a record (default: a line feed)', delimiter)
    .addOption(
      new Option('-z, --compression <type>', 'how batches are compressed')
        .choices(['none', 'gzip', 'snappy', 'lz4', 'zstd'])
        .default('none'),
    )
    .addOption(
      new Option('--acks <who>', 'who must have a record before it counts as sent')
        .choices(['all', '1', '0'])
        .default('all'),
    )
    .option('-Z, --null', 'keys and values without a byte are null', false)
    .option('-T, --tombstone', 'the line is the key, the value is null', false)
    .option('--json', 'lines are JSON: key, value, headers, timestamp (as consume --json prints)', false)
    .option('-f, --format <format>', 'print this for each record that was delivered')
    .option('--allow-auto-topic-creation', 'let the broker create a topic that is not there', false)
    .option(
      '-X, --client-option <name=value>',
      'a producer option, such as linger.ms=5; repeatable',
      namedValue,
      {},
    );
  addClusterOptions(command);
  command.action((topic: string, options: ProduceOptions) =>
    withCluster(environment, options, (session) => produce(session, topic, options)),
  );
  addExamples(command, [
    ['a record', 'echo hello | ottla produce greetings'],
    ['lines with keys', "printf 'ATL:on time\\nORD:late\\n' | ottla produce delays -K :"],
    [
      'with a header, compressed, and told where each went',
      "ottla produce delays -H source=tower -z zstd -f '%p@%o\\n' < delays.txt",
    ],
    [
      'copy a topic, keys, headers and timestamps included',
      'ottla consume flights -e --json | ottla produce flights-copy --json',
    ],
    ['delete a key of a compacted topic', 'echo ATL | ottla produce airports --tombstone'],
  ]);
  command.addHelpText('after', `\n${formatHelp}`);
}
