// Our clients: transactions that are produced, and copies of what a consumer reads, with the offsets in them.
import { createKafka } from '@ottla/core';

import { measureCopying, measureProducing, taskOfProcess } from './measure.mjs';

const task = taskOfProcess();
const { bootstrapServers, topic, input, isTransactional, recordsPerTransaction } = task;
const kafka = createKafka({ bootstrapServers });
const producer = kafka.producer(isTransactional ? { transactionalId: `ottla-${process.pid}` } : {});
if (isTransactional) await producer.initTransactions();

/** @param {readonly { key: any, value: any }[]} messages @param {() => Promise<void>} [offsets] sends offsets with them */
async function send(messages, offsets) {
  if (isTransactional) producer.beginTransaction();
  const sent = producer.sendMany(messages.map(({ key, value }) => ({ topic, key, value })));
  if (!isTransactional) {
    await sent;
    await offsets?.();
    return;
  }
  await offsets?.();
  await producer.commitTransaction();
  await sent;
}

async function copying() {
  const consumer = kafka.consumer({
    groupId: `copy-${process.pid}`,
    isolationLevel: 'read_committed',
    autoOffsetReset: 'earliest',
    enableAutoCommit: false,
    maxPollRecords: recordsPerTransaction,
  });
  consumer.subscribe({ topics: [input] });
  return async () => {
    /** @type {import('@ottla/core').ConsumerRecord<Buffer, Buffer>[]} */
    const records = [];
    while (records.length < recordsPerTransaction) {
      const polled = await consumer.poll({ timeoutMs: 1000 });
      if (polled.count === 0 && records.length > 0) break;
      // All is copied: it is copied once more.
      if (polled.count === 0) consumer.seekToBeginning();
      for (const record of polled) records.push(record);
    }
    const next = new Map(records.map((record) => [record.partition, record.offset + 1]));
    const offsets = [...next].map(([partition, offset]) => ({ topic: input, partition, offset }));
    await send(records, () =>
      isTransactional
        ? producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata())
        : consumer.commit(offsets),
    );
    return records.length;
  };
}

if (task.work === 'copy') await measureCopying(task, { copy: await copying() });
else await measureProducing(task, { send: (messages) => send(messages) });
