// A whole broker in memory under virtual time, and the requests that tests make of it.
import { createInMemoryBroker, type InMemoryBroker } from '../../src/composition/create-broker.js';
import type { BrokerConfig } from '../../src/composition/broker-options.js';
import { createMemoryFileSystem, type MemoryFileSystem } from '../../src/io/memory/memory-file-system.js';
import { createMemoryNetwork } from '../../src/io/memory/memory-network.js';
import { createSeededRandom } from '../../src/io/memory/seeded-random.js';
import { createVirtualTime, type VirtualTime } from '../../src/io/memory/virtual-time.js';
import type { LogFields, LogLevel } from '../../src/ports/diagnostics.js';
import { apis } from '../../src/protocol/api-keys.js';
import { RawClient } from './raw-client.js';

export interface LoggedLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

export class TestBroker {
  readonly lines: LoggedLine[] = [];
  readonly time: VirtualTime;
  fileSystem: MemoryFileSystem;
  broker: InMemoryBroker | null = null;
  readonly #clients: RawClient[] = [];
  readonly #config: Partial<BrokerConfig>;

  constructor(config: Partial<BrokerConfig> = {}) {
    this.time = createVirtualTime();
    this.fileSystem = createMemoryFileSystem(this.time.clock);
    this.#config = { offsetsTopicNumPartitions: 3, ...config };
  }

  async start(): Promise<this> {
    const { clock, timers } = this.time;
    this.broker = await this.time.until(
      createInMemoryBroker({
        config: this.#config,
        diagnostics: {
          log: (level, message, fields = {}) => void this.lines.push({ level, message, fields }),
        },
        ports: {
          clock,
          timers,
          network: createMemoryNetwork(timers),
          random: createSeededRandom(1),
          fileSystem: this.fileSystem,
        },
      }),
    );
    return this;
  }

  async stop(): Promise<void> {
    for (const client of this.#clients.splice(0)) client.close();
    const { broker } = this;
    this.broker = null;
    if (broker !== null) await this.time.until(broker.close());
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /**
   * As kill -9 would: what was written is there, nothing was closed. `lost` cuts what was not brought to the disk, as a power failure, or
   * says how many bytes of a file are left.
   */
  async kill(lost: 'nothing' | 'unsynced' | ((path: string, sizeBytes: number) => number) = 'nothing') {
    const left = this.fileSystem.afterCrash((path, syncedBytes, sizeBytes) => {
      if (typeof lost === 'function') return lost(path, sizeBytes);
      return lost === 'nothing' ? sizeBytes : syncedBytes;
    });
    await this.restartOn(left);
  }

  /** The broker dies, and starts with what a crash at an earlier moment has left. */
  async restartOn(left: MemoryFileSystem): Promise<void> {
    await this.stop();
    this.fileSystem = left;
    await this.start();
  }

  get running(): InMemoryBroker {
    if (this.broker === null) throw new Error('The broker does not run');
    return this.broker;
  }

  connect(clientId: string | null = 'raw-client'): RawClient {
    const client = new RawClient(this.running.network, this.running.address, clientId);
    this.#clients.push(client);
    return client;
  }

  /** The promise's value, with virtual time moving as far as it must. */
  settled<Value>(promise: Promise<Value>): Promise<Value> {
    return this.time.until(promise);
  }

  warnings(): LoggedLine[] {
    return this.lines.filter(({ level }) => level === 'warn' || level === 'error');
  }

  async createTopic(
    client: RawClient,
    name: string,
    numPartitions = 1,
    configs: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const reply = await this.settled(
      client.send(apis.createTopics, 7, {
        topics: [
          {
            name,
            numPartitions,
            replicationFactor: 1,
            assignments: [],
            configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
          },
        ],
        timeoutMs: 30_000,
      }),
    );
    const [topic] = reply.topics;
    if (topic?.errorCode !== 0) throw new Error(`Topic ${name}: ${topic?.errorCode} ${topic?.errorMessage}`);
    return topic.topicId;
  }

  /** Produces one batch by name and gives the partition's answer. */
  async produce(
    client: RawClient,
    topic: string,
    records: Buffer | null,
    { partition = 0, acks = -1, version = 11 } = {},
  ) {
    const reply = await this.settled(
      client.send(apis.produce, version, {
        transactionalId: null,
        acks,
        timeoutMs: 30_000,
        topicData: [{ name: topic, partitionData: [{ index: partition, records }] }],
      }),
    );
    return reply.responses[0]!.partitionResponses[0]!;
  }
}

/** A fetch of one partition, by name. */
export function fetchOf(
  topic: string,
  fetchOffset: number,
  options: {
    partition?: number;
    maxWaitMs?: number;
    minBytes?: number;
    maxBytes?: number;
    partitionMaxBytes?: number;
    isolationLevel?: number;
  } = {},
) {
  const { partition = 0, maxWaitMs = 0, minBytes = 1, maxBytes = 50 * 1024 * 1024 } = options;
  const { partitionMaxBytes = 1024 * 1024, isolationLevel = 0 } = options;
  return {
    maxWaitMs,
    minBytes,
    maxBytes,
    isolationLevel,
    topics: [{ topic, partitions: [{ partition, fetchOffset, partitionMaxBytes }] }],
    forgottenTopicsData: [],
  };
}
