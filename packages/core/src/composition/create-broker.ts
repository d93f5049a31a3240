// Decides how a broker is asked for, over TCP or in memory. Its code is loaded with the first one: clients alone do without.
import { createMemoryNetwork } from '../io/memory/memory-network.js';
import { createNodeTimers } from '../io/node/node-timers.js';
import type { Network } from '../ports/network.js';
import type { BrokerOptions } from './broker-options.js';
import type { RunningBroker } from './running-broker.js';

export type { RunningBroker } from './running-broker.js';

/** A broker that is reached without TCP. */
export interface InMemoryBroker extends RunningBroker {
  /** The only way to this broker; give it to `createKafka`. */
  readonly network: Network;
}

/** Starts a broker; rejects with a BrokerStartError that says what to do. */
export async function createBroker(options: BrokerOptions = {}): Promise<RunningBroker> {
  const { startBroker } = await import('./start-broker.js');
  return startBroker(options);
}

const memoryListen = 'memory:9092';

/** Starts a broker that only this thread can reach, through the network it returns. */
export async function createInMemoryBroker(
  options: Omit<BrokerOptions, 'advertised'> = {},
): Promise<InMemoryBroker> {
  const timers = options.ports?.timers ?? createNodeTimers();
  const network = options.ports?.network ?? createMemoryNetwork(timers);
  const running = await createBroker({
    ...options,
    listen: options.listen ?? memoryListen,
    ports: { ...options.ports, timers, network },
  });
  return { ...running, network };
}
