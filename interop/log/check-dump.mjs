// Decides whether Apache's DumpLogSegments finds the files of our log directories as it finds Kafka's own.
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { javaTool } from '../support/apache-kafka.mjs';
import { ToolMissing } from '../support/suite.mjs';
import { findApacheKafka } from '../support/tools.mjs';
import { writeLogDirectory } from './write-log-directory.mjs';

const mainClass = 'org.apache.kafka.tools.DumpLogSegments';
const fault =
  /^.*(mismatch|isvalid: false|invalid bytes|corrupt|exception|error|could not|out of order).*$/im;
// Deep iteration starts to count at -1, and so says this of every segment whose base is not 0, Apache's own too.
const gap = /^ *\d+ is followed by \d+$/m;

/** @param {string} directory @param {RegExp} pattern */
async function filesOf(directory, pattern) {
  const names = await readdir(directory, { recursive: true });
  return names
    .filter((name) => pattern.test(name))
    .map((name) => path.join(directory, name))
    .toSorted();
}

/** Runs the tool, fails on the first line that tells a fault, gives the text. @param {{ java: string, classPath: string }} kafka @param {readonly string[]} args @param {boolean} [mayHaveGaps] */
async function dump(kafka, args, mayHaveGaps = false) {
  const { stdout, stderr } = await javaTool(kafka, mainClass, args, { timeoutMs: 300_000 });
  const text = `${stdout.toString()}\n${stderr}`;
  const found = fault.exec(text) ?? (mayHaveGaps ? null : gap.exec(text));
  if (found !== null) throw new Error(`kafka-dump-log ${args[0]} says: ${found[0]}`);
  return text;
}

/**
 * Reads every file of a data directory: records deeply, indexes against their logs, snapshots, and the indexes' own sanity check.
 * @param {{ java: string, classPath: string }} kafka
 * @param {string} directory
 * @param {RegExp} [partitions] directories of those that are read
 */
export async function checkDump(kafka, directory, partitions = /^/) {
  const all = await filesOf(directory, /\d{20}\.(log|index|timeindex|txnindex|snapshot)$/);
  const files = all.filter((file) => partitions.test(path.basename(path.dirname(file))));
  const indexes = files.filter((file) => /\.(index|timeindex)$/.test(file));
  const isCompacted = (/** @type {string} */ file) => file.includes(`${path.sep}compacted-`);
  const compacted = files.filter(isCompacted);
  const texts = [];
  // Shallow and deep, with and without what the records say; the modes for records of Kafka's own topics are tried on ours by the broker's cases.
  for (const mode of [
    [],
    ['--deep-iteration'],
    ['--print-data-log'],
    ['--print-data-log', '--skip-record-metadata'],
  ]) {
    texts.push(await dump(kafka, [...mode, '--files', files.filter((file) => !isCompacted(file)).join(',')]));
    if (compacted.length > 0) texts.push(await dump(kafka, [...mode, '--files', compacted.join(',')], true));
  }
  const deep = texts.join('\n');
  const batches = deep.match(/^baseOffset: /gm)?.length ?? 0;
  const records = deep.match(/^\| offset: /gm)?.length ?? 0;
  if (batches === 0 || records === 0)
    throw new Error(`kafka-dump-log found no records:\n${deep.slice(0, 1_000)}`);
  await dump(kafka, ['--verify-index-only', '--files', indexes.join(',')]);
  const sane = await dump(kafka, ['--index-sanity-check', '--files', indexes.join(',')]);
  // Compaction may leave a segment without a record, until its neighbour takes it in.
  const passed = sane.match(/passed sanity check|index is empty/g)?.length ?? 0;
  if (passed !== indexes.length)
    throw new Error(`${passed} of ${indexes.length} indexes passed the sanity check`);
  return `${files.length} files, ${compacted.length} of them compacted, ${batches} batches and ${records} records in four modes, ${indexes.length} indexes`;
}

export function dumpCases() {
  return [
    {
      name: 'kafka-dump-log reads rolled, recovered, transactional and compacted logs',
      run: async () => {
        const kafka = await findApacheKafka();
        if (kafka === null)
          throw new ToolMissing('Java or Maven is neither installed nor to be had from the package manager');
        const directory = await mkdtemp(path.join(tmpdir(), 'ottla-dump-'));
        try {
          await writeLogDirectory(directory);
          const said = await checkDump(kafka, directory);
          const text = await dump(
            kafka,
            ['--files', (await filesOf(directory, /compacted-0.*\d\.log$/)).join(',')],
            true,
          );
          if (!/count: 0 /.test(text) || !/deleteHorizonMs: (OptionalLong\[)?\d/.test(text))
            throw new Error('kafka-dump-log names no emptied batch, or no delete horizon');
          return said;
        } finally {
          await rm(directory, { recursive: true, force: true });
        }
      },
    },
  ];
}
