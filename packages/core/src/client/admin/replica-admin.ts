// Decides how leaders are elected and replicas moved between brokers (KIP-460, KIP-455).
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import { brokerError } from '../errors.js';
import type { TopicPartition } from '../types.js';
import type { AdminContext } from './admin-context.js';
import { type AdminResults, ResultCollector } from './admin-results.js';

/** The first of a partition's replicas, or, when none that has all records is alive, any that is. */
export type ElectionType = 'preferred' | 'unclean';

const electionTypes: Readonly<Record<ElectionType, number>> = { preferred: 0, unclean: 1 };

/** Where a partition shall lie (KIP-455). */
export interface PartitionReassignment extends TopicPartition {
  /** The brokers that shall have it, the preferred leader first; null gives up a move that is under way. */
  readonly replicas: readonly number[] | null;
}

/** A move of a partition that is under way (KIP-455). */
export interface OngoingReassignment extends TopicPartition {
  /** Ids of all brokers that hold it now. */
  readonly replicas: readonly number[];
  /** Ids of those that are to hold it. */
  readonly addingReplicas: readonly number[];
  /** Ids of those that are to let it go. */
  readonly removingReplicas: readonly number[];
}

function byTopic<T extends TopicPartition>(partitions: readonly T[]): [topic: string, partitions: T[]][] {
  const topics = new Map<string, T[]>();
  for (const partition of partitions) {
    const list = topics.get(partition.topic) ?? [];
    topics.set(partition.topic, list);
    list.push(partition);
  }
  return [...topics];
}

function throwIfFailed(
  context: AdminContext,
  { errorCode, errorMessage }: { readonly errorCode: number; readonly errorMessage?: string | null },
  what: string,
): void {
  if (errorCode === ErrorCode.NONE) return;
  if (errorCode === ErrorCode.NOT_CONTROLLER) context.metadata.requestUpdate();
  throw brokerError(errorCode, what, errorMessage);
}

/** Results by `topic-partition`: of those asked for, or of all that needed an election. */
export function electLeaders(
  context: AdminContext,
  electionType: ElectionType,
  partitions: readonly TopicPartition[] | null,
): Promise<AdminResults<void>> {
  return context.call('Electing leaders', async (timeoutMs) => {
    const topicPartitions =
      partitions === null
        ? null
        : byTopic(partitions).map(([topic, list]) => ({
            topic,
            partitions: list.map(({ partition }) => partition),
          }));
    const response = await context.client.send(
      await context.controller(timeoutMs),
      apis.electLeaders,
      { electionType: electionTypes[electionType], topicPartitions, timeoutMs },
      { timeoutMs },
    );
    throwIfFailed(context, response, 'Cannot elect leaders');
    const results = new ResultCollector<void>();
    for (const { topic, partitionResult } of response.replicaElectionResults) {
      for (const { partitionId, errorCode, errorMessage } of partitionResult) {
        const name = `${topic}-${partitionId}`;
        if (errorCode === ErrorCode.NONE) results.value(name, undefined);
        else results.error(name, brokerError(errorCode, `Cannot elect a leader of ${name}`, errorMessage));
      }
    }
    return results.finish();
  });
}

/** Begins or gives up moves. Results by `topic-partition`. */
export function alterPartitionReassignments(
  context: AdminContext,
  reassignments: readonly PartitionReassignment[],
): Promise<AdminResults<void>> {
  return context.call('Reassigning partitions', async (timeoutMs) => {
    const response = await context.client.send(
      await context.controller(timeoutMs),
      apis.alterPartitionReassignments,
      {
        timeoutMs,
        topics: byTopic(reassignments).map(([name, list]) => ({
          name,
          partitions: list.map(({ partition, replicas }) => ({ partitionIndex: partition, replicas })),
        })),
      },
      { timeoutMs },
    );
    throwIfFailed(context, response, 'Cannot reassign partitions');
    const results = new ResultCollector<void>();
    for (const topic of response.responses) {
      for (const { partitionIndex, errorCode, errorMessage } of topic.partitions) {
        const name = `${topic.name}-${partitionIndex}`;
        if (errorCode === ErrorCode.NONE) results.value(name, undefined);
        else results.error(name, brokerError(errorCode, `Cannot reassign ${name}`, errorMessage));
      }
    }
    return results.finish();
  });
}

/** Moves that are under way: of all partitions, or of those asked for. */
export function listPartitionReassignments(
  context: AdminContext,
  partitions: readonly TopicPartition[] | null,
): Promise<OngoingReassignment[]> {
  return context.call('Listing reassignments', async (timeoutMs) => {
    const topics =
      partitions === null
        ? null
        : byTopic(partitions).map(([name, list]) => ({
            name,
            partitionIndexes: list.map(({ partition }) => partition),
          }));
    const response = await context.client.send(
      await context.controller(timeoutMs),
      apis.listPartitionReassignments,
      { timeoutMs, topics },
      { timeoutMs },
    );
    throwIfFailed(context, response, 'Cannot list reassignments');
    return response.topics.flatMap(({ name, partitions: moving }) =>
      moving.map(({ partitionIndex, replicas, addingReplicas, removingReplicas }) => ({
        topic: name,
        partition: partitionIndex,
        replicas,
        addingReplicas,
        removingReplicas,
      })),
    );
  });
}
