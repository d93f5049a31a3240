// Decides how a test module gets its Kafka: whatever KafkaModule was told, it works with an embedded broker without TCP.
import { Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { createNestDiagnostics, KAFKA_ENGINE_STARTER, type KafkaEngineStarter } from '@ottla/nest-transport';
import { EmbeddedKafka, type EmbeddedKafkaOptions } from './embedded-kafka.js';

/** Which broker a test module works with. */
export interface KafkaTestingModuleOptions extends EmbeddedKafkaOptions {
  /** A broker of the test's own, which outlives the test module; the other options are then not used. */
  readonly embedded?: EmbeddedKafka;
}

const OPTIONS = Symbol.for('@ottla/testing.KAFKA_TESTING_MODULE_OPTIONS');

/** Import it beside the application's modules in `Test.createTestingModule`; inject EmbeddedKafka to look at topics. */
@Module({})
export class KafkaTestingModule implements OnApplicationShutdown {
  constructor(
    @Inject(EmbeddedKafka) private readonly embedded: EmbeddedKafka,
    @Inject(OPTIONS) private readonly options: KafkaTestingModuleOptions,
    @Inject(ModulesContainer) modules: ModulesContainer,
  ) {
    // Nest ends modules by rising distance and knows KafkaModule, being global, as the farthest: the broker goes after it.
    for (const module of modules.values()) {
      if (module.metatype === KafkaTestingModule) {
        module.distance = Number.POSITIVE_INFINITY;
      }
    }
  }

  /** Starts a broker with these options, or takes the one given. */
  static forRoot(options: KafkaTestingModuleOptions = {}): DynamicModule {
    return {
      module: KafkaTestingModule,
      global: true,
      providers: [
        { provide: OPTIONS, useValue: options },
        { provide: EmbeddedKafka, useFactory: () => options.embedded ?? EmbeddedKafka.start(options) },
        { provide: KAFKA_ENGINE_STARTER, useFactory: starterFor, inject: [EmbeddedKafka] },
      ],
      exports: [EmbeddedKafka, KAFKA_ENGINE_STARTER],
    };
  }

  /** Closes the broker that the module started; its own clients are closed before. */
  async onApplicationShutdown(): Promise<void> {
    if (this.options.embedded === undefined) {
      await this.embedded.close();
    }
  }
}

function starterFor(embedded: EmbeddedKafka): KafkaEngineStarter {
  return (options) => {
    const kafka = embedded.kafka({
      diagnostics: createNestDiagnostics(),
      ...options.client,
      ...(options.clientId === undefined ? {} : { clientId: options.clientId }),
    });
    return Promise.resolve({
      kafka,
      bootstrapServers: embedded.bootstrapServers,
      close: () => kafka.close(),
    });
  };
}
