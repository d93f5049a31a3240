// A group of two consumers shares four partitions before a producer sends what standard input holds; what they read is printed.
//
// Usage: round-trip.mjs <bootstrap servers> <topic> <compression> <classic | consumer>
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

import { client, until } from './client.mjs';

const { Consumer, Producer, stringDeserializers, stringSerializers } = client;
const [bootstrapServers = '', topic = '', compression = 'none', groupProtocol = 'classic'] =
  process.argv.slice(2);
const records = JSON.parse(await text(process.stdin));
const connection = { clientId: 'platformatic', bootstrapBrokers: [bootstrapServers] };

const received = [];
const members = [0, 1].map(
  () =>
    new Consumer({
      ...connection,
      groupId: `${topic}-group`,
      groupProtocol,
      deserializers: stringDeserializers,
      sessionTimeout: 10_000,
      heartbeatInterval: 500,
      maxWaitTime: 500,
    }),
);
const streams = await Promise.all(
  members.map((member) =>
    member.consume({ topics: [topic], mode: 'committed', fallbackMode: 'earliest', autocommit: 100 }),
  ),
);
for (const stream of streams) {
  stream.on('data', ({ partition, offset, key, value }) => {
    received.push({ partition, offset: Number(offset), key, value });
  });
}
const shares = () => members.map(({ assignments }) => (assignments ?? []).flatMap((one) => one.partitions));
await until('both members have two partitions', () => shares().every((share) => share.length === 2));
// What a member was fetching when it gave partitions away still counts as read by it, so that this one fetch must end first.
await Promise.all(streams.map((stream) => once(stream, 'fetch')));

const producer = new Producer({ ...connection, serializers: stringSerializers, idempotent: true });
for (let at = 0; at < records.length; at += 250) {
  const messages = records.slice(at, at + 250).map((record) => ({ topic, ...record }));
  await producer.send({ messages, compression, acks: -1 });
}
await producer.close();
await until('every record is read', () => received.length >= records.length);
await Promise.all(streams.map((stream) => stream.close()));
await Promise.all(members.map((member) => member.close()));
for (const record of received) console.log(JSON.stringify(record));
