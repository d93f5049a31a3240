// Our own clients.
import { createKafka, deserializers, serializers } from '@ottla/core';

import { keepInFlight, measure, parameters, sampleValue } from './measure.mjs';

const { bootstrapServers, topic, mode, records, valueBytes } = parameters();
const kafka = createKafka({ bootstrapServers, clientId: 'bench' });
const value = sampleValue(valueBytes);

/** @param {number} count @param {number} from */
const messages = (count, from) =>
  Array.from({ length: count }, (_, index) => ({ topic, key: `key-${from + index}`, value }));

async function produce() {
  const producer = kafka.producer({ keySerializer: serializers.string, valueSerializer: serializers.string });
  await producer.sendMany(messages(100, 0)); // warm connection and metadata
  await measure(records, async () => {
    if (mode === 'produce one awaited') {
      for (let index = 0; index < records; index += 1)
        await producer.send({ topic, key: `key-${index}`, value });
    } else if (mode === 'produce 1000 concurrent') {
      await keepInFlight(records, 1000, (index) => producer.send({ topic, key: `key-${index}`, value }));
    } else {
      await keepInFlight(records / 1000, 8, (batch) => producer.sendMany(messages(1000, batch * 1000)));
    }
  });
  await producer.close();
}

async function consume() {
  const consumer = kafka.consumer({
    groupId: `ottla-${process.pid}`,
    autoOffsetReset: 'earliest',
    keyDeserializer: deserializers.bytes,
    valueDeserializer: deserializers.bytes,
  });
  consumer.subscribe({ topics: [topic] });
  let seen = 0;
  while (seen === 0) seen += take(await consumer.poll({ timeoutMs: 1000 }));
  await measure(records - seen, async () => {
    while (seen < records) seen += take(await consumer.poll({ timeoutMs: 1000 }));
  });
  await consumer.close();
}

/** @param {import('@ottla/core').ConsumerRecords<Buffer, Buffer>} polled */
function take(polled) {
  let bytes = 0;
  for (const record of polled) bytes += record.value?.length ?? 0;
  if (bytes < 0) throw new Error('unreachable');
  return polled.count;
}

await (mode.startsWith('produce') ? produce() : consume());
await kafka.close();
