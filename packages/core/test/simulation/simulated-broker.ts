// One broker over files in memory that is stopped, killed and started again at the same address.
import { createInMemoryBroker, type InMemoryBroker } from '../../src/composition/create-broker.js';
import type { BrokerConfig } from '../../src/composition/broker-options.js';
import { createMemoryFileSystem, type MemoryFileSystem } from '../../src/io/memory/memory-file-system.js';
import { createMemoryNetwork } from '../../src/io/memory/memory-network.js';
import { createSeededRandom } from '../../src/io/memory/seeded-random.js';
import type { VirtualTime } from '../../src/io/memory/virtual-time.js';
import type { Network } from '../../src/ports/network.js';
import type { Timers } from '../../src/ports/timers.js';
import { apis } from '../../src/protocol/api-keys.js';
import { RawClient } from '../support/raw-client.js';
import { recordsIn, type ReadRecord } from '../support/record-batches.js';
import { fetchOf } from '../support/test-broker.js';
import { MortalPorts } from './mortal-ports.js';

const address = { host: 'memory', port: 9092 };

export class SimulatedBroker {
  readonly network: Network;
  readonly bootstrapServers = `${address.host}:${address.port}`;
  readonly problems: string[] = [];
  fileSystem: MemoryFileSystem;
  #ports: MortalPorts | null = null;
  #running: InMemoryBroker | null = null;
  #starts = 0;

  constructor(
    private readonly time: VirtualTime,
    private readonly timers: Timers,
    private readonly seed: number,
    private readonly config: Partial<BrokerConfig> = {},
  ) {
    this.network = createMemoryNetwork(timers);
    this.fileSystem = createMemoryFileSystem(time.clock);
  }

  get isRunning(): boolean {
    return this.#running !== null;
  }

  async start(): Promise<void> {
    const ports = new MortalPorts(this.timers, this.network);
    this.#ports = ports;
    this.#running = await this.time.until(
      createInMemoryBroker({
        config: {
          offsetsTopicNumPartitions: 2,
          autoCreateTopicsEnable: false,
          groupInitialRebalanceDelayMs: 0,
          groupConsumerHeartbeatIntervalMs: 1500,
          groupConsumerSessionTimeoutMs: 8000,
          messageMaxBytes: 20_000,
          transactionStateLogNumPartitions: 2,
          ...this.config,
        },
        diagnostics: {
          log: (level, message) => void (level === 'error' && !ports.isDead && this.problems.push(message)),
        },
        ports: {
          clock: this.time.clock,
          timers: ports.timers,
          network: ports.network,
          random: createSeededRandom(this.seed + 7919 * ++this.#starts),
          fileSystem: this.fileSystem,
        },
      }),
    );
  }

  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = null;
    if (running !== null) await this.time.until(running.close());
  }

  /** As kill -9: what was written stays with the operating system, nothing else does. */
  kill(): void {
    this.#running = null;
    this.#ports?.kill();
    this.fileSystem = this.fileSystem.afterCrash((_path, _syncedBytes, sizeBytes) => sizeBytes);
  }

  /** Starts on a copy of another broker's disk, instead of its own. */
  useDiskOf(fileSystem: MemoryFileSystem): void {
    this.fileSystem = fileSystem.afterCrash((_path, _syncedBytes, sizeBytes) => sizeBytes);
  }

  /** A client that no weather touches. */
  async ask<Result>(ask: (client: RawClient) => Promise<Result>): Promise<Result> {
    const client = new RawClient(this.network, address, 'judge');
    try {
      return await this.time.until(ask(client));
    } finally {
      client.close();
    }
  }

  createTopic(name: string, numPartitions: number): Promise<void> {
    return this.ask(async (client) => {
      const reply = await client.send(apis.createTopics, 7, {
        topics: [{ name, numPartitions, replicationFactor: 1, assignments: [], configs: [] }],
        timeoutMs: 30_000,
      });
      if (reply.topics[0]?.errorCode !== 0) throw new Error(`No topic: ${reply.topics[0]?.errorMessage}`);
    });
  }

  /** What the group has committed, by partition. */
  committed(groupId: string, topic: string, partitions: number): Promise<Map<number, number>> {
    return this.ask(async (client) => {
      const partitionIndexes = Array.from({ length: partitions }, (_, index) => index);
      for (;;) {
        const reply = await client.send(apis.offsetFetch, 7, {
          groupId,
          topics: [{ name: topic, partitionIndexes }],
          groups: [],
          requireStable: false,
        });
        if (reply.errorCode === 0) {
          const stored = (reply.topics[0]?.partitions ?? []).filter(
            ({ committedOffset }) => committedOffset >= 0,
          );
          return new Map(
            stored.map(({ partitionIndex, committedOffset }) => [partitionIndex, committedOffset]),
          );
        }
        // The topic of the offsets is made when somebody first asks for the coordinator.
        await client.send(apis.findCoordinator, 3, { key: groupId, keyType: 0, coordinatorKeys: [] });
        await new Promise<void>((resolve) => this.timers.after(100, resolve));
      }
    });
  }

  /** The whole log of a partition. */
  read(topic: string, partition: number): Promise<ReadRecord[]> {
    return this.ask(async (client) => {
      const records: ReadRecord[] = [];
      for (;;) {
        const nextOffset = (records.at(-1)?.offset ?? -1) + 1;
        const reply = await client.send(apis.fetch, 11, fetchOf(topic, nextOffset, { partition }));
        const found = reply.responses[0]?.partitions[0];
        if (found?.errorCode !== 0) throw new Error(`Fetching ${topic}-${partition}: ${found?.errorCode}`);
        const more = recordsIn(found.records).filter(({ offset }) => offset >= nextOffset);
        if (more.length === 0) return records;
        records.push(...more);
      }
    });
  }
}
