// Decides which implementation stands behind each port of a broker.
import { resolve } from 'node:path';

import { ContainerModule } from 'inversify';

import { createCompressors } from '../io/compression/compressors.js';
import { createMemoryFileSystem } from '../io/memory/memory-file-system.js';
import { createNodeClock } from '../io/node/node-clock.js';
import { createNodeFileSystem } from '../io/node/node-file-system.js';
import { createNodeRandom } from '../io/node/node-random.js';
import { createNodeTimers } from '../io/node/node-timers.js';
import { createStderrDiagnostics } from '../io/node/stderr-diagnostics.js';
import { createTcpNetwork } from '../io/node/tcp-network.js';
import type { BrokerOptions } from './broker-options.js';
import { tokens } from './tokens.js';

/** How a log directory is called that is on no disk. */
const memoryDirectory = 'memory';

export function portsModule({ ports = {}, diagnostics, dataDirectory }: BrokerOptions): ContainerModule {
  return new ContainerModule(({ bind }) => {
    const clock = ports.clock ?? createNodeClock();
    bind(tokens.clock).toConstantValue(clock);
    bind(tokens.timers).toConstantValue(ports.timers ?? createNodeTimers());
    bind(tokens.random).toConstantValue(ports.random ?? createNodeRandom());
    bind(tokens.network).toConstantValue(ports.network ?? createTcpNetwork());
    bind(tokens.diagnostics).toConstantValue(diagnostics ?? createStderrDiagnostics('warn'));
    bind(tokens.compressors).toConstantValue(createCompressors());
    bind(tokens.logDirectoryPath).toConstantValue(
      dataDirectory === undefined ? memoryDirectory : resolve(dataDirectory),
    );
    bind(tokens.fileSystem)
      .toDynamicValue(() => {
        if (ports.fileSystem !== undefined) return ports.fileSystem;
        return dataDirectory === undefined
          ? createMemoryFileSystem(clock)
          : createNodeFileSystem(dataDirectory);
      })
      .inSingletonScope();
  });
}
