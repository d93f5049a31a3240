// Decides how the application's producers are made: one shared by all, with the module's options.
import { Inject, Injectable } from '@nestjs/common';
import type { Producer, ProducerOptions } from '@ottla/core';
import { KafkaEngine } from '../composition/kafka-engine.js';
import { KAFKA_MODULE_OPTIONS, type KafkaModuleOptions } from '../kafka-module-options.js';
import { defaultKeySerializer, defaultValueSerializer } from '../serialization/default-serialization.js';

export type ProducerOverrides = ProducerOptions;

/** Spring Kafka's DefaultKafkaProducerFactory. Provide your own subclass, or one with overrides, for another producer. */
@Injectable()
export class DefaultKafkaProducerFactory {
  #shared: Producer<unknown, unknown> | undefined;

  constructor(
    @Inject(KafkaEngine) protected readonly engine: KafkaEngine,
    @Inject(KAFKA_MODULE_OPTIONS) protected readonly options: KafkaModuleOptions,
  ) {}

  /** The producer that all users of the factory share. */
  producer(): Producer<unknown, unknown> {
    this.#shared ??= this.createProducer();
    return this.#shared;
  }

  /** A producer of one's own, to be closed by whoever asked for it. */
  createProducer(overrides: ProducerOverrides = {}): Producer<unknown, unknown> {
    return this.engine.kafka.producer<unknown, unknown>({
      ...this.options.producer,
      keySerializer: this.options.keySerializer ?? defaultKeySerializer,
      valueSerializer: this.options.valueSerializer ?? defaultValueSerializer,
      ...overrides,
    });
  }

  /** Sends what is buffered and closes the shared producer; the next use makes a new one. */
  async close(options: { timeoutMs?: number } = {}): Promise<void> {
    const producer = this.#shared;
    this.#shared = undefined;
    await producer?.close(options);
  }

  /** Nest calls it last: destroy hooks may still send. */
  async onApplicationShutdown(): Promise<void> {
    await this.close();
  }
}
