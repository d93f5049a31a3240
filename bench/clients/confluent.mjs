// @confluentinc/kafka-javascript: its promises where calls are single, and its bare binding, which is faster, for arrays and batches.
import { createRequire } from 'node:module';
import path from 'node:path';

import { arrayLength, runTask, sampleValues } from './measure.mjs';

const installed = createRequire(path.join(process.cwd(), 'package.json'));
const { KafkaJS, KafkaConsumer, Producer } = installed('@confluentinc/kafka-javascript');

/** @param {import('./measure.mjs').Task} task */
async function promisedProducer({ bootstrapServers, topic, valueBytes, codec, mode }) {
  const { CompressionTypes, Kafka, logLevel } = KafkaJS;
  const kafka = new Kafka({ kafkaJS: { brokers: [bootstrapServers], logLevel: logLevel.NOTHING } });
  const compression = codec === 'lz4' ? CompressionTypes.LZ4 : CompressionTypes.None;
  // A send that is awaited alone gains nothing by lingering.
  const linger = mode === 'produce one awaited' ? { 'linger.ms': 0 } : {};
  const producer = kafka.producer({ kafkaJS: { acks: -1, compression }, ...linger });
  await producer.connect();
  const valueOf = sampleValues(valueBytes);
  return {
    /** @param {number} index */
    sendOne: (index) => producer.send({ topic, messages: [{ key: `key-${index}`, value: valueOf(index) }] }),
    sendArray: () => Promise.reject(new Error('arrays go by the bare binding')),
    close: () => producer.disconnect(),
  };
}

/** @param {import('./measure.mjs').Task} task */
async function bareProducer({ bootstrapServers, topic, valueBytes, codec }) {
  const producer = new Producer({
    'bootstrap.servers': bootstrapServers,
    'compression.codec': codec,
    acks: 'all',
    dr_cb: true,
    'queue.buffering.max.messages': 1_000_000,
  });
  await new Promise((resolve, reject) => {
    producer.once('ready', resolve).once('event.error', reject).connect();
  });
  producer.setPollInBackground(true);
  /** @type {Map<number, { left: number, resolve: (value?: unknown) => void }>} */
  const arrays = new Map();
  producer.on(
    'delivery-report',
    (/** @type {Error | null} */ error, /** @type {{ opaque: number }} */ { opaque }) => {
      if (error) throw error;
      const array = arrays.get(opaque);
      if (array === undefined || --array.left > 0) return;
      arrays.delete(opaque);
      array.resolve();
    },
  );
  const valueOf = sampleValues(valueBytes);
  /** @param {number} id @param {number} count */
  const send = (id, count) =>
    new Promise((resolve) => {
      arrays.set(id, { left: count, resolve });
      for (let index = 0; index < count; index += 1)
        producer.produce(
          topic,
          null,
          Buffer.from(valueOf(index)),
          `key-${id * arrayLength + index}`,
          null,
          id,
        );
    });
  return {
    sendOne: () => send(-1, 1),
    /** @param {number} index */
    sendArray: (index) => send(index, arrayLength),
    close: () => new Promise((resolve) => producer.disconnect(resolve)),
  };
}

/** @param {import('./measure.mjs').Task} task @param {(count: number) => void} onRecords */
async function consumeBare({ bootstrapServers, topic }, onRecords) {
  const consumer = new KafkaConsumer(
    { 'bootstrap.servers': bootstrapServers, 'group.id': `confluent-${process.pid}` },
    { 'auto.offset.reset': 'earliest' },
  );
  await new Promise((resolve, reject) => {
    consumer.once('ready', resolve).once('event.error', reject).connect();
  });
  consumer.subscribe([topic]);
  let bytes = 0;
  const next = () =>
    consumer.consume(
      1000,
      (/** @type {Error | null} */ error, /** @type {{ value: Buffer }[]} */ messages) => {
        if (error) throw error;
        for (const { value } of messages) bytes += value.length;
        if (messages.length > 0) onRecords(messages.length);
        setImmediate(next);
      },
    );
  next();
}

/** @param {import('./measure.mjs').Task} task @param {(count: number) => void} onRecords */
async function consumePromised({ bootstrapServers, topic }, onRecords) {
  const { Kafka, logLevel } = KafkaJS;
  const kafka = new Kafka({ kafkaJS: { brokers: [bootstrapServers], logLevel: logLevel.NOTHING } });
  const consumer = kafka.consumer({ kafkaJS: { groupId: `confluent-${process.pid}`, fromBeginning: true } });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic] });
  let bytes = 0;
  await consumer.run({
    eachMessage: async (/** @type {{ message: { value: Buffer } }} */ { message }) => {
      bytes += message.value.length;
      onRecords(1);
    },
  });
}

await runTask({
  producer: (task) => (task.mode === 'produce arrays' ? bareProducer(task) : promisedProducer(task)),
  consume: (task, onRecords) =>
    task.mode === 'consume batches' ? consumeBare(task, onRecords) : consumePromised(task, onRecords),
});
