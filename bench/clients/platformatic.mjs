// @platformatic/kafka, under the Node it asks for, from the directory in which it was installed, which is the working directory.
import { client } from '../../interop/platformatic/client.mjs';
import { arrayLength, runTask, sampleValues } from './measure.mjs';

const { Consumer, Producer, stringSerializers } = client;

await runTask({
  async producer({ bootstrapServers, topic, valueBytes, codec }) {
    const producer = new Producer({
      clientId: 'bench',
      bootstrapBrokers: [bootstrapServers],
      serializers: stringSerializers,
      compression: codec,
      acks: -1,
    });
    const valueOf = sampleValues(valueBytes);
    /** @param {number} from @param {number} count */
    const send = (from, count) =>
      producer.send({
        messages: Array.from({ length: count }, (_, index) => ({
          topic,
          key: `key-${from + index}`,
          value: valueOf(from + index),
        })),
      });
    return {
      sendOne: (index) => send(index, 1),
      sendArray: (index) => send(index * arrayLength, arrayLength),
      close: () => producer.close(),
    };
  },

  // It hands records out one by one, whatever the mode: as events, which is the faster way, or by its asynchronous iterator.
  async consume({ bootstrapServers, topic, mode }, onRecords) {
    const consumer = new Consumer({
      clientId: 'bench',
      bootstrapBrokers: [bootstrapServers],
      groupId: `platformatic-${process.pid}`,
    });
    const stream = await consumer.consume({ topics: [topic], mode: 'committed', fallbackMode: 'earliest' });
    let bytes = 0;
    if (mode === 'consume batches') {
      stream.on('data', (/** @type {{ value: Buffer }} */ { value }) => {
        bytes += value.length;
        onRecords(1);
      });
    } else {
      for await (const { value } of stream) {
        bytes += value.length;
        onRecords(1);
      }
    }
  },
});
