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

const attempts = 100;
const betweenAttemptsMs = 100;

/**
 * Returns when every partition has a leader. Apache's broker may not know a topic yet when it has said that it was created.
 * @param {string} bootstrapServers @param {string} topic @param {number} partitions
 */
export function createTopic(bootstrapServers, topic, partitions) {
  return withAdmin(bootstrapServers, async (admin) => {
    await admin.createTopics({ topics: [{ topic, numPartitions: partitions }], waitForLeaders: false });
    for (let attempt = 1; !(await hasLeaders(admin, topic)); attempt += 1) {
      if (attempt === attempts) throw new Error(`Topic ${topic} has no leaders after ${attempts} looks`);
      await new Promise((resolve) => setTimeout(resolve, betweenAttemptsMs));
    }
  });
}

/** @param {import('kafkajs').Admin} admin @param {string} topic */
async function hasLeaders(admin, topic) {
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    const found = topics[0]?.partitions ?? [];
    return found.length > 0 && found.every(({ leader }) => leader >= 0);
  } catch (error) {
    if (/** @type {{ retriable?: boolean }} */ (error).retriable === true) return false;
    throw error;
  }
}

/** @param {string} bootstrapServers @param {readonly string[]} topics */
export function deleteTopics(bootstrapServers, topics) {
  return withAdmin(bootstrapServers, (admin) => admin.deleteTopics({ topics: [...topics] }));
}
