// Three nodes of Apache Kafka, killed and restarted in turn under our clients: what was acknowledged is there, once, and in order.
import { setTimeout as pause } from 'node:timers/promises';

import { createKafka, deserializers, serializers } from '@ottla/core';

import { startApacheCluster } from '../support/apache-cluster.mjs';
import { within } from '../support/within.mjs';
import { readInRack, readTruncated } from './three-nodes-reading.mjs';

/** @typedef {import('../support/apache-cluster.mjs').ApacheCluster} ApacheCluster */

const partitionCount = 6;

/** @param {{ java: string, classPath: string }} kafka @param {(bootstrapServers: string) => Promise<string>} clientTests */
export function threeNodeCases(kafka, clientTests) {
  /** @type {Promise<ApacheCluster> | undefined} */
  let starting;
  const cluster = () => (starting ??= startApacheCluster(kafka));
  return {
    cases: [
      {
        name: 'three nodes: client tests',
        run: async () => clientTests((await cluster()).bootstrapServers),
      },
      {
        name: 'three nodes: each killed and restarted under a producer',
        run: async () => killUnderProducer(await cluster()),
      },
      {
        name: 'three nodes: rolling restart under a classic group',
        run: async () => restartUnderGroup(await cluster(), 'classic'),
      },
      {
        name: 'three nodes: rolling restart under a group of the consumer protocol',
        run: async () => restartUnderGroup(await cluster(), 'consumer'),
      },
      {
        name: 'three nodes: a consumer reads from the replica in its rack',
        run: async () => readInRack(await cluster()),
      },
      {
        name: 'three nodes: a log truncated by an unclean election is told of',
        run: async () => readTruncated(await cluster()),
      },
    ],
    close: async () => (await starting)?.close(),
  };
}

/** @param {ApacheCluster} cluster @param {string} topic */
async function replicatedTopic(cluster, topic) {
  const kafka = createKafka({ bootstrapServers: cluster.bootstrapServers, clientId: 'three-nodes' });
  const admin = kafka.admin();
  (
    await admin.createTopics([
      { name: topic, numPartitions: partitionCount, replicationFactor: cluster.nodeIds.length },
    ])
  ).orThrow();
  /** Resolves once every node is back in sync with every leader. @returns {Promise<void>} */
  const inSync = async () => {
    for (let attempt = 0; attempt < 600; attempt += 1) {
      // A node that has not heard of the topic yet may be the one that is asked.
      const partitions = (await admin.describeTopics([topic])).values.get(topic)?.partitions ?? [];
      if (
        partitions.length === partitionCount &&
        partitions.every(({ inSyncReplicas }) => inSyncReplicas.length === cluster.nodeIds.length)
      )
        return;
      await pause(100);
    }
    throw new Error(`the replicas of ${topic} are not in sync after 60 s`);
  };
  await inSync();
  return { inSync, close: () => kafka.close() };
}

/**
 * Numbers run through every partition without end; `stop` resolves with the count of acknowledged ones by partition.
 * At most 600 sends are awaited at once, some 10,000 a second.
 * @param {ApacheCluster} cluster @param {string} topic
 */
function numberedLoad(cluster, topic) {
  const kafka = createKafka({ bootstrapServers: cluster.bootstrapServers, clientId: 'three-nodes-load' });
  const producer = kafka.producer({ valueSerializer: serializers.string, deliveryTimeoutMs: 120_000 });
  const acknowledged = Array.from({ length: partitionCount }, () => 0);
  let stopping = false;
  /** @type {Error | null} */
  let failure = null;
  const lanes = acknowledged.map(async (_, partition) => {
    for (let next = 0; !stopping && failure === null; next += 100) {
      const values = Array.from({ length: 100 }, (_unused, index) => String(next + index));
      await producer.sendMany(values.map((value) => ({ topic, partition, value })));
      acknowledged[partition] = next + values.length;
      // A steady load, so that three nodes of Java on a small machine still elect leaders in time.
      await pause(50);
    }
  });
  const ended = Promise.all(lanes).catch((/** @type {Error} */ error) => {
    failure = error;
  });
  return {
    /** Resolves once `more` further records of every partition were acknowledged. @param {number} more */
    async goOn(more) {
      const wanted = acknowledged.map((count) => count + more);
      while (failure === null && acknowledged.some((count, partition) => count < (wanted[partition] ?? 0)))
        await pause(20);
      if (failure !== null) throw failure;
    },
    async stop() {
      stopping = true;
      await ended;
      await producer.close();
      await kafka.close();
      if (failure !== null) throw failure;
      return acknowledged;
    },
  };
}

/** @param {ApacheCluster} cluster */
async function killUnderProducer(cluster) {
  const topic = `killed-${Date.now()}`;
  const { inSync, close } = await replicatedTopic(cluster, topic);
  const load = numberedLoad(cluster, topic);
  await load.goOn(2_000);
  for (const nodeId of cluster.nodeIds) {
    await cluster.stop(nodeId, 'SIGKILL');
    await within(90_000, load.goOn(2_000), () => `after node ${nodeId} was killed, no more was acknowledged`);
    await cluster.start(nodeId);
    await inSync();
    await load.goOn(1_000);
  }
  const acknowledged = await load.stop();
  await close();
  const kafka = createKafka({ bootstrapServers: cluster.bootstrapServers, clientId: 'three-nodes-read' });
  const consumer = kafka.consumer({ valueDeserializer: deserializers.string, autoOffsetReset: 'earliest' });
  const partitions = acknowledged.map((_, partition) => ({ topic, partition }));
  consumer.assign(partitions);
  consumer.seekToBeginning(partitions);
  const expected = acknowledged.map(() => 0);
  const read = async () => {
    while (expected.some((next, partition) => next < (acknowledged[partition] ?? 0))) {
      for (const { partition, value, offset } of await consumer.poll(1_000)) {
        // One idempotent producer to each partition: the numbers are there without a gap, without a repeat, in order.
        if (Number(value) !== expected[partition])
          throw new Error(
            `${topic}-${partition} has ${value} at offset ${offset}, not ${expected[partition]}`,
          );
        expected[partition] = Number(value) + 1;
      }
    }
  };
  await within(60_000, read(), () => `read ${expected.join(', ')} of ${acknowledged.join(', ')}`);
  await consumer.close();
  await kafka.close();
  const total = acknowledged.reduce((sum, count) => sum + count, 0);
  return `${total} acknowledged records through ${cluster.nodeIds.length} kills, each there once and in order`;
}

/**
 * Two members work off a topic and commit after every poll, while node after node is restarted. Nothing is missed; nothing that
 * a successful commit covered is seen again.
 * @param {ApacheCluster} cluster @param {'classic' | 'consumer'} groupProtocol
 */
async function restartUnderGroup(cluster, groupProtocol) {
  const topic = `rolling-${groupProtocol}-${Date.now()}`;
  const { inSync, close } = await replicatedTopic(cluster, topic);
  const load = numberedLoad(cluster, topic);
  const seen = Array.from({ length: partitionCount }, () => 0);
  const committed = Array.from({ length: partitionCount }, () => 0);
  /** @type {Error | null} */
  let failure = null;
  let repeated = 0;
  let stopping = false;
  const member = async () => {
    const kafka = createKafka({ bootstrapServers: cluster.bootstrapServers, clientId: 'three-nodes-group' });
    const consumer = kafka.consumer({
      groupId: topic,
      ...(groupProtocol === 'consumer' ? { groupProtocol } : {}),
      enableAutoCommit: false,
      autoOffsetReset: 'earliest',
      valueDeserializer: deserializers.string,
    });
    consumer.subscribe({ topics: [topic] });
    while (!stopping) {
      /** @type {Map<number, number>} */
      const next = new Map();
      for (const { partition, value } of await consumer.poll(500)) {
        const number = Number(value);
        const first = seen[partition] ?? 0;
        if (number > first) throw new Error(`${topic}-${partition}: ${number} came, ${first} was missed`);
        if (number < (committed[partition] ?? 0))
          throw new Error(
            `${topic}-${partition}: ${number} came again, ${committed[partition]} was committed`,
          );
        if (number < first) repeated += 1;
        seen[partition] = Math.max(first, number + 1);
        next.set(partition, number + 1);
      }
      if (next.size === 0) continue;
      try {
        await consumer.commit([...next].map(([partition, offset]) => ({ topic, partition, offset })));
      } catch (error) {
        // The group moved on: what was not committed comes again, to whoever has the partition now.
        if (/** @type {{ code?: string }} */ (error).code === 'COMMIT_FAILED') continue;
        throw error;
      }
      for (const [partition, offset] of next) committed[partition] = offset;
    }
    await consumer.close();
    await kafka.close();
  };
  const members = [member(), member()].map((one) =>
    one.catch((/** @type {Error} */ error) => {
      failure ??= error;
    }),
  );
  /** @param {number} more */
  const seenMore = async (more) => {
    const wanted = seen.map((count) => count + more);
    while (failure === null && seen.some((count, partition) => count < (wanted[partition] ?? 0)))
      await pause(20);
    if (failure !== null) throw failure;
  };
  try {
    await within(60_000, seenMore(500), () => `seen ${seen.join(', ')}`);
    for (const nodeId of cluster.nodeIds) {
      await cluster.stop(nodeId, 'SIGTERM');
      await within(60_000, seenMore(500), () => `after node ${nodeId} was stopped, seen ${seen.join(', ')}`);
      await cluster.start(nodeId);
      await inSync();
      await within(60_000, seenMore(500), () => `after node ${nodeId} came back, seen ${seen.join(', ')}`);
    }
    const acknowledged = await load.stop();
    const rest = async () => {
      while (failure === null && seen.some((count, partition) => count < (acknowledged[partition] ?? 0)))
        await pause(20);
      if (failure !== null) throw failure;
    };
    await within(120_000, rest(), () => `seen ${seen.join(', ')} of ${acknowledged.join(', ')}`);
  } finally {
    stopping = true;
    await Promise.all(members);
    await close();
  }
  if (failure !== null) throw failure;
  const total = seen.reduce((sum, count) => sum + count, 0);
  return `${total} records, none missed; ${repeated} came again, all of them past the last commit`;
}
