// Decides what the broker's thread does: start, tell, close when told.
import { parentPort, workerData } from 'node:worker_threads';

import type { Diagnostics, LogLevel } from '../ports/diagnostics.js';
import { BrokerStartError } from './broker-start-error.js';
import { closeRequest, type ThreadBrokerOptions, type ThreadMessage } from './broker-thread-messages.js';
import { createBroker } from './create-broker.js';

const forwarded: ReadonlySet<LogLevel> = new Set(['info', 'warn', 'error']);

function tell(message: ThreadMessage): void {
  parentPort?.postMessage(message);
}

const diagnostics: Diagnostics = {
  log(level, message, fields = {}) {
    if (forwarded.has(level)) tell({ kind: 'log', level, message, fields });
  },
};

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function run(options: ThreadBrokerOptions): Promise<void> {
  try {
    const broker = await createBroker({ ...options, diagnostics });
    const { address, bootstrapServers, clusterId, nodeId } = broker;
    parentPort?.on('message', (message) => {
      if (message !== closeRequest) return;
      broker
        .close()
        .catch((error: unknown) => tell({ kind: 'close-failed', message: reasonOf(error) }))
        // Without its port the thread has nothing left to wait for.
        .finally(() => parentPort?.close());
    });
    tell({ kind: 'ready', address, bootstrapServers, clusterId, nodeId });
  } catch (error) {
    tell({
      kind: 'failed',
      code: error instanceof BrokerStartError ? error.code : null,
      message: reasonOf(error),
    });
    parentPort?.close();
  }
}

void run(workerData as ThreadBrokerOptions);
