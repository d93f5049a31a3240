// kafkajs 2.2.4, as its documentation says to use it.
import { createRequire } from 'node:module';

import kafkajs from 'kafkajs';

import { arrayLength, runTask, sampleValues } from './measure.mjs';

const { Kafka, logLevel, CompressionTypes, CompressionCodecs } = kafkajs;

// It has no lz4 of its own; it gets the fastest there is, which ours uses too.
const lz4 = createRequire(import.meta.resolve('@ottla/core'))('lz4-napi');
CompressionCodecs[CompressionTypes.LZ4] = () => ({
  compress: (/** @type {{ buffer: Buffer }} */ encoder) => lz4.compressFrame(encoder.buffer),
  decompress: (/** @type {Buffer} */ buffer) => lz4.decompressFrame(buffer),
});

/** @param {string} bootstrapServers */
const connect = (bootstrapServers) => new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.NOTHING });

await runTask({
  async producer({ bootstrapServers, topic, valueBytes, codec }) {
    const producer = connect(bootstrapServers).producer();
    await producer.connect();
    const valueOf = sampleValues(valueBytes);
    const compression = codec === 'lz4' ? CompressionTypes.LZ4 : CompressionTypes.None;
    /** @param {number} from @param {number} count */
    const send = (from, count) =>
      producer.send({
        topic,
        acks: -1,
        compression,
        messages: Array.from({ length: count }, (_, index) => ({
          key: `key-${from + index}`,
          value: valueOf(from + index),
        })),
      });
    return {
      sendOne: (index) => send(index, 1),
      sendArray: (index) => send(index * arrayLength, arrayLength),
      close: () => producer.disconnect(),
    };
  },

  async consume({ bootstrapServers, topic, mode }, onRecords) {
    const consumer = connect(bootstrapServers).consumer({ groupId: `kafkajs-${process.pid}` });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    let bytes = 0;
    await consumer.run(
      mode === 'consume batches'
        ? {
            eachBatch: async ({ batch }) => {
              for (const message of batch.messages) bytes += message.value?.length ?? 0;
              onRecords(batch.messages.length);
            },
          }
        : {
            eachMessage: async ({ message }) => {
              bytes += message.value?.length ?? 0;
              onRecords(1);
            },
          },
    );
  },
});
