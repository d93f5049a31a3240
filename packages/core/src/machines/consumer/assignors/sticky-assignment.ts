// Decides the balanced assignment that moves as few partitions as it can; the sticky assignors share it.
import { compareTopicPartitions, topicPartitionKey, type TopicPartition } from '../topic-partition.js';
import { compareMembers, type GroupMember } from './assignor.js';

/** What a member owned before, and since which generation (-1 when it does not know). */
export interface PreviousOwnership {
  readonly partitions: readonly TopicPartition[];
  readonly generationId: number;
}

export interface StickyAssignment {
  readonly partitions: Map<string, TopicPartition[]>;
  /** Partitions that leave a member that still claims them, by key; cooperative members must give them up first. */
  readonly moving: Set<string>;
}

interface Candidate {
  readonly member: GroupMember;
  readonly topics: ReadonlySet<string>;
  readonly assigned: Map<string, TopicPartition>;
}

interface OpenPartition {
  readonly key: string;
  readonly at: TopicPartition;
  /** Members subscribed to the topic, in the order of `compareMembers`. */
  readonly eligible: readonly Candidate[];
  owner: Candidate | null;
}

/**
 * Every member keeps what it had unless balance needs it elsewhere: afterwards no partition could move to another
 * subscribed member and bring the two counts closer. Claims of older generations lose to newer ones; two claims of
 * the same generation cancel each other (KIP-341, KAFKA-12984).
 */
export function assignSticky(
  partitionCounts: ReadonlyMap<string, number>,
  members: readonly GroupMember[],
  previousOf: (member: GroupMember) => PreviousOwnership,
): StickyAssignment {
  const candidates = [...members].sort(compareMembers).map((member) => ({
    member,
    topics: new Set(member.topics),
    assigned: new Map<string, TopicPartition>(),
  }));
  const open = openPartitions(partitionCounts, candidates);
  const claims = new Map<string, Candidate[]>();
  keepPrevious(candidates, open, claims, previousOf);
  assignFree(open);
  balance(open);
  return result(candidates, open, claims);
}

function openPartitions(
  partitionCounts: ReadonlyMap<string, number>,
  candidates: readonly Candidate[],
): Map<string, OpenPartition> {
  const open = new Map<string, OpenPartition>();
  for (const topic of [...partitionCounts.keys()].sort()) {
    const eligible = candidates.filter((candidate) => candidate.topics.has(topic));
    if (eligible.length === 0) continue;
    const partitionCount = partitionCounts.get(topic) ?? 0;
    for (let partition = 0; partition < partitionCount; partition++) {
      const key = topicPartitionKey(topic, partition);
      open.set(key, { key, at: { topic, partition }, eligible, owner: null });
    }
  }
  return open;
}

function keepPrevious(
  candidates: readonly Candidate[],
  open: ReadonlyMap<string, OpenPartition>,
  claims: Map<string, Candidate[]>,
  previousOf: (member: GroupMember) => PreviousOwnership,
): void {
  const newestGeneration = new Map<string, number>();
  for (const candidate of candidates) {
    const previous = previousOf(candidate.member);
    for (const { topic, partition } of previous.partitions) {
      const key = topicPartitionKey(topic, partition);
      const target = open.get(key);
      if (target === undefined) continue;
      const newest = newestGeneration.get(key);
      if (newest !== undefined && previous.generationId < newest) continue;
      if (newest === previous.generationId) {
        addTo(claims, key, candidate);
        setOwner(target, null);
        continue;
      }
      newestGeneration.set(key, previous.generationId);
      claims.set(key, [candidate]);
      // An owner that unsubscribed from the topic holds it until it has joined again, but cannot keep it.
      setOwner(target, candidate.topics.has(topic) ? candidate : null);
    }
  }
}

function assignFree(open: ReadonlyMap<string, OpenPartition>): void {
  const free = [...open.values()].filter((target) => target.owner === null);
  // Partitions with the fewest takers first: they have the least choice.
  free.sort(
    (left, right) =>
      left.eligible.length - right.eligible.length || compareTopicPartitions(left.at, right.at),
  );
  for (const target of free) setOwner(target, leastLoaded(target.eligible));
}

/** Each move lowers the sum of the squared counts, so the loop ends. */
function balance(open: ReadonlyMap<string, OpenPartition>): void {
  const targets = [...open.values()].sort((left, right) => -compareTopicPartitions(left.at, right.at));
  for (let moved = true; moved;) {
    moved = false;
    for (const target of targets) {
      const other = leastLoaded(target.eligible);
      if (target.owner === null || other === null) continue;
      if (target.owner.assigned.size <= other.assigned.size + 1) continue;
      setOwner(target, other);
      moved = true;
    }
  }
}

function leastLoaded(eligible: readonly Candidate[]): Candidate | null {
  let least: Candidate | null = null;
  for (const candidate of eligible) {
    if (least === null || candidate.assigned.size < least.assigned.size) least = candidate;
  }
  return least;
}

function setOwner(target: OpenPartition, owner: Candidate | null): void {
  target.owner?.assigned.delete(target.key);
  target.owner = owner;
  owner?.assigned.set(target.key, target.at);
}

function result(
  candidates: readonly Candidate[],
  open: ReadonlyMap<string, OpenPartition>,
  claims: ReadonlyMap<string, readonly Candidate[]>,
): StickyAssignment {
  const moving = new Set<string>();
  for (const [key, claimants] of claims) {
    const owner = open.get(key)?.owner ?? null;
    if (claimants.some((claimant) => claimant !== owner)) moving.add(key);
  }
  const partitions = new Map<string, TopicPartition[]>();
  for (const candidate of candidates) {
    partitions.set(candidate.member.memberId, [...candidate.assigned.values()].sort(compareTopicPartitions));
  }
  return { partitions, moving };
}

function addTo(claims: Map<string, Candidate[]>, key: string, candidate: Candidate): void {
  const list = claims.get(key);
  if (list === undefined) claims.set(key, [candidate]);
  else list.push(candidate);
}
