// Decides whether Apache Kafka and our broker can take over each other's data directory: topics, records, transactions, compacted logs.
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { Kafka, logLevel } from 'kafkajs';

import { layOutApacheKafka } from '../support/apache-kafka.mjs';
import { startOttlaBroker } from '../support/ottla-broker.mjs';
import { run } from '../support/processes.mjs';
import { ToolMissing } from '../support/suite.mjs';
import { findApacheKafka, findKcat } from '../support/tools.mjs';
import { until } from '../support/within.mjs';
import { checkDump } from './check-dump.mjs';

const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
const recordsPerCodec = 500;
/** Apache Kafka looks for dirty logs and old segments often enough for a test. */
const cleaning = { 'log.cleaner.backoff.ms': '200', 'log.initial.task.delay.ms': '500' };

export function directoryCases() {
  return [
    {
      name: 'a data directory goes from Apache Kafka, killed, to our broker and back',
      run: () => inDirectory((directory) => fromApache(directory, 'SIGKILL')),
    },
    {
      name: 'a data directory goes from Apache Kafka, stopped, to our broker and back',
      run: () => inDirectory((directory) => fromApache(directory, 'SIGTERM')),
    },
    {
      name: 'a data directory of our broker, killed, goes to Apache Kafka and back',
      run: () => inDirectory((directory) => fromOttla(directory, 'SIGKILL')),
    },
    {
      name: 'a data directory of our broker, stopped, goes to Apache Kafka and back',
      run: () => inDirectory((directory) => fromOttla(directory, 'SIGTERM')),
    },
  ];
}

/** @param {(directory: string) => Promise<string>} action */
async function inDirectory(action) {
  const directory = await mkdtemp(path.join(tmpdir(), 'ottla-shared-'));
  try {
    return await action(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function tools() {
  const kafka = await findApacheKafka();
  const kcat = await findKcat();
  if (kafka === null || kcat === null)
    throw new ToolMissing('Java, Maven or kcat is neither installed nor to be had from the package manager');
  return { kafka, kcat };
}

/** @param {string} directory @param {'SIGKILL' | 'SIGTERM'} signal how Apache Kafka ends */
async function fromApache(directory, signal) {
  const { kafka, kcat } = await tools();
  const first = await layOutApacheKafka(kafka, { properties: cleaning });
  const dataDirectory = path.join(directory, 'data');
  let before;
  try {
    const server = await first.start();
    await fill(kcat, first.bootstrapServers);
    await writeTransactions(first.bootstrapServers, 'first');
    await waitForCompaction(first.logDirectory);
    before = await readAll(kcat, first.bootstrapServers);
    await server.stop(signal);
    await cp(first.logDirectory, dataDirectory, { recursive: true });
  } finally {
    await first.remove();
  }
  const written = await underOttla(kcat, dataDirectory, before, 'SIGTERM');
  const dumped = await checkDump(kafka, dataDirectory, /^(codec|transactions|compacted)-/);
  await underApache(kafka, kcat, dataDirectory, written);
  return `${before.length} records; ${dumped}`;
}

/** @param {string} directory @param {'SIGKILL' | 'SIGTERM'} signal how our broker ends */
async function fromOttla(directory, signal) {
  const { kafka, kcat } = await tools();
  const dataDirectory = path.join(directory, 'data');
  const broker = await startOttlaBroker({ dataDirectory });
  await fill(kcat, broker.bootstrapServers);
  await writeTransactions(broker.bootstrapServers, 'first');
  await waitForCompaction(dataDirectory);
  const before = await readAll(kcat, broker.bootstrapServers);
  await broker.stop(signal);
  const written = await underApache(kafka, kcat, dataDirectory, before);
  await underOttla(kcat, dataDirectory, written, 'SIGTERM');
  return `${written.length} records`;
}

/** Reads, appends and reads again. @param {string} kcat @param {string} dataDirectory @param {readonly string[]} before @param {NodeJS.Signals} signal */
async function underOttla(kcat, dataDirectory, before, signal) {
  const broker = await startOttlaBroker({ dataDirectory });
  try {
    return await compareAndAppend(kcat, broker.bootstrapServers, before, 'our broker');
  } catch (error) {
    throw new Error(`our broker said:\n${broker.output().slice(-2_000)}`, { cause: error });
  } finally {
    await broker.stop(signal);
  }
}

/** As `underOttla`. @param {{ java: string, classPath: string }} kafka @param {string} kcat @param {string} dataDirectory @param {readonly string[]} before */
async function underApache(kafka, kcat, dataDirectory, before) {
  const node = await layOutApacheKafka(kafka, { properties: cleaning, dataDirectory });
  const server = await node.start();
  try {
    return await compareAndAppend(kcat, node.bootstrapServers, before, 'Apache Kafka');
  } catch (error) {
    const told = server
      .output()
      .split('\n')
      .filter((line) => /ERROR|WARN|Exception/.test(line));
    throw new Error(`Apache Kafka said:\n${told.slice(-10).join('\n')}`, { cause: error });
  } finally {
    await server.stop('SIGTERM');
    await node.remove();
  }
}

/** @param {string} kcat @param {string} bootstrapServers @param {readonly string[]} before @param {string} who */
async function compareAndAppend(kcat, bootstrapServers, before, who) {
  const found = await readAll(kcat, bootstrapServers);
  const missing = before.filter((line) => !found.includes(line));
  if (missing.length > 0 || found.length !== before.length) {
    const extra = found.filter((line) => !before.includes(line));
    throw new Error(
      `${who} reads ${found.length} records, not ${before.length}; it misses ${missing.slice(0, 3).join(', ')} and adds ${extra.slice(0, 3).join(', ')}`,
    );
  }
  for (const codec of codecs) await produce(kcat, bootstrapServers, `codec-${codec}`, codec, 50, who);
  // It ends the transaction that was left open by the broker before, and leaves one to the next.
  await writeTransactions(bootstrapServers, `by ${who}`);
  const after = await readAll(kcat, bootstrapServers);
  const expected = before.length + codecs.length * 50 + committedPerRound;
  if (after.length !== expected) throw new Error(`${who} has ${after.length} records, not ${expected}`);
  return after;
}

const committedPerRound = 20;

/** @param {string} kcat @param {string} bootstrapServers */
async function fill(kcat, bootstrapServers) {
  const kafka = new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const compacted = { 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0.01', 'segment.ms': '500' };
  await admin.createTopics({
    topics: [
      ...codecs.map((codec) => ({ topic: `codec-${codec}`, numPartitions: 2 })),
      { topic: 'transactions', numPartitions: 1 },
      {
        topic: 'compacted',
        numPartitions: 1,
        configEntries: Object.entries(compacted).map(([name, value]) => ({ name, value })),
      },
    ],
    waitForLeaders: true,
  });
  await admin.disconnect();
  for (const codec of codecs)
    await produce(kcat, bootstrapServers, `codec-${codec}`, codec, recordsPerCodec, 'first');
  const producer = kafka.producer();
  await producer.connect();
  // Record times make segments: what is older than half a second than the next is closed.
  const startMs = Date.now() - 60_000;
  for (let round = 0; round < 6; round += 1) {
    const messages = Array.from({ length: 40 }, (_, at) => ({
      key: `key ${at % 11}`,
      value: at === 7 ? null : `${round}/${at}`,
      timestamp: `${startMs + round * 1_000}`,
    }));
    await producer.send({ topic: 'compacted', messages });
  }
  await producer.disconnect();
}

/** @param {string} kcat @param {string} bootstrapServers @param {string} topic @param {string} codec @param {number} count @param {string} who */
async function produce(kcat, bootstrapServers, topic, codec, count, who) {
  const lines = Array.from({ length: count }, (_, at) => `key ${at}\t${who} ${at} ${'x'.repeat(at % 200)}\n`);
  const flags = [
    '-P',
    '-t',
    topic,
    '-K',
    '\t',
    '-z',
    codec,
    '-X',
    'acks=all',
    '-X',
    'enable.idempotence=true',
  ];
  await run(kcat, ['-b', bootstrapServers, ...flags], { input: lines.join('') });
}

/** Ten transactions of four records, every other one aborted, and one that is left open. @param {string} bootstrapServers @param {string} who */
async function writeTransactions(bootstrapServers, who) {
  const kafka = new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.NOTHING });
  const producer = kafka.producer({ transactionalId: 'shared', maxInFlightRequests: 1, idempotent: true });
  await producer.connect();
  for (let round = 0; round < 10; round += 1) {
    const transaction = await producer.transaction();
    const messages = Array.from({ length: 4 }, (_, at) => ({
      key: `${round}`,
      value: `${who} ${round}/${at}`,
    }));
    await transaction.send({ topic: 'transactions', messages });
    await (round % 2 === 0 ? transaction.commit() : transaction.abort());
  }
  const open = await producer.transaction();
  await open.send({ topic: 'transactions', messages: [{ value: `${who}, never ended` }] });
  await producer.disconnect();
}

/** Every committed record of every topic, with its place and time. @param {string} kcat @param {string} bootstrapServers */
async function readAll(kcat, bootstrapServers) {
  const lines = [];
  for (const topic of [...codecs.map((codec) => `codec-${codec}`), 'transactions', 'compacted']) {
    const flags = ['-C', '-e', '-q', '-t', topic, '-o', 'beginning', '-X', 'isolation.level=read_committed'];
    const format = ['-f', '%t %p %o %T %K:%k %S:%s\\n'];
    const { stdout } = await run(kcat, ['-b', bootstrapServers, ...flags, ...format], { timeoutMs: 60_000 });
    lines.push(
      ...stdout
        .toString()
        .trimEnd()
        .split('\n')
        .filter((line) => line !== ''),
    );
  }
  return lines;
}

/** @param {string} logDirectory */
async function waitForCompaction(logDirectory) {
  const file = path.join(logDirectory, 'cleaner-offset-checkpoint');
  const checkpoint = () => (existsSync(file) ? readFileSync(file, 'utf8') : '');
  await until(
    30_000,
    () => Number(/^compacted 0 (\d+)$/m.exec(checkpoint())?.[1] ?? 0) >= 200,
    () => `the topic is not compacted: ${checkpoint()}`,
  );
}
