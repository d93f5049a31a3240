// kill -9 of the stand-alone broker in the middle of produce runs: no acknowledged record is lost, and Apache's log reader finds no fault.
import { readdir } from 'node:fs/promises';
import path from 'node:path';

import { Kafka, logLevel } from 'kafkajs';

import { javaTool } from '../support/apache-kafka.mjs';
import { startOttlaBroker } from '../support/ottla-broker.mjs';
import { seededRandom } from '../support/sample-records.mjs';
import { ToolMissing } from '../support/suite.mjs';
import { findApacheKafka } from '../support/tools.mjs';

const rounds = 10;
const partitionCount = 3;
const topic = 'killed';

/** @param {string} directory */
export function killCases(directory) {
  const dataDirectory = path.join(directory, 'killed');
  return [
    {
      name: `kill -9 in the middle of a produce run, ${rounds} times`,
      run: () => killRepeatedly(dataDirectory),
    },
    { name: 'kafka-dump-log reads every file that was left', run: () => dumpLogs(dataDirectory) },
  ];
}

/** @param {string} dataDirectory */
async function killRepeatedly(dataDirectory) {
  const seed = Number(process.env.OTTLA_SEED ?? Date.now() % 1_000_000);
  const random = seededRandom(seed);
  /** @type {Set<string>} */
  const acknowledged = new Set();
  try {
    for (let round = 0; round < rounds; round += 1) {
      const broker = await startOttlaBroker({ dataDirectory });
      const wantedAcknowledgements = 2_000 + Math.floor(random() * 6_000);
      await produceUntilKilled(broker, round, wantedAcknowledgements, acknowledged);
      await broker.exited;
    }
    const broker = await startOttlaBroker({ dataDirectory });
    const found = await readAll(broker.bootstrapServers);
    await broker.stop('SIGTERM');
    const lost = [...acknowledged].filter((value) => !found.has(value));
    if (lost.length > 0)
      throw new Error(`${lost.length} acknowledged records are lost, the first is ${lost[0]}`);
    return `${acknowledged.size} acknowledged records, all there`;
  } catch (error) {
    throw new Error(`seed ${seed} (replay: OTTLA_SEED=${seed} npm run interop -- kill)`, { cause: error });
  }
}

/**
 * Keeps several requests in flight, and kills the broker once enough were answered: some are being written at that moment.
 * @param {Awaited<ReturnType<typeof startOttlaBroker>>} broker @param {number} round @param {number} wanted @param {Set<string>} acknowledged
 */
async function produceUntilKilled(broker, round, wanted, acknowledged) {
  const kafka = new Kafka({
    brokers: [broker.bootstrapServers],
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
    requestTimeout: 5_000,
  });
  if (round === 0) {
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic, numPartitions: partitionCount }] });
    await admin.disconnect();
  }
  const producer = kafka.producer({ retry: { retries: 0 } });
  await producer.connect();
  let killed = false;
  let answered = 0;
  const lanes = Array.from({ length: 8 }, async (_, lane) => {
    for (let batch = 0; !killed; batch += 1) {
      const values = Array.from(
        { length: 50 },
        (_unused, index) => `${round}/${lane}/${batch}/${index}/${'x'.repeat((index * 37) % 300)}`,
      );
      try {
        await producer.send({ topic, acks: -1, messages: values.map((value) => ({ key: value, value })) });
      } catch {
        return;
      }
      for (const value of values) acknowledged.add(value);
      answered += values.length;
      if (answered >= wanted && !killed) {
        killed = true;
        process.kill(broker.pid, 'SIGKILL');
      }
    }
  });
  await Promise.all(lanes);
  await producer.disconnect();
}

/** @param {string} bootstrapServers */
async function readAll(bootstrapServers) {
  const kafka = new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const ends = await admin.fetchTopicOffsets(topic);
  await admin.disconnect();
  const waiting = new Map(
    ends.filter(({ high }) => Number(high) > 0).map(({ partition, high }) => [partition, Number(high)]),
  );
  /** @type {Set<string>} */
  const found = new Set();
  const consumer = kafka.consumer({ groupId: 'killed-reader' });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await new Promise((resolve, reject) => {
    const timer = setTimeout(
      () =>
        reject(new Error(`read ${found.size} records, partitions left: ${[...waiting.keys()].join(', ')}`)),
      60_000,
    );
    consumer
      .run({
        eachBatch: async ({ batch }) => {
          for (const message of batch.messages) found.add(String(message.value));
          if (Number(batch.lastOffset()) + 1 >= (waiting.get(batch.partition) ?? 0))
            waiting.delete(batch.partition);
          if (waiting.size === 0) {
            clearTimeout(timer);
            resolve(undefined);
          }
        },
      })
      .catch(reject);
  });
  await consumer.disconnect();
  return found;
}

/** @param {string} dataDirectory */
async function dumpLogs(dataDirectory) {
  const kafka = await findApacheKafka();
  if (kafka === null)
    throw new ToolMissing('Java or Maven is neither installed nor to be had from the package manager');
  const files = (await readdir(dataDirectory, { recursive: true }))
    .filter((name) => /\.(log|index|timeindex|snapshot)$/.test(name))
    .map((name) => path.join(dataDirectory, name));
  if (!files.some((name) => name.includes(`${topic}-0`)))
    throw new Error(`no log of ${topic} in ${dataDirectory}`);
  const { stdout } = await javaTool(
    kafka,
    'org.apache.kafka.tools.DumpLogSegments',
    ['--deep-iteration', '--files', files.join(',')],
    { timeoutMs: 300_000 },
  );
  const text = stdout.toString();
  // Deep iteration starts to count at -1, and says "-1 is followed by" of every segment whose base is not 0.
  const fault =
    /^.*(mismatch|isvalid: false|invalid|corrupt|exception|Could not).*$/im.exec(text) ??
    /^ *\d+ is followed by \d+$/m.exec(text);
  if (fault !== null) throw new Error(`kafka-dump-log says: ${fault[0]}`);
  const batches = text.match(/^baseOffset: /gm)?.length ?? 0;
  if (batches === 0) throw new Error(`kafka-dump-log found no batch:\n${text.slice(0, 1_000)}`);
  return `${files.length} files, ${batches} batches`;
}
