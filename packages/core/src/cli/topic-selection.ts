// Decides which partitions `topic` and `topic:0,2-5` stand for.
import type { Admin } from '../client/admin.js';
import type { TopicPartition } from '../client/types.js';
import { partitionList } from './arguments.js';
import { CommandFailure, UsageError } from './failures.js';
import type { FailureLog } from './session.js';

export interface TopicSelection {
  readonly topic: string;
  /** Absent: all. */
  readonly partitions?: readonly number[];
}

export function parseTopicSelection(text: string): TopicSelection {
  const colon = text.indexOf(':');
  if (colon < 0) return { topic: text };
  const topic = text.slice(0, colon);
  try {
    if (topic !== '') return { topic, partitions: partitionList(text.slice(colon + 1), undefined) };
  } catch {
    // Told below, with the whole text.
  }
  throw new UsageError(`${JSON.stringify(text)} names no partitions; give topic, topic:0 or topic:0,2-5`);
}

interface Selected {
  readonly partitions: TopicPartition[];
  /** Topics and partitions that are not there. */
  readonly problems: string[];
}

function byName(first: TopicPartition, second: TopicPartition): number {
  if (first.topic !== second.topic) return first.topic < second.topic ? -1 : 1;
  return first.partition - second.partition;
}

async function select(admin: Admin, selections: readonly TopicSelection[]): Promise<Selected> {
  const names = [...new Set(selections.map(({ topic }) => topic))];
  const { values, errors } = await admin.describeTopics(names);
  const problems = [...errors.values()].map((error) => error.message);
  const chosen = new Map<string, TopicPartition>();
  for (const { topic, partitions } of selections) {
    const count = values.get(topic)?.partitions.length;
    if (count === undefined) continue;
    for (const partition of partitions ?? Array.from({ length: count }, (_each, index) => index)) {
      if (partition < count) chosen.set(`${topic}-${partition}`, { topic, partition });
      else problems.push(`Topic ${topic} has no partition ${partition}: it has ${count}`);
    }
  }
  return { partitions: [...chosen.values()].sort(byName), problems };
}

/** The partitions selected; topics and partitions that are not there are told of and left out. */
export async function selectedPartitions(
  admin: Admin,
  failures: FailureLog,
  selections: readonly TopicSelection[],
): Promise<TopicPartition[]> {
  const { partitions, problems } = await select(admin, selections);
  for (const problem of problems) failures.tell(problem);
  return partitions;
}

/** The same, where one that is missing means that nothing is to be done at all. */
export async function requiredPartitions(
  admin: Admin,
  selections: readonly TopicSelection[],
): Promise<TopicPartition[]> {
  const { partitions, problems } = await select(admin, selections);
  if (problems.length > 0) throw new CommandFailure(problems.join('; '));
  return partitions;
}
