// Apache Kafka's tools around groups: kafka-consumer-groups with every form of resetting, deleting and describing, verifiable producer and consumer.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { Kafka, logLevel } from 'kafkajs';

import { javaTool } from '../support/apache-kafka.mjs';
import { ToolMissing } from '../support/suite.mjs';
import { findApacheKafka } from '../support/tools.mjs';
import { within } from '../support/within.mjs';

const consumerGroups = 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand';
const hourMs = 3_600_000;
const recordCount = 10;

/** @param {string} bootstrapServers */
export function javaGroupCases(bootstrapServers) {
  return [
    {
      name: 'java kafka-consumer-groups --reset-offsets, in all its forms',
      run: () => resetOffsets(bootstrapServers),
    },
    {
      name: 'java kafka-consumer-groups of a group with members: --list, --describe, and what is refused',
      run: () => activeGroup(bootstrapServers),
    },
    ...['classic', 'consumer'].map((protocol) => ({
      name: `java verifiable producer and consumer, ${protocol} protocol`,
      beside: true,
      run: () => verifiable(bootstrapServers, protocol),
    })),
  ];
}

async function apacheKafka() {
  const kafka = await findApacheKafka();
  if (kafka === null)
    throw new ToolMissing('Java or Maven is neither installed nor to be had from the package manager');
  return kafka;
}

/** @param {string} bootstrapServers */
async function groupsTool(bootstrapServers) {
  const kafka = await apacheKafka();
  /** Fails when it says other than `wanted`. @param {readonly string[]} args @param {RegExp} wanted */
  return async (args, wanted) => {
    const all = ['--bootstrap-server', bootstrapServers, ...args];
    const { stdout, stderr } = await javaTool(kafka, consumerGroups, all, { allowFailure: true });
    const text = `${stdout.toString()}${stderr}`;
    if (!wanted.test(text))
      throw new Error(`${args.join(' ')}: ${wanted} is not in:\n${text.slice(0, 2_000)}`);
    return stdout.toString();
  };
}

/** A topic of ten records, five of which are two hours old. @param {Kafka} client @param {string} topic */
async function topicOfRecords(client, topic) {
  const admin = client.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true });
  const producer = client.producer();
  await producer.connect();
  const nowMs = Date.now();
  for (let at = 0; at < recordCount; at += 1) {
    const timestamp = String(at < recordCount / 2 ? nowMs - 2 * hourMs : nowMs);
    await producer.send({ topic, messages: [{ value: `record ${at}`, timestamp }] });
  }
  await producer.disconnect();
  return admin;
}

/** @param {string} bootstrapServers */
async function resetOffsets(bootstrapServers) {
  const tool = await groupsTool(bootstrapServers);
  const client = new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.NOTHING });
  const [topic, group] = ['java-groups-reset', 'java-groups-reset'];
  const admin = await topicOfRecords(client, topic);
  const directory = await mkdtemp(path.join(tmpdir(), 'ottla-reset-'));
  const committed = async () => {
    const [answer] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
    return Number(answer?.partitions[0]?.offset);
  };
  /** @param {readonly string[]} form @param {number} offset */
  const reset = async (form, offset) => {
    const args = ['--reset-offsets', '--group', group, '--topic', topic, ...form, '--execute'];
    await tool(args, new RegExp(`^${group}\\s+${topic}\\s+0\\s+${offset}\\s*$`, 'm'));
    if ((await committed()) !== offset)
      throw new Error(`after ${form.join(' ')} the offset is ${await committed()} and not ${offset}`);
  };
  // The tool reads a time without a zone as UTC.
  const datetime = new Date(Date.now() - hourMs).toISOString().slice(0, -1);
  try {
    await reset(['--to-earliest'], 0);
    await reset(['--to-latest'], recordCount);
    await reset(['--to-offset', '4'], 4);
    await reset(['--shift-by', '3'], 7);
    await reset(['--shift-by', '-5'], 2);
    await reset(['--shift-by', '100'], recordCount);
    await reset(['--by-duration', 'PT1H'], recordCount / 2);
    await reset(['--to-offset', '1'], 1);
    await reset(['--to-datetime', datetime], recordCount / 2);
    await reset(['--to-current'], recordCount / 2);
    const plan = ['--reset-offsets', '--group', group, '--all-topics', '--to-offset', '8'];
    await tool([...plan, '--dry-run'], new RegExp(`^${group}\\s+${topic}\\s+0\\s+8\\s*$`, 'm'));
    const exported = await tool([...plan, '--dry-run', '--export'], new RegExp(`^"?${topic}"?,0,8$`, 'm'));
    if ((await committed()) !== recordCount / 2) throw new Error('a dry run moved the offset');
    const file = path.join(directory, 'offsets.csv');
    const rows = exported.split('\n').filter((line) => line.includes(',0,8'));
    await writeFile(file, `${rows.join('\n')}\n`);
    const fromFile = ['--reset-offsets', '--group', group, '--from-file', file, '--execute'];
    await tool(fromFile, new RegExp(`^${group}\\s+${topic}\\s+0\\s+8\\s*$`, 'm'));
    if ((await committed()) !== 8) throw new Error(`after --from-file the offset is ${await committed()}`);

    const described = new RegExp(`^${group}\\s+${topic}\\s+0\\s+8\\s+${recordCount}\\s+2\\s+-\\s`, 'm');
    await tool(['--describe', '--group', group], described);
    await tool(['--describe', '--group', group, '--state'], /\sEmpty\s+0/);
    await tool(['--delete-offsets', '--group', group, '--topic', topic], /Successful/);
    if ((await committed()) !== -1) throw new Error(`after --delete-offsets there is ${await committed()}`);
    await reset(['--to-earliest'], 0);
    await tool(['--delete', '--group', group], /was successful/);
    const { groups } = await admin.listGroups();
    if (groups.some(({ groupId }) => groupId === group)) throw new Error('the deleted group is listed');
    await tool(['--delete', '--group', group], /GroupIdNotFound|does not exist|not found/i);
    return 'to-earliest, to-latest, to-offset, shift-by, by-duration, to-datetime, to-current, dry-run, export, from-file; delete-offsets, delete';
  } finally {
    await admin.disconnect();
    await rm(directory, { recursive: true, force: true });
  }
}

/** @param {string} bootstrapServers */
async function activeGroup(bootstrapServers) {
  const tool = await groupsTool(bootstrapServers);
  const client = new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.NOTHING, clientId: 'active' });
  const [topic, group] = ['java-groups-active', 'java-groups-active'];
  const admin = await topicOfRecords(client, topic);
  const consumer = client.consumer({ groupId: group });
  try {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
    await consumer.run({ eachMessage: () => Promise.resolve() });
    await within(30_000, joined, 'the consumer never joined');
    await tool(['--list', '--state', 'Stable'], new RegExp(`^${group}\\s+Stable\\s*$`, 'm'));
    await tool(['--list', '--type', 'classic'], new RegExp(`^${group}\\s+Classic\\s*$`, 'm'));
    const members = ['--describe', '--group', group, '--members', '--verbose'];
    await tool(
      members,
      new RegExp(`^${group}\\s+active-\\S+\\s+/127\\.0\\.0\\.1\\s+active\\s+1\\s.*${topic}:0`, 'm'),
    );
    const ofTopic = ['--group', group, '--topic', topic];
    await tool(['--reset-offsets', ...ofTopic, '--to-earliest', '--execute'], /inactive/);
    await tool(
      ['--delete-offsets', ...ofTopic],
      /GROUP_SUBSCRIBED_TO_TOPIC|actively subscribed|GroupSubscribedToTopic/i,
    );
    await tool(['--delete', '--group', group], /GroupNotEmpty|not empty/i);
  } finally {
    await consumer.disconnect();
    await admin.disconnect();
  }
}

/** The events that a verifiable tool printed. @param {{ stdout: Buffer }} finished @returns {Record<string, unknown>[]} */
function eventsOf({ stdout }) {
  return stdout
    .toString()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
}

/** @param {string} bootstrapServers @param {string} protocol */
async function verifiable(bootstrapServers, protocol) {
  const kafka = await apacheKafka();
  const [topic, count] = [`java-verifiable-${protocol}`, 2_000];
  const common = ['--bootstrap-server', bootstrapServers, '--topic', topic, '--max-messages', String(count)];
  const client = new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.NOTHING });
  const admin = client.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 3 }], waitForLeaders: true });
  await admin.disconnect();
  const produced = eventsOf(
    await javaTool(kafka, 'org.apache.kafka.tools.VerifiableProducer', [...common, '--acks', '-1']),
  );
  const sent = produced.filter(({ name }) => name === 'producer_send_success');
  const summary = produced.find(({ name }) => name === 'tool_data');
  if (sent.length !== count || summary?.acked !== count)
    throw new Error(`of ${count} records ${sent.length} were acknowledged: ${JSON.stringify(summary)}`);
  const group = [
    '--group-id',
    topic,
    '--group-protocol',
    protocol,
    '--reset-policy',
    'earliest',
    '--verbose',
  ];
  const consumed = eventsOf(
    await javaTool(kafka, 'org.apache.kafka.tools.VerifiableConsumer', [...common, ...group]),
  );
  const place = (/** @type {Record<string, unknown>} */ { partition, offset }) =>
    `${String(partition)} ${String(offset)}`;
  const read = consumed.filter(({ name }) => name === 'record_data');
  const missing = new Set(sent.map(place));
  for (const record of read) missing.delete(place(record));
  if (read.length !== count || missing.size > 0)
    throw new Error(
      `${read.length} of ${count} records were read; missing: ${[...missing].slice(0, 3).join(', ')}`,
    );
  const commits = consumed.filter(({ name, success }) => name === 'offsets_committed' && success === true);
  if (commits.length === 0) throw new Error('no offset was committed');
  return `${count} records, each acknowledged and each read once`;
}
