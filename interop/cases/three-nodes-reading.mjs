// Three nodes of Apache Kafka: what a consumer sees of replicas: the one in its rack, and one that lacks what was read.
import { createKafka, deserializers, LogTruncationError, serializers } from '@ottla/core';

import { createTcpNetwork } from '../../packages/core/dist/io/node/tcp-network.js';
import { within } from '../support/within.mjs';

/** @typedef {import('../support/apache-cluster.mjs').ApacheCluster} ApacheCluster */
/** @typedef {import('@ottla/core').Consumer<Buffer, string>} TextConsumer */

const recordBytes = 1_000;

/** @param {ApacheCluster} cluster */
export async function readInRack(cluster) {
  const { bootstrapServers, nodeIds } = cluster;
  const topic = `rack-${Date.now()}`;
  const kafka = createKafka({ bootstrapServers, clientId: 'three-nodes-rack' });
  const admin = kafka.admin();
  (
    await admin.createTopics([{ name: topic, numPartitions: 1, replicationFactor: nodeIds.length }])
  ).orThrow();
  const producer = kafka.producer({ valueSerializer: serializers.string });
  const [leader] = await producer.partitionsFor(topic);
  const leaderId = leader?.leader ?? -1;
  const followerId = nodeIds.find((nodeId) => nodeId !== leaderId) ?? -1;
  const { nodes } = await admin.describeCluster();
  const ports = new Map(nodes.map(({ id, port }) => [port, id]));

  /** Received bytes by node. @type {Map<number, number>} */
  const received = new Map();
  const tcp = createTcpNetwork();
  /** @type {import('@ottla/core').Network} */
  const network = {
    listen: (address, accept) => tcp.listen(address, accept),
    connect: (address, handler, options) =>
      tcp.connect(
        address,
        {
          ...handler,
          onConnect: () => handler.onConnect?.(),
          onDrain: () => handler.onDrain?.(),
          onClose: (error) => handler.onClose(error),
          onData: (chunk) => {
            const node = ports.get(address.port) ?? -1;
            received.set(node, (received.get(node) ?? 0) + chunk.length);
            handler.onData(chunk);
          },
        },
        options,
      ),
  };
  const near = createKafka({ bootstrapServers, clientId: 'three-nodes-near', network });
  const consumer = near.consumer({
    groupId: topic,
    clientRack: `rack-${followerId}`,
    autoOffsetReset: 'earliest',
    valueDeserializer: deserializers.string,
  });
  consumer.subscribe({ topics: [topic] });
  const sent = [];
  let read = 0;
  for (let round = 0; round < 20; round += 1) {
    for (let count = 0; count < 100; count += 1)
      sent.push(producer.send({ topic, partition: 0, value: 'x'.repeat(recordBytes) }));
    await Promise.all(sent);
    while (read < sent.length) {
      const records = await within(30_000, consumer.poll(10_000), () => `read ${read} of ${sent.length}`);
      for (const { offset } of records) {
        if (offset !== read) throw new Error(`offset ${offset} came, not ${read}`);
        read += 1;
      }
    }
  }
  await consumer.close();
  await near.close();
  await producer.close();
  await kafka.close();
  const fromFollower = received.get(followerId) ?? 0;
  const fromLeader = received.get(leaderId) ?? 0;
  // The first fetch goes to the leader, which sends it on; the group's coordinator may be either.
  if (fromFollower < sent.length * recordBytes || fromLeader > (sent.length * recordBytes) / 10)
    throw new Error(`${fromFollower} bytes came from the replica in the rack, ${fromLeader} from the leader`);
  return `${fromFollower} bytes from node ${followerId} in the rack, ${fromLeader} from leader ${leaderId}`;
}

/**
 * Of two replicas the one dies, the other takes more records and dies too; the first comes back and leads, without them. The third
 * node keeps the quorum of controllers.
 * @param {ApacheCluster} cluster
 */
export async function readTruncated(cluster) {
  const { bootstrapServers, nodeIds } = cluster;
  const topic = `truncated-${Date.now()}`;
  const kafka = createKafka({ bootstrapServers, clientId: 'three-nodes-truncated', metadataMaxAgeMs: 1_000 });
  const admin = kafka.admin();
  const [ahead = 1, behind = 2] = nodeIds;
  (
    await admin.createTopics([
      {
        name: topic,
        replicaAssignments: { 0: [ahead, behind] },
        configs: { 'unclean.leader.election.enable': 'true', 'min.insync.replicas': '1' },
      },
    ])
  ).orThrow();
  const producer = kafka.producer({ valueSerializer: serializers.string });
  /** @param {number} from @param {number} count */
  const send = async (from, count) => {
    const values = Array.from({ length: count }, (_, index) => String(from + index));
    await producer.sendMany(values.map((value) => ({ topic, partition: 0, value })));
  };
  /** @param {'earliest' | 'none'} autoOffsetReset */
  const consumerOf = (autoOffsetReset) => {
    const consumer = kafka.consumer({ autoOffsetReset, valueDeserializer: deserializers.string });
    consumer.assign([{ topic, partition: 0 }]);
    consumer.seek({ topic, partition: 0 }, 0);
    return consumer;
  };
  const forgiving = consumerOf('earliest');
  const strict = consumerOf('none');
  try {
    await send(0, 100);
    await cluster.stop(behind, 'SIGKILL');
    // Only the leader has these.
    await send(100, 50);
    for (const consumer of [forgiving, strict]) await readUpTo(consumer, 149);
    await cluster.stop(ahead, 'SIGKILL');
    await cluster.start(behind);
    await within(90_000, send(1_000, 100), () => 'nothing can be sent to the replica that came back');
    const told = await within(60_000, truncationOf(strict), () => 'the truncation was not told of');
    if (told.divergentOffset !== 100 || told.offset !== 150)
      throw new Error(`the truncation is ${JSON.stringify(told)}`);
    const again = await truncationOf(strict);
    strict.seek({ topic, partition: 0 }, again.divergentOffset ?? 0);
    for (const consumer of [forgiving, strict]) {
      const values = await readUpTo(consumer, 1_099);
      if (values.length !== 100 || values[0] !== '1000')
        throw new Error(`read ${values.length} from ${values[0]} after the truncation`);
    }
    return `the logs part at offset ${told.divergentOffset}, position ${told.offset}; both policies read all that came then`;
  } finally {
    await producer.close();
    await kafka.close();
    await cluster.start(ahead);
  }
}

/** @param {TextConsumer} consumer @param {number} last value to wait for */
async function readUpTo(consumer, last) {
  /** @type {string[]} */
  const values = [];
  const read = async () => {
    while (values.at(-1) !== String(last))
      for (const { value } of await consumer.poll(1_000)) values.push(value ?? '');
  };
  await within(60_000, read(), () => `read up to ${values.at(-1)}, not ${last}`);
  return values;
}

/** @param {TextConsumer} consumer */
async function truncationOf(consumer) {
  for (;;) {
    try {
      const records = await consumer.poll(1_000);
      if (!records.isEmpty) throw new Error(`${[...records].length} records came instead of an error`);
    } catch (error) {
      if (error instanceof LogTruncationError) return error.truncation;
      throw error;
    }
  }
}
