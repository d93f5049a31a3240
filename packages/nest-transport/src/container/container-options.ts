// Decides the options of a listener container, after the decorator and the module's defaults were joined.
import type { Deserializer } from '@ottla/core';
import type { AfterRollbackProcessor } from '../error-handling/after-rollback-processor.js';
import type { ListenerErrorHandler } from '../error-handling/listener-error-handler.js';
import type { KafkaTemplate } from '../template/kafka-template.js';
import type { KafkaTransactionManager } from '../transaction/kafka-transaction-manager.js';
import type { AckMode } from './ack-mode.js';
import type { ConsumerOverrides } from './default-kafka-consumer-factory.js';

export type Subscription =
  | { readonly kind: 'topics'; readonly topics: readonly string[] }
  | { readonly kind: 'pattern'; readonly pattern: RegExp };

/** Of a listener whose records are handled in transactions. */
export interface ContainerTransaction {
  readonly transactionManager: KafkaTransactionManager;
  readonly afterRollbackProcessor: AfterRollbackProcessor;
}

export interface ContainerOptions {
  readonly id: string;
  readonly groupId: string;
  readonly subscription: Subscription;
  readonly concurrency: number;
  readonly autoStartup: boolean;
  readonly ackMode: AckMode;
  readonly shutdownTimeoutMs: number;
  readonly clientIdPrefix: string | undefined;
  readonly consumerConfig: ConsumerOverrides;
  readonly keyDeserializer: Deserializer<unknown>;
  readonly valueDeserializer: Deserializer<unknown>;
  /** Without transactions. */
  readonly errorHandler: ListenerErrorHandler;
  /** Null: without. With transactions the ack mode says what one covers. */
  readonly transaction: ContainerTransaction | null;
  /** For whoever handles failures. */
  readonly kafkaTemplate: KafkaTemplate;
}
