// Decides the commands and options of `ottla`, and its exit codes: 0 done, 1 could not start, 2 wrong usage.
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';

import { BrokerStartError } from '../composition/broker-start-error.js';
import type { LogLevel } from '../ports/diagnostics.js';
import { runBroker, type BrokerCommandOptions, type CommandEnvironment } from './broker-command.js';
import { createPinoDiagnostics, logLevels } from './pino-diagnostics.js';

const exitCodes = { done: 0, failed: 1, usage: 2 } as const;

function integer(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

function camelCase(name: string): string {
  return name.replace(/\.(\w)/g, (_match, letter: string) => letter.toUpperCase());
}

/** `name=value`, by Kafka's names with dots or in camelCase; may be given many times. */
function configPair(text: string, previous: Readonly<Record<string, string>>): Record<string, string> {
  const match = /^([\w.]+)=(.*)$/.exec(text);
  if (match === null) throw new InvalidArgumentError('It must be name=value, such as num.partitions=4.');
  return { ...previous, [camelCase(match[1] ?? '')]: match[2] ?? '' };
}

function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
  });
}

function buildProgram(run: (options: BrokerCommandOptions) => Promise<void>): Command {
  const program = new Command('ottla')
    .description('Kafka for TypeScript')
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({ outputError: () => undefined });
  program
    .command('broker')
    .description('run a broker until SIGTERM or SIGINT; prints one line when it is ready')
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .option('--listen <host:port>', 'address to listen on; port 0 takes a free one', '127.0.0.1:9092')
    .option('--advertised <host:port>', 'address that clients are told, where it is not the one listened on')
    .option('--data-dir <directory>', "where the log lies, in Kafka's formats; absent: in memory")
    .option('--node-id <number>', "this node's id", integer, 1)
    .option('--cluster-id <id>', "the cluster's id; absent: the data directory's own, or a random one")
    .option('--partitions <number>', 'partitions of topics that do not say how many', integer, 1)
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
    .action(run);
  return program;
}

function firstLine(error: CommanderError): string {
  return error.message
    .replace(/^error: /, '')
    .split('\n')
    .join(' ');
}

/** Runs the command; what goes wrong is one line on stderr. Returns the exit code. */
export async function runCommand(args: readonly string[]): Promise<number> {
  const environment: CommandEnvironment = {
    print: (line) => void process.stdout.write(`${line}\n`),
    createDiagnostics: (level: LogLevel) => createPinoDiagnostics(level),
    stopSignal: stopSignal(),
  };
  const program = buildProgram((options) => runBroker(options, environment));
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCodes.done;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return exitCodes.done;
      if (error.code === 'commander.help') return exitCodes.usage;
      process.stderr.write(`ottla: ${firstLine(error)} (see ottla --help)\n`);
      return exitCodes.usage;
    }
    if (error instanceof BrokerStartError) {
      process.stderr.write(`ottla: ${error.message}\n`);
      return error.code === 'INVALID_OPTION' ? exitCodes.usage : exitCodes.failed;
    }
    throw error;
  }
}
