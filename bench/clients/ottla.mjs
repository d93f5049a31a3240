// Our own clients.
import { createKafka, serializers } from '@ottla/core';

import { arrayLength, runTask, sampleValues } from './measure.mjs';

await runTask({
  async producer({ bootstrapServers, topic, valueBytes, codec }) {
    const producer = createKafka({ bootstrapServers }).producer({
      keySerializer: serializers.string,
      valueSerializer: serializers.string,
      compressionType: codec,
    });
    const valueOf = sampleValues(valueBytes);
    return {
      sendOne: (index) => producer.send({ topic, key: `key-${index}`, value: valueOf(index) }),
      sendArray: (index) =>
        producer.sendMany(
          Array.from({ length: arrayLength }, (_, at) => ({
            topic,
            key: `key-${index * arrayLength + at}`,
            value: valueOf(index * arrayLength + at),
          })),
        ),
      close: () => producer.close(),
    };
  },

  async consume({ bootstrapServers, topic, mode }, onRecords) {
    const consumer = createKafka({ bootstrapServers }).consumer({
      groupId: `ottla-${process.pid}`,
      autoOffsetReset: 'earliest',
    });
    consumer.subscribe({ topics: [topic] });
    let bytes = 0;
    if (mode === 'consume batches') {
      for await (const records of consumer.batches()) {
        for (const { value } of records) bytes += value?.length ?? 0;
        onRecords(records.count);
      }
    } else {
      for await (const { value } of consumer) {
        bytes += value?.length ?? 0;
        onRecords(1);
      }
    }
  },
});
