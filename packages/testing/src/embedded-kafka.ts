// Decides what a test gets from EmbeddedKafka: a whole broker in memory, in the test's own thread, by default without TCP.
import {
  createBroker,
  createInMemoryBroker,
  createKafka,
  type BrokerOptions,
  type Kafka,
  type CreateKafkaOptions,
  type Network,
  type NewTopic,
  type RunningBroker,
} from '@ottla/core';
import { KafkaProbe, type ProbeOptions } from './kafka-probe.js';

/** What an embedded broker is started with. */
export interface EmbeddedKafkaOptions {
  /** Partitions of the topics below, and of topics created on first use. Default 1. */
  readonly partitions?: number;
  /** Topics to create at the start. */
  readonly topics?: readonly (string | NewTopic)[];
  /** Listen on TCP, on this `host:port` or with `true` on a free port of 127.0.0.1, for clients that need it. */
  readonly listen?: string | true;
  /** Further settings of the broker, by Kafka's names. */
  readonly config?: NonNullable<BrokerOptions['config']>;
}

/** A broker in the test's own thread, in memory. */
export class EmbeddedKafka {
  readonly #clients = new Set<Kafka>();
  #own: Kafka | undefined;
  #closing: Promise<void> | undefined;

  private constructor(
    private readonly broker: RunningBroker,
    private readonly network: Network | undefined,
    private readonly partitions: number,
  ) {}

  /** Resolves when the broker serves and the topics exist. Throws a RangeError for a number of partitions that cannot be. */
  static async start(options: EmbeddedKafkaOptions = {}): Promise<EmbeddedKafka> {
    const { partitions = 1, topics = [], listen } = options;
    if (!Number.isInteger(partitions) || partitions < 1) {
      throw new RangeError(`EmbeddedKafka partitions is ${partitions}; a whole number from 1 is needed`);
    }
    const brokerOptions = {
      config: { numPartitions: partitions, groupInitialRebalanceDelayMs: 0, ...options.config },
    };
    let broker: RunningBroker;
    let network: Network | undefined;
    if (listen === undefined) {
      const inMemory = await createInMemoryBroker(brokerOptions);
      broker = inMemory;
      network = inMemory.network;
    } else {
      broker = await createBroker({ ...brokerOptions, listen: listen === true ? '127.0.0.1:0' : listen });
    }
    const embedded = new EmbeddedKafka(broker, network, partitions);
    try {
      await embedded.createTopics(...topics);
    } catch (error) {
      await embedded.close();
      throw error;
    }
    return embedded;
  }

  /** `host:port`; of use to other clients only when the broker listens on TCP. */
  get bootstrapServers(): string {
    return this.broker.bootstrapServers;
  }

  /** The cluster's id. */
  get clusterId(): string {
    return this.broker.clusterId;
  }

  /** Options for `createKafka` that reach this broker. */
  clientOptions(): CreateKafkaOptions {
    return {
      bootstrapServers: this.bootstrapServers,
      ...(this.network === undefined ? {} : { network: this.network }),
    };
  }

  /** Clients of this broker; closed with it at the latest. */
  kafka(options: Omit<CreateKafkaOptions, 'bootstrapServers' | 'network'> = {}): Kafka {
    const kafka = createKafka({ ...options, ...this.clientOptions() });
    this.#clients.add(kafka);
    return kafka;
  }

  /** Creates topics, by name with the embedded broker's number of partitions. */
  async createTopics(...topics: readonly (string | NewTopic)[]): Promise<void> {
    if (topics.length > 0) {
      const admin = this.#shared().admin();
      try {
        const results = await admin.createTopics(
          topics.map((topic) =>
            typeof topic === 'string' ? { name: topic, numPartitions: this.partitions } : topic,
          ),
        );
        results.orThrow();
      } finally {
        await admin.close();
      }
    }
  }

  /** Watches a topic, from its beginning unless told otherwise; the topic is created when it does not exist. */
  probe<K = string, V = unknown>(topic: string, options: ProbeOptions<K, V> = {}): KafkaProbe<K, V> {
    return new KafkaProbe<K, V>(this.#shared(), topic, options);
  }

  /** Closes probes and clients, then the broker; a second call waits for the first. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#clients].map((kafka) => kafka.close()));
    await this.broker.close();
  }

  #shared(): Kafka {
    this.#own ??= this.kafka({ clientId: 'embedded-kafka' });
    return this.#own;
  }
}
