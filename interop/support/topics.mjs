// Decides how a case gets a topic: created by kafkajs' admin client, with the partitions it asks for.
import { Kafka, logLevel } from 'kafkajs';

/** @param {string} bootstrapServers @param {string} topic @param {number} partitions */
export async function createTopic(bootstrapServers, topic, partitions) {
  const admin = new Kafka({
    brokers: [bootstrapServers],
    clientId: 'interop',
    logLevel: logLevel.NOTHING,
  }).admin();
  await admin.connect();
  try {
    await admin.createTopics({ topics: [{ topic, numPartitions: partitions }], waitForLeaders: true });
  } finally {
    await admin.disconnect();
  }
}
