// Decides the benchmark of transactions: copies with transactions of several sizes against copies without, and transactional producers side by side.
//
// npm run bench -- transactions [--full] [--broker=apache|ottla …] [words of the loads wanted]
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { run } from '../../interop/support/processes.mjs';
import { confluentClient, findApacheKafka } from '../../interop/support/tools.mjs';
import { createTopic, deleteTopics } from '../../interop/support/topics.mjs';
import { installOttla, startApache, startOttla } from '../broker/brokers.mjs';
import { median } from '../broker/comparison.mjs';
import { createTable } from '../broker/report.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    full: { type: 'boolean', default: false },
    broker: { type: 'string', multiple: true, default: ['apache', 'ottla'] },
  },
});
const only = positionals.filter((word) => word !== 'transactions');
const plan = options.full
  ? { rounds: 5, warmUpMs: 1000, measureMs: 5000, inputRecords: 3_000_000 }
  : { rounds: 3, warmUpMs: 500, measureMs: 2000, inputRecords: 1_000_000 };
const sizes = [100, 1000, 10_000];
const valueBytes = 100;
const partitions = 3;

/** @typedef {{ recordsPerSecond: number, cpuSecondsPerMillion: number, failure?: string }} Figures */
/** @typedef {{ name: string, command: string, cwd?: string }} Client */

/** @returns {Promise<Client[]>} */
async function findClients() {
  const clients = ['ottla', 'kafkajs'].map((name) => ({ name, command: process.execPath }));
  try {
    return [...clients, { name: 'confluent', ...(await confluentClient()) }];
  } catch (error) {
    console.log(`confluent is not measured: ${error instanceof Error ? error.message : String(error)}`);
    return clients;
  }
}

/** @param {Client} client @param {object} task @returns {Promise<Figures>} */
async function measure({ name, command, cwd }, task) {
  const script = fileURLToPath(new URL(`${name}.mjs`, import.meta.url));
  const env = { KAFKAJS_NO_PARTITIONER_WARNING: '1' };
  try {
    const { stdout } = await run(command, [script, JSON.stringify(task)], { timeoutMs: 60_000, env, cwd });
    return JSON.parse(stdout.toString().trim().split('\n').at(-1) ?? '{}');
  } catch (error) {
    const failure = String(error).split('\n')[0]?.slice(0, 120);
    return { recordsPerSecond: NaN, cpuSecondsPerMillion: NaN, failure };
  }
}

const whole = (/** @type {number} */ number) =>
  Number.isFinite(number) ? Math.round(number).toLocaleString('en') : 'failed';
const table = createTable(['broker; load', 'who', 'records/s', 'ratio', 'rounds, thousands/s']);

/**
 * Measures rivals in turns, so that what disturbs the machine disturbs all of them.
 * @param {string} name
 * @param {{ name: string, once: () => Promise<Figures> }[]} rivals the first is what others are measured by
 */
async function compare(name, rivals) {
  /** @type {Map<string, Figures[]>} */
  const rounds = new Map(rivals.map((rival) => [rival.name, []]));
  for (let round = 0; round < plan.rounds; round += 1)
    for (const rival of rivals) rounds.get(rival.name)?.push(await rival.once());
  const rateOf = (/** @type {string} */ rival) =>
    median((rounds.get(rival) ?? []).map((each) => each.recordsPerSecond).filter(Number.isFinite));
  const first = rivals[0]?.name ?? '';
  for (const [rival, figures] of rounds) {
    const ratio = rival === first ? '' : (rateOf(first) / rateOf(rival)).toFixed(2);
    const raw = figures.map((each) => each.failure ?? (each.recordsPerSecond / 1000).toFixed(1)).join(' ');
    const row = [name, rival, whole(rateOf(rival)), ratio, raw];
    table.push(row);
    console.error(row.join(' | '));
  }
}

/** @param {import('../broker/brokers.mjs').Broker} broker @param {Client[]} clients */
async function measureBroker({ name: broker, bootstrapServers }, clients) {
  const wants = (/** @type {string} */ name) => only.every((word) => name.includes(word));
  const [input, output] = [`copy-input-${process.pid}`, `transactions-${process.pid}`];
  for (const topic of [input, output]) await createTopic(bootstrapServers, topic, partitions);
  const base = { bootstrapServers, topic: output, input, valueBytes, ...plan };
  const [ours] = clients;
  if (ours !== undefined && sizes.some((size) => wants(`${broker}; copy, ${size} at a time`))) {
    const fill = fileURLToPath(new URL('../clients/fill.mjs', import.meta.url));
    const filling = { bootstrapServers, topic: input, valueBytes, codec: 'none', records: plan.inputRecords };
    await run(process.execPath, [fill, JSON.stringify(filling)]);
    for (const recordsPerTransaction of sizes) {
      const name = `${broker}; copy, ${recordsPerTransaction} at a time`;
      if (!wants(name)) continue;
      const task = { ...base, work: 'copy', recordsPerTransaction };
      await compare(name, [
        { name: 'with transactions', once: () => measure(ours, { ...task, isTransactional: true }) },
        { name: 'without', once: () => measure(ours, { ...task, isTransactional: false }) },
      ]);
    }
  }
  for (const recordsPerTransaction of sizes) {
    const name = `${broker}; produce, transactions of ${recordsPerTransaction}`;
    if (!wants(name)) continue;
    const task = { ...base, work: 'produce', recordsPerTransaction, isTransactional: true };
    await compare(
      name,
      clients.map((client) => ({ name: client.name, once: () => measure(client, task) })),
    );
  }
  await deleteTopics(bootstrapServers, [input, output]);
}

const clients = await findClients();
console.log(
  `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}; ${plan.rounds} round(s) of ${plan.measureMs} ms, medians; values of ${valueBytes} bytes, ${partitions} partitions; ratio: the first by this one`,
);
if (options.broker.includes('apache')) {
  const kafka = await findApacheKafka();
  if (kafka === null) console.log('Apache Kafka cannot be had here: Java or Maven is missing');
  else {
    const broker = await startApache(kafka);
    await measureBroker(broker, clients);
    await broker.stop();
  }
}
if (options.broker.includes('ottla')) {
  const installed = await installOttla();
  const broker = await startOttla(installed.command);
  await measureBroker(broker, clients);
  await broker.stop();
  await installed.remove();
}
console.log(table.toString());
