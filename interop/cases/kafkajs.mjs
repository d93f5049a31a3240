// kafkajs 2.2.4 against the broker: produce in every compression it has, consume in a group of two.
import { CompressionTypes, Kafka, logLevel } from 'kafkajs';

import { assertSameRecords, sampleRecords } from '../support/sample-records.mjs';
import { createTopic } from '../support/topics.mjs';
import { within } from '../support/within.mjs';

const recordCount = 10_000;

/** @param {string} bootstrapServers */
export function kafkajsCases(bootstrapServers) {
  /** @type {[string, CompressionTypes][]} */
  const codecs = [
    ['none', CompressionTypes.None],
    ['gzip', CompressionTypes.GZIP],
  ];
  return [
    ...codecs.map(([name, compression], index) => ({
      name: `kafkajs ${name}`,
      run: () => roundTrip(bootstrapServers, name, compression, index + 1),
    })),
    { name: 'kafkajs admin', run: () => admin(bootstrapServers) },
  ];
}

/** @param {string} bootstrapServers @param {string} clientId */
const connect = (bootstrapServers, clientId) =>
  new Kafka({ brokers: [bootstrapServers], clientId, logLevel: logLevel.NOTHING });

/** @param {string} bootstrapServers @param {string} name @param {CompressionTypes} compression @param {number} seed */
async function roundTrip(bootstrapServers, name, compression, seed) {
  const kafka = connect(bootstrapServers, `kafkajs-${name}`);
  const topic = `kafkajs-${name}`;
  const sent = sampleRecords(recordCount, seed);
  await createTopic(bootstrapServers, topic, 4);

  const members = [0, 1].map(() => kafka.consumer({ groupId: `${topic}-group` }));
  /** @type {{ key: string, value: string, partition: number, offset: number }[]} */
  const received = [];
  try {
    // Both members own two partitions each before the first record is sent.
    const shared = members.map((consumer) => ownsPartitions(consumer, 2));
    const complete = deferred();
    await Promise.all(members.map((consumer) => consume(consumer, topic, received, complete.resolve)));
    await within(60_000, Promise.all(shared), () => 'the two members do not share the partitions');

    const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    for (let at = 0; at < sent.length; at += 500) {
      await producer.send({ topic, compression, acks: -1, messages: sent.slice(at, at + 500) });
    }
    await producer.disconnect();
    await within(60_000, complete.promise, () => `received ${received.length} of ${recordCount} records`);
  } finally {
    await Promise.all(members.map((consumer) => consumer.disconnect()));
  }
  assertSameRecords(sent, received);
}

function deferred() {
  /** @type {(value?: unknown) => void} */
  let resolve = () => {};
  const promise = new Promise((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** @param {import('kafkajs').Consumer} consumer @param {number} count @returns {Promise<void>} */
function ownsPartitions(consumer, count) {
  return new Promise((resolve) => {
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      if (Object.values(payload.memberAssignment).flat().length === count) resolve();
    });
  });
}

/**
 * @param {import('kafkajs').Consumer} consumer @param {string} topic
 * @param {{ key: string, value: string, partition: number, offset: number }[]} received @param {() => void} done
 */
async function consume(consumer, topic, received, done) {
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ partition, message }) => {
      received.push({
        key: String(message.key),
        value: String(message.value),
        partition,
        offset: Number(message.offset),
      });
      if (received.length === recordCount) done();
    },
  });
}

/** @param {string} bootstrapServers */
async function admin(bootstrapServers) {
  const client = connect(bootstrapServers, 'kafkajs-admin').admin();
  await client.connect();
  await client.createTopics({
    topics: [
      {
        topic: 'kafkajs-admin',
        numPartitions: 3,
        configEntries: [{ name: 'retention.ms', value: '86400000' }],
      },
    ],
  });
  const metadata = await client.fetchTopicMetadata({ topics: ['kafkajs-admin'] });
  if (metadata.topics[0]?.partitions.length !== 3)
    throw new Error('the created topic has not three partitions');
  const described = await client.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: 2, name: 'kafkajs-admin' }],
  });
  const retention = described.resources[0]?.configEntries.find(
    (entry) => entry.configName === 'retention.ms',
  );
  if (retention?.configValue !== '86400000') throw new Error(`retention.ms is ${retention?.configValue}`);
  const { brokers } = await client.describeCluster();
  if (brokers.length !== 1) throw new Error(`the cluster has ${brokers.length} brokers`);
  await client.deleteTopics({ topics: ['kafkajs-admin'] });
  if ((await client.listTopics()).includes('kafkajs-admin'))
    throw new Error('the deleted topic is still listed');
  await client.disconnect();
}
