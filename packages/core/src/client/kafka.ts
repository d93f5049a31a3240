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
import type { Cryptography } from '../ports/cryptography.js';
import type { EventChannels } from '../ports/event-channels.js';
import { SecurityFactory } from './security/security-options.js';
import { createClientEvents, type ClientEvents } from './telemetry/client-events.js';
import type { ClientEvent } from './telemetry/event-types.js';
import { observedDiagnostics } from './telemetry/observed-diagnostics.js';

/** Where the cluster is, and what all its clients have in common. */
export interface KafkaOptions extends ConnectionOptions {
  /** Brokers to begin with: `host:port`, several with commas or as a list. */
  readonly bootstrapServers: string | readonly string[];
}

export interface AdminOptions extends ConnectionOptions {
  /** How long a call may take with all its retries. Default: 60000. */
  readonly defaultApiTimeoutMs?: number;
}

/** What clients need of the world; `createKafka` provides it. */
export interface KafkaPorts extends ConnectionPorts {
  /** The codecs. */
  readonly compressors: Compressors;
  /** Hashes for SCRAM. */
  readonly cryptography: Cryptography;
  /** Where the clients tell what they do. */
  readonly eventChannels: EventChannels;
}

type OpenClient = ClientEvent['client'] & { close(): Promise<void> };

/** One cluster. Every client that it makes has connections of its own. */
export class Kafka {
  readonly #open = new Set<OpenClient>();
  readonly #reachability: Reachability;
  readonly #security: SecurityFactory;
  readonly #events: ClientEvents;
  readonly #ports: KafkaPorts;
  #isClosed = false;

  /** @internal Made by `createKafka`. */
  constructor(
    private readonly options: KafkaOptions,
    ports: KafkaPorts,
  ) {
    this.#events = createClientEvents(ports.eventChannels);
    this.#ports = { ...ports, diagnostics: observedDiagnostics(ports.diagnostics, this.#events.log) };
    this.#reachability = new Reachability(this.#ports.diagnostics);
    this.#security = new SecurityFactory(this.#ports);
    connectionConfig(options.bootstrapServers, options, this.#security.security(options));
  }

  /** Makes a producer; it connects when it is first used. Throws an InvalidOptionError that names the option. */
  producer<K = unknown, V = unknown>(options: ProducerOptions<K, V> = {}): Producer<K, V> {
    const config = producerConfig({ ...this.#connectionOptions(), ...options });
    const { client, metadata } = this.#connect(options);
    const producer: Producer<K, V> = new Producer(config, metadata, client, this.#ports.compressors, () =>
      this.#closed('producer', client.clientId, producer),
    );
    return this.#opened('producer', client.clientId, producer);
  }

  /** Makes a consumer; it connects when it is first used. Throws an InvalidOptionError that names the option. */
  consumer<K = Buffer, V = Buffer>(options: ConsumerOptions<K, V> & ConnectionOptions = {}): Consumer<K, V> {
    const { client, metadata } = this.#connect(options);
    const consumer: Consumer<K, V> = new Consumer(
      { ...this.#connectionOptions(), ...options },
      {
        networkClient: client,
        metadata: new Metadata(client, {
          ...metadata,
          allowAutoTopicCreation: options.allowAutoCreateTopics ?? true,
        }),
        compressors: this.#ports.compressors,
        onClosed: () => this.#closed('consumer', client.clientId, consumer),
      },
    );
    return this.#opened('consumer', client.clientId, consumer);
  }

  /** Makes an admin client; it connects when it is first used. Throws an InvalidOptionError that names the option. */
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
      this.#ports.cryptography,
    );
    const admin: Admin = new Admin(context, () => this.#closed('admin', client.clientId, admin));
    return this.#opened('admin', client.clientId, admin);
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
    const merged = { ...this.#connectionOptions(), ...options };
    const security = this.#security.security(merged);
    const config = connectionConfig(this.options.bootstrapServers, merged, security);
    const client = new NetworkClient(
      { ...config.connection, bootstrapServers: config.bootstrapServers },
      this.#ports,
      this.#reachability,
      this.#events,
    );
    return { client, metadata: config.metadata };
  }

  #opened<Client extends OpenClient>(kind: ClientEvent['kind'], clientId: string, client: Client): Client {
    this.#open.add(client);
    const { client: channel } = this.#events;
    if (channel.hasSubscribers) channel.publish({ state: 'opened', kind, clientId, client });
    return client;
  }

  #closed(kind: ClientEvent['kind'], clientId: string, client: OpenClient): void {
    this.#open.delete(client);
    const { client: channel } = this.#events;
    if (channel.hasSubscribers) channel.publish({ state: 'closed', kind, clientId, client });
  }
}
