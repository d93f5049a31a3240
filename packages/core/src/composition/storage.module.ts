// Decides how the logs of a broker are built: one directory, and the metadata log in it.
import { ContainerModule } from 'inversify';

import { logConfigOf } from '../machines/controller/config/topic-configs.js';
import { cleanerOptionsOf } from '../broker/cleaner-config.js';
import { MetadataLog } from '../broker/metadata-log.js';
import { metadataTopic } from '../machines/controller/topic-name.js';
import { metadataTopicUuid, randomUuid } from '../foundation/uuid.js';
import type { LogConfig } from '../machines/log/log-config.js';
import { defaultLogDirectoryLimits } from '../runtime/log/log-directory.js';
import { LogManager } from '../runtime/log-manager.js';
import { tokens } from './tokens.js';

/** Kafka keeps metadata for ever, in batches of up to 8 MiB. */
function metadataLogConfig(base: LogConfig): LogConfig {
  return {
    ...base,
    cleanupPolicy: 'none',
    compressionType: 'producer',
    messageTimestampType: 'CreateTime',
    maxMessageBytes: 8 * 1024 * 1024,
    retentionBytes: -1,
    retentionMs: -1,
  };
}

export function storageModule(clusterId: string | undefined): ContainerModule {
  return new ContainerModule(({ bind }) => {
    bind(tokens.logManager)
      .toDynamicValue((context) => {
        const config = context.get(tokens.brokerConfig);
        const random = context.get(tokens.random);
        const topicDefaults = logConfigOf(new Map(), config);
        return new LogManager({
          ports: {
            fileSystem: context.get(tokens.fileSystem),
            clock: context.get(tokens.clock),
            timers: context.get(tokens.timers),
            random,
            compressors: context.get(tokens.compressors),
            diagnostics: context.get(tokens.diagnostics),
          },
          nodeId: context.get(tokens.nodeId),
          ...(clusterId === undefined ? {} : { clusterId }),
          newUuid: () => randomUuid(random),
          configOf: (topic) => (topic === metadataTopic ? metadataLogConfig(topicDefaults) : topicDefaults),
          limits: { producerIdExpirationMs: config.values.producerIdExpirationMs },
          retention: {
            checkIntervalMs: config.values.logRetentionCheckIntervalMs,
            initialDelayMs: config.values.logInitialTaskDelayMs,
          },
          cleaner: cleanerOptionsOf(config.values),
        });
      })
      .inSingletonScope();
    bind(tokens.metadataLog)
      .toDynamicValue((context) => {
        const store = context.get(tokens.logManager);
        const config = metadataLogConfig(logConfigOf(new Map(), context.get(tokens.brokerConfig)));
        const log =
          store.partition(metadataTopic, 0) ??
          store.createPartition(metadataTopic, metadataTopicUuid, 0, config);
        return new MetadataLog(log, context.get(tokens.clock), {
          decompressors: context.get(tokens.compressors),
          maxBytes: defaultLogDirectoryLimits.maxExpandedBytes,
        });
      })
      .inSingletonScope();
  });
}
