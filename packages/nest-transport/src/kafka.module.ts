// Decides what an application gets by importing KafkaModule.
import {
  Inject,
  Module,
  type DynamicModule,
  type FactoryProvider,
  type ModuleMetadata,
  type OnApplicationShutdown,
  type Provider,
} from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { KafkaEngine } from './composition/kafka-engine.js';
import { kafkaEngineProvider } from './composition/kafka-engine.provider.js';
import { DefaultKafkaConsumerFactory } from './container/default-kafka-consumer-factory.js';
import { KafkaListenerContainerFactory } from './container/kafka-listener-container-factory.js';
import { KafkaListenerEndpointRegistry } from './container/kafka-listener-endpoint-registry.js';
import { ListenerLifecycle } from './container/listener-lifecycle.js';
import { ListenerDiscovery } from './discovery/listener-discovery.js';
import {
  checkKafkaModuleOptions,
  KAFKA_MODULE_OPTIONS,
  type KafkaModuleOptions,
} from './kafka-module-options.js';
import { KafkaReceiver } from './streams/kafka-receiver.js';
import { TransactionalObjects } from './discovery/transactional-objects.js';
import { DefaultKafkaProducerFactory } from './template/default-kafka-producer-factory.js';
import { KAFKA_TEMPLATE_OPTIONS, type KafkaTemplateOptions } from './template/kafka-template-options.js';
import { KafkaTemplate } from './template/kafka-template.js';
import { KafkaTransactionManager } from './transaction/kafka-transaction-manager.js';

/** Options that are made when the application starts. */
export interface KafkaModuleAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  /** Makes the options from what `inject` names. */
  readonly useFactory: (...dependencies: never[]) => KafkaModuleOptions | Promise<KafkaModuleOptions>;
  /** Providers that the factory is called with. */
  readonly inject?: FactoryProvider['inject'];
}

type AnyFactory = (...dependencies: unknown[]) => KafkaModuleOptions | Promise<KafkaModuleOptions>;

const shared = [
  KafkaEngine,
  DefaultKafkaProducerFactory,
  DefaultKafkaConsumerFactory,
  KafkaTemplate,
  KafkaTransactionManager,
  KafkaReceiver,
  KafkaListenerEndpointRegistry,
  KAFKA_MODULE_OPTIONS,
];

const producerFactory: FactoryProvider<DefaultKafkaProducerFactory> = {
  provide: DefaultKafkaProducerFactory,
  useFactory: ({ kafka }: KafkaEngine, options: KafkaModuleOptions) => {
    const { keySerializer, valueSerializer } = options;
    return new DefaultKafkaProducerFactory(kafka, {
      ...options.producer,
      ...(keySerializer === undefined ? {} : { keySerializer }),
      ...(valueSerializer === undefined ? {} : { valueSerializer }),
    });
  },
  inject: [KafkaEngine, KAFKA_MODULE_OPTIONS],
};

const templateOptions: FactoryProvider<KafkaTemplateOptions> = {
  provide: KAFKA_TEMPLATE_OPTIONS,
  useFactory: (options: KafkaModuleOptions) => options.template ?? {},
  inject: [KAFKA_MODULE_OPTIONS],
};

/** Finds and runs the listeners; apart from KafkaModule because Nest ends global modules last, and listeners end first. */
@Module({
  imports: [DiscoveryModule],
  providers: [ListenerDiscovery, TransactionalObjects, KafkaListenerContainerFactory, ListenerLifecycle],
})
class KafkaListenersModule {}

/** Global: import it once, in the application's root module, and inject KafkaTemplate anywhere. */
@Module({})
export class KafkaModule implements OnApplicationShutdown {
  constructor(@Inject(KafkaEngine) private readonly engine: KafkaEngine) {}

  /** Throws a KafkaModuleOptionsError for options that cannot be meant. */
  static forRoot(options: KafkaModuleOptions = {}): DynamicModule {
    return dynamicModule({ provide: KAFKA_MODULE_OPTIONS, useValue: checkKafkaModuleOptions(options) }, []);
  }

  /** Like `forRoot`, with options that the application makes when it starts. */
  static forRootAsync(options: KafkaModuleAsyncOptions): DynamicModule {
    const provider: FactoryProvider<KafkaModuleOptions> = {
      provide: KAFKA_MODULE_OPTIONS,
      useFactory: async (...dependencies: unknown[]) =>
        checkKafkaModuleOptions(await (options.useFactory as AnyFactory)(...dependencies)),
      inject: options.inject ?? [],
    };
    return dynamicModule(provider, options.imports ?? []);
  }

  /** The module's own hook comes after those of its providers: the producer has sent what it had. */
  async onApplicationShutdown(): Promise<void> {
    await this.engine.close();
  }
}

function dynamicModule(options: Provider, imports: NonNullable<ModuleMetadata['imports']>): DynamicModule {
  return {
    module: KafkaModule,
    global: true,
    imports: [...imports, KafkaListenersModule],
    providers: [
      options,
      kafkaEngineProvider,
      producerFactory,
      templateOptions,
      DefaultKafkaConsumerFactory,
      KafkaTemplate,
      KafkaTransactionManager,
      KafkaReceiver,
      KafkaListenerEndpointRegistry,
    ],
    exports: shared,
  };
}
