// Decides how producers, consumers and admins of one cluster are made.
import type { Compressors } from '../ports/compressor.js';
import { Admin } from './admin.js';
import { AdminContext } from './admin/admin-context.js';
import { connectionConfig, connectionOptionNames, type ConnectionOptions } from './client-options.js';
import { Consumer } from './consumer.js';
import type { ConsumerOptions } from './consumer/consumer-options.js';
import { ClosedError } from './errors.js';
import { Metadata } from './metadata.js';
import { NetworkClient } from './network-client.js';
import type { ConnectionPorts } from './node-connection.js';
import { integerOption, knownOptions } from './option-checks.js';
import { Producer } from './producer.js';
import { producerConfig, type ProducerOptions } from './producer-options.js';
import { Reachability } from './reachability.js';

export interface KafkaOptions extends ConnectionOptions {
  /** Brokers to begin with: `host:port`, several with commas or as a list. */
  readonly bootstrapServers: string | readonly string[];
}

export interface AdminOptions extends ConnectionOptions {
  /** How long a call may take with all its retries. Default: 60000. */
  readonly defaultApiTimeoutMs?: number;
}

export interface KafkaPorts extends ConnectionPorts {
  readonly compressors: Compressors;
}

interface Closable {
  close(): Promise<void>;
}

/** One cluster. Every client that it makes has connections of its own. */
export class Kafka {
  readonly #open = new Set<Closable>();
  readonly #reachability: Reachability;
  #isClosed = false;

  constructor(
    private readonly options: KafkaOptions,
    private readonly ports: KafkaPorts,
  ) {
    this.#reachability = new Reachability(ports.diagnostics);
    connectionConfig(options.bootstrapServers, options);
  }

  producer<K = unknown, V = unknown>(options: ProducerOptions<K, V> = {}): Producer<K, V> {
    const config = producerConfig({ ...this.#connectionOptions(), ...options });
    const { client, metadata } = this.#connect(options);
    const producer = new Producer(config, metadata, client, this.ports.compressors, () => {
      this.#open.delete(producer);
    });
    return this.#opened(producer);
  }

  consumer<K = Buffer, V = Buffer>(options: ConsumerOptions<K, V> & ConnectionOptions = {}): Consumer<K, V> {
    const { client, metadata } = this.#connect(options);
    const consumer = new Consumer(
      { ...this.#connectionOptions(), ...options },
      {
        networkClient: client,
        metadata: new Metadata(client, {
          ...metadata,
          allowAutoTopicCreation: options.allowAutoCreateTopics ?? true,
        }),
        compressors: this.ports.compressors,
        onClosed: () => void this.#open.delete(consumer),
      },
    );
    return this.#opened(consumer);
  }

  admin(options: AdminOptions = {}): Admin {
    knownOptions('admin client', options, [...connectionOptionNames, 'defaultApiTimeoutMs']);
    const { client, metadata } = this.#connect(options);
    const context = new AdminContext(
      client,
      new Metadata(client, { ...metadata, allowAutoTopicCreation: false }),
      {
        ...metadata,
        defaultApiTimeoutMs: integerOption('defaultApiTimeoutMs', options.defaultApiTimeoutMs, 60_000, {
          min: 0,
        }),
      },
    );
    const admin = new Admin(context, () => void this.#open.delete(admin));
    return this.#opened(admin);
  }

  /** Closes every client that was made and is still open. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#open].map((client) => client.close()));
    this.#open.clear();
  }

  #connectionOptions(): ConnectionOptions {
    return Object.fromEntries(
      connectionOptionNames
        .filter((name) => this.options[name] !== undefined)
        .map((name) => [name, this.options[name]]),
    );
  }

  #connect(options: ConnectionOptions): {
    client: NetworkClient;
    metadata: ReturnType<typeof connectionConfig>['metadata'];
  } {
    if (this.#isClosed) throw new ClosedError('This Kafka was closed; make another with createKafka');
    const config = connectionConfig(this.options.bootstrapServers, {
      ...this.#connectionOptions(),
      ...options,
    });
    const client = new NetworkClient(
      { ...config.connection, bootstrapServers: config.bootstrapServers },
      this.ports,
      this.#reachability,
    );
    return { client, metadata: config.metadata };
  }

  #opened<Client extends Closable>(client: Client): Client {
    this.#open.add(client);
    return client;
  }
}
