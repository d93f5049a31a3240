// A raw client of the test's cluster, so that the same requests can be made of our broker and of Apache Kafka.
import { createTcpNetwork } from '../../src/io/node/tcp-network.js';
import { apis } from '../../src/protocol/api-keys.js';
import type { TestCluster } from './cluster.js';
import { RawClient } from './raw-client.js';

export function connectTo({ bootstrapServers, clientOptions }: TestCluster): RawClient {
  const [host = '', port = ''] = bootstrapServers.split(':');
  return new RawClient(clientOptions.network ?? createTcpNetwork(), { host, port: Number(port) });
}

export interface TopicToMake {
  readonly name: string;
  readonly numPartitions?: number;
  readonly configs?: Readonly<Record<string, string>>;
}

export async function createTopics(client: RawClient, topics: readonly TopicToMake[]): Promise<void> {
  const reply = await client.send(apis.createTopics, 7, {
    topics: topics.map(({ name, numPartitions = 1, configs = {} }) => ({
      name,
      numPartitions,
      replicationFactor: 1,
      assignments: [],
      configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
    })),
    timeoutMs: 30_000,
  });
  for (const { name, errorCode, errorMessage } of reply.topics) {
    if (errorCode !== 0) throw new Error(`Topic ${name}: ${errorCode} ${errorMessage}`);
  }
}

const longestWaitMs = 10_000;

/** Asks until the answer is as wanted, or gives the last one: in a cluster, what was changed is seen a little later. */
export async function eventually<T>(ask: () => Promise<T>, isWanted: (answer: T) => boolean): Promise<T> {
  const deadlineMs = Date.now() + longestWaitMs;
  let answer = await ask();
  while (!isWanted(answer) && Date.now() < deadlineMs) answer = await ask();
  return answer;
}
