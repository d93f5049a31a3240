// Decides the options of `ottla consume`.
import { Option, type Command } from 'commander';

import { delimiter, each, namedValue, partitionList, positiveNumber, unescaped } from './arguments.js';
import { addExamples } from './command-examples.js';
import { addClusterOptions } from './command-parts.js';
import { consume } from './consume.js';
import { consumePlan, type ConsumeOptions } from './consume-plan.js';
import type { CliEnvironment } from './environment.js';
import { formatHelp } from './record-format.js';
import { withCluster } from './session.js';

export function addConsumeCommand(program: Command, environment: CliEnvironment): void {
  const command = program
    .command('consume <topic...>')
    .description('print the records of topics; goes on until a signal, -c or -e ends it')
    .option(
      '-o, --offset <place>',
      'where to start: beginning, end, an offset, -n for n before the end, @time; where to stop: e@time; repeatable',
      each,
    )
    .option('-p, --partition <partitions>', 'only these, such as 0 or 0,3 or 2-5', partitionList)
    .option('-e, --exit-at-end', 'end at what is the end when the command starts', false)
    .option('-c, --count <number>', 'end after so many records', positiveNumber)
    .option('-G, --group <group>', "read as a member of a group, from the group's offsets, and commit")
    .option('-f, --format <format>', 'how a record is printed')
    .option('-K, --key-delimiter <text>', 'print the key and this before the value', delimiter)
    .option('-D, --delimiter <text>', 'what ends a record (default: a line feed)', unescaped)
    .option('-Z, --null <text>', 'what stands for a null key or value (default: nothing)')
    .option('--json', 'print records as JSON lines', false)
    .addOption(
      new Option('--isolation-level <level>', 'whether records of open and aborted transactions are read')
        .choices(['read_uncommitted', 'read_committed'])
        .default('read_uncommitted'),
    )
    .option(
      '-X, --client-option <name=value>',
      'a consumer option, such as fetch.min.bytes=1024; repeatable',
      namedValue,
      {},
    );
  addClusterOptions(command);
  command.action((topics: string[], options: ConsumeOptions) => {
    const plan = consumePlan(topics, options, Date.now());
    return withCluster(environment, options, (session) => consume(session, plan, options));
  });
  addExamples(command, [
    ['everything that is there, then what comes', 'ottla consume flights'],
    ['the last ten records of each partition', 'ottla consume flights -o -10 -e'],
    ['an hour of yesterday', 'ottla consume flights -o @2026-01-30T08:00:00Z -o e@2026-01-30T09:00:00Z'],
    ['keys and values, with where they are', "ottla consume flights -e -f '%t-%p@%o %k=%s\\n'"],
    ['as a member of a group', 'ottla consume flights -G delays'],
    [
      'over TLS, as a user whose password is in $KAFKA_SASL_PASSWORD',
      'ottla consume flights -b broker:9093 --security-protocol SASL_SSL --sasl-mechanism SCRAM-SHA-512 --sasl-username ada --ssl-ca ca.pem',
    ],
    [
      'how many flights left Atlanta',
      `ottla consume flights -e --json | jq 'select(.key == "ATL")' | jq -s length`,
    ],
  ]);
  command.addHelpText('after', `\n${formatHelp}`);
}
