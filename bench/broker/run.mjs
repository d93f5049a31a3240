// Decides the benchmark of brokers: Apache Kafka and ours side by side, both running, loaded in turn by the same clients.
import { cpus } from 'node:os';

import { findApacheKafka } from '../../interop/support/tools.mjs';
import { createTopic, deleteTopics } from '../../interop/support/topics.mjs';
import { installOttla, startApache, startOttla } from './brokers.mjs';
import { compare, median } from './comparison.mjs';
import { javaConsume, javaProduce } from './java-loads.mjs';
import { findCProducer } from './librdkafka-load.mjs';
import { planOf } from './loads.mjs';
import { residentMegabytes } from './process-figures.mjs';
import { createTable, loadHead, loadRow, plainRow } from './report.mjs';

const isQuick = process.argv.includes('--quick');
/** Only loads whose name contains this, when given. */
const only = process.argv.slice(3).find((argument) => !argument.startsWith('--')) ?? '';
const plan = planOf(isQuick ? 'quick' : 'full');

const kafka = await findApacheKafka();
if (kafka === null) {
  console.error('Apache Kafka cannot be had here: Java or Maven is missing');
  process.exit(1);
}
console.log(
  `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}; Apache Kafka with its default 1 GiB heap; one broker each, on disk; ${plan.rounds} round(s), medians`,
);

/** @param {() => Promise<import('./brokers.mjs').Broker>} start */
async function started(start) {
  const times = [];
  for (let time = 1; time < plan.starts; time += 1) {
    const broker = await start();
    times.push(broker.firstAnswerMs);
    await broker.stop();
  }
  const broker = await start();
  times.push(broker.firstAnswerMs);
  return { broker, firstAnswerMs: median(times), idle: residentMegabytes(broker.pid) };
}

const installed = await installOttla();
const ottla = await started(() => startOttla(installed.command));
const apache = await started(() => startApache(kafka));
const brokers = [apache.broker, ottla.broker];
const table = createTable(loadHead);

/**
 * @param {string} name @param {{ records: number, recordBytes: number }} size
 * @param {(broker: import('./brokers.mjs').Broker) => Promise<import('./comparison.mjs').Figures>} load
 */
async function measure(name, { records, recordBytes }, load) {
  if (!name.includes(only)) return false;
  const row = loadRow(name, await compare(brokers, plan.rounds, records, load), recordBytes);
  table.push(row);
  console.error(row.join(' | '));
  return true;
}

/** @param {string} topic @param {number} partitions @param {() => Promise<void>} loads */
async function withTopic(topic, partitions, loads) {
  for (const broker of brokers) await createTopic(broker.bootstrapServers, topic, partitions);
  await loads();
  for (const broker of brokers) await deleteTopics(broker.bootstrapServers, [topic]);
}

const bytesText = (/** @type {number} */ bytes) => (bytes < 1024 ? `${bytes} B` : `${bytes / 1024} KiB`);
const partitionsText = (/** @type {number} */ count) => (count === 1 ? '1 partition' : `${count} partitions`);

// Both have compiled their hot code before anything counts.
await withTopic('warm-up', 2, async () => {
  for (const { bootstrapServers } of brokers) {
    const load = { bootstrapServers, topic: 'warm-up', ...plan.warmUp };
    await javaProduce(kafka, { ...load, acks: 'all' });
    await javaConsume(kafka, load);
  }
});

for (const size of plan.sizes) {
  const { recordBytes, records } = size;
  for (const partitions of plan.partitionCounts) {
    const topic = `java-${recordBytes}-${partitions}`;
    const what = `${bytesText(recordBytes)}, ${partitionsText(partitions)}`;
    await withTopic(topic, partitions, async () => {
      let isFilled = false;
      for (const acks of plan.acks) {
        isFilled = await measure(`produce ${what}, acks ${acks}`, size, ({ bootstrapServers }) =>
          javaProduce(kafka, { bootstrapServers, topic, records, recordBytes, acks }),
        );
      }
      for (const { bootstrapServers } of isFilled ? [] : brokers)
        await javaProduce(kafka, { bootstrapServers, topic, records: records * 2, recordBytes, acks: '1' });
      await measure(`consume ${what}`, size, ({ bootstrapServers }) =>
        javaConsume(kafka, { bootstrapServers, topic, records }),
      );
    });
  }
}

for (const partitions of plan.partitionCounts) {
  const { recordBytes, records, recordsPerSecond } = plan.steady;
  const topic = `steady-${partitions}`;
  await withTopic(topic, partitions, () =>
    measure(
      `produce at ${recordsPerSecond}/s, ${bytesText(recordBytes)}, ${partitionsText(partitions)}, acks all`,
      plan.steady,
      ({ bootstrapServers }) =>
        javaProduce(kafka, {
          bootstrapServers,
          topic,
          records,
          recordBytes,
          acks: 'all',
          throughput: recordsPerSecond,
        }),
    ),
  );
}

const c = await findCProducer();
if (c === null) console.log('neither librdkafka nor kcat can be had here: no client in C');
for (const { recordBytes, records, goalPerSecond } of c === null ? [] : plan.c) {
  for (const partitions of plan.partitionCounts) {
    const topic = `c-${recordBytes}-${partitions}`;
    const goal = `goal ${Math.round(goalPerSecond).toLocaleString('en')}/s`;
    await withTopic(topic, partitions, () =>
      measure(
        `${c?.name} ${bytesText(recordBytes)}, ${partitionsText(partitions)}, acks 1 (${goal})`,
        { recordBytes, records },
        async ({ bootstrapServers }) => {
          const load = { bootstrapServers, topic, partitions, records, recordBytes, acks: '1' };
          return /** @type {import('./librdkafka-load.mjs').CProducer} */ (c).produce(load);
        },
      ),
    );
  }
}
await c?.remove();

const memory = createTable(['', 'Apache', 'ours', 'ratio', 'goal']);
memory.push(
  plainRow('start to the first answer', apache.firstAnswerMs, ottla.firstAnswerMs, 'ms', 'below 1/50'),
);
const after = { apache: residentMegabytes(apache.broker.pid), ottla: residentMegabytes(ottla.broker.pid) };
for (const [name, theirs, ours] of [
  ['resident after start', apache.idle?.now, ottla.idle?.now],
  ['resident after the run', after.apache?.now, after.ottla?.now],
  ['resident at its highest', after.apache?.peak, after.ottla?.peak],
]) {
  memory.push(plainRow(String(name), Number(theirs), Number(ours), 'MB', 'below 1/3'));
}
console.log(table.toString());
console.log(memory.toString());
for (const broker of brokers) await broker.stop();
await installed.remove();
