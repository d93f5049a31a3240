// Decides how the stand-alone broker is started, as a user would start it.
import path from 'node:path';

import { start } from './processes.mjs';
import { repository } from './tools.mjs';

const repositoryCommand = path.join(repository, 'node_modules', '.bin', 'ottla');

/**
 * @param {{ dataDirectory: string, port?: number, args?: readonly string[], command?: string }} options the command is the repository's own when absent
 */
export async function startOttlaBroker({ dataDirectory, port = 0, args = [], command = repositoryCommand }) {
  const flags = ['broker', '--listen', `127.0.0.1:${port}`, '--data-dir', dataDirectory, ...args];
  const broker = await start(command, flags, {
    ready: /^.*ready.*?(127\.0\.0\.1:\d+).*$/m,
    timeoutMs: 30_000,
  });
  return { bootstrapServers: /** @type {string} */ (broker.match[1]), ...broker };
}
