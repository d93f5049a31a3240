// Decides what of the process the command touches, so that tests can put something else in its place.
import type { Readable, Writable } from 'node:stream';

import type { CreateKafkaOptions } from '../composition/create-kafka.js';
import type { Kafka } from '../client/kafka.js';

export interface CliEnvironment {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** A promise where the clients are loaded only when a command needs them. */
  readonly createKafka: (options: CreateKafkaOptions) => Kafka | Promise<Kafka>;
  /** Calls `listener` once, with the signal's name, when the process is asked to end; returns how to stop listening. */
  readonly onStopSignal: (listener: (signal: string) => void) => () => void;
}

const stopSignals = ['SIGTERM', 'SIGINT'] as const;

/** A second signal ends the process in the usual way, as nobody listens to it any more. */
function onStopSignal(listener: (signal: string) => void): () => void {
  const handle = (signal: string): void => {
    stop();
    listener(signal);
  };
  const stop = (): void => {
    for (const signal of stopSignals) process.off(signal, handle);
  };
  for (const signal of stopSignals) process.on(signal, handle);
  return stop;
}

export function processEnvironment(): CliEnvironment {
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    variables: process.env,
    createKafka: (options) =>
      import('../composition/create-kafka.js').then(({ createKafka }) => createKafka(options)),
    onStopSignal,
  };
}
