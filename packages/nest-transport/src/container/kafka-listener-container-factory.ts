// Decides how a `@KafkaListener` and the module's defaults become a container.
import { Inject, Injectable, type InjectionToken } from '@nestjs/common';
import { ApplicationConfig, ExternalContextCreator, ModuleRef } from '@nestjs/core';
import type { KafkaListenerOptions, Resolvable } from '../decorators/kafka-listener.decorator.js';
import type { DiscoveredListener } from '../discovery/listener-discovery.js';
import {
  DefaultAfterRollbackProcessor,
  type AfterRollbackProcessor,
} from '../error-handling/after-rollback-processor.js';
import { DefaultErrorHandler } from '../error-handling/default-error-handler.js';
import type { ListenerErrorHandler } from '../error-handling/listener-error-handler.js';
import { errorText, ListenerDefinitionError } from '../errors.js';
import { requestScopedGlobals } from '../invoke/enhancers.js';
import { createListenerInvoker } from '../invoke/listener-invoker.js';
import { KAFKA_MODULE_OPTIONS, type KafkaModuleOptions } from '../kafka-module-options.js';
import { defaultKeyDeserializer, defaultValueDeserializer } from '../serialization/default-serialization.js';
import { KafkaTemplate } from '../template/kafka-template.js';
import { KafkaTransactionManager } from '../transaction/kafka-transaction-manager.js';
import type { ContainerOptions, ContainerTransaction, Subscription } from './container-options.js';
import { DefaultKafkaConsumerFactory } from './default-kafka-consumer-factory.js';
import { ListenerContainer } from './listener-container.js';

const defaultShutdownTimeoutMs = 30_000;

@Injectable()
export class KafkaListenerContainerFactory {
  readonly #defaultErrorHandler: ListenerErrorHandler;
  readonly #defaultAfterRollbackProcessor: AfterRollbackProcessor;

  constructor(
    @Inject(KAFKA_MODULE_OPTIONS) private readonly options: KafkaModuleOptions,
    @Inject(ModuleRef) private readonly moduleRef: ModuleRef,
    @Inject(ExternalContextCreator) private readonly contextCreator: ExternalContextCreator,
    @Inject(ApplicationConfig) private readonly config: ApplicationConfig,
    @Inject(KafkaTemplate) private readonly kafkaTemplate: KafkaTemplate,
  ) {
    this.#defaultErrorHandler = options.listener?.errorHandler ?? new DefaultErrorHandler();
    this.#defaultAfterRollbackProcessor =
      options.listener?.afterRollbackProcessor ?? new DefaultAfterRollbackProcessor();
  }

  /** `id` is given when the declaration names none. */
  create({ host, options }: DiscoveredListener, id: string): ListenerContainer {
    const scoped = requestScopedGlobals(this.config);
    if (scoped.length > 0) {
      throw new ListenerDefinitionError(
        host.name,
        `the application has request-scoped global ${scoped.join(' and ')}, and a record has no request; make them singletons`,
      );
    }
    const container = this.#containerOptions(host.name, options, id);
    const invoke = createListenerInvoker(
      host,
      { listenerId: container.id, groupId: container.groupId },
      { contextCreator: this.contextCreator, config: this.config },
    );
    const consumerFactory = this.#provider<DefaultKafkaConsumerFactory>(
      host.name,
      options.consumerFactory ?? DefaultKafkaConsumerFactory,
      'createConsumer',
    );
    const { groupId, consumerConfig, clientIdPrefix, keyDeserializer, valueDeserializer } = container;
    return new ListenerContainer(container, invoke, (index) =>
      consumerFactory.createConsumer({
        ...consumerConfig,
        groupId,
        ...(clientIdPrefix === undefined ? {} : { clientId: `${clientIdPrefix}-${index}` }),
        ...(consumerConfig.groupInstanceId === undefined
          ? {}
          : { groupInstanceId: `${consumerConfig.groupInstanceId}-${index}` }),
        enableAutoCommit: false,
        keyDeserializer,
        valueDeserializer,
        // A record with bad bytes goes to the error handler like any other that fails, and stops nobody but itself.
        deserializationFailures: 'deliver',
      }),
    );
  }

  #containerOptions(name: string, options: KafkaListenerOptions, id: string): ContainerOptions {
    const defaults = this.options.listener ?? {};
    const concurrency = this.#resolve(options.concurrency) ?? defaults.concurrency ?? 1;
    if (!Number.isInteger(concurrency) || concurrency < 1) {
      throw new ListenerDefinitionError(
        name,
        `concurrency is ${concurrency}; a whole number from 1 is needed`,
      );
    }
    const reset = options.fromBeginning === true ? 'earliest' : options.autoOffsetReset;
    const transaction = this.#transaction(name, options, concurrency);
    return {
      id,
      groupId: this.#groupId(name, options),
      subscription: this.#subscription(name, options),
      concurrency,
      autoStartup: this.#resolve(options.autoStartup) ?? defaults.autoStartup ?? true,
      ackMode: options.ackMode ?? defaults.ackMode ?? 'batch',
      shutdownTimeoutMs: defaults.shutdownTimeoutMs ?? defaultShutdownTimeoutMs,
      clientIdPrefix: options.clientIdPrefix,
      consumerConfig: {
        ...options.consumerConfig,
        ...(reset === undefined ? {} : { autoOffsetReset: reset }),
      },
      keyDeserializer: options.keyDeserializer ?? this.options.keyDeserializer ?? defaultKeyDeserializer,
      valueDeserializer:
        options.valueDeserializer ?? this.options.valueDeserializer ?? defaultValueDeserializer,
      errorHandler: this.#errorHandler(name, options.errorHandler),
      transaction,
      kafkaTemplate: this.#templateOf(transaction),
    };
  }

  #transaction(
    name: string,
    options: KafkaListenerOptions,
    concurrency: number,
  ): ContainerTransaction | null {
    checkTransactionalOptions(name, options);
    if (options.transactional !== true) {
      return null;
    }
    const transactionManager = this.#provider<KafkaTransactionManager>(
      name,
      options.transactionManager ?? KafkaTransactionManager,
      'begin',
    );
    const { transactionCapable, maxTransactionalProducers } = transactionManager.producerFactory;
    if (!transactionCapable) {
      throw new ListenerDefinitionError(
        name,
        'it is transactional, but its producer factory is not; give producer.transactionIdPrefix in the options of KafkaModule',
      );
    }
    if (concurrency > maxTransactionalProducers) {
      throw new ListenerDefinitionError(
        name,
        `its concurrency is ${concurrency}, each consumer needs a producer, and producer.maxTransactionalProducers is ${maxTransactionalProducers}`,
      );
    }
    return {
      transactionManager,
      afterRollbackProcessor: this.#afterRollbackProcessor(name, options.afterRollbackProcessor),
    };
  }

  /** One that sends in the listener's transactions. */
  #templateOf(transaction: ContainerTransaction | null): KafkaTemplate {
    if (transaction === null) {
      return this.kafkaTemplate;
    }
    const { producerFactory } = transaction.transactionManager;
    return this.kafkaTemplate.producerFactory === producerFactory
      ? this.kafkaTemplate
      : new KafkaTemplate(producerFactory);
  }

  #afterRollbackProcessor(
    name: string,
    processor: KafkaListenerOptions['afterRollbackProcessor'],
  ): AfterRollbackProcessor {
    if (processor === undefined) {
      return this.#defaultAfterRollbackProcessor;
    }
    if (typeof processor === 'object' && 'recover' in processor) {
      return processor;
    }
    return this.#provider<AfterRollbackProcessor>(name, processor, 'recover');
  }

  #groupId(name: string, options: KafkaListenerOptions): string {
    const groupId = this.#resolve(options.groupId) ?? options.id ?? this.options.consumer?.groupId;
    if (typeof groupId !== 'string' || groupId === '') {
      throw new ListenerDefinitionError(
        name,
        'it has no consumer group; give groupId or id, or consumer.groupId in the options of KafkaModule',
      );
    }
    return groupId;
  }

  #subscription(name: string, options: KafkaListenerOptions): Subscription {
    const topics = this.#resolve(options.topics);
    if ((topics === undefined) === (options.topicPattern === undefined)) {
      throw new ListenerDefinitionError(name, 'give either topics or topicPattern');
    }
    if (options.topicPattern !== undefined) {
      return { kind: 'pattern', pattern: options.topicPattern };
    }
    const list = typeof topics === 'string' ? [topics] : [...(topics ?? [])];
    if (list.length === 0 || list.some((topic) => typeof topic !== 'string' || topic === '')) {
      throw new ListenerDefinitionError(
        name,
        `topics is ${JSON.stringify(topics)}; at least one name is needed`,
      );
    }
    return { kind: 'topics', topics: [...new Set(list)] };
  }

  #errorHandler(name: string, handler: KafkaListenerOptions['errorHandler']): ListenerErrorHandler {
    if (handler === undefined) {
      return this.#defaultErrorHandler;
    }
    if (typeof handler === 'object' && 'handle' in handler) {
      return handler;
    }
    return this.#provider<ListenerErrorHandler>(name, handler, 'handle');
  }

  #provider<T extends object>(name: string, token: InjectionToken, method: keyof T & string): T {
    let provider: T;
    try {
      provider = this.moduleRef.get<T>(token as never, { strict: false });
    } catch (error) {
      throw new ListenerDefinitionError(name, errorText(error));
    }
    if (typeof provider[method] !== 'function') {
      throw new ListenerDefinitionError(name, `the provider ${tokenName(token)} has no method ${method}`);
    }
    return provider;
  }

  #resolve<T>(value: Resolvable<T> | undefined): T | undefined {
    return typeof value === 'function' ? (value as (moduleRef: ModuleRef) => T)(this.moduleRef) : value;
  }
}

function checkTransactionalOptions(name: string, options: KafkaListenerOptions): void {
  if (options.transactional === true) {
    if (options.errorHandler !== undefined) {
      throw new ListenerDefinitionError(
        name,
        'it is transactional, where a failed record is rolled back and then goes to the afterRollbackProcessor; leave out errorHandler',
      );
    }
    return;
  }
  for (const option of ['transactionManager', 'afterRollbackProcessor'] as const) {
    if (options[option] !== undefined) {
      throw new ListenerDefinitionError(name, `it has ${option}, but is not transactional`);
    }
  }
}

function tokenName(token: InjectionToken): string {
  return typeof token === 'function' ? token.name : String(token);
}
