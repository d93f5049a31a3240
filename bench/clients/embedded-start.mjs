// How long a test waits for the broker: from EmbeddedKafka.start() to the first record received.
const importedFromMs = performance.now();
const { EmbeddedKafka } = await import('@ottla/testing');
const { serializers } = await import('@ottla/core');
const importMs = performance.now() - importedFromMs;

const startedAtMs = performance.now();
const embedded = await EmbeddedKafka.start({ topics: ['first'] });
const startMs = performance.now() - startedAtMs;
const kafka = embedded.kafka();
const producer = kafka.producer({ valueSerializer: serializers.json });
const probe = embedded.probe('first');
await producer.send({ topic: 'first', value: 'light' });
await probe.next();
const firstRecordMs = performance.now() - startedAtMs;
console.log(JSON.stringify({ importMs, startMs, firstRecordMs }));
await embedded.close();
