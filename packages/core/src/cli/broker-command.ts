// Decides how `ottla broker` turns its options into a broker, says that it is ready, and ends.
import { createBroker, type RunningBroker } from '../composition/create-broker.js';
import type { BrokerOptions } from '../composition/broker-options.js';
import type { Diagnostics, LogLevel } from '../ports/diagnostics.js';

/** Options of the command as commander gives them. */
export interface BrokerCommandOptions {
  readonly listen: string;
  readonly advertised?: string;
  readonly dataDir?: string;
  readonly nodeId: number;
  readonly clusterId?: string;
  readonly partitions: number;
  readonly autoCreate: boolean;
  readonly config: Readonly<Record<string, string>>;
  readonly logLevel: LogLevel;
  readonly json: boolean;
}

/** Everything of the process that the command touches. */
export interface CommandEnvironment {
  readonly print: (line: string) => void;
  readonly createDiagnostics: (level: LogLevel) => Diagnostics;
  /** Resolves with the name of the signal that asks the process to end. */
  readonly stopSignal: Promise<string>;
}

function brokerOptions(options: BrokerCommandOptions, diagnostics: Diagnostics): BrokerOptions {
  return {
    listen: options.listen,
    advertised: options.advertised,
    dataDirectory: options.dataDir,
    nodeId: options.nodeId,
    clusterId: options.clusterId,
    diagnostics,
    // Values come as text; the config table knows their types.
    config: {
      numPartitions: options.partitions,
      autoCreateTopicsEnable: options.autoCreate,
      ...options.config,
    } as BrokerOptions['config'],
  };
}

function readyLine(broker: RunningBroker, options: BrokerCommandOptions): string {
  const startTimeMs = Math.round(broker.startTimeMs);
  const { bootstrapServers: address, clusterId, nodeId } = broker;
  if (options.json) return JSON.stringify({ event: 'ready', address, clusterId, nodeId, startTimeMs });
  return `ready address=${address} cluster-id=${clusterId} node-id=${nodeId} start-time-ms=${startTimeMs}`;
}

/** Runs until a signal comes; rejects with a BrokerStartError when the broker cannot start. */
export async function runBroker(
  options: BrokerCommandOptions,
  environment: CommandEnvironment,
): Promise<void> {
  const diagnostics = environment.createDiagnostics(options.logLevel);
  const broker = await createBroker(brokerOptions(options, diagnostics));
  const where = options.dataDir ?? null;
  diagnostics.log('info', 'The broker is ready', { address: broker.bootstrapServers, dataDirectory: where });
  environment.print(readyLine(broker, options));
  const signal = await environment.stopSignal;
  diagnostics.log('info', 'The broker is closing', { signal });
  await broker.close();
  diagnostics.log('info', 'The broker is closed');
}
