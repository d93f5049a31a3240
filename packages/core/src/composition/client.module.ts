// Decides which implementation stands behind each port of a client.
import { ContainerModule } from 'inversify';

import { Kafka, type KafkaOptions } from '../client/kafka.js';
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
import { tokens } from './tokens.js';

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

export const kafkaToken = Symbol('Kafka');

export function clientModule(options: KafkaOptions, overrides: ClientPortOverrides): ContainerModule {
  return new ContainerModule(({ bind }) => {
    bind(tokens.clock).toConstantValue(overrides.clock ?? createNodeClock());
    bind(tokens.timers).toConstantValue(overrides.timers ?? createNodeTimers());
    bind(tokens.random).toConstantValue(overrides.random ?? createNodeRandom());
    bind(tokens.network).toConstantValue(overrides.network ?? createTcpNetwork());
    bind(tokens.diagnostics).toConstantValue(overrides.diagnostics ?? createStderrDiagnostics('warn'));
    bind(tokens.compressors).toConstantValue(createCompressors());
    bind(tokens.eventChannels).toConstantValue(createNodeEventChannels());
    bind(tokens.cryptography).toConstantValue(createNodeCryptography());
    bind(kafkaToken)
      .toDynamicValue(
        (context) =>
          new Kafka(options, {
            network: context.get(tokens.network),
            clock: context.get(tokens.clock),
            timers: context.get(tokens.timers),
            random: context.get(tokens.random),
            diagnostics: context.get(tokens.diagnostics),
            compressors: context.get(tokens.compressors),
            cryptography: context.get(tokens.cryptography),
            eventChannels: context.get(tokens.eventChannels),
          }),
      )
      .inSingletonScope();
  });
}
