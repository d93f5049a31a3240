// Decides whether kafka-dump-log decodes the records of Kafka's own topics as our broker keeps them, and takes its remaining options.
import { readdir } from 'node:fs/promises';
import path from 'node:path';

import { javaTool } from '../support/apache-kafka.mjs';
import { ToolMissing } from '../support/suite.mjs';
import { findApacheKafka } from '../support/tools.mjs';

const mainClass = 'org.apache.kafka.tools.DumpLogSegments';

/** Of a broker that is stopped, after groups and transactions were served. @param {string} dataDirectory */
export function internalTopicCases(dataDirectory) {
  return [
    {
      name: 'kafka-dump-log decodes groups, transactions and metadata, and takes its other options',
      run: () => decode(dataDirectory),
    },
  ];
}

/** Segments that hold records. @param {string} dataDirectory @param {RegExp} partitions */
async function logsOf(dataDirectory, partitions) {
  const directories = (await readdir(dataDirectory)).filter((name) => partitions.test(name));
  const files = await Promise.all(
    directories.map(async (directory) =>
      (await readdir(path.join(dataDirectory, directory)))
        .filter((name) => name.endsWith('.log'))
        .map((name) => path.join(dataDirectory, directory, name)),
    ),
  );
  return files.flat();
}

/** @param {string} dataDirectory */
async function decode(dataDirectory) {
  const kafka = await findApacheKafka();
  if (kafka === null)
    throw new ToolMissing('Java or Maven is neither installed nor to be had from the package manager');
  /** @param {RegExp} partitions @param {readonly string[]} options @param {readonly RegExp[]} wanted */
  const dump = async (partitions, options, wanted) => {
    const files = await logsOf(dataDirectory, partitions);
    if (files.length === 0) throw new Error(`there is no log of ${partitions} in ${dataDirectory}`);
    const args = [...options, '--files', files.join(',')];
    const { stdout, stderr } = await javaTool(kafka, mainClass, args, { timeoutMs: 120_000 });
    const text = `${stdout.toString()}\n${stderr}`;
    const fault = /^.*(could not|exception|isvalid: false|skipping|invalid bytes).*$/im.exec(text);
    if (fault !== null) throw new Error(`kafka-dump-log ${options.join(' ')} says: ${fault[0]}`);
    for (const pattern of wanted)
      if (!pattern.test(text))
        throw new Error(`kafka-dump-log ${options.join(' ')} does not show ${pattern}`);
    return text;
  };
  const offsets = await dump(
    /^__consumer_offsets-/,
    ['--offsets-decoder'],
    [
      /payload: \{"data":\{"groupId"|"type":"1","data":\{"group"/,
      /"committedOffset"|"offset":\d+/,
      /"protocolType":"consumer"/,
      /assignmentEpoch|memberEpoch|"epoch"/i,
    ],
  );
  const metadata = await dump(
    /^__cluster_metadata-0$/,
    ['--cluster-metadata-decoder'],
    [/"type":"TOPIC_RECORD"/, /"type":"PARTITION_RECORD"/, /"type":"FEATURE_LEVEL_RECORD"/],
  );
  const transactions = (await logsOf(dataDirectory, /^__transaction_state-/)).length;
  if (transactions > 0)
    await dump(/^__transaction_state-/, ['--transaction-log-decoder'], [/transactionalId|producerId/]);
  const string = 'org.apache.kafka.tools.api.StringDecoder';
  const decoders = ['--print-data-log', '--key-decoder-class', string, '--value-decoder-class', string];
  await dump(/^java-groups-reset-0$/, decoders, [/payload: record 9/]);
  const limited = ['--deep-iteration', '--max-bytes', '150'];
  const text = await dump(/^java-groups-reset-0$/, limited, [/offset: 0 /]);
  if (/offset: 9 /.test(text)) throw new Error('--max-bytes was not heeded');
  const count = (/** @type {string} */ from) => from.match(/^\| offset: /gm)?.length ?? 0;
  return `${count(offsets)} records of groups, ${count(metadata)} of metadata, ${transactions} logs of transactions`;
}
