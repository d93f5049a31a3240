// Decides how the parts of a broker above its logs are built, each once.
import { ContainerModule } from 'inversify';

import { Broker } from '../broker/broker.js';
import type { BrokerConfig } from '../machines/controller/config/broker-configs.js';
import { offsetsTopic, topicResolver } from '../broker/offsets-topic.js';
import { ProducerIds } from '../broker/producer-ids.js';
import { TopicRegistry } from '../broker/topic-registry.js';
import { defaultFetchSessionLimits, FetchSessions } from '../machines/fetch/fetch-sessions.js';
import { defaultGroupConfig, type GroupConfig } from '../machines/group/group-config.js';
import { GroupCoordinator } from '../runtime/group-coordinator.js';
import { Purgatory } from '../runtime/purgatory.js';
import { tokens } from './tokens.js';

const minuteMs = 60_000;
/** Kafka's defaults of offsets.load.buffer.size and offsets.commit.timeout.ms. */
const loadChunkBytes = 5 * 1024 * 1024;
const commitTimeoutMs = 5_000;
/** Records of commits in one turn that share a batch. */
const coalescedRecords = 1_000;

function groupConfigOf(config: BrokerConfig): GroupConfig {
  return {
    ...defaultGroupConfig,
    groupMaxSize: config.groupMaxSize,
    groupMinSessionTimeoutMs: config.groupMinSessionTimeoutMs,
    groupMaxSessionTimeoutMs: config.groupMaxSessionTimeoutMs,
    groupInitialRebalanceDelayMs: config.groupInitialRebalanceDelayMs,
    offsetMetadataMaxBytes: config.offsetMetadataMaxBytes,
    offsetsRetentionMs: config.offsetsRetentionMinutes * minuteMs,
    offsetsRetentionCheckIntervalMs: config.offsetsRetentionCheckIntervalMs,
  };
}

export const brokerModule = new ContainerModule(({ bind }) => {
  bind(tokens.topics)
    .toDynamicValue(
      (context) =>
        new TopicRegistry({
          nodeId: context.get(tokens.nodeId),
          config: context.get(tokens.brokerConfig),
          store: context.get(tokens.logManager),
          metadataLog: context.get(tokens.metadataLog),
          random: context.get(tokens.random),
          diagnostics: context.get(tokens.diagnostics),
        }),
    )
    .inSingletonScope();
  bind(tokens.producerIds)
    .toDynamicValue((context) => new ProducerIds(context.get(tokens.nodeId), context.get(tokens.metadataLog)))
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
        config: groupConfigOf(config),
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
          topics: context.get(tokens.topics),
          producerIds: context.get(tokens.producerIds),
          groups: context.get(tokens.groups),
          purgatory: context.get(tokens.purgatory),
          fetchSessions: new FetchSessions(context.get(tokens.random), {
            ...defaultFetchSessionLimits,
            slots: context.get(tokens.brokerConfig).values.maxIncrementalFetchSessionCacheSlots,
          }),
        }),
    )
    .inSingletonScope();
});
