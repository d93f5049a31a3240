// Decides the names under which the container knows the engine's parts.
import type { ServiceIdentifier } from 'inversify';

import type { Broker } from '../broker/broker.js';
import type { ResolvedBrokerConfig } from '../machines/controller/config/resolved-broker-config.js';
import type { Controller } from '../broker/controller.js';
import type { MetadataLog } from '../broker/metadata-log.js';
import type { ProducerIds } from '../broker/producer-ids.js';
import type { TopicRegistry } from '../broker/topic-registry.js';
import type { Clock } from '../ports/clock.js';
import type { Compressors } from '../ports/compressor.js';
import type { Diagnostics } from '../ports/diagnostics.js';
import type { FileSystem } from '../ports/file-system.js';
import type { Network } from '../ports/network.js';
import type { Random } from '../ports/random.js';
import type { Timers } from '../ports/timers.js';
import type { GroupCoordinator } from '../runtime/group-coordinator.js';
import type { LogManager } from '../runtime/log-manager.js';
import type { Purgatory } from '../runtime/purgatory.js';
import type { TransactionCoordinator } from '../runtime/transaction-coordinator.js';
import type { MarkerWriter } from '../runtime/transaction-shards.js';

function token<Part>(name: string): ServiceIdentifier<Part> {
  return Symbol(name);
}

export const tokens = {
  clock: token<Clock>('Clock'),
  timers: token<Timers>('Timers'),
  random: token<Random>('Random'),
  network: token<Network>('Network'),
  fileSystem: token<FileSystem>('FileSystem'),
  logDirectoryPath: token<string>('path of the log directory'),
  compressors: token<Compressors>('Compressors'),
  diagnostics: token<Diagnostics>('Diagnostics'),
  nodeId: token<number>('node id'),
  brokerConfig: token<ResolvedBrokerConfig>('ResolvedBrokerConfig'),
  logManager: token<LogManager>('LogManager'),
  metadataLog: token<MetadataLog>('MetadataLog'),
  controller: token<Controller>('Controller'),
  topics: token<TopicRegistry>('TopicRegistry'),
  producerIds: token<ProducerIds>('ProducerIds'),
  purgatory: token<Purgatory>('Purgatory'),
  groups: token<GroupCoordinator>('GroupCoordinator'),
  transactions: token<TransactionCoordinator>('TransactionCoordinator'),
  transactionMarkers: token<MarkerWriter>('MarkerWriter'),
  broker: token<Broker>('Broker'),
} as const;
