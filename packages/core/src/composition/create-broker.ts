// Decides how a broker comes to run in this thread, over TCP or in memory, and how it stops.
import { Container } from 'inversify';

import { resolveBrokerConfig } from '../machines/controller/config/resolved-broker-config.js';
import { createMemoryNetwork } from '../io/memory/memory-network.js';
import { createNodeTimers } from '../io/node/node-timers.js';
import type { Address, Network } from '../ports/network.js';
import { brokerModule } from './broker.module.js';
import { defaultListen, defaultNodeId, type BrokerOptions } from './broker-options.js';
import { BrokerStartError, explainStartFailure } from './broker-start-error.js';
import { chooseCrc32c } from './choose-crc32c.js';
import { formatAddress, parseListenAddress } from './listen-address.js';
import { portsModule } from './ports.module.js';
import { storageModule } from './storage.module.js';
import { tokens } from './tokens.js';

/** A broker that serves. */
export interface RunningBroker {
  /** The address that is listened on. */
  readonly address: Address;
  /** What clients are given. */
  readonly bootstrapServers: string;
  /** The cluster's id, as clients see it. */
  readonly clusterId: string;
  /** The broker's id. */
  readonly nodeId: number;
  /** Milliseconds from the call to readiness. */
  readonly startTimeMs: number;
  /** Stops serving, then brings the logs to the disk. Closing twice is the same as once. */
  close(): Promise<void>;
}

/** A broker that is reached without TCP. */
export interface InMemoryBroker extends RunningBroker {
  /** The only way to this broker; give it to `createKafka`. */
  readonly network: Network;
}

function checkedNodeId(nodeId: number): number {
  if (Number.isInteger(nodeId) && nodeId >= 0 && nodeId < 2 ** 31) return nodeId;
  throw new BrokerStartError(
    'INVALID_OPTION',
    `Option nodeId cannot be ${nodeId}: it must be an integer from 0 to 2147483647`,
  );
}

function buildContainer(options: BrokerOptions): Container {
  const container = new Container();
  container.bind(tokens.nodeId).toConstantValue(checkedNodeId(options.nodeId ?? defaultNodeId));
  container.bind(tokens.brokerConfig).toConstantValue(resolveBrokerConfig(options.config ?? {}));
  container.load(portsModule(options), storageModule(options.clusterId), brokerModule);
  return container;
}

async function start(options: BrokerOptions): Promise<RunningBroker> {
  const listen = parseListenAddress(options.listen ?? defaultListen, 'listen');
  const advertised =
    options.advertised === undefined ? null : parseListenAddress(options.advertised, 'advertised');
  chooseCrc32c();
  const container = buildContainer(options);
  const clock = container.get(tokens.clock);
  const startedMs = clock.monotonicMs();
  const logManager = container.get(tokens.logManager);
  await logManager.open();
  try {
    container.get(tokens.topics).load(container.get(tokens.controller).load());
    const broker = container.get(tokens.broker);
    const address = await broker.start(listen, advertised);
    let closing: Promise<void> | null = null;
    return {
      address,
      bootstrapServers: formatAddress(advertised ?? address),
      clusterId: logManager.clusterId,
      nodeId: container.get(tokens.nodeId),
      startTimeMs: clock.monotonicMs() - startedMs,
      close: () => (closing ??= broker.close().then(() => logManager.close())),
    };
  } catch (error) {
    // Nothing is wrong with the logs when, for example, the address is taken: the next start need not scan them.
    await logManager.close().catch(() => logManager.abandon());
    throw error;
  }
}

/** Starts a broker; rejects with a BrokerStartError that says what to do. */
export async function createBroker(options: BrokerOptions = {}): Promise<RunningBroker> {
  try {
    return await start(options);
  } catch (error) {
    throw explainStartFailure(error, options);
  }
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
