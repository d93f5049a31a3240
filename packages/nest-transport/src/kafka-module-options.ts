// Decides the options of KafkaModule and refuses those that cannot be meant.
import type {
  AdminOptions,
  ConnectionOptions,
  ConsumerOptions,
  CreateKafkaOptions,
  Deserializer,
  NewTopic,
  Serializer,
} from '@ottla/core';
import type { AckMode } from './container/ack-mode.js';
import type { AfterRollbackProcessor } from './error-handling/after-rollback-processor.js';
import type { ListenerErrorHandler } from './error-handling/listener-error-handler.js';
import { KafkaModuleOptionsError } from './errors.js';
import type { KafkaTemplateOptions } from './template/kafka-template-options.js';
import {
  checkProducerFactoryOptions,
  type ProducerFactoryOptions,
} from './template/producer-factory-options.js';

/** The broker that the module starts when it was given no `bootstrapServers`. */
export interface EmbeddedBrokerOptions {
  /** Where its log lies on disk; absent: in memory, gone with the process. */
  readonly dataDirectory?: string;
  /** Address to listen on. Default `127.0.0.1:0`: a free port. */
  readonly listen?: string;
  /** Partitions of topics that are created on first use. Default 1. */
  readonly numPartitions?: number;
}

/** Defaults of every listener; `@KafkaListener` overrides them one by one. */
export interface ListenerDefaults {
  /** Consumers of each listener in this process. Default: 1. */
  readonly concurrency?: number;
  /** Whether listeners start with the application. Default: true. */
  readonly autoStartup?: boolean;
  /** When offsets are committed. Default: `batch`. */
  readonly ackMode?: AckMode;
  /** What becomes of records whose method failed. Default: a DefaultErrorHandler. */
  readonly errorHandler?: ListenerErrorHandler;
  /** What becomes of records of transactional listeners whose method failed. Default: a DefaultAfterRollbackProcessor. */
  readonly afterRollbackProcessor?: AfterRollbackProcessor;
  /** How long a listener may drain when the application stops. Default 30,000. */
  readonly shutdownTimeoutMs?: number;
}

/** What the application wants of Kafka. */
export interface KafkaModuleOptions {
  /** `host:port`, several with commas or as a list. Absent: the module starts a broker of its own. */
  readonly bootstrapServers?: string | readonly string[] | undefined;
  /** Name by which brokers know the application. Default: `ottla`. */
  readonly clientId?: string;
  /** Of the module's own broker: keep its log in this directory. Not with `bootstrapServers`. */
  readonly dataDirectory?: string;
  /** Further options of the module's own broker. Not with `bootstrapServers`. */
  readonly embedded?: EmbeddedBrokerOptions;
  /** Topics to create, where they do not exist yet, before the application starts. */
  readonly topics?: readonly NewTopic[];
  /** Defaults: keys are text, values JSON (bytes go as they are). */
  readonly keySerializer?: Serializer<unknown>;
  /** Default: JSON; bytes go as they are. */
  readonly valueSerializer?: Serializer<unknown>;
  /** Default: text. */
  readonly keyDeserializer?: Deserializer<unknown>;
  /** Default: JSON. */
  readonly valueDeserializer?: Deserializer<unknown>;
  /** Further options of the producers; `transactionIdPrefix` makes them transactional. */
  readonly producer?: Omit<ProducerFactoryOptions, 'keySerializer' | 'valueSerializer'>;
  /** Options of the application's KafkaTemplate. */
  readonly template?: KafkaTemplateOptions;
  /** Further options of the listeners' consumers. */
  readonly consumer?: Omit<ConsumerOptions, 'keyDeserializer' | 'valueDeserializer'> & ConnectionOptions;
  /** Defaults of all listeners. */
  readonly listener?: ListenerDefaults;
  /** Options of the admin client that creates `topics`. */
  readonly admin?: AdminOptions;
  /** Further options of all clients: their connections, where they log. */
  readonly client?: Omit<CreateKafkaOptions, 'bootstrapServers' | 'clientId'>;
}

/** Injects the options of KafkaModule. */
export const KAFKA_MODULE_OPTIONS = Symbol.for('@ottla/nest-transport.KAFKA_MODULE_OPTIONS');

const knownOptions: ReadonlySet<string> = new Set([
  'bootstrapServers',
  'clientId',
  'dataDirectory',
  'embedded',
  'topics',
  'keySerializer',
  'valueSerializer',
  'keyDeserializer',
  'valueDeserializer',
  'producer',
  'template',
  'consumer',
  'listener',
  'admin',
  'client',
] satisfies (keyof KafkaModuleOptions)[]);

/** Returns the options, or throws a KafkaModuleOptionsError that names the wrong one. */
export function checkKafkaModuleOptions(options: KafkaModuleOptions): KafkaModuleOptions {
  if (typeof options !== 'object' || options === null) {
    throw new KafkaModuleOptionsError('(all)', `an object is needed, not ${String(options)}`);
  }
  for (const name of Object.keys(options)) {
    if (!knownOptions.has(name)) {
      throw new KafkaModuleOptionsError(
        name,
        `there is no such option; there are ${[...knownOptions].join(', ')}`,
      );
    }
  }
  checkBroker(options);
  checkListener(options.listener ?? {});
  checkProducerFactoryOptions(options.producer ?? {});
  const seen = new Set<string>();
  for (const topic of options.topics ?? []) {
    if (typeof topic.name !== 'string' || topic.name === '') {
      throw new KafkaModuleOptionsError('topics', 'every topic needs a name');
    }
    if (seen.has(topic.name)) {
      throw new KafkaModuleOptionsError('topics', `${topic.name} is there twice`);
    }
    seen.add(topic.name);
  }
  return options;
}

function checkBroker(options: KafkaModuleOptions): void {
  const { bootstrapServers, dataDirectory, embedded } = options;
  if (bootstrapServers === undefined) {
    return;
  }
  const isText = (value: unknown): boolean => typeof value === 'string' && value.trim() !== '';
  const servers = Array.isArray(bootstrapServers) ? (bootstrapServers as unknown[]) : [bootstrapServers];
  if (servers.length === 0 || !servers.every(isText)) {
    throw new KafkaModuleOptionsError(
      'bootstrapServers',
      'give host:port, or leave it out (undefined) to start an embedded broker',
    );
  }
  if (dataDirectory !== undefined || embedded !== undefined) {
    throw new KafkaModuleOptionsError(
      dataDirectory === undefined ? 'embedded' : 'dataDirectory',
      'it is for the embedded broker, which is not started when bootstrapServers is given',
    );
  }
}

function checkListener(listener: ListenerDefaults): void {
  const { concurrency, shutdownTimeoutMs, ackMode } = listener;
  if (concurrency !== undefined && (!Number.isInteger(concurrency) || concurrency < 1)) {
    throw new KafkaModuleOptionsError(
      'listener.concurrency',
      `it is ${concurrency}; a whole number from 1 is needed`,
    );
  }
  if (shutdownTimeoutMs !== undefined && !(shutdownTimeoutMs >= 0)) {
    throw new KafkaModuleOptionsError(
      'listener.shutdownTimeoutMs',
      `it is ${shutdownTimeoutMs}; 0 or more is needed`,
    );
  }
  if (ackMode !== undefined && ackMode !== 'batch' && ackMode !== 'record') {
    throw new KafkaModuleOptionsError(
      'listener.ackMode',
      `it is ${String(ackMode)}; batch or record is needed`,
    );
  }
}
