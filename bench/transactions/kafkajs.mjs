// kafkajs 2.2.4: its transactions, as its documentation says to use them.
import kafkajs from 'kafkajs';

import { measureProducing, taskOfProcess } from './measure.mjs';

const task = taskOfProcess();
const { bootstrapServers, topic, isTransactional } = task;
const kafka = new kafkajs.Kafka({ brokers: [bootstrapServers], logLevel: kafkajs.logLevel.NOTHING });
const producer = kafka.producer(
  isTransactional
    ? { transactionalId: `kafkajs-${process.pid}`, maxInFlightRequests: 1, idempotent: true }
    : {},
);
await producer.connect();
await measureProducing(task, {
  async send(messages) {
    if (!isTransactional) return producer.send({ topic, acks: -1, messages });
    const transaction = await producer.transaction();
    await transaction.send({ topic, acks: -1, messages });
    return transaction.commit();
  },
});
