// kafkajs 2.2.4, as its documentation says to use it.
import { Kafka, logLevel } from 'kafkajs';

import { keepInFlight, measure, parameters, sampleValue } from './measure.mjs';

const { bootstrapServers, topic, mode, records, valueBytes } = parameters();
const kafka = new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.NOTHING });
const value = sampleValue(valueBytes);

/** @param {number} count @param {number} from */
const messages = (count, from) =>
  Array.from({ length: count }, (_, index) => ({ key: `key-${from + index}`, value }));

async function produce() {
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic, acks: -1, messages: messages(100, 0) }); // warm connection and metadata
  await measure(records, async () => {
    if (mode === 'produce one awaited') {
      for (let index = 0; index < records; index += 1)
        await producer.send({ topic, acks: -1, messages: messages(1, index) });
    } else if (mode === 'produce 1000 concurrent') {
      await keepInFlight(records, 1000, (index) =>
        producer.send({ topic, acks: -1, messages: messages(1, index) }),
      );
    } else {
      await keepInFlight(records / 1000, 8, (batch) =>
        producer.send({ topic, acks: -1, messages: messages(1000, batch * 1000) }),
      );
    }
  });
  await producer.disconnect();
}

async function consume() {
  const consumer = kafka.consumer({ groupId: `kafkajs-${process.pid}` });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  let seen = 0;
  /** @type {() => void} */
  let first = () => {};
  const started = new Promise((resolve) => {
    first = () => resolve(undefined);
  });
  /** @type {() => void} */
  let last = () => {};
  const finished = new Promise((resolve) => {
    last = () => resolve(undefined);
  });
  /** @param {number} count */
  const count = (count) => {
    if (seen === 0) first();
    seen += count;
    if (seen >= records) last();
  };
  await consumer.run(
    mode === 'consume batches'
      ? {
          eachBatch: async ({ batch }) => {
            let bytes = 0;
            for (const message of batch.messages) bytes += message.value?.length ?? 0;
            if (bytes < 0) throw new Error('unreachable');
            count(batch.messages.length);
          },
        }
      : { eachMessage: async ({ message }) => count(message.value === null ? 0 : 1) },
  );
  await started;
  await measure(records - seen, () => finished);
  await consumer.disconnect();
}

await (mode.startsWith('produce') ? produce() : consume());
process.exit(0);
