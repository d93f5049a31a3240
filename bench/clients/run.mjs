// Decides the benchmark of clients: ours and others' on our stand-alone broker, in one run, each in a process of its own, with ratios.
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import Table from 'cli-table3';

import { startOttlaBroker } from '../../interop/support/ottla-broker.mjs';
import { run } from '../../interop/support/processes.mjs';
import { createTopic } from '../../interop/support/topics.mjs';

const clients = ['kafkajs', 'ottla'];
const sizes = [
  { valueBytes: 100, records: 400_000 },
  { valueBytes: 1024, records: 100_000 },
];
// Single sends are slow enough that fewer of them tell as much.
const modes = [
  { mode: 'produce arrays', share: 1 },
  { mode: 'produce 1000 concurrent', share: 1 / 4 },
  { mode: 'produce one awaited', share: 1 / 100 },
  { mode: 'consume batches', share: 1 },
  { mode: 'consume records', share: 1 },
];

/** @param {string} client @param {Record<string, unknown>} parameters */
async function runClient(client, parameters) {
  const script = fileURLToPath(new URL(`${client}.mjs`, import.meta.url));
  const { stdout } = await run(process.execPath, [script, JSON.stringify(parameters)], {
    timeoutMs: 300_000,
    env: { KAFKAJS_NO_PARTITIONER_WARNING: '1' },
  });
  return JSON.parse(stdout.toString().trim().split('\n').at(-1) ?? '{}');
}

/** @param {number} number */
const whole = (number) => Math.round(number).toLocaleString('en');

const directory = await mkdtemp(path.join(tmpdir(), 'ottla-bench-'));
const broker = await startOttlaBroker({ dataDirectory: directory });
const { bootstrapServers } = broker;
console.log(
  `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}; broker: ours, stand-alone, on disk, four partitions, acks all`,
);
const table = new Table({
  head: ['values', 'mode', 'client', 'records/s', 'CPU s per million', 'peak MB', 'ours ÷ kafkajs'],
  colAligns: ['left', 'left', 'left', 'right', 'right', 'right', 'right'],
  style: { head: [], border: [] },
});
const only = process.argv[2] === 'clients' ? (process.argv[3] ?? '') : (process.argv[2] ?? '');
for (const { valueBytes, records } of sizes) {
  const full = `full-${valueBytes}`;
  await createTopic(bootstrapServers, full, 4);
  await runClient('ottla', { bootstrapServers, topic: full, mode: 'produce arrays', records, valueBytes });
  for (const { mode, share } of modes.filter((one) => one.mode.includes(only))) {
    let baseline = 0;
    for (const client of clients) {
      let topic = full;
      if (mode.startsWith('produce')) {
        topic = `${client}-${valueBytes}-${mode.replaceAll(' ', '-')}`;
        await createTopic(bootstrapServers, topic, 4);
      }
      const result = await runClient(client, {
        bootstrapServers,
        topic,
        mode,
        records: records * share,
        valueBytes,
      });
      if (client === 'kafkajs') baseline = result.recordsPerSecond;
      table.push([
        `${valueBytes} B`,
        mode,
        client,
        whole(result.recordsPerSecond),
        result.cpuSecondsPerMillion.toFixed(2),
        whole(result.peakMemoryMegabytes),
        client === 'kafkajs' ? '' : (result.recordsPerSecond / baseline).toFixed(2),
      ]);
    }
  }
}
console.log(table.toString());
await broker.stop();
await rm(directory, { recursive: true, force: true });

const starts = [];
for (let time = 0; time < 5; time += 1) starts.push(await runClient('embedded-start', {}));
starts.sort((a, b) => a.firstRecordMs - b.firstRecordMs);
const median = starts[2];
console.log(
  `EmbeddedKafka.start() to the first record received: ${median.firstRecordMs.toFixed(0)} ms (median of 5; of these ${median.startMs.toFixed(0)} ms until started; loading the modules took ${median.importMs.toFixed(0)} ms before)`,
);
