// @confluentinc/kafka-javascript: transactions by its promises.
import { createRequire } from 'node:module';
import path from 'node:path';

import { measureProducing, taskOfProcess } from './measure.mjs';

const installed = createRequire(path.join(process.cwd(), 'package.json'));
const { KafkaJS } = installed('@confluentinc/kafka-javascript');

const task = taskOfProcess();
const { bootstrapServers, topic, isTransactional } = task;
const kafka = new KafkaJS.Kafka({
  kafkaJS: { brokers: [bootstrapServers], logLevel: KafkaJS.logLevel.NOTHING },
});
// What is sent together goes at once, for it is awaited.
const producer = kafka.producer({
  kafkaJS: { acks: -1, ...(isTransactional ? { transactionalId: `confluent-${process.pid}` } : {}) },
  'linger.ms': 0,
  'queue.buffering.max.messages': 1_000_000,
});
await producer.connect();
await measureProducing(task, {
  async send(messages) {
    if (!isTransactional) return producer.send({ topic, messages });
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages });
    return transaction.commit();
  },
});
