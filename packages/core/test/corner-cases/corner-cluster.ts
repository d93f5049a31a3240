// What corner cases ask of any cluster, ours or another: a topic of their own, and requests of one partition as bare as the wire has them.
import { apis } from '../../src/protocol/api-keys.js';
import type { FetchRequestInput } from '../../src/protocol/messages/01-fetch.js';
import { startTestCluster, uniqueName, type TestCluster } from '../support/cluster.js';
import { connectTo, createTopics, eventually } from '../support/cluster-client.js';
import type { RawClient } from '../support/raw-client.js';
import { batchOf, copyOf, type TestRecord } from '../support/record-batches.js';

export interface CornerTopic {
  readonly name: string;
  readonly topicId: string;
}

/** A batch that retention does not touch: its records are of now unless they say otherwise. */
export function recentBatch(
  records: readonly (string | TestRecord)[],
  options: Parameters<typeof batchOf>[1] = {},
): Buffer {
  const timestamp = Date.now();
  return batchOf(
    records.map((record) =>
      typeof record === 'string' ? { value: record, timestamp } : { timestamp, ...record },
    ),
    options,
  );
}

export class CornerCluster {
  readonly #connected: RawClient[] = [];

  private constructor(
    private readonly cluster: TestCluster,
    readonly client: RawClient,
  ) {}

  static async start(): Promise<CornerCluster> {
    const cluster = await startTestCluster();
    return new CornerCluster(cluster, connectTo(cluster));
  }

  connect(): RawClient {
    const client = connectTo(this.cluster);
    this.#connected.push(client);
    return client;
  }

  async close(): Promise<void> {
    for (const client of [this.client, ...this.#connected]) client.close();
    await this.cluster.close();
  }

  /** A new topic whose partitions have their leader. */
  async topic(configs: Readonly<Record<string, string>> = {}, numPartitions = 1): Promise<CornerTopic> {
    const name = uniqueName('corner');
    await createTopics(this.client, [{ name, configs, numPartitions }]);
    const describe = () =>
      this.client.send(apis.metadata, 12, { topics: [{ name }], allowAutoTopicCreation: false });
    const metadata = await eventually(
      describe,
      ({ topics }) => topics[0]?.partitions.filter(({ leaderId }) => leaderId >= 0).length === numPartitions,
    );
    // A broker that is told of them may take a moment to lead all of them.
    for (let partition = 0; partition < numPartitions; partition++)
      await eventually(
        () => this.listOffset(name, -1, partition),
        ({ errorCode }) => errorCode === 0,
      );
    return { name, topicId: metadata.topics[0]!.topicId };
  }

  async produce(
    topic: string,
    records: Buffer | null,
    { partition = 0, acks = -1, version = 11, client = this.client } = {},
  ) {
    const reply = await client.send(apis.produce, version, {
      transactionalId: null,
      acks,
      timeoutMs: 30_000,
      topicData: [
        { name: topic, partitionData: [{ index: partition, records: records && copyOf(records) }] },
      ],
    });
    return reply.responses[0]!.partitionResponses[0]!;
  }

  fetchRequest(
    topic: string,
    fetchOffset: number,
    options: { partitions?: readonly number[]; partitionMaxBytes?: number } & Partial<FetchRequestInput> = {},
  ): FetchRequestInput {
    const { partitions = [0], partitionMaxBytes = 1024 * 1024, ...rest } = options;
    const asked = partitions.map((partition) => ({ partition, fetchOffset, partitionMaxBytes }));
    return {
      maxWaitMs: 0,
      minBytes: 1,
      maxBytes: 50 * 1024 * 1024,
      topics: [{ topic, partitions: asked }],
      forgottenTopicsData: [],
      ...rest,
    };
  }

  /** What one partition answers, by name. */
  async fetch(
    topic: string,
    fetchOffset: number,
    options: Parameters<CornerCluster['fetchRequest']>[2] = {},
  ) {
    const reply = await this.client.send(apis.fetch, 12, this.fetchRequest(topic, fetchOffset, options));
    return reply.responses[0]!.partitions[0]!;
  }

  async listOffset(topic: string, timestamp: number, partitionIndex = 0) {
    const reply = await this.client.send(apis.listOffsets, 7, {
      replicaId: -1,
      isolationLevel: 0,
      topics: [{ name: topic, partitions: [{ partitionIndex, timestamp }] }],
    });
    return reply.topics[0]!.partitions[0]!;
  }

  async endOffset(topic: string): Promise<number> {
    return (await this.listOffset(topic, -1)).offset;
  }
}
