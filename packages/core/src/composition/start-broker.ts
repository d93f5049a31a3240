// Decides how a broker is put together and started, and how it stops; loaded when the first one is asked for.
import { Container } from 'inversify';

import { resolveBrokerConfig } from '../machines/controller/config/resolved-broker-config.js';
import { brokerModule } from './broker.module.js';
import { defaultListen, defaultNodeId, type BrokerOptions } from './broker-options.js';
import { BrokerStartError } from './broker-start-error.js';
import { chooseCrc32c } from './choose-crc32c.js';
import { explainStartFailure } from './explain-start-failure.js';
import { formatAddress, parseListenAddress } from './listen-address.js';
import { portsModule } from './ports.module.js';
import type { RunningBroker } from './running-broker.js';
import { storageModule } from './storage.module.js';
import { tokens } from './tokens.js';

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

/** Rejects with a BrokerStartError that says what to do. */
export async function startBroker(options: BrokerOptions): Promise<RunningBroker> {
  try {
    return await start(options);
  } catch (error) {
    throw explainStartFailure(error, options);
  }
}
