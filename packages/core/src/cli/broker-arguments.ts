// Decides the options of `ottla broker`.
import { Option, InvalidArgumentError, type Command } from 'commander';

import { camelCase, wholeNumber } from './arguments.js';
import { runBroker, type BrokerCommandOptions } from './broker-command.js';
import { addExamples } from './command-examples.js';
import type { CliEnvironment } from './environment.js';
import { createPinoDiagnostics, logLevels } from './pino-diagnostics.js';

/** `name=value`, by Kafka's names with dots or in camelCase; may be given many times. */
function configPair(text: string, previous: Readonly<Record<string, string>>): Record<string, string> {
  const match = /^([\w.]+)=(.*)$/.exec(text);
  if (match === null) throw new InvalidArgumentError('It must be name=value, such as num.partitions=4.');
  return { ...previous, [camelCase(match[1] ?? '')]: match[2] ?? '' };
}

export function addBrokerCommand(program: Command, environment: CliEnvironment): void {
  const command = program
    .command('broker')
    .description('run a broker until SIGTERM or SIGINT; prints one line when it is ready')
    .option('--listen <host:port>', 'address to listen on; port 0 takes a free one', '127.0.0.1:9092')
    .option('--advertised <host:port>', 'address that clients are told, where it is not the one listened on')
    .option('--data-dir <directory>', "where the log lies, in Kafka's formats; absent: in memory")
    .option('--node-id <number>', "this node's id", wholeNumber, 1)
    .option('--cluster-id <id>', "the cluster's id; absent: the data directory's own, or a random one")
    .option('--partitions <number>', 'partitions of topics that do not say how many', wholeNumber, 1)
    .option('--no-auto-create', 'do not create topics that clients ask for')
    .option(
      '--config <name=value>',
      'a Kafka broker config, such as log.retention.ms=60000; repeatable',
      configPair,
      {},
    )
    .addOption(
      new Option('--log-level <level>', 'lowest level that is logged').choices(logLevels).default('info'),
    )
    .option('--json', 'print the ready line as JSON', false)
    .action((options: BrokerCommandOptions) =>
      runBroker(options, {
        print: (line) => void environment.stdout.write(`${line}\n`),
        createDiagnostics: (level) => createPinoDiagnostics(level),
        stopSignal: new Promise((resolve) => environment.onStopSignal(resolve)),
      }),
    );
  addExamples(command, [
    ['a broker in memory, for an afternoon', 'ottla broker'],
    [
      'one that keeps its log',
      'ottla broker --listen 0.0.0.0:9092 --advertised example.org:9092 --data-dir ./data',
    ],
    ['topics of four partitions', 'ottla broker --partitions 4 --config log.retention.hours=24'],
  ]);
}
