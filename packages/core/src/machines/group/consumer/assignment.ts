// Decides how partitions that members own, or should own, are held and compared: partition numbers by topic id.

/** Partition numbers; a Set, or a Map that says something of each. */
export interface PartitionSet {
  readonly size: number;
  has(partition: number): boolean;
  keys(): Iterable<number>;
}

export type Assignment = ReadonlyMap<string, PartitionSet>;

/** What a member has, with the epoch at which it got each partition (KIP-1251). */
export type OwnedPartitions = ReadonlyMap<string, ReadonlyMap<number, number>>;

/** The form of an assignment in messages and records. */
export interface TopicPartitions {
  readonly topicId: string;
  readonly partitions: readonly number[];
}

export const emptyAssignment: Assignment = new Map();
export const nothingOwned: OwnedPartitions = new Map();

export function assignmentOf(topics: readonly TopicPartitions[]): Map<string, Set<number>> {
  const assignment = new Map<string, Set<number>>();
  for (const { topicId, partitions } of topics) {
    if (partitions.length === 0) continue;
    const known = assignment.get(topicId);
    if (known === undefined) assignment.set(topicId, new Set(partitions));
    else for (const partition of partitions) known.add(partition);
  }
  return assignment;
}

export function topicPartitionsOf(assignment: Assignment): TopicPartitions[] {
  return Array.from(assignment, ([topicId, partitions]) => ({
    topicId,
    partitions: [...partitions.keys()].sort((a, b) => a - b),
  }));
}

export function sameAssignment(one: Assignment, other: Assignment): boolean {
  if (one === other) return true;
  if (one.size !== other.size) return false;
  for (const [topicId, partitions] of one) {
    const others = other.get(topicId);
    if (others === undefined || others.size !== partitions.size) return false;
    for (const partition of partitions.keys()) if (!others.has(partition)) return false;
  }
  return true;
}

/** Whether all that a member names lies within the assignments together; false when it names nothing at all. */
export function liesWithin(
  owned: readonly TopicPartitions[] | null,
  ...assignments: readonly Assignment[]
): boolean {
  if (owned === null) return false;
  return owned.every(({ topicId, partitions }) =>
    partitions.every((partition) =>
      assignments.some((assignment) => assignment.get(topicId)?.has(partition) ?? false),
    ),
  );
}

/** Whether a member still has any partition of the assignment; one that names nothing is taken to have them. */
export function stillOwns(owned: readonly TopicPartitions[] | null, assignment: Assignment): boolean {
  if (owned === null) return true;
  return owned.some(({ topicId, partitions }) => {
    const asked = assignment.get(topicId);
    return asked !== undefined && partitions.some((partition) => asked.has(partition));
  });
}

/** The partitions, all got at one epoch. */
export function ownedSince(assignment: Assignment, epoch: number): OwnedPartitions {
  return new Map(
    Array.from(assignment, ([topicId, partitions]) => [
      topicId,
      new Map(Array.from(partitions.keys(), (partition) => [partition, epoch])),
    ]),
  );
}
