// Decides which cluster the application works with: the one it names, or a broker started for it. The one bridge to the engine.
import { Logger, type FactoryProvider } from '@nestjs/common';
import { createKafka, type Diagnostics, type Kafka } from '@ottla/core';
import { KAFKA_MODULE_OPTIONS, type KafkaModuleOptions } from '../kafka-module-options.js';
import { KAFKA_ENGINE_STARTER, KafkaEngine, type KafkaEngineStarter } from './kafka-engine.js';
import { createNestDiagnostics } from './nest-diagnostics.js';

export const kafkaEngineProvider: FactoryProvider<KafkaEngine> = {
  provide: KafkaEngine,
  useFactory: async (options: KafkaModuleOptions, starter?: KafkaEngineStarter) => {
    const engine = await (starter ?? startKafkaEngine)(options);
    try {
      await createMissingTopics(engine.kafka, options);
    } catch (error) {
      await engine.close();
      throw error;
    }
    return engine;
  },
  inject: [KAFKA_MODULE_OPTIONS, { token: KAFKA_ENGINE_STARTER, optional: true }],
};

async function startKafkaEngine(options: KafkaModuleOptions): Promise<KafkaEngine> {
  const { bootstrapServers } = options;
  if (bootstrapServers === undefined) {
    return startEmbeddedEngine(options);
  }
  const list = typeof bootstrapServers === 'string' ? bootstrapServers : bootstrapServers.join(',');
  const kafka = connect(options, list);
  return { kafka, bootstrapServers: list, close: () => kafka.close() };
}

function connect(options: KafkaModuleOptions, bootstrapServers: string): Kafka {
  return createKafka({
    diagnostics: createNestDiagnostics(),
    ...options.client,
    ...(options.clientId === undefined ? {} : { clientId: options.clientId }),
    bootstrapServers,
  });
}

async function startEmbeddedEngine(options: KafkaModuleOptions): Promise<KafkaEngine> {
  const { startBrokerThread } = await import('@ottla/core/broker-thread');
  const { listen = '127.0.0.1:0', numPartitions } = options.embedded ?? {};
  const dataDirectory = options.dataDirectory ?? options.embedded?.dataDirectory;
  const broker = await startBrokerThread({
    listen,
    diagnostics: troublesOnly(createNestDiagnostics('KafkaBroker')),
    ...(dataDirectory === undefined ? {} : { dataDirectory }),
    config: {
      ...(numPartitions === undefined ? {} : { numPartitions }),
      // One application is the only member of its groups: nobody is worth waiting for (C5).
      groupInitialRebalanceDelayMs: 0,
    },
  });
  const where = dataDirectory === undefined ? 'in memory' : `in ${dataDirectory}`;
  new Logger('KafkaModule').log(
    `No bootstrapServers given: started an embedded broker at ${broker.bootstrapServers}, its log ${where}`,
  );
  const kafka = connect(options, broker.bootstrapServers);
  return {
    kafka,
    bootstrapServers: broker.bootstrapServers,
    async close() {
      await kafka.close();
      await broker.close();
    },
  };
}

/** What a broker does all day (topics, rebalances) is not for its application's log; what goes wrong is. */
function troublesOnly(diagnostics: Diagnostics): Diagnostics {
  return {
    log(level, message, fields) {
      if (level === 'warn' || level === 'error') {
        diagnostics.log(level, message, fields);
      }
    },
  };
}

async function createMissingTopics(kafka: Kafka, options: KafkaModuleOptions): Promise<void> {
  const { topics = [], admin: adminOptions = {} } = options;
  if (topics.length === 0) {
    return;
  }
  const admin = kafka.admin(adminOptions);
  try {
    const { errors } = await admin.createTopics(topics);
    for (const error of errors.values()) {
      if (error.code !== 'TOPIC_ALREADY_EXISTS') {
        throw error;
      }
    }
  } finally {
    await admin.close();
  }
}
