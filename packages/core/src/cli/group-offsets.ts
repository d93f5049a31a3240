// Decides how the offsets that a group committed are reset or forgotten, and what is shown before anything is done.
import type { TopicPartition } from '../client/types.js';
import { CommandFailure, UsageError } from './failures.js';
import {
  nameOf,
  offsetRanges,
  offsetTargetHelp,
  parseOffsetTarget,
  resolveTarget,
  type OffsetRange,
  type OffsetTarget,
} from './offset-target.js';
import type { ClusterOptions, ClusterSession } from './session.js';
import { parseTopicSelection, requiredPartitions, type TopicSelection } from './topic-selection.js';

export interface ResetOptions extends ClusterOptions {
  readonly topic?: readonly string[];
  readonly to?: string;
  readonly shiftBy?: string;
  readonly execute: boolean;
  readonly json: boolean;
}

export interface ResetPlan {
  /** Empty: everything that the group committed. */
  readonly selections: readonly TopicSelection[];
  readonly target: OffsetTarget | { readonly kind: 'shift'; readonly by: number };
}

export function resetPlan(options: ResetOptions, nowMs: number): ResetPlan {
  const selections = (options.topic ?? []).map(parseTopicSelection);
  const { to, shiftBy } = options;
  if ((to === undefined) === (shiftBy === undefined)) throw new UsageError('give either --to or --shift-by');
  if (shiftBy !== undefined) {
    if (!/^[+-]?\d+$/.test(shiftBy)) throw new UsageError(`--shift-by ${shiftBy} is not a whole number`);
    return { selections, target: { kind: 'shift', by: Number(shiftBy) } };
  }
  const target = parseOffsetTarget(to ?? '', nowMs);
  if (target === null)
    throw new UsageError(`--to ${JSON.stringify(to)} is no place: give ${offsetTargetHelp}`);
  return { selections, target };
}

async function newOffsets(
  { admin, failures }: ClusterSession,
  target: ResetPlan['target'],
  ranges: ReadonlyMap<string, OffsetRange>,
  committed: ReadonlyMap<string, { readonly offset: number }>,
): Promise<Map<string, number>> {
  if (target.kind !== 'shift') return resolveTarget(admin, failures, ranges.values(), target);
  const shifted = new Map<string, number>();
  for (const [name, range] of ranges) {
    const current = committed.get(name)?.offset;
    if (current === undefined) {
      failures.tell(`Cannot shift ${name}: the group committed nothing there`);
      continue;
    }
    shifted.set(name, Math.min(Math.max(current + target.by, range.earliest), range.latest));
  }
  return shifted;
}

async function checkHasNoMembers({ admin }: ClusterSession, groupId: string): Promise<void> {
  const { values, errors } = await admin.describeGroups([groupId]);
  const error = errors.get(groupId);
  if (error !== undefined && error.code !== 'GROUP_ID_NOT_FOUND') throw error;
  const members = values.get(groupId)?.members.length ?? 0;
  if (members > 0) {
    throw new CommandFailure(
      `Cannot reset offsets of group ${groupId}: it has ${members} member${members === 1 ? '' : 's'}; stop them first`,
    );
  }
}

export async function resetOffsets(
  session: ClusterSession,
  groupId: string,
  plan: ResetPlan,
  options: ResetOptions,
): Promise<void> {
  const { admin, failures, output } = session;
  await checkHasNoMembers(session, groupId);
  const committed = failures.succeeded(await admin.fetchOffsets(groupId));
  const partitions: readonly TopicPartition[] =
    plan.selections.length > 0 ? await requiredPartitions(admin, plan.selections) : [...committed.values()];
  if (partitions.length === 0) {
    throw new CommandFailure(`Group ${groupId} has committed nothing; name topics with --topic`);
  }
  const ranges = await offsetRanges(admin, failures, partitions);
  const offsets = await newOffsets(session, plan.target, ranges, committed);
  const rows = partitions.flatMap(({ topic, partition }) => {
    const newOffset = offsets.get(`${topic}-${partition}`);
    const oldOffset = committed.get(`${topic}-${partition}`)?.offset ?? null;
    return newOffset === undefined ? [] : [{ topic, partition, oldOffset, newOffset }];
  });
  let done = rows;
  if (options.execute && rows.length > 0) {
    const results = await admin.alterGroupOffsets(
      groupId,
      rows.map(({ topic, partition, newOffset }) => ({ topic, partition, offset: newOffset })),
    );
    const set = failures.succeeded(results);
    done = rows.filter((row) => set.has(nameOf(row)));
  }
  const outcome = options.execute ? 'reset' : 'dry-run';
  if (options.json) for (const row of done) await output.json({ group: groupId, outcome, ...row });
  else if (done.length > 0) await output.rows(['topic', 'partition', 'oldOffset', 'newOffset'], done);
  if (!options.execute) failures.note('nothing was changed; give --execute to do it');
}

export async function deleteOffsets(
  { admin, failures, output }: ClusterSession,
  groupId: string,
  selections: readonly TopicSelection[],
  options: { readonly json: boolean },
): Promise<void> {
  const committed = failures.succeeded(await admin.fetchOffsets(groupId));
  const partitions = [...committed.values()].filter(({ topic, partition }) =>
    selections.some((each) => each.topic === topic && (each.partitions?.includes(partition) ?? true)),
  );
  if (partitions.length === 0) {
    throw new CommandFailure(
      `Group ${groupId} has committed nothing for ${selections.map(({ topic }) => topic).join(', ')}`,
    );
  }
  const deleted = failures.succeeded(await admin.deleteGroupOffsets(groupId, partitions));
  const rows = partitions
    .filter((each) => deleted.has(nameOf(each)))
    .map(({ topic, partition, offset }) => ({ topic, partition, deletedOffset: offset }));
  if (options.json) for (const row of rows) await output.json({ group: groupId, ...row });
  else if (rows.length > 0) await output.rows(['topic', 'partition', 'deletedOffset'], rows);
}
