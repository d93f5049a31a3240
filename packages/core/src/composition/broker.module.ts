// Decides how the parts of a broker above its logs are built, each once.
import { ContainerModule } from 'inversify';

import type { LogDirectoryView } from '../broker/apis/35-describe-log-dirs.js';
import { Broker } from '../broker/broker.js';
import type { BrokerConfig } from '../machines/controller/config/broker-configs.js';
import { Controller } from '../broker/controller.js';
import { offsetsTopic, topicResolver } from '../broker/offsets-topic.js';
import { ProducerIds } from '../broker/producer-ids.js';
import { TopicRegistry } from '../broker/topic-registry.js';
import { TransactionMarkers } from '../broker/transaction-markers.js';
import { transactionTopic } from '../broker/transaction-topic.js';
import { ownConsumerTimes } from '../machines/controller/config/group-configs.js';
import { configResourceTypes } from '../machines/controller/config-resource.js';
import { ControllerMachine } from '../machines/controller/controller-machine.js';
import { transactionVersionFeature } from '../machines/controller/features.js';
import { defaultFetchSessionLimits, FetchSessions } from '../machines/fetch/fetch-sessions.js';
import { defaultGroupConfig, type GroupConfig } from '../machines/group/group-config.js';
import type { TransactionConfig } from '../machines/transaction/transaction-config.js';
import { GroupCoordinator } from '../runtime/group-coordinator.js';
import type { LogManager } from '../runtime/log-manager.js';
import { Purgatory } from '../runtime/purgatory.js';
import { TransactionCoordinator } from '../runtime/transaction-coordinator.js';
import { tokens } from './tokens.js';

const minuteMs = 60_000;
/** Kafka's defaults of offsets.load.buffer.size (and transaction.state.log.load.buffer.size) and offsets.commit.timeout.ms. */
const loadChunkBytes = 5 * 1024 * 1024;
const commitTimeoutMs = 5_000;
/** Records of commits in one turn that share a batch. */
const coalescedRecords = 1_000;

function groupConfigOf(config: BrokerConfig, controller: Controller): GroupConfig {
  return {
    ...defaultGroupConfig,
    groupMaxSize: config.groupMaxSize,
    groupMinSessionTimeoutMs: config.groupMinSessionTimeoutMs,
    groupMaxSessionTimeoutMs: config.groupMaxSessionTimeoutMs,
    groupInitialRebalanceDelayMs: config.groupInitialRebalanceDelayMs,
    groupConsumerAssignors: config.groupConsumerAssignors,
    groupConsumerHeartbeatIntervalMs: config.groupConsumerHeartbeatIntervalMs,
    groupConsumerMaxSize: config.groupConsumerMaxSize,
    groupConsumerMigrationPolicy: config.groupConsumerMigrationPolicy,
    groupConsumerRegexRefreshIntervalMs: config.groupConsumerRegexRefreshIntervalMs,
    groupConsumerSessionTimeoutMs: config.groupConsumerSessionTimeoutMs,
    ownConsumerTimes: (resourceName) =>
      ownConsumerTimes(
        controller.machine.image.configsOf({ resourceType: configResourceTypes.group, resourceName }),
      ),
    offsetMetadataMaxBytes: config.offsetMetadataMaxBytes,
    offsetsRetentionMs: config.offsetsRetentionMinutes * minuteMs,
    offsetsRetentionCheckIntervalMs: config.offsetsRetentionCheckIntervalMs,
  };
}

function transactionConfigOf(config: BrokerConfig, controller: Controller): TransactionConfig {
  return {
    maxTimeoutMs: config.transactionMaxTimeoutMs,
    transactionalIdExpirationMs: config.transactionalIdExpirationMs,
    abortTimedOutIntervalMs: config.transactionAbortTimedOutTransactionCleanupIntervalMs,
    removeExpiredIntervalMs: config.transactionRemoveExpiredTransactionCleanupIntervalMs,
    transactionVersion: () => controller.machine.image.featureLevels.get(transactionVersionFeature) ?? 0,
  };
}

function logDirectoryView(path: string, logManager: LogManager): LogDirectoryView {
  return {
    path,
    get failure() {
      return logManager.failure;
    },
  };
}

export const brokerModule = new ContainerModule(({ bind }) => {
  bind(tokens.controller)
    .toDynamicValue((context) => {
      const machine = new ControllerMachine({
        nodeId: context.get(tokens.nodeId),
        directoryId: context.get(tokens.logManager).directoryId,
        config: context.get(tokens.brokerConfig),
      });
      return new Controller(machine, context.get(tokens.metadataLog), context.get(tokens.random));
    })
    .inSingletonScope();
  bind(tokens.topics)
    .toDynamicValue(
      (context) =>
        new TopicRegistry({
          controller: context.get(tokens.controller),
          store: context.get(tokens.logManager),
          timers: context.get(tokens.timers),
          diagnostics: context.get(tokens.diagnostics),
        }),
    )
    .inSingletonScope();
  bind(tokens.producerIds)
    .toDynamicValue((context) => new ProducerIds(context.get(tokens.controller)))
    .inSingletonScope();
  bind(tokens.purgatory)
    .toDynamicValue((context) => new Purgatory(context.get(tokens.timers)))
    .inSingletonScope();
  bind(tokens.groups)
    .toDynamicValue((context) => {
      const config = context.get(tokens.brokerConfig).values;
      const topics = context.get(tokens.topics);
      const diagnostics = context.get(tokens.diagnostics);
      return new GroupCoordinator({
        config: groupConfigOf(config, context.get(tokens.controller)),
        limits: { maxBatchBytes: config.messageMaxBytes, loadChunkBytes, commitTimeoutMs, coalescedRecords },
        offsetsTopic: offsetsTopic(topics, diagnostics),
        topics: topicResolver(topics),
        clock: context.get(tokens.clock),
        timers: context.get(tokens.timers),
        random: context.get(tokens.random),
        diagnostics,
        decompressors: context.get(tokens.compressors),
      });
    })
    .inSingletonScope();
  bind(tokens.transactionMarkers)
    .toDynamicValue(
      (context) =>
        new TransactionMarkers(
          context.get(tokens.topics),
          context.get(tokens.groups),
          context.get(tokens.clock),
        ),
    )
    .inSingletonScope();
  bind(tokens.transactions)
    .toDynamicValue((context) => {
      const config = context.get(tokens.brokerConfig).values;
      const topics = context.get(tokens.topics);
      const diagnostics = context.get(tokens.diagnostics);
      const producerIds = context.get(tokens.producerIds);
      return new TransactionCoordinator({
        config: transactionConfigOf(config, context.get(tokens.controller)),
        limits: { maxBatchBytes: config.messageMaxBytes, loadChunkBytes, commitTimeoutMs, coalescedRecords },
        stateTopic: transactionTopic(topics, diagnostics),
        markers: context.get(tokens.transactionMarkers),
        newProducerId: () => producerIds.next(),
        admissionRetry: {
          backoffMs: config.addPartitionsToTxnRetryBackoffMs,
          maxMs: config.addPartitionsToTxnRetryBackoffMaxMs,
        },
        clock: context.get(tokens.clock),
        timers: context.get(tokens.timers),
        diagnostics,
        decompressors: context.get(tokens.compressors),
      });
    })
    .inSingletonScope();
  bind(tokens.broker)
    .toDynamicValue(
      (context) =>
        new Broker({
          clusterId: context.get(tokens.logManager).clusterId,
          nodeId: context.get(tokens.nodeId),
          network: context.get(tokens.network),
          clock: context.get(tokens.clock),
          timers: context.get(tokens.timers),
          diagnostics: context.get(tokens.diagnostics),
          controller: context.get(tokens.controller),
          topics: context.get(tokens.topics),
          logDirectory: logDirectoryView(
            context.get(tokens.logDirectoryPath),
            context.get(tokens.logManager),
          ),
          producerIds: context.get(tokens.producerIds),
          groups: context.get(tokens.groups),
          transactions: context.get(tokens.transactions),
          transactionMarkers: context.get(tokens.transactionMarkers),
          purgatory: context.get(tokens.purgatory),
          buffers: context.get(tokens.logManager).buffers,
          fetchSessions: new FetchSessions(context.get(tokens.random), {
            ...defaultFetchSessionLimits,
            slots: context.get(tokens.brokerConfig).values.maxIncrementalFetchSessionCacheSlots,
          }),
        }),
    )
    .inSingletonScope();
});
