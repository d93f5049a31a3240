// Decides the commands of `ottla` and what becomes of their failures: one line on stderr; exit code 0 done, 1 failed, 2 wrong usage.
import { Command, CommanderError, type Option } from 'commander';

import { BrokerStartError } from '../composition/broker-start-error.js';
import { processEnvironment, type CliEnvironment } from './environment.js';
import {
  exitCodeOf,
  exitCodes,
  FailuresTold,
  isExpected,
  oneLine,
  UsageError,
  type ExitCode,
} from './failures.js';

/** As commander does, but an option that is off needs no words. */
function optionDescription(option: Option): string {
  const extra: string[] = [];
  if (option.argChoices !== undefined) extra.push(`choices: ${option.argChoices.join(', ')}`);
  const { defaultValue } = option as { defaultValue: unknown };
  if (
    typeof defaultValue === 'string' ||
    (typeof defaultValue === 'number' && option.defaultValueDescription === undefined)
  ) {
    extra.push(`default: ${defaultValue}`);
  } else if (option.defaultValueDescription !== undefined)
    extra.push(`default: ${option.defaultValueDescription}`);
  return extra.length === 0 ? option.description : `${option.description} (${extra.join('; ')})`;
}

/** Help is the last that its command writes: a reader that has seen enough, as `head`, may close its end. */
function writeHelp(stream: NodeJS.WritableStream, text: string): void {
  stream.once('error', () => undefined);
  stream.write(text);
}

type AddCommand = (program: Command, environment: CliEnvironment) => void;

/** Each command with what loads it, in the order in which help shows them: a command should not wait for the others' code. */
const commands: ReadonlyMap<string, () => Promise<AddCommand>> = new Map([
  ['broker', () => import('./broker-arguments.js').then((module) => module.addBrokerCommand)],
  ['topics', () => import('./topics-command.js').then((module) => module.addTopicsCommand)],
  ['groups', () => import('./groups-command.js').then((module) => module.addGroupsCommand)],
  ['produce', () => import('./produce-command.js').then((module) => module.addProduceCommand)],
  ['consume', () => import('./consume-command.js').then((module) => module.addConsumeCommand)],
  ['configs', () => import('./configs-command.js').then((module) => module.addConfigsCommand)],
  ['offsets', () => import('./offsets-command.js').then((module) => module.addOffsetsCommand)],
  ['dump-log', () => import('./dump-log-command.js').then((module) => module.addDumpLogCommand)],
]);

/** With the one command that the arguments begin with; with all of them where they begin with something else. */
async function buildProgram(environment: CliEnvironment, args: readonly string[]): Promise<Command> {
  const program = new Command('ottla')
    .description('Kafka for TypeScript: a broker, and tools for any Kafka cluster')
    .exitOverride()
    .showSuggestionAfterError()
    .configureHelp({ optionDescription })
    .configureOutput({
      writeOut: (text) => writeHelp(environment.stdout, text),
      writeErr: (text) => writeHelp(environment.stderr, text),
      outputError: () => undefined,
    })
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 something failed, 2 wrong usage. ottla <command> --help shows examples.',
    );
  const named = commands.get(args[0] ?? '');
  for (const load of named === undefined ? commands.values() : [named]) (await load())(program, environment);
  return program;
}

/** The command that the arguments name, as far as they name one: `ottla topics create`. */
function commandPath(program: Command, args: readonly string[]): string {
  const names = [program.name()];
  let command: Command | undefined = program;
  for (const arg of args) {
    command = command.commands.find((each) => each.name() === arg || each.aliases().includes(arg));
    if (command === undefined) break;
    names.push(command.name());
  }
  return names.join(' ');
}

function tell(error: unknown, hint: string, environment: CliEnvironment): ExitCode {
  const told = (text: string): void => void environment.stderr.write(`ottla: ${oneLine(text)}\n`);
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return exitCodes.done;
    // Help was shown because something is missing.
    if (error.code !== 'commander.help') told(`${error.message.replace(/^error: /, '')} (see ${hint})`);
    return exitCodes.usage;
  }
  if (error instanceof FailuresTold) return exitCodes.failed;
  if (error instanceof UsageError) {
    told(`${error.message} (see ${hint})`);
    return exitCodes.usage;
  }
  if (error instanceof BrokerStartError) {
    told(error.message);
    return error.code === 'INVALID_OPTION' ? exitCodes.usage : exitCodes.failed;
  }
  if (isExpected(error)) {
    told(error.message);
    return exitCodeOf(error);
  }
  throw error;
}

/** Runs the command; what goes wrong is one line on stderr. Returns the exit code. */
export async function runCommand(
  args: readonly string[],
  environment: CliEnvironment = processEnvironment(),
): Promise<ExitCode> {
  const program = await buildProgram(environment, args);
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCodes.done;
  } catch (error) {
    return tell(error, `${commandPath(program, args)} --help`, environment);
  }
}
