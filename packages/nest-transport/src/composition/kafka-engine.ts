// Decides what the Nest layer knows of the engine behind it: clients of one cluster, and how to let go of them.
import type { Kafka } from '@ottla/core';
import type { KafkaModuleOptions } from '../kafka-module-options.js';

/** The cluster that KafkaModule works with; inject it for a client of your own. */
export abstract class KafkaEngine {
  /** Makes clients of the cluster. */
  abstract readonly kafka: Kafka;
  /** Addresses that any Kafka client may use; empty when the broker is reached without TCP. */
  abstract readonly bootstrapServers: string;
  /** Closes what the engine made: its clients, and the broker if it is its own. */
  abstract close(): Promise<void>;
}

/** Makes the engine from the module's options; a test module puts its own in the place of the usual one. */
export type KafkaEngineStarter = (options: KafkaModuleOptions) => Promise<KafkaEngine>;

/** A provider under this token, exported by a global module, replaces the way KafkaModule starts its engine. */
export const KAFKA_ENGINE_STARTER = Symbol.for('@ottla/nest-transport.KAFKA_ENGINE_STARTER');
