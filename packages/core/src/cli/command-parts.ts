// Decides what commands have in common: how they name the cluster and ask for JSON.
import { Option, type Command } from 'commander';

import { durationMs } from './arguments.js';
import { addSecurityOptions } from './security-arguments.js';
import { bootstrapServersVariable, defaultBootstrapServers } from './session.js';

const defaultTimeoutMs = 10_000;

export function addClusterOptions(command: Command): Command {
  const cluster = command
    .option(
      '-b, --bootstrap-servers <host:port,...>',
      `brokers to begin with (default: $${bootstrapServersVariable}, else ${defaultBootstrapServers})`,
    )
    .addOption(
      new Option('--timeout <duration>', 'how long to try, such as 500ms or 1m')
        .argParser(durationMs)
        .default(defaultTimeoutMs, '10s'),
    )
    .option('-v, --verbose', 'tell on stderr what the connections do', false);
  return addSecurityOptions(cluster);
}

export function addJsonOption(command: Command): Command {
  return command.option('--json', 'print JSON lines', false);
}
