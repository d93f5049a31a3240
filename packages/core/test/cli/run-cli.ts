// The command in this process: streams, variables and signals are the test's; the cluster is real.
import { PassThrough, Readable, Writable } from 'node:stream';

import { runCommand } from '../../src/cli/program.js';
import { createKafka, type CreateKafkaOptions } from '../../src/composition/create-kafka.js';

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliRun {
  readonly ended: Promise<CliResult>;
  readonly stdout: PassThrough;
  /** As the operating system would. */
  signal(name: string): void;
  /** Resolves when stdout holds the text. */
  printed(text: string): Promise<void>;
}

export interface CliOptions {
  readonly clientOptions?: CreateKafkaOptions;
  readonly stdin?: string | Readable;
  readonly stdout?: Writable;
}

export function startCli(args: readonly string[], options: CliOptions = {}): CliRun {
  const { clientOptions } = options;
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const text = { stdout: '', stderr: '' };
  const waiting: { text: string; resolve: () => void }[] = [];
  stdout.on('data', (chunk: Buffer) => {
    text.stdout += chunk.toString();
    for (const each of waiting) if (text.stdout.includes(each.text)) each.resolve();
  });
  stderr.on('data', (chunk: Buffer) => void (text.stderr += chunk.toString()));
  const listeners = new Set<(signal: string) => void>();
  const stdin = options.stdin ?? '';
  const code = runCommand(args, {
    stdin: typeof stdin === 'string' ? Readable.from(stdin === '' ? [] : [Buffer.from(stdin)]) : stdin,
    stdout: options.stdout ?? stdout,
    stderr,
    variables: { KAFKA_BOOTSTRAP_SERVERS: clientOptions?.bootstrapServers as string | undefined },
    createKafka: (given) => {
      const { network } = clientOptions ?? {};
      return createKafka({ ...given, ...(network !== undefined && { network }) });
    },
    onStopSignal: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  });
  return {
    stdout,
    ended: code.then((exitCode) => ({ code: exitCode, ...text })),
    signal: (name) => {
      for (const listener of listeners) listener(name);
    },
    printed: (wanted) =>
      text.stdout.includes(wanted)
        ? Promise.resolve()
        : new Promise((resolve) => waiting.push({ text: wanted, resolve })),
  };
}

export function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return startCli(args, options).ended;
}

export function jsonLines(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
