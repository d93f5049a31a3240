// Fills a topic for those who read it, with exactly as many records as the task says, in batches as a producer makes them by default.
import { createKafka, serializers } from '@ottla/core';

import { arrayLength, sampleValues } from './measure.mjs';

/** @type {import('./measure.mjs').Task} */
const { bootstrapServers, topic, valueBytes, codec, records } = JSON.parse(process.argv[2] ?? '{}');
const kafka = createKafka({ bootstrapServers });
const producer = kafka.producer({
  keySerializer: serializers.string,
  valueSerializer: serializers.string,
  compressionType: codec,
  lingerMs: 5,
});
const valueOf = sampleValues(valueBytes);
for (let at = 0; at < records; at += 8 * arrayLength) {
  const count = Math.min(8 * arrayLength, records - at);
  await producer.sendMany(
    Array.from({ length: count }, (_, index) => ({
      topic,
      key: `key-${at + index}`,
      value: valueOf(at + index),
    })),
  );
}
await kafka.close();
