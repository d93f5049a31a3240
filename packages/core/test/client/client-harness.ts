// Clients of a whole broker, all in memory under virtual time, over a network that can be broken.
import type { CreateKafkaOptions } from '../../src/composition/create-kafka.js';
import { createKafka } from '../../src/composition/create-kafka.js';
import { createCompressors } from '../../src/io/compression/compressors.js';
import { createSeededRandom } from '../../src/io/memory/seeded-random.js';
import type { Kafka } from '../../src/client/kafka.js';
import { apis } from '../../src/protocol/api-keys.js';
import { batchesOf } from '../../src/protocol/records/record-batch.js';
import { RecordCursor } from '../../src/protocol/records/record-reader.js';
import { FaultyNetwork } from '../support/faulty-network.js';
import { fetchOf, TestBroker, type LoggedLine } from '../support/test-broker.js';

export interface ReadRecord {
  readonly offset: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: readonly [string, string | null][];
}

export class ClientHarness {
  readonly lines: LoggedLine[] = [];

  private constructor(
    readonly broker: TestBroker,
    readonly network: FaultyNetwork,
    readonly kafka: Kafka,
  ) {}

  static async start(
    options: {
      seed?: number;
      config?: ConstructorParameters<typeof TestBroker>[0];
    } & Partial<CreateKafkaOptions> = {},
  ): Promise<ClientHarness> {
    const { seed = 1, config = {}, ...kafkaOptions } = options;
    const broker = await new TestBroker(config).start();
    const network = new FaultyNetwork(broker.running.network);
    const lines: LoggedLine[] = [];
    const kafka = createKafka({
      bootstrapServers: broker.running.bootstrapServers,
      network,
      clock: broker.time.clock,
      timers: broker.time.timers,
      random: createSeededRandom(seed),
      diagnostics: { log: (level, message, fields = {}) => void lines.push({ level, message, fields }) },
      ...kafkaOptions,
    });
    const harness = new ClientHarness(broker, network, kafka);
    harness.lines.push = (...more) => lines.push(...more);
    Object.defineProperty(harness, 'lines', { value: lines });
    return harness;
  }

  until<Value>(promise: Promise<Value>): Promise<Value> {
    return this.broker.time.until(promise);
  }

  /** The error a promise rejects with. */
  async failureOf(promise: Promise<unknown>): Promise<Error> {
    return this.until(
      promise.then(
        () => {
          throw new Error('it did not fail');
        },
        (error: unknown) => error as Error,
      ),
    );
  }

  async createTopic(
    name: string,
    partitions = 1,
    configs: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const client = this.broker.connect();
    await this.broker.createTopic(client, name, partitions, configs);
    client.close();
  }

  /** Every record of a partition, straight from the broker. */
  async read(topic: string, partition = 0): Promise<ReadRecord[]> {
    const client = this.broker.connect();
    const records: ReadRecord[] = [];
    for (;;) {
      const nextOffset = (records.at(-1)?.offset ?? -1) + 1;
      const reply = await this.until(client.send(apis.fetch, 11, fetchOf(topic, nextOffset, { partition })));
      const found = reply.responses[0]?.partitions[0];
      if (found === undefined || found.errorCode !== 0) throw new Error(`fetch failed: ${found?.errorCode}`);
      const bytes = found.records ?? Buffer.alloc(0);
      const before = records.length;
      for (const batch of batchesOf(bytes)) {
        const cursor = new RecordCursor(batch, { decompressors: createCompressors(), maxBytes: 10_000_000 });
        while (cursor.next()) {
          if (cursor.offset < nextOffset) continue;
          records.push({
            offset: cursor.offset,
            key: cursor.keyText,
            value: cursor.valueText,
            headers: cursor.headers.map(({ key, value }) => [key, value?.toString() ?? null]),
          });
        }
      }
      if (records.length === before) break;
    }
    client.close();
    return records;
  }

  async stop(): Promise<void> {
    this.network.shouldBreak = () => false;
    this.network.isSilent = false;
    await this.until(this.kafka.close());
    await this.broker.stop();
  }
}
