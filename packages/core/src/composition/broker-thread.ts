// Decides how a broker runs in a thread of its own, so that it and its clients do not wait for each other's turns.
import { Worker, type WorkerOptions } from 'node:worker_threads';

import type { BrokerOptions } from './broker-options.js';
import { BrokerStartError } from './broker-start-error.js';
import { closeRequest, type ThreadBrokerOptions, type ThreadMessage } from './broker-thread-messages.js';
import type { RunningBroker } from './create-broker.js';

export type { BrokerConfig, BrokerOptions } from './broker-options.js';
export { BrokerStartError, type BrokerStartErrorCode } from './broker-start-error.js';
export type { RunningBroker } from './create-broker.js';

/** What a broker in a thread of its own is started with. */
export interface BrokerThreadOptions extends Omit<BrokerOptions, 'ports'> {
  /** How the thread is started, for example with the module hooks that run this package from its TypeScript source. */
  readonly workerOptions?: Pick<WorkerOptions, 'execArgv' | 'env' | 'resourceLimits'>;
}

function startFailure(message: Extract<ThreadMessage, { kind: 'failed' }>): Error {
  return message.code === null
    ? new Error(message.message)
    : new BrokerStartError(message.code, message.message);
}

/** Starts a broker in a worker thread, on a free port of 127.0.0.1 unless `listen` says otherwise. */
export function startBrokerThread(options: BrokerThreadOptions = {}): Promise<RunningBroker> {
  const { workerOptions, diagnostics, ...rest } = options;
  const startedMs = performance.now();
  const workerData: ThreadBrokerOptions = { listen: '127.0.0.1:0', ...rest };
  const worker = new Worker(new URL('./broker-thread.worker.js', import.meta.url), {
    ...workerOptions,
    workerData,
  });
  let closeFailure: Error | null = null;
  let isReady = false;
  let isWanted = true;
  const exited = new Promise<void>((resolve) => {
    worker.once('exit', (exitCode) => {
      if (isReady && isWanted) {
        diagnostics?.log('error', 'The broker thread ended, and with it the broker; start it again', {
          exitCode,
          reason: closeFailure?.message ?? null,
        });
      }
      resolve();
    });
  });
  const close = async (): Promise<void> => {
    isWanted = false;
    worker.postMessage(closeRequest);
    await exited;
    if (closeFailure !== null) throw closeFailure;
  };

  return new Promise((resolve, reject) => {
    let closing: Promise<void> | null = null;
    worker.on('message', (message: ThreadMessage) => {
      switch (message.kind) {
        case 'ready': {
          const { address, bootstrapServers, clusterId, nodeId } = message;
          isReady = true;
          const startTimeMs = performance.now() - startedMs;
          resolve({
            address,
            bootstrapServers,
            clusterId,
            nodeId,
            startTimeMs,
            close: () => (closing ??= close()),
          });
          return;
        }
        case 'failed':
          reject(startFailure(message));
          return;
        case 'log':
          diagnostics?.log(message.level, message.message, message.fields);
          return;
        case 'close-failed':
          closeFailure = new Error(message.message);
      }
    });
    worker.once('error', (error: Error) => {
      closeFailure = error;
      reject(error);
    });
    void exited.then(() => reject(new Error('The broker thread ended before the broker was ready')));
  });
}
