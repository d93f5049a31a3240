// A cluster for tests that make sense on any: our own broker in memory, or the one that OTTLA_TEST_BOOTSTRAP_SERVERS names.
import { randomUUID } from 'node:crypto';

import { createInMemoryBroker } from '../../src/composition/create-broker.js';
import { createKafka, type CreateKafkaOptions } from '../../src/composition/create-kafka.js';
import type { Kafka } from '../../src/client/kafka.js';
import type { NewTopic } from '../../src/client/admin/topic-admin.js';

export interface TestCluster {
  readonly bootstrapServers: string;
  /** What createKafka needs to reach it. */
  readonly clientOptions: CreateKafkaOptions;
  close(): Promise<void>;
}

export async function startTestCluster(): Promise<TestCluster> {
  const external = process.env['OTTLA_TEST_BOOTSTRAP_SERVERS'];
  if (external !== undefined && external !== '') {
    return {
      bootstrapServers: external,
      clientOptions: { bootstrapServers: external },
      close: () => Promise.resolve(),
    };
  }
  const broker = await createInMemoryBroker({
    config: { groupInitialRebalanceDelayMs: 0, groupConsumerHeartbeatIntervalMs: 300 },
  });
  const { bootstrapServers, network } = broker;
  return { bootstrapServers, clientOptions: { bootstrapServers, network }, close: () => broker.close() };
}

/** A name that no other test, and no earlier run, has used. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${randomUUID().slice(0, 8)}`;
}

/** Creates a topic of a name of its own; resolves when its partitions have leaders. */
export async function createTopic(
  clientOptions: CreateKafkaOptions,
  topic: Partial<NewTopic> & { readonly prefix: string },
): Promise<string> {
  const { prefix, ...rest } = topic;
  const name = uniqueName(prefix);
  const kafka: Kafka = createKafka(clientOptions);
  try {
    const admin = kafka.admin();
    (await admin.createTopics([{ name, numPartitions: 1, replicationFactor: 1, ...rest }])).orThrow();
    const producer = kafka.producer({ maxBlockMs: 30_000 });
    await producer.partitionsFor(name);
  } finally {
    await kafka.close();
  }
  return name;
}
