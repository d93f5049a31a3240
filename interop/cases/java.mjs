// Apache Kafka's own console and perf tools against the broker.
import { javaTool } from '../support/apache-kafka.mjs';
import { assertSameRecords, sampleRecords } from '../support/sample-records.mjs';
import { ToolMissing } from '../support/suite.mjs';
import { findApacheKafka } from '../support/tools.mjs';

const recordCount = 10_000;
const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

/** @param {string} bootstrapServers */
export function javaCases(bootstrapServers) {
  return [
    ...codecs.map((codec, index) => ({
      name: `java console producer and consumer, ${codec}`,
      run: () => consoleTools(bootstrapServers, codec, index + 201),
    })),
    { name: 'java producer and consumer perf test', run: () => perfTools(bootstrapServers) },
    { name: 'java topics and get-offsets tools', run: () => adminTools(bootstrapServers) },
  ];
}

async function apacheKafka() {
  const kafka = await findApacheKafka();
  if (kafka === null)
    throw new ToolMissing('Java or Maven is neither installed nor to be had from the package manager');
  return kafka;
}

/** @param {string} bootstrapServers @param {string} codec @param {number} seed */
async function consoleTools(bootstrapServers, codec, seed) {
  const kafka = await apacheKafka();
  const topic = `java-console-${codec}`;
  const sent = sampleRecords(recordCount, seed);
  await javaTool(kafka, 'org.apache.kafka.tools.TopicCommand', [
    '--bootstrap-server',
    bootstrapServers,
    '--create',
    '--topic',
    topic,
    '--partitions',
    '4',
    '--replication-factor',
    '1',
  ]);
  const producing = [
    '--bootstrap-server',
    bootstrapServers,
    '--topic',
    topic,
    '--compression-codec',
    codec,
    '--reader-property',
    'parse.key=true',
    '--reader-property',
    'key.separator=\t',
  ];
  await javaTool(kafka, 'org.apache.kafka.tools.ConsoleProducer', producing, {
    input: sent.map(({ key, value }) => `${key}\t${value}\n`).join(''),
    env: utf8,
  });
  const formatter = [
    'print.partition=true',
    'print.offset=true',
    'print.key=true',
    'key.separator=\t',
  ].flatMap((property) => ['--formatter-property', property]);
  const consuming = [
    '--bootstrap-server',
    bootstrapServers,
    '--topic',
    topic,
    '--group',
    `${topic}-group`,
    '--from-beginning',
    '--timeout-ms',
    '20000',
    ...formatter,
  ];
  // A group of two: each takes half of the partitions and ends when nothing came for a while or its share is read.
  const members = await Promise.all([
    consumeUntilQuiet(kafka, consuming),
    consumeUntilQuiet(kafka, consuming),
  ]);
  assertSameRecords(sent, members.flat());
  return members.map((records) => records.length).join(' + ');
}

// The console tools speak the platform's character set.
const utf8 = { LC_ALL: 'C.UTF-8', JAVA_TOOL_OPTIONS: '-Dfile.encoding=UTF-8 -Dstdout.encoding=UTF-8' };

/** @param {{ java: string, classPath: string }} kafka @param {string[]} args */
async function consumeUntilQuiet(kafka, args) {
  const { stdout } = await javaTool(kafka, 'org.apache.kafka.tools.consumer.ConsoleConsumer', args, {
    env: utf8,
    allowFailure: true,
  });
  return stdout
    .toString()
    .split('\n')
    .filter((line) => line.startsWith('Partition:'))
    .map((line) => {
      const [partition = '', offset = '', key = '', value = ''] = line.split('\t');
      return {
        partition: Number(partition.slice('Partition:'.length)),
        offset: Number(offset.slice('Offset:'.length)),
        key,
        value,
      };
    });
}

/** @param {string} bootstrapServers */
async function perfTools(bootstrapServers) {
  const kafka = await apacheKafka();
  const topic = 'java-perf';
  await javaTool(kafka, 'org.apache.kafka.tools.TopicCommand', [
    '--bootstrap-server',
    bootstrapServers,
    '--create',
    '--topic',
    topic,
    '--partitions',
    '6',
    '--replication-factor',
    '1',
  ]);
  const produced = await javaTool(kafka, 'org.apache.kafka.tools.ProducerPerformance', [
    '--topic',
    topic,
    '--num-records',
    '200000',
    '--record-size',
    '100',
    '--throughput',
    '-1',
    '--producer-props',
    `bootstrap.servers=${bootstrapServers}`,
    'acks=all',
  ]);
  const summary = produced.stdout.toString().trim().split('\n').at(-1) ?? '';
  if (!summary.startsWith('200000 records sent')) throw new Error(`unexpected summary: ${summary}`);
  const consumed = await javaTool(kafka, 'org.apache.kafka.tools.ConsumerPerformance', [
    '--bootstrap-server',
    bootstrapServers,
    '--topic',
    topic,
    '--num-records',
    '200000',
    '--timeout',
    '30000',
  ]);
  const columns = (consumed.stdout.toString().trim().split('\n').at(-1) ?? '')
    .split(',')
    .map((column) => column.trim());
  if (Number(columns[4]) < 200_000)
    throw new Error(`consumed ${columns[4]} of 200000 records:\n${consumed.stdout.toString()}`);
  return summary;
}

/** @param {string} bootstrapServers */
async function adminTools(bootstrapServers) {
  const kafka = await apacheKafka();
  const described = await javaTool(kafka, 'org.apache.kafka.tools.TopicCommand', [
    '--bootstrap-server',
    bootstrapServers,
    '--describe',
    '--topic',
    'java-perf',
  ]);
  if (!/PartitionCount: 6/.test(described.stdout.toString())) throw new Error(described.stdout.toString());
  const offsets = await javaTool(kafka, 'org.apache.kafka.tools.GetOffsetShell', [
    '--bootstrap-server',
    bootstrapServers,
    '--topic',
    'java-perf',
  ]);
  const total = offsets.stdout
    .toString()
    .trim()
    .split('\n')
    .reduce((sum, line) => sum + Number(line.split(':')[2]), 0);
  if (total !== 200_000) throw new Error(`end offsets add up to ${total}, not 200000`);
  await javaTool(kafka, 'org.apache.kafka.tools.TopicCommand', [
    '--bootstrap-server',
    bootstrapServers,
    '--delete',
    '--topic',
    'java-perf',
  ]);
}
