// Decides how a case gets a topic and loses it again: by kafkajs' admin client, with the partitions it asks for.
import { Kafka, logLevel } from 'kafkajs';

/** @param {string} bootstrapServers @param {(admin: import('kafkajs').Admin) => Promise<unknown>} work */
async function withAdmin(bootstrapServers, work) {
  const admin = new Kafka({
    brokers: [bootstrapServers],
    clientId: 'interop',
    logLevel: logLevel.NOTHING,
  }).admin();
  await admin.connect();
  try {
    await work(admin);
  } finally {
    await admin.disconnect();
  }
}

/** @param {string} bootstrapServers @param {string} topic @param {number} partitions */
export function createTopic(bootstrapServers, topic, partitions) {
  return withAdmin(bootstrapServers, (admin) =>
    admin.createTopics({ topics: [{ topic, numPartitions: partitions }], waitForLeaders: true }),
  );
}

/** @param {string} bootstrapServers @param {readonly string[]} topics */
export function deleteTopics(bootstrapServers, topics) {
  return withAdmin(bootstrapServers, (admin) => admin.deleteTopics({ topics: [...topics] }));
}
