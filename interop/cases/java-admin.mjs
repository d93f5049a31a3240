// Apache Kafka's own tools for operators: topics, configs, log directories, offsets, records, leaders, features and the metadata quorum.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { javaTool } from '../support/apache-kafka.mjs';
import { ToolMissing } from '../support/suite.mjs';
import { findApacheKafka } from '../support/tools.mjs';

const tools = {
  topics: 'org.apache.kafka.tools.TopicCommand',
  configs: 'kafka.admin.ConfigCommand',
  logDirs: 'org.apache.kafka.tools.LogDirsCommand',
  getOffsets: 'org.apache.kafka.tools.GetOffsetShell',
  deleteRecords: 'org.apache.kafka.tools.DeleteRecordsCommand',
  leaderElection: 'org.apache.kafka.tools.LeaderElectionCommand',
  features: 'org.apache.kafka.tools.FeatureCommand',
  metadataQuorum: 'org.apache.kafka.tools.MetadataQuorumCommand',
  transactions: 'org.apache.kafka.tools.TransactionsCommand',
  consoleProducer: 'org.apache.kafka.tools.ConsoleProducer',
  reassignment: 'org.apache.kafka.tools.reassign.ReassignPartitionsCommand',
};

/** @param {string} bootstrapServers */
export function javaAdminCases(bootstrapServers) {
  return [
    { name: 'java kafka-topics --alter and --describe', run: () => topics(bootstrapServers) },
    { name: 'java kafka-configs of topics and brokers', run: () => configs(bootstrapServers) },
    {
      name: 'java kafka-log-dirs, kafka-get-offsets and kafka-delete-records',
      run: () => records(bootstrapServers),
    },
    {
      name: 'java kafka-leader-election, kafka-reassign-partitions, kafka-features, kafka-metadata-quorum',
      run: () => cluster(bootstrapServers),
    },
  ];
}

/** @param {string} bootstrapServers */
async function toolsOn(bootstrapServers) {
  const kafka = await findApacheKafka();
  if (kafka === null)
    throw new ToolMissing('Java or Maven is neither installed nor to be had from the package manager');
  /** @param {keyof typeof tools} tool @param {readonly string[]} args @param {Parameters<typeof javaTool>[3]} [options] */
  return async (tool, args, options) => {
    const all = ['--bootstrap-server', bootstrapServers, ...args];
    const { stdout, stderr } = await javaTool(kafka, tools[tool], all, options);
    return `${stdout.toString()}${stderr}`;
  };
}

/** @param {string} text @param {RegExp} wanted */
function expectIn(text, wanted) {
  if (!wanted.test(text)) throw new Error(`${wanted} is not in:\n${text.slice(0, 2_000)}`);
}

/** @param {string} topic @param {number} partitions */
const creation = (topic, partitions) => [
  '--create',
  '--topic',
  topic,
  '--partitions',
  String(partitions),
  '--replication-factor',
  '1',
];

/** @param {string} bootstrapServers */
async function topics(bootstrapServers) {
  const tool = await toolsOn(bootstrapServers);
  const topic = 'java-admin-topics';
  await tool('topics', [...creation(topic, 2), '--config', 'retention.ms=60000']);
  await tool('topics', ['--alter', '--topic', topic, '--partitions', '5']);
  const described = await tool('topics', ['--describe', '--topic', topic]);
  expectIn(described, /PartitionCount: 5\s+ReplicationFactor: 1\s+Configs: retention\.ms=60000/);
  expectIn(described, /Partition: 4\s+Leader: 1\s+Replicas: 1\s+Isr: 1\s/);
  const shrunk = await tool('topics', ['--alter', '--topic', topic, '--partitions', '3'], {
    allowFailure: true,
  });
  expectIn(shrunk, /InvalidPartitionsException/);
  await tool('topics', ['--delete', '--topic', topic]);
  const left = await tool('topics', ['--list']);
  if (left.includes(topic)) throw new Error(`the deleted topic is listed:\n${left}`);
}

/** @param {string} bootstrapServers */
async function configs(bootstrapServers) {
  const tool = await toolsOn(bootstrapServers);
  const topic = 'java-admin-configs';
  await tool('topics', creation(topic, 1));
  const ofTopic = ['--entity-type', 'topics', '--entity-name', topic];
  const added = 'segment.bytes=2000000,cleanup.policy=[compact,delete]';
  await tool('configs', ['--alter', ...ofTopic, '--add-config', added]);
  await tool('configs', ['--alter', ...ofTopic, '--add-config', 'retention.ms=70000']);
  await tool('configs', ['--alter', ...ofTopic, '--delete-config', 'segment.bytes']);
  const described = await tool('configs', ['--describe', ...ofTopic]);
  expectIn(described, /cleanup\.policy=compact,delete sensitive=false synonyms=\{DYNAMIC_TOPIC_CONFIG:/);
  expectIn(described, /retention\.ms=70000 /);
  if (described.includes('segment.bytes')) throw new Error(`segment.bytes is still set:\n${described}`);
  const unknown = await tool('configs', ['--alter', ...ofTopic, '--add-config', 'no.such.config=1'], {
    allowFailure: true,
  });
  expectIn(unknown, /InvalidConfigurationException/);

  const ofAll = ['--entity-type', 'brokers', '--entity-default'];
  const ofOne = ['--entity-type', 'brokers', '--entity-name', '1'];
  await tool('configs', ['--alter', ...ofAll, '--add-config', 'log.index.interval.bytes=5000']);
  await tool('configs', ['--alter', ...ofOne, '--add-config', 'log.index.interval.bytes=6000']);
  expectIn(
    await tool('configs', ['--describe', ...ofAll]),
    /log\.index\.interval\.bytes=5000 sensitive=false synonyms=\{DYNAMIC_DEFAULT_BROKER_CONFIG:/,
  );
  const order =
    /DYNAMIC_BROKER_CONFIG:log\.index\.interval\.bytes=6000, DYNAMIC_DEFAULT_BROKER_CONFIG:log\.index\.interval\.bytes=5000, DEFAULT_CONFIG:log\.index\.interval\.bytes=4096/;
  expectIn(await tool('configs', ['--describe', ...ofOne]), order);
  expectIn(await tool('configs', ['--describe', '--all', ...ofTopic]), order);
  const fixed = await tool('configs', ['--alter', ...ofOne, '--add-config', 'num.partitions=3'], {
    allowFailure: true,
  });
  expectIn(fixed, /InvalidRequestException/);
  await tool('configs', ['--alter', ...ofAll, '--delete-config', 'log.index.interval.bytes']);
  await tool('configs', ['--alter', ...ofOne, '--delete-config', 'log.index.interval.bytes']);
}

/** @param {string} bootstrapServers */
async function records(bootstrapServers) {
  const tool = await toolsOn(bootstrapServers);
  const topic = 'java-admin-records';
  await tool('topics', creation(topic, 1));
  const lines = Array.from({ length: 50 }, (_, at) => `record ${at}\n`).join('');
  await tool('consoleProducer', ['--topic', topic], { input: lines });
  const directories = await tool('logDirs', ['--describe', '--topic-list', topic]);
  expectIn(directories, new RegExp(`"partition":"${topic}-0","size":[1-9]\\d*,"offsetLag":0`));
  expectIn(await tool('getOffsets', ['--topic', topic]), new RegExp(`^${topic}:0:50$`, 'm'));

  const directory = await mkdtemp(path.join(tmpdir(), 'ottla-delete-records-'));
  try {
    const file = path.join(directory, 'offsets.json');
    await writeFile(file, JSON.stringify({ version: 1, partitions: [{ topic, partition: 0, offset: 20 }] }));
    const deleted = await tool('deleteRecords', ['--offset-json-file', file]);
    expectIn(deleted, new RegExp(`partition: ${topic}-0\\s+low_watermark: 20`));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  const earliest = await tool('getOffsets', ['--topic', topic, '--time', 'earliest']);
  expectIn(earliest, new RegExp(`^${topic}:0:20$`, 'm'));
  const producers = await tool('transactions', ['describe-producers', '--topic', topic, '--partition', '0']);
  expectIn(producers, /^\d+\s+0\s+-1\s+49\s+\d+\s+None\s*$/m);
}

/** @param {string} bootstrapServers */
async function cluster(bootstrapServers) {
  const tool = await toolsOn(bootstrapServers);
  const topic = 'java-admin-cluster';
  await tool('topics', creation(topic, 1));
  const one = ['--election-type', 'preferred', '--topic', topic, '--partition', '0'];
  expectIn(await tool('leaderElection', one), /Valid replica already elected/);
  const directory = await mkdtemp(path.join(tmpdir(), 'ottla-reassignment-'));
  try {
    const file = path.join(directory, 'plan.json');
    const partitions = [{ topic, partition: 0, replicas: [1], log_dirs: ['any'] }];
    await writeFile(file, JSON.stringify({ version: 1, partitions }));
    const plan = ['--reassignment-json-file', file];
    expectIn(
      await tool('reassignment', [...plan, '--execute']),
      /Successfully started partition reassignment/,
    );
    expectIn(await tool('reassignment', [...plan, '--verify']), /is completed/);
    expectIn(await tool('reassignment', ['--list']), /No partition reassignments found/);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  expectIn(await tool('features', ['describe']), /metadata\.version.*FinalizedVersionLevel: 4\.0-IV3/);
  const quorum = await tool('metadataQuorum', ['describe', '--status']);
  expectIn(quorum, /LeaderId:\s+1\s/);
  expectIn(quorum, /CurrentVoters:\s+\[\{"id": 1/);
}
