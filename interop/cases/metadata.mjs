// Our metadata log before Apache Kafka: its decoder reads every record, and its broker takes the whole of it over.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { Kafka, logLevel } from 'kafkajs';

import { javaTool, layOutApacheKafka } from '../support/apache-kafka.mjs';
import { startOttlaBroker } from '../support/ottla-broker.mjs';
import { ToolMissing } from '../support/suite.mjs';
import { findApacheKafka } from '../support/tools.mjs';

/** Kafka's code of topics among config resources. */
const topicResource = 2;

const metadataLog = path.join('__cluster_metadata-0', '00000000000000000000.log');

export function metadataCases() {
  return [{ name: 'the metadata log, decoded and taken over by Apache Kafka', run: metadata }];
}

async function metadata() {
  const kafka = await findApacheKafka();
  if (kafka === null)
    throw new ToolMissing('Java or Maven is neither installed nor to be had from the package manager');
  const directory = await mkdtemp(path.join(tmpdir(), 'ottla-metadata-'));
  try {
    const dataDirectory = path.join(directory, 'data');
    const before = await changeMetadata(kafka, dataDirectory);
    const counts = await decode(kafka, path.join(dataDirectory, metadataLog));
    const node = await layOutApacheKafka(kafka, { dataDirectory });
    const server = await node.start();
    try {
      const after = await describe(kafka, node.bootstrapServers);
      if (after !== before) throw new Error(`Apache Kafka describes\n${after}\nand not\n${before}`);
    } finally {
      await server.stop('SIGTERM');
      await node.remove();
    }
    // And back: what Apache Kafka added to the log changes nothing of it.
    const broker = await startOttlaBroker({ dataDirectory });
    try {
      const back = await describe(kafka, broker.bootstrapServers);
      if (back !== before) throw new Error(`our broker describes\n${back}\nand not\n${before}`);
    } finally {
      await broker.stop('SIGTERM');
    }
    return counts;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Every kind of change that our broker writes; over a restart. @param {{ java: string, classPath: string }} kafka @param {string} dataDirectory */
async function changeMetadata(kafka, dataDirectory) {
  const first = await startOttlaBroker({ dataDirectory });
  await change(first.bootstrapServers, async (admin, producer) => {
    await admin.createTopics({
      topics: [
        { topic: 'kept', numPartitions: 2, configEntries: [{ name: 'retention.ms', value: '60000' }] },
        { topic: 'removed', numPartitions: 3 },
      ],
    });
    await producer.connect();
    await producer.send({ topic: 'kept', messages: [{ value: 'reserves a block of producer ids' }] });
    await producer.disconnect();
    await admin.deleteTopics({ topics: ['removed'] });
  });
  await first.stop('SIGTERM');
  const second = await startOttlaBroker({ dataDirectory });
  await change(second.bootstrapServers, async (admin) => {
    await admin.createPartitions({ topicPartitions: [{ topic: 'kept', count: 5 }] });
    await admin.alterConfigs({
      validateOnly: false,
      resources: [
        {
          type: topicResource,
          name: 'kept',
          configEntries: [{ name: 'segment.bytes', value: '2000000' }],
        },
      ],
    });
  });
  await javaTool(kafka, 'kafka.admin.ConfigCommand', [
    '--bootstrap-server',
    second.bootstrapServers,
    '--alter',
    '--entity-type',
    'brokers',
    '--entity-default',
    '--add-config',
    'log.index.interval.bytes=5000',
  ]);
  const described = await describe(kafka, second.bootstrapServers);
  await second.stop('SIGTERM');
  return described;
}

/** @param {string} bootstrapServers @param {(admin: import('kafkajs').Admin, producer: import('kafkajs').Producer) => Promise<void>} action */
async function change(bootstrapServers, action) {
  const kafka = new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  try {
    await action(admin, kafka.producer({ idempotent: true, maxInFlightRequests: 1 }));
  } finally {
    await admin.disconnect();
  }
}

/** What Apache's tools say of topics and of configs for all brokers. @param {{ java: string, classPath: string }} kafka @param {string} bootstrapServers */
async function describe(kafka, bootstrapServers) {
  const server = ['--bootstrap-server', bootstrapServers, '--describe'];
  const topics = await javaTool(kafka, 'org.apache.kafka.tools.TopicCommand', [...server, '--topic', 'kept']);
  const configs = await javaTool(kafka, 'kafka.admin.ConfigCommand', [
    ...server,
    '--entity-type',
    'brokers',
    '--entity-default',
  ]);
  const lines = `${topics.stdout.toString()}${configs.stdout.toString()}`
    .split('\n')
    .map((line) => line.trim());
  // Apache Kafka writes its own min.insync.replicas for all brokers into a log that it takes over.
  return lines.filter((line) => line !== '' && !line.startsWith('min.insync.replicas')).join('\n');
}

/** @param {{ java: string, classPath: string }} kafka @param {string} file */
async function decode(kafka, file) {
  const args = ['--cluster-metadata-decoder', '--deep-iteration', '--files', file];
  const { stdout, stderr } = await javaTool(kafka, 'org.apache.kafka.tools.DumpLogSegments', args);
  const text = `${stdout.toString()}${stderr}`;
  const fault = /^.*(isvalid: false|skipping|could not|error|exception|mismatch).*$/im.exec(text);
  if (fault !== null) throw new Error(`kafka-dump-log says: ${fault[0]}`);
  const kinds = [...text.matchAll(/payload: \{"type":"(\w+)"/g)].map(([, kind]) => kind);
  for (const wanted of [
    'FEATURE_LEVEL_RECORD',
    'TOPIC_RECORD',
    'PARTITION_RECORD',
    'CONFIG_RECORD',
    'REMOVE_TOPIC_RECORD',
    'PRODUCER_IDS_RECORD',
  ]) {
    if (!kinds.includes(wanted)) throw new Error(`there is no ${wanted} among ${kinds.join(', ')}`);
  }
  const records = text.match(/^\| offset: /gm)?.length ?? 0;
  if (records !== kinds.length) throw new Error(`${kinds.length} of ${records} records are decoded`);
  return `${records} records`;
}
