// Decides how the application's consumers are made, with the module's options.
import { Inject, Injectable } from '@nestjs/common';
import type { ConnectionOptions, Consumer, ConsumerOptions } from '@ottla/core';
import { KafkaEngine } from '../composition/kafka-engine.js';
import { KAFKA_MODULE_OPTIONS, type KafkaModuleOptions } from '../kafka-module-options.js';
import { defaultKeyDeserializer, defaultValueDeserializer } from '../serialization/default-serialization.js';

/** Options that win over those of the module. */
export type ConsumerOverrides = ConsumerOptions<unknown, unknown> & ConnectionOptions;

/** Spring Kafka's DefaultKafkaConsumerFactory. Provide your own subclass for consumers made otherwise. */
@Injectable()
export class DefaultKafkaConsumerFactory {
  constructor(
    /** The cluster. */
    @Inject(KafkaEngine) protected readonly engine: KafkaEngine,
    /** The module's options. */
    @Inject(KAFKA_MODULE_OPTIONS) protected readonly options: KafkaModuleOptions,
  ) {}

  /** A consumer to be closed by whoever asked for it. Unless overridden it commits only what it is told to, and reads only what is committed. */
  createConsumer(overrides: ConsumerOverrides = {}): Consumer<unknown, unknown> {
    return this.engine.kafka.consumer<unknown, unknown>({
      enableAutoCommit: false,
      isolationLevel: 'read_committed',
      ...this.options.consumer,
      keyDeserializer: this.options.keyDeserializer ?? defaultKeyDeserializer,
      valueDeserializer: this.options.valueDeserializer ?? defaultValueDeserializer,
      ...overrides,
    });
  }
}
