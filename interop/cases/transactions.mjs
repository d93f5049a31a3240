// Other people's transactions against the broker: Java's clients, its copier and tools for operators, kafkajs and librdkafka; and Apache's reader of our logs.
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { Kafka, logLevel } from 'kafkajs';

import { javaTool } from '../support/apache-kafka.mjs';
import { startOttlaBroker } from '../support/ottla-broker.mjs';
import { run } from '../support/processes.mjs';
import { ToolMissing } from '../support/suite.mjs';
import { findApacheKafka, findJavaCompiler, pythonClients, repository } from '../support/tools.mjs';
import { createTopic } from '../support/topics.mjs';
import { until } from '../support/within.mjs';

const javaClients = fileURLToPath(new URL('../transactions/TransactionalClients.java', import.meta.url));
const pythonCopier = path.join(repository, 'interop', 'python', 'confluent_transactions.py');
const copied = 5_000;
const tools = {
  topics: 'org.apache.kafka.tools.TopicCommand',
  producer: 'org.apache.kafka.tools.ConsoleProducer',
  consumer: 'org.apache.kafka.tools.consumer.ConsoleConsumer',
  copier: 'org.apache.kafka.tools.TransactionalMessageCopier',
  transactions: 'org.apache.kafka.tools.TransactionsCommand',
  dumpLog: 'org.apache.kafka.tools.DumpLogSegments',
};

/** @param {string} bootstrapServers @param {string} directory of the whole run */
export function transactionCases(bootstrapServers, directory) {
  return [
    {
      name: 'transactions: java producers and read_committed consumers',
      run: () => javaSteps(bootstrapServers),
    },
    {
      name: `transactions: java TransactionalMessageCopier, two stages, ${copied} records, random aborts`,
      run: () => copierStages(bootstrapServers),
    },
    {
      name: 'transactions: kafkajs commits, aborts and copies with offsets',
      run: () => kafkajs(bootstrapServers),
    },
    {
      name: 'transactions: python confluent-kafka (librdkafka) commits, aborts, copies and is fenced',
      run: async () => {
        const { command } = await pythonClients();
        const { stdout } = await run(command, [pythonCopier, bootstrapServers, 'python-transactions'], {
          timeoutMs: 120_000,
        });
        return stepsIn(stdout.toString(), 3);
      },
    },
    {
      name: 'transactions: kafka-transactions lists, describes, finds and aborts a hanging one',
      run: () => operators(path.join(directory, 'hanging')),
    },
    {
      name: 'transactions: kafka-dump-log reads __transaction_state, markers and transaction indexes',
      run: () => dump(path.join(directory, 'data')),
    },
  ];
}

async function apacheKafka() {
  const kafka = await findApacheKafka();
  if (kafka === null || (await findJavaCompiler()) === null)
    throw new ToolMissing('Java or Maven is neither installed nor to be had from the package manager');
  return kafka;
}

/** @param {string} output @param {number} count */
function stepsIn(output, count) {
  const steps = output.split('\n').filter((line) => line.startsWith('ok '));
  if (steps.length !== count) throw new Error(`not all steps succeeded:\n${output}`);
  return steps.map((line) => line.slice('ok '.length).trim()).join('; ');
}

/** @param {string} bootstrapServers */
async function javaSteps(bootstrapServers) {
  const kafka = await apacheKafka();
  const { stdout } = await javaTool(kafka, javaClients, [bootstrapServers, 'java-transactions'], {
    timeoutMs: 180_000,
  });
  return stepsIn(stdout.toString(), 5);
}

/** @param {string} bootstrapServers */
async function copierStages(bootstrapServers) {
  const kafka = await apacheKafka();
  const stages = ['copier-0', 'copier-1', 'copier-2'];
  for (const topic of stages) await createTopic(bootstrapServers, topic, 1);
  const lines = Array.from({ length: copied }, (_, at) => `${at}\n`).join('');
  const [first = ''] = stages;
  await javaTool(kafka, tools.producer, ['--bootstrap-server', bootstrapServers, '--topic', first], {
    input: lines,
  });
  for (const [index, output] of stages.slice(1).entries()) {
    const { stdout } = await javaTool(
      kafka,
      tools.copier,
      [
        '--broker-list',
        bootstrapServers,
        '--input-topic',
        stages[index] ?? '',
        '--input-partition',
        '0',
        '--output-topic',
        output,
        '--consumer-group',
        `${output}-group`,
        '--transactional-id',
        output,
        // What it would count by itself are offsets, markers among them.

        '--max-messages',
        String(copied),
        '--transaction-size',
        '100',
        '--enable-random-aborts',
        '--use-group-metadata',
      ],
      { timeoutMs: 120_000 },
    );
    const ended = /"stage":"ShutdownComplete".*"totalProcessed":(\d+)/.exec(stdout.toString());
    if (Number(ended?.[1]) !== copied)
      throw new Error(`it copied ${ended?.[1]} records:\n${stdout.toString().slice(-500)}`);
  }
  const { stdout } = await javaTool(
    kafka,
    tools.consumer,
    [
      '--bootstrap-server',
      bootstrapServers,
      '--topic',
      stages.at(-1) ?? '',
      '--from-beginning',
      '--isolation-level',
      'read_committed',
      '--timeout-ms',
      '5000',
    ],
    { allowFailure: true },
  );
  if (stdout.toString() !== lines)
    throw new Error(`${stdout.toString().split('\n').length - 1} records came out, or not in order`);
  return 'each record once, in order';
}

/** The first protocol: AddPartitionsToTxn, AddOffsetsToTxn and old versions throughout. @param {string} bootstrapServers */
async function kafkajs(bootstrapServers) {
  const kafka = new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.NOTHING });
  const [input, output, groupId] = [
    'kafkajs-transactions-in',
    'kafkajs-transactions-out',
    'kafkajs-transactions',
  ];
  for (const topic of [input, output]) await createTopic(bootstrapServers, topic, 1);
  const producer = kafka.producer({ transactionalId: groupId, maxInFlightRequests: 1, idempotent: true });
  await producer.connect();
  for (const [round, ends] of /** @type {const} */ (['commit', 'abort', 'commit']).entries()) {
    const transaction = await producer.transaction();
    await transaction.send({
      topic: output,
      messages: Array.from({ length: 50 }, (_, at) => ({ value: `${round}/${at}` })),
    });
    const offsets = [{ topic: input, partitions: [{ partition: 0, offset: `${round + 1}` }] }];
    await transaction.sendOffsets({ consumerGroupId: groupId, topics: offsets });
    if (ends === 'commit') await transaction.commit();
    else await transaction.abort();
  }
  const admin = kafka.admin();
  await admin.connect();
  const [committed] = await admin.fetchOffsets({ groupId, topics: [input] });
  const offset = committed?.partitions[0]?.offset;
  if (offset !== '3') throw new Error(`the committed offset is ${offset}`);
  const values = await readCommitted(kafka, output, 100);
  const expected = [0, 2].flatMap((round) => Array.from({ length: 50 }, (_, at) => `${round}/${at}`));
  if (values.join() !== expected.join())
    throw new Error(`read ${values.length} records, not the 100 committed`);
  await Promise.all([producer.disconnect(), admin.disconnect()]);
}

/** @param {Kafka} kafka @param {string} topic @param {number} count @returns {Promise<string[]>} */
async function readCommitted(kafka, topic, count) {
  const consumer = kafka.consumer({ groupId: `${topic}-readers`, readUncommitted: false });
  /** @type {string[]} */
  const values = [];
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({ eachMessage: async ({ message }) => void values.push(String(message.value)) });
  await until(
    30_000,
    () => values.length >= count,
    () => `${values.length} of ${count} records came`,
  );
  await consumer.disconnect();
  return values;
}

/** The coordinator forgets a transaction that is open, for somebody deletes its topic: it hangs, and an operator ends it. @param {string} dataDirectory */
async function operators(dataDirectory) {
  const kafka = await apacheKafka();
  const broker = await startOttlaBroker({ dataDirectory });
  const { bootstrapServers } = broker;
  /** @param {readonly string[]} args */
  const tool = async (args) => {
    const all = ['--bootstrap-server', bootstrapServers, ...args];
    return (await javaTool(kafka, tools.transactions, all)).stdout.toString();
  };
  /** @param {string} text @param {RegExp} wanted */
  const expectIn = (text, wanted) => {
    if (!wanted.test(text)) throw new Error(`${wanted} is not in:\n${text}`);
  };
  try {
    const client = new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.NOTHING });
    await createTopic(bootstrapServers, 'hang', 1);
    const producer = client.producer({
      transactionalId: 'hanging',
      maxInFlightRequests: 1,
      idempotent: true,
    });
    await producer.connect();
    const transaction = await producer.transaction();
    await transaction.send({ topic: 'hang', messages: [{ value: 'open' }] });
    expectIn(await tool(['list']), /hanging\s+1\s+\d+\s+Ongoing/);
    expectIn(await tool(['describe', '--transactional-id', 'hanging']), /Ongoing\s+.*hang-0/);
    const find = ['find-hanging', '--topic', 'hang', '--partition', '0', '--max-transaction-timeout', '0'];
    if (/^hang\s/m.test(await tool(find))) throw new Error('an open transaction is taken for a hanging one');
    await javaTool(kafka, tools.topics, [
      '--bootstrap-server',
      bootstrapServers,
      '--delete',
      '--topic',
      '__transaction_state',
    ]);
    expectIn(await tool(find), /^hang\s+0\s/m);
    const producers = ['describe-producers', '--topic', 'hang', '--partition', '0'];
    expectIn(await tool(producers), /^\d+\s+0\s+-1\s+0\s+\d+\s+0\s*$/m);
    await tool(['abort', '--topic', 'hang', '--partition', '0', '--start-offset', '0']);
    expectIn(await tool(producers), /None\s*$/m);
    await producer.disconnect();
  } finally {
    await broker.stop('SIGTERM');
  }
}

/** @param {string} dataDirectory of the broker that the cases before have used */
async function dump(dataDirectory) {
  const kafka = await apacheKafka();
  const directories = (await readdir(dataDirectory)).filter((name) =>
    /^(__transaction_state|copier-2)-/.test(name),
  );
  const files = await Promise.all(
    directories.map(async (directory) => {
      const names = await readdir(path.join(dataDirectory, directory));
      const found = names.filter((name) => /\.(log|txnindex)$/.test(name));
      return found.map((name) => path.join(dataDirectory, directory, name));
    }),
  );
  const counts = { states: 0, markers: 0, aborted: 0 };
  /** @param {readonly string[]} chosen @param {string} decoder */
  const read = async (chosen, decoder) => {
    const args = ['--files', chosen.join(), decoder];
    const text = (await javaTool(kafka, tools.dumpLog, args)).stdout.toString();
    if (/isvalid: false|mismatch|Could not|unknown/i.test(text))
      throw new Error(`kafka-dump-log finds fault:\n${text.slice(0, 2_000)}`);
    counts.states += text.match(/"transactionStatus":[0-5]/g)?.length ?? 0;
    counts.markers += text.match(/endTxnMarker: (COMMIT|ABORT)/g)?.length ?? 0;
    counts.aborted += text.match(/^version: 0 producerId/gm)?.length ?? 0;
  };
  const isState = (/** @type {string} */ file) => file.includes('__transaction_state');
  await read(files.flat().filter(isState), '--transaction-log-decoder');
  await read(
    files.flat().filter((file) => !isState(file)),
    '--print-data-log',
  );
  if (counts.states === 0 || counts.markers === 0)
    throw new Error(`nothing was found in ${directories.length} directories; run the other cases too`);
  return `${counts.states} states, ${counts.markers} markers, ${counts.aborted} aborted transactions`;
}
