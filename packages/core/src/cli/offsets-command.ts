// Decides what `ottla offsets` does: list the first, the next, or the offset of a time, by partition.
import type { Command } from 'commander';

import type { OffsetSpec } from '../client/admin/offset-admin.js';
import type { IsolationLevel } from '../client/types.js';
import { timestampMs } from './arguments.js';
import { addExamples } from './command-examples.js';
import { addClusterOptions, addJsonOption } from './command-parts.js';
import type { CliEnvironment } from './environment.js';
import { UsageError } from './failures.js';
import { nameOf } from './offset-target.js';
import { withCluster, type ClusterOptions, type ClusterSession } from './session.js';
import { parseTopicSelection, selectedPartitions, type TopicSelection } from './topic-selection.js';

interface ListOptions extends ClusterOptions {
  readonly at?: string;
  readonly committed: boolean;
  readonly json: boolean;
}

function specOf(text: string, nowMs: number): OffsetSpec {
  if (text === 'earliest' || text === 'latest' || text === 'max-timestamp') return text;
  const timestamp = timestampMs(text.replace(/^@/, ''), nowMs);
  if (timestamp === null) {
    throw new UsageError(
      `--at ${JSON.stringify(text)} is no place: give earliest, latest, max-timestamp, or a time (milliseconds since 1970, ISO 8601, or ago: -15m)`,
    );
  }
  return { timestamp };
}

async function listAt(
  { admin, output, failures }: ClusterSession,
  selections: readonly TopicSelection[],
  spec: OffsetSpec,
  options: ListOptions,
): Promise<void> {
  const partitions = await selectedPartitions(admin, failures, selections);
  const isolationLevel: IsolationLevel = options.committed ? 'read_committed' : 'read_uncommitted';
  const found = failures.succeeded(
    await admin.listOffsets(
      partitions.map((each) => ({ ...each, spec })),
      { isolationLevel },
    ),
  );
  const rows = partitions.flatMap((each) => found.get(nameOf(each)) ?? []);
  if (options.json) for (const row of rows) await output.json(row);
  else if (rows.length > 0) {
    await output.rows(
      ['topic', 'partition', 'offset', 'timestamp'],
      rows.map(({ topic, partition, offset, timestamp }) => ({
        topic,
        partition,
        offset,
        timestamp: timestamp === null ? null : new Date(timestamp).toISOString(),
      })),
    );
  }
}

async function listRanges(
  { admin, output, failures }: ClusterSession,
  selections: readonly TopicSelection[],
  options: ListOptions,
): Promise<void> {
  const partitions = await selectedPartitions(admin, failures, selections);
  const isolationLevel: IsolationLevel = options.committed ? 'read_committed' : 'read_uncommitted';
  const [starts, ends] = await Promise.all([
    admin.listOffsets(partitions.map((each) => ({ ...each, spec: 'earliest' as const }))),
    admin.listOffsets(
      partitions.map((each) => ({ ...each, spec: 'latest' as const })),
      { isolationLevel },
    ),
  ]);
  for (const [name, error] of ends.errors) if (!starts.errors.has(name)) failures.tell(error.message);
  const earliestOf = failures.succeeded(starts);
  const rows = partitions.flatMap((each) => {
    const earliest = earliestOf.get(nameOf(each))?.offset ?? null;
    const latest = ends.values.get(nameOf(each))?.offset ?? null;
    if (earliest === null || latest === null) return [];
    return [{ topic: each.topic, partition: each.partition, earliest, latest, span: latest - earliest }];
  });
  if (options.json) for (const row of rows) await output.json(row);
  else if (rows.length > 0) await output.rows(['topic', 'partition', 'earliest', 'latest', 'span'], rows);
}

export function addOffsetsCommand(program: Command, environment: CliEnvironment): void {
  const offsets = program.command('offsets').description('look up offsets of topics');
  const listing = offsets
    .command('list <topic[:partitions]...>', { isDefault: true })
    .description('list offsets by partition: the first and the next, or those that --at names')
    .option(
      '--at <place>',
      'earliest, latest, max-timestamp, or a time: milliseconds since 1970, ISO 8601, or ago (-15m)',
    )
    .option('--committed', 'the end is the last stable offset, past which transactions are open', false);
  addClusterOptions(addJsonOption(listing));
  listing.action((texts: string[], options: ListOptions) => {
    const selections = texts.map(parseTopicSelection);
    const spec = options.at === undefined ? null : specOf(options.at, Date.now());
    return withCluster(environment, options, (session) =>
      spec === null ? listRanges(session, selections, options) : listAt(session, selections, spec, options),
    );
  });
  addExamples(listing, [
    ['what each partition spans', 'ottla offsets list flights'],
    [
      'where the records of today begin, in partitions 0 to 2',
      'ottla offsets list flights:0-2 --at 2026-01-31T00:00:00Z',
    ],
    ['the record with the largest timestamp', 'ottla offsets list flights --at max-timestamp --json'],
  ]);
}
