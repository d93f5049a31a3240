// Decides which implementation stands behind each port of a client.
//
// Written out rather than bound in a container: they are a few constants, and a container would be half of what an application loads.
import type { KafkaPorts } from '../client/kafka.js';
import { createCompressors } from '../io/compression/compressors.js';
import { createNodeClock } from '../io/node/node-clock.js';
import { createNodeCryptography } from '../io/node/node-cryptography.js';
import { createNodeEventChannels } from '../io/node/node-event-channels.js';
import { createNodeRandom } from '../io/node/node-random.js';
import { createNodeTimers } from '../io/node/node-timers.js';
import { createStderrDiagnostics } from '../io/node/stderr-diagnostics.js';
import { createTcpNetwork } from '../io/node/tcp-network.js';
import type { Clock } from '../ports/clock.js';
import type { Diagnostics } from '../ports/diagnostics.js';
import type { Network } from '../ports/network.js';
import type { Random } from '../ports/random.js';
import type { Timers } from '../ports/timers.js';

/** What a test, or an embedding, puts in place of the real world. */
export interface ClientPortOverrides {
  /** How to connect. Default: TCP. */
  readonly network?: Network;
  /** The time. Default: the machine's. */
  readonly clock?: Clock;
  /** Default: Node's timers. */
  readonly timers?: Timers;
  /** Default: the machine's randomness. */
  readonly random?: Random;
  /** Where clients log. Default: warnings and errors go to stderr. */
  readonly diagnostics?: Diagnostics;
}

export function clientPorts(overrides: ClientPortOverrides): KafkaPorts {
  return {
    network: overrides.network ?? createTcpNetwork(),
    clock: overrides.clock ?? createNodeClock(),
    timers: overrides.timers ?? createNodeTimers(),
    random: overrides.random ?? createNodeRandom(),
    diagnostics: overrides.diagnostics ?? createStderrDiagnostics('warn'),
    compressors: createCompressors(),
    cryptography: createNodeCryptography(),
    eventChannels: createNodeEventChannels(),
  };
}
