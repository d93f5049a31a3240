// Decides `@KafkaListener`: which records a method is called with, and how.
import 'reflect-metadata';
import type { InjectionToken } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import type { Deserializer } from '@ottla/core';
import type { AfterRollbackProcessor } from '../error-handling/after-rollback-processor.js';
import type { ListenerErrorHandler } from '../error-handling/listener-error-handler.js';
import type { KafkaTransactionManager } from '../transaction/kafka-transaction-manager.js';
import type { AckMode } from '../container/ack-mode.js';
import type { ConsumerOverrides } from '../container/default-kafka-consumer-factory.js';

/** A value, or how to find it when the application starts, for example from a configuration service. */
export type Resolvable<T> = T | ((moduleRef: ModuleRef) => T);

/** What a method listens to, and how; the names are those of Spring's `@KafkaListener`. */
export interface KafkaListenerOptions {
  /** Names the listener in the registry, in messages and, without `groupId`, its consumer group. Default: `Class.method`. */
  readonly id?: string;
  /** One topic or several. */
  readonly topics?: Resolvable<string | readonly string[]>;
  /** Instead of `topics`: every topic whose name matches, those created later too. */
  readonly topicPattern?: RegExp;
  /** Default: `id`, then `consumer.groupId` of KafkaModule. */
  readonly groupId?: Resolvable<string>;
  /** Consumers of this listener in this process; each takes a share of the partitions. Default 1. */
  readonly concurrency?: Resolvable<number>;
  /** Where a group without a committed offset begins; `true` stands for `autoOffsetReset: 'earliest'`. */
  readonly fromBeginning?: boolean;
  /** Where a group without a committed offset begins. Default: `latest`, as everywhere in Kafka. */
  readonly autoOffsetReset?: 'earliest' | 'latest' | 'none';
  /** Whether the listener starts with the application. Default true; the registry starts it otherwise. */
  readonly autoStartup?: Resolvable<boolean>;
  /** Client id of the listener's consumers; `-0`, `-1` … is added. */
  readonly clientIdPrefix?: string;
  /** When offsets are committed: after each poll's records (`batch`, the default) or after each record. */
  readonly ackMode?: AckMode;
  /** Further options of the listener's consumers; they win over those of KafkaModule. */
  readonly consumerConfig?: Omit<
    ConsumerOverrides,
    'groupId' | 'clientId' | 'keyDeserializer' | 'valueDeserializer'
  >;
  /** Default: KafkaModule's. */
  readonly keyDeserializer?: Deserializer<unknown>;
  /** Default: KafkaModule's. */
  readonly valueDeserializer?: Deserializer<unknown>;
  /**
   * Whether records are handled in Kafka transactions: what the method sends by KafkaTemplate and the offsets of its records become visible
   * together, or not at all. With `ackMode` `record` a transaction covers one record, with `batch` those of one poll. It needs
   * `producer.transactionIdPrefix`. Default false.
   */
  readonly transactional?: boolean;
  /** Of a transactional listener: the provider that is the transaction manager, if not the application's KafkaTransactionManager. */
  readonly transactionManager?: InjectionToken<KafkaTransactionManager>;
  /** Of a transactional listener: what becomes of records whose method failed; an object, or the provider that is one. */
  readonly afterRollbackProcessor?: AfterRollbackProcessor | InjectionToken<AfterRollbackProcessor>;
  /** Of a listener without transactions: what becomes of records whose method failed; an object, or the provider that is one. */
  readonly errorHandler?: ListenerErrorHandler | InjectionToken<ListenerErrorHandler>;
  /** The provider that creates this listener's consumers, if not the application's DefaultKafkaConsumerFactory. */
  readonly consumerFactory?: InjectionToken;
}

const listenersMetadataKey = 'ottla:kafka-listeners';

/** Calls the method with every record of the topics. Given several times, each makes a listener of its own. */
export function KafkaListener(options: KafkaListenerOptions): MethodDecorator {
  return (target, methodName, descriptor) => {
    const method: unknown = descriptor.value;
    if (typeof method !== 'function') {
      throw new TypeError(
        `@KafkaListener marks methods, and ${target.constructor.name}.${String(methodName)} is none`,
      );
    }
    // Decorators run from the one nearest to the method upwards; the list keeps the order in which they are written.
    const others = listenersOf(method);
    Reflect.defineMetadata(listenersMetadataKey, [options, ...others], method);
  };
}

/** The `@KafkaListener`s of a method, in the order in which they are written. */
export function listenersOf(method: object): readonly KafkaListenerOptions[] {
  return (Reflect.getOwnMetadata(listenersMetadataKey, method) as KafkaListenerOptions[] | undefined) ?? [];
}
