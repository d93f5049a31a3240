// Decides the options of a listener container, after the decorator and the module's defaults were joined.
import type { Deserializer } from '@ottla/core';
import type { ListenerErrorHandler } from '../error-handling/listener-error-handler.js';
import type { AckMode } from './ack-mode.js';
import type { ConsumerOverrides } from './default-kafka-consumer-factory.js';

export type Subscription =
  | { readonly kind: 'topics'; readonly topics: readonly string[] }
  | { readonly kind: 'pattern'; readonly pattern: RegExp };

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
  readonly errorHandler: ListenerErrorHandler;
}
