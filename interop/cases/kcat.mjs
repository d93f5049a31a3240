// Debian's kcat (librdkafka in C) against the broker: produce in every compression it has, consume in a group of two.
import { start, run } from '../support/processes.mjs';
import { assertSameRecords, sampleRecords } from '../support/sample-records.mjs';
import { ToolMissing } from '../support/suite.mjs';
import { findKcat } from '../support/tools.mjs';
import { createTopic } from '../support/topics.mjs';
import { until } from '../support/within.mjs';

const recordCount = 10_000;

/** @param {string} bootstrapServers */
export function kcatCases(bootstrapServers) {
  return ['none', 'gzip', 'snappy', 'lz4', 'zstd'].map((codec, index) => ({
    name: `kcat ${codec}`,
    run: () => roundTrip(bootstrapServers, codec, index + 101),
  }));
}

/** @param {string} bootstrapServers @param {string} codec @param {number} seed */
async function roundTrip(bootstrapServers, codec, seed) {
  const kcat = await findKcat();
  if (kcat === null)
    throw new ToolMissing('kcat is neither installed nor to be had from the package manager');
  const topic = `kcat-${codec}`;
  const sent = sampleRecords(recordCount, seed);
  await createTopic(bootstrapServers, topic, 4);

  const consuming = [
    '-u',
    '-X',
    'auto.offset.reset=earliest',
    '-f',
    '%p\\t%o\\t%k\\t%s\\n',
    '-G',
    `${topic}-group`,
    topic,
  ];
  const ready = /rebalanced/; // A member says on its error stream what the group assigned to it.
  const members = await Promise.all(
    [0, 1].map(() => start(kcat, ['-b', bootstrapServers, ...consuming], { ready })),
  );
  try {
    const share = /assigned: \S+ \[\d\], \S+ \[\d\]\n/;
    await until(
      60_000,
      () => members.every((member) => share.test(member.output())),
      () => 'the two members do not share the partitions',
    );
    const producing = [
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
    const input = sent.map(({ key, value }) => `${key}\t${value}\n`).join('');
    await run(kcat, ['-b', bootstrapServers, ...producing], { input });
    const received = () => members.flatMap((member) => parse(member.stdout()));
    await until(
      60_000,
      () => received().length >= recordCount,
      () => `received ${received().length} of ${recordCount} records`,
    );
    assertSameRecords(sent, received());
  } finally {
    await Promise.all(members.map((member) => member.stop()));
  }
}

/** @param {string} output */
function parse(output) {
  return output
    .split('\n')
    .slice(0, -1)
    .filter((line) => /^\d+\t\d+\t/.test(line))
    .map((line) => {
      const [partition, offset, key = '', value = ''] = line.split('\t');
      return { partition: Number(partition), offset: Number(offset), key, value };
    });
}
