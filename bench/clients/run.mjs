// Decides the benchmark of clients: ours and three others on the same brokers in one run, each in a process of its own, ratios beside raw figures.
//
// npm run bench -- clients [--full] [--broker=apache|ottla] [--client=ottla|kafkajs|platformatic|confluent …] [words of the loads and modes wanted]
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { run } from '../../interop/support/processes.mjs';
import { confluentClient, findApacheKafka, platformaticClient } from '../../interop/support/tools.mjs';
import { createTopic, deleteTopics } from '../../interop/support/topics.mjs';
import { startApache, startOttla } from '../broker/brokers.mjs';
import { median } from '../broker/comparison.mjs';
import { createTable } from '../broker/report.mjs';
import { modes, nameOf, planOf, recordsOf } from './plan.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    full: { type: 'boolean', default: false },
    broker: { type: 'string', multiple: true, default: ['apache', 'ottla'] },
    client: { type: 'string', multiple: true, default: ['ottla', 'kafkajs', 'platformatic', 'confluent'] },
  },
});
const only = positionals.filter((word) => word !== 'clients');
const plan = planOf(options.full);
const wants = (/** @type {string} */ name) => only.every((word) => name.includes(word));

/** @typedef {{ name: string, command: string, cwd?: string }} Client */
/** @typedef {{ recordsPerSecond: number, cpuSecondsPerMillion: number, peakMemoryMegabytes: number, failure?: string }} Figures */

/** What runs each client; one that cannot be had is named with the reason and left out. @returns {Promise<Client[]>} */
async function findClients() {
  const runtimes = new Map([
    ['ottla', async () => ({ command: process.execPath })],
    ['kafkajs', async () => ({ command: process.execPath })],
    ['platformatic', platformaticClient],
    ['confluent', confluentClient],
  ]);
  const found = [];
  for (const name of options.client) {
    const find = runtimes.get(name);
    if (find === undefined)
      throw new Error(`No client is called ${name}: ${[...runtimes.keys()].join(', ')}`);
    try {
      found.push({ name, ...(await find()) });
    } catch (error) {
      console.log(`${name} is not measured: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return found;
}

const scriptOf = (/** @type {string} */ name) => fileURLToPath(new URL(`${name}.mjs`, import.meta.url));
const env = { KAFKAJS_NO_PARTITIONER_WARNING: '1' };

/** @param {Client} client @param {object} task @returns {Promise<Figures>} */
async function measure({ name, command, cwd }, task) {
  try {
    const args = [scriptOf(name), JSON.stringify(task)];
    const { stdout } = await run(command, args, { timeoutMs: 60_000, env, cwd });
    return JSON.parse(stdout.toString().trim().split('\n').at(-1) ?? '{}');
  } catch (error) {
    const failure = String(error).split('\n')[0]?.slice(0, 120);
    return { recordsPerSecond: NaN, cpuSecondsPerMillion: NaN, peakMemoryMegabytes: NaN, failure };
  }
}

const whole = (/** @type {number} */ number) =>
  Number.isFinite(number) ? Math.round(number).toLocaleString('en') : 'failed';
const decimal = (/** @type {number} */ number) => (Number.isFinite(number) ? number.toFixed(2) : '');
const medianOf = (/** @type {Figures[]} */ figures, /** @type {keyof Figures} */ key) =>
  median(figures.map((each) => Number(each[key])).filter(Number.isFinite));

const table = createTable([
  'broker; load; mode',
  'client',
  'records/s',
  'ours ÷ this',
  'CPU s per million',
  'peak MB',
  'rounds, thousands/s',
]);

/** @param {string} name @param {Map<string, Figures[]>} byClient */
function report(name, byClient) {
  const ours = medianOf(byClient.get('ottla') ?? [], 'recordsPerSecond');
  for (const [client, figures] of byClient) {
    const rate = medianOf(figures, 'recordsPerSecond');
    const row = [
      name,
      client,
      whole(rate),
      client === 'ottla' ? '' : decimal(ours / rate),
      decimal(medianOf(figures, 'cpuSecondsPerMillion')),
      whole(medianOf(figures, 'peakMemoryMegabytes')),
      figures.map((each) => each.failure ?? (each.recordsPerSecond / 1000).toFixed(1)).join(' '),
    ];
    table.push(row);
    console.error(row.join(' | '));
  }
}

const clients = await findClients();
const kafka = options.broker.includes('apache') ? await findApacheKafka() : null;
if (options.broker.includes('apache') && kafka === null)
  console.log('Apache Kafka cannot be had here: Java or Maven is missing');
console.log(
  `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}; ${plan.rounds} round(s) of ${plan.measureMs} ms, medians; acks all; one broker, on disk`,
);

/** @param {import('../broker/brokers.mjs').Broker} broker @param {import('./plan.mjs').Load} load */
async function measureLoad(broker, load) {
  const { bootstrapServers } = broker;
  const { warmUpMs, measureMs } = plan;
  const wanted = modes.filter((mode) => wants(`${nameOf(load)}; ${mode}`));
  const full = `read-${load.valueBytes}-${load.partitions}-${load.codec}`;
  const reads = wanted.some((mode) => mode.startsWith('consume'));
  const base = { bootstrapServers, ...load, records: recordsOf(load), warmUpMs, measureMs };
  if (reads) {
    await createTopic(bootstrapServers, full, load.partitions);
    await run(process.execPath, [scriptOf('fill'), JSON.stringify({ ...base, topic: full })]);
  }
  for (const mode of wanted) {
    /** @type {Map<string, Figures[]>} */
    const figures = new Map(clients.map(({ name }) => [name, []]));
    for (let round = 0; round < plan.rounds; round += 1) {
      // Who comes first changes from round to round.
      for (const client of round % 2 === 0 ? clients : [...clients].reverse()) {
        const topic = mode.startsWith('consume') ? full : `write-${client.name}-${Date.now()}`;
        if (topic !== full) await createTopic(bootstrapServers, topic, load.partitions);
        figures.get(client.name)?.push(await measure(client, { ...base, mode, topic }));
        if (topic !== full) await deleteTopics(bootstrapServers, [topic]);
      }
    }
    report(`${broker.name}; ${nameOf(load)}; ${mode}`, figures);
  }
  if (reads) await deleteTopics(bootstrapServers, [full]);
}

/** A broker has compiled its hot code before anything counts: whoever comes first would pay for it. @param {string} bootstrapServers */
async function warmUp(bootstrapServers) {
  const topic = 'warm-up';
  await createTopic(bootstrapServers, topic, 6);
  const task = { bootstrapServers, topic, valueBytes: 100, codec: 'none', records: 200_000 };
  for (const mode of modes) {
    const client = { name: 'ottla', command: process.execPath };
    await measure(client, { ...task, mode, warmUpMs: 0, measureMs: plan.brokerWarmUpMs });
  }
  await deleteTopics(bootstrapServers, [topic]);
}

// One broker at a time: the other would take memory and processor time.
for (const name of options.broker) {
  if (name === 'apache' && kafka === null) continue;
  const broker = await (name === 'apache' && kafka !== null ? startApache(kafka) : startOttla());
  await warmUp(broker.bootstrapServers);
  for (const load of plan.loads) await measureLoad(broker, load);
  await broker.stop();
}
console.log(table.toString());
