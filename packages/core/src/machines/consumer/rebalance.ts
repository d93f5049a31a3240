// Decides which partitions a member gives up before it joins and gains or gives up after it synced (CC4).
import type { PartitionAssignor, RebalanceProtocol } from './assignors/assignor.js';
import { topicPartitionKey, type TopicPartition } from './topic-partition.js';

/** What a member does before it sends JoinGroup. */
export interface JoinPreparation {
  /** Partitions to tell the listener of: as lost when the generation is gone, else as revoked. */
  readonly kind: 'revoked' | 'lost';
  readonly partitions: readonly TopicPartition[];
  readonly kept: readonly TopicPartition[];
}

/** What a member does with a new assignment. */
export interface JoinCompletion {
  readonly revoked: readonly TopicPartition[];
  readonly added: readonly TopicPartition[];
  /** A cooperative member that gave something up joins again, so that it can be handed out. */
  readonly rejoin: boolean;
}

/** The most capable protocol that all assignors support: one `range` among them makes it eager. */
export function commonProtocol(assignors: readonly PartitionAssignor[]): RebalanceProtocol {
  const cooperative = assignors.every((assignor) => assignor.supportedProtocols.includes('cooperative'));
  return cooperative ? 'cooperative' : 'eager';
}

export function prepareJoin(
  protocol: RebalanceProtocol,
  owned: readonly TopicPartition[],
  wants: (topic: string) => boolean,
  generationLost: boolean,
): JoinPreparation {
  if (generationLost) return { kind: 'lost', partitions: owned, kept: [] };
  if (protocol === 'eager') return { kind: 'revoked', partitions: owned, kept: [] };
  return {
    kind: 'revoked',
    partitions: owned.filter(({ topic }) => !wants(topic)),
    kept: owned.filter(({ topic }) => wants(topic)),
  };
}

export function completeJoin(
  protocol: RebalanceProtocol,
  owned: readonly TopicPartition[],
  assigned: readonly TopicPartition[],
): JoinCompletion {
  const ownedKeys = keysOf(owned);
  const assignedKeys = keysOf(assigned);
  const revoked = owned.filter(
    ({ topic, partition }) => !assignedKeys.has(topicPartitionKey(topic, partition)),
  );
  const added = assigned.filter(
    ({ topic, partition }) => !ownedKeys.has(topicPartitionKey(topic, partition)),
  );
  return { revoked, added, rejoin: protocol === 'cooperative' && revoked.length > 0 };
}

function keysOf(partitions: readonly TopicPartition[]): Set<string> {
  return new Set(partitions.map(({ topic, partition }) => topicPartitionKey(topic, partition)));
}
