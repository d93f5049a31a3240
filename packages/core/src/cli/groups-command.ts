// Decides what `ottla groups` does: list, describe, delete, and set or forget what groups committed.
import type { Command } from 'commander';

import type { GroupDescription } from '../client/admin/group-admin.js';
import { each } from './arguments.js';
import { addExamples } from './command-examples.js';
import { addClusterOptions, addJsonOption } from './command-parts.js';
import type { CliEnvironment } from './environment.js';
import { UsageError } from './failures.js';
import { deleteOffsets, resetOffsets, resetPlan, type ResetOptions } from './group-offsets.js';
import { nameOf } from './offset-target.js';
import { withCluster, type ClusterOptions, type ClusterSession } from './session.js';
import { parseTopicSelection } from './topic-selection.js';

interface JsonOptions extends ClusterOptions {
  readonly json: boolean;
}

interface DeleteOffsetsOptions extends JsonOptions {
  readonly topic?: readonly string[];
}

async function list({ admin, output, failures }: ClusterSession, options: JsonOptions): Promise<void> {
  const byBroker = failures.succeeded(await admin.listGroups());
  const rows = [...byBroker]
    .flatMap(([broker, groups]) =>
      groups.map(({ groupId, state, type, protocolType }) => ({
        group: groupId,
        state,
        type,
        protocolType: protocolType === '' ? null : protocolType,
        coordinator: Number(broker),
      })),
    )
    .sort((first, second) => (first.group < second.group ? -1 : 1));
  if (options.json) for (const row of rows) await output.json(row);
  else if (rows.length > 0)
    await output.rows(['group', 'state', 'type', 'protocolType', 'coordinator'], rows);
  else if (failures.count === 0) failures.note('there are no groups');
}

/** What a group has to read, by partition: committed, end, lag, and who reads it. */
async function progressOf({ admin, failures }: ClusterSession, group: GroupDescription) {
  const committed = failures.succeeded(await admin.fetchOffsets(group.groupId));
  const readers = new Map(
    group.members.flatMap((member) =>
      member.assignment.map((partition) => [nameOf(partition), member] as const),
    ),
  );
  const partitions = new Map(
    [...committed.values(), ...group.members.flatMap((member) => member.assignment)].map((partition) => [
      nameOf(partition),
      partition,
    ]),
  );
  const ends = await admin.listOffsets(
    [...partitions.values()].map(({ topic, partition }) => ({ topic, partition, spec: 'latest' as const })),
  );
  return [...partitions]
    .map(([name, { topic, partition }]) => {
      const offset = committed.get(name)?.offset ?? null;
      const logEndOffset = ends.values.get(name)?.offset ?? null;
      const reader = readers.get(name);
      return {
        topic,
        partition,
        committedOffset: offset,
        logEndOffset,
        lag: offset === null || logEndOffset === null ? null : Math.max(0, logEndOffset - offset),
        memberId: reader?.memberId ?? null,
        clientId: reader?.clientId ?? null,
        host: reader?.clientHost ?? null,
      };
    })
    .sort((first, second) =>
      first.topic === second.topic ? first.partition - second.partition : first.topic < second.topic ? -1 : 1,
    );
}

async function describeOne(
  session: ClusterSession,
  group: GroupDescription,
  options: JsonOptions,
): Promise<void> {
  const { output, failures } = session;
  const offsets = await progressOf(session, group);
  if (group.state === 'Dead' && offsets.length === 0) {
    failures.tell(`Cannot describe group ${group.groupId}: there is no such group`);
    return;
  }
  const lag = offsets.reduce((sum, each) => sum + (each.lag ?? 0), 0);
  if (options.json) {
    await output.json({ ...group, lag, offsets });
    return;
  }
  const protocol = group.protocol === '' ? '-' : group.protocol;
  await output.line(
    `${group.groupId}  state=${group.state}  members=${group.members.length}  assignor=${protocol}  coordinator=${group.coordinator}  lag=${lag}`,
  );
  if (offsets.length > 0) {
    await output.rows(
      ['topic', 'partition', 'committedOffset', 'logEndOffset', 'lag', 'memberId', 'clientId', 'host'],
      offsets,
    );
  }
  const idle = group.members.filter((member) => member.assignment.length === 0);
  if (idle.length > 0) {
    await output.rows(
      ['memberWithoutPartitions', 'clientId', 'host'],
      idle.map(({ memberId, clientId, clientHost }) => ({
        memberWithoutPartitions: memberId,
        clientId,
        host: clientHost,
      })),
    );
  }
}

async function describe(
  session: ClusterSession,
  groupIds: readonly string[],
  options: JsonOptions,
): Promise<void> {
  const described = session.failures.succeeded(await session.admin.describeGroups(groupIds));
  for (const groupId of groupIds) {
    const group = described.get(groupId);
    if (group !== undefined) await describeOne(session, group, options);
  }
}

async function remove(
  { admin, output, failures }: ClusterSession,
  groupIds: readonly string[],
  options: JsonOptions,
): Promise<void> {
  const deleted = failures.succeeded(await admin.deleteGroups(groupIds));
  for (const group of deleted.keys()) {
    if (options.json) await output.json({ group, outcome: 'deleted' });
    else await output.line(`deleted ${group}`);
  }
}

function addListing(groups: Command, environment: CliEnvironment): void {
  const listing = groups.command('list').alias('ls').description('list the groups of all brokers');
  addClusterOptions(addJsonOption(listing));
  listing.action((options: JsonOptions) =>
    withCluster(environment, options, (session) => list(session, options)),
  );
  addExamples(listing, [
    ['every group', 'ottla groups list'],
    ['groups without members', `ottla groups list --json | jq -r 'select(.state == "Empty").group'`],
  ]);

  const describing = groups
    .command('describe <group...>')
    .description('show members, what they read, committed offsets and lag');
  addClusterOptions(addJsonOption(describing));
  describing.action((groupIds: string[], options: JsonOptions) =>
    withCluster(environment, options, (session) => describe(session, groupIds, options)),
  );
  addExamples(describing, [
    ['how far behind a group is', 'ottla groups describe delays'],
    ['its lag alone', 'ottla groups describe delays --json | jq .lag'],
  ]);

  const deleting = groups
    .command('delete <group...>')
    .alias('rm')
    .description('delete groups without members, with all that they committed');
  addClusterOptions(addJsonOption(deleting));
  deleting.action((groupIds: string[], options: JsonOptions) =>
    withCluster(environment, options, (session) => remove(session, groupIds, options)),
  );
  addExamples(deleting, [['two groups', 'ottla groups delete delays delays-old']]);
}

function addOffsetCommands(groups: Command, environment: CliEnvironment): void {
  const resetting = groups
    .command('reset-offsets <group>')
    .alias('seek')
    .description(
      'set what a group without members has committed; shows what it would do until --execute is given',
    )
    .option(
      '-t, --topic <topic[:partitions]>',
      'what to reset (default: all that the group committed); repeatable',
      each,
    )
    .option('--to <place>', 'earliest, latest, an offset, -n for n before the end, or @time')
    .option('--shift-by <n>', 'forward, or with a minus back, from what is committed')
    .option('--execute', 'do it', false);
  addClusterOptions(addJsonOption(resetting));
  resetting.action((groupId: string, options: ResetOptions) => {
    const plan = resetPlan(options, Date.now());
    return withCluster(environment, options, (session) => resetOffsets(session, groupId, plan, options));
  });
  addExamples(resetting, [
    ['what reading everything again would mean', 'ottla groups reset-offsets delays --to earliest'],
    ['do it, for one topic', 'ottla groups reset-offsets delays --topic flights --to earliest --execute'],
    ['back by an hour', 'ottla groups reset-offsets delays --to @-1h --execute'],
    [
      'skip a record that nobody can read',
      'ottla groups reset-offsets delays -t flights:3 --shift-by 1 --execute',
    ],
  ]);

  const forgetting = groups
    .command('delete-offsets <group>')
    .description('forget what a group committed for topics that none of its members reads')
    .option('-t, --topic <topic[:partitions]>', 'what to forget; repeatable', each);
  addClusterOptions(addJsonOption(forgetting));
  forgetting.action((groupId: string, options: DeleteOffsetsOptions) => {
    const selections = (options.topic ?? []).map(parseTopicSelection);
    if (selections.length === 0) throw new UsageError('give at least one --topic');
    return withCluster(environment, options, (session) =>
      deleteOffsets(session, groupId, selections, options),
    );
  });
  addExamples(forgetting, [['one topic', 'ottla groups delete-offsets delays --topic flights']]);
}

export function addGroupsCommand(program: Command, environment: CliEnvironment): void {
  const groups = program
    .command('groups')
    .alias('group')
    .description('list, describe and delete groups, reset their offsets');
  addListing(groups, environment);
  addOffsetCommands(groups, environment);
}
