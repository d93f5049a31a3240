// Decides what `ottla topics delete-records` does: the records before a place are gone, as with Kafka's own tool.
import type { Command } from 'commander';

import { addExamples } from './command-examples.js';
import { addClusterOptions, addJsonOption } from './command-parts.js';
import type { CliEnvironment } from './environment.js';
import { UsageError } from './failures.js';
import {
  nameOf,
  offsetRanges,
  offsetTargetHelp,
  parseOffsetTarget,
  resolveTarget,
  type OffsetTarget,
} from './offset-target.js';
import { withCluster, type ClusterOptions, type ClusterSession } from './session.js';
import { parseTopicSelection, requiredPartitions, type TopicSelection } from './topic-selection.js';

interface DeleteRecordsOptions extends ClusterOptions {
  readonly before: string;
  readonly dryRun: boolean;
  readonly json: boolean;
}

async function deleteRecords(
  { admin, output, failures }: ClusterSession,
  selections: readonly TopicSelection[],
  target: OffsetTarget,
  options: DeleteRecordsOptions,
): Promise<void> {
  const partitions = await requiredPartitions(admin, selections);
  const ranges = await offsetRanges(admin, failures, partitions);
  const offsets = await resolveTarget(admin, failures, ranges.values(), target);
  const plans = [...ranges.values()].flatMap((range) => {
    const beforeOffset = offsets.get(nameOf(range));
    return beforeOffset === undefined ? [] : [{ ...range, beforeOffset }];
  });
  const done = options.dryRun ? null : failures.succeeded(await admin.deleteRecords(plans));
  for (const { topic, partition, earliest, beforeOffset } of plans) {
    const lowWatermark = done === null ? beforeOffset : done.get(`${topic}-${partition}`)?.lowWatermark;
    if (lowWatermark === undefined) continue;
    const outcome = done === null ? 'valid' : 'deleted';
    if (options.json) await output.json({ topic, partition, outcome, earliest, lowWatermark });
    else await output.line(`${outcome} ${topic}-${partition}: offsets ${earliest} to ${lowWatermark}`);
  }
}

export function addDeleteRecordsCommand(topics: Command, environment: CliEnvironment): void {
  const deleting = topics
    .command('delete-records <topic[:partitions]...>')
    .description('delete the records before a place; what follows keeps its offsets')
    .requiredOption('--before <place>', offsetTargetHelp)
    .option('--dry-run', 'only tell what would be deleted', false);
  addClusterOptions(addJsonOption(deleting));
  deleting.action((texts: string[], options: DeleteRecordsOptions) => {
    const selections = texts.map(parseTopicSelection);
    const target = parseOffsetTarget(options.before, Date.now());
    if (target === null) {
      const text = JSON.stringify(options.before);
      throw new UsageError(`--before ${text} is no place: give ${offsetTargetHelp}`);
    }
    return withCluster(environment, options, (session) =>
      deleteRecords(session, selections, target, options),
    );
  });
  addExamples(deleting, [
    ['all records of a topic, which stays', 'ottla topics delete-records flights --before end'],
    ['what is older than a day, in two partitions', 'ottla topics delete-records flights:0,1 --before @-1d'],
    ['what that would be', 'ottla topics delete-records flights --before @-1d --dry-run'],
  ]);
}
