// Decides how groups are deleted, and how what they committed is set or forgotten while they have no members.
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import { findCoordinator } from '../coordinator-lookup.js';
import { brokerError, KafkaError } from '../errors.js';
import type { OffsetAndMetadata, TopicPartition } from '../types.js';
import type { AdminContext } from './admin-context.js';
import { type AdminResults, ResultCollector } from './admin-results.js';

/** What a group shall have committed for a partition. */
export interface OffsetToSet extends TopicPartition, OffsetAndMetadata {}

/** Versions from 10 on name topics by id alone. */
const lastOffsetCommitVersionWithNames = 9;

/** Results by group id. */
export async function deleteGroups(
  context: AdminContext,
  groupIds: readonly string[],
): Promise<AdminResults<void>> {
  const results = new ResultCollector<void>();
  await Promise.all(
    groupIds.map(async (groupId) => {
      try {
        await deleteGroup(context, groupId);
        results.value(groupId, undefined);
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error;
        results.error(groupId, error);
      }
    }),
  );
  return results.finish();
}

function deleteGroup(context: AdminContext, groupId: string): Promise<void> {
  return context.call(`Deleting group ${groupId}`, async (timeoutMs) => {
    const coordinator = await findCoordinator(context.client, groupId, 'group', timeoutMs);
    const response = await context.client.send(
      coordinator.id,
      apis.deleteGroups,
      { groupsNames: [groupId] },
      { timeoutMs },
    );
    const result = response.results.find((each) => each.groupId === groupId);
    const errorCode = result?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
    if (errorCode !== ErrorCode.NONE) {
      throw brokerError(errorCode, `Cannot delete group ${groupId}`, result?.errorMessage ?? null);
    }
  });
}

function byTopic<T extends TopicPartition>(partitions: readonly T[]): Map<string, T[]> {
  const topics = new Map<string, T[]>();
  for (const partition of partitions) {
    const list = topics.get(partition.topic) ?? [];
    topics.set(partition.topic, list);
    list.push(partition);
  }
  return topics;
}

/** Commits offsets for a group without members, which is created when it is not there. Results by `topic-partition`. */
export function alterGroupOffsets(
  context: AdminContext,
  groupId: string,
  offsets: readonly OffsetToSet[],
): Promise<AdminResults<void>> {
  return context.call(`Setting the offsets of group ${groupId}`, async (timeoutMs) => {
    const coordinator = await findCoordinator(context.client, groupId, 'group', timeoutMs);
    const response = await context.client.send(
      coordinator.id,
      apis.offsetCommit,
      {
        groupId,
        generationIdOrMemberEpoch: -1,
        memberId: '',
        topics: [...byTopic(offsets)].map(([name, partitions]) => ({
          name,
          partitions: partitions.map(({ partition, offset, leaderEpoch, metadata }) => ({
            partitionIndex: partition,
            committedOffset: offset,
            committedLeaderEpoch: leaderEpoch ?? -1,
            committedMetadata: metadata ?? '',
          })),
        })),
      },
      { timeoutMs, maxVersion: lastOffsetCommitVersionWithNames },
    );
    return partitionResults(
      response.topics,
      (name) => `Cannot set the offset of ${name} in group ${groupId}`,
    );
  });
}

/** Forgets what a group committed, of topics that none of its members reads. Results by `topic-partition`. */
export function deleteGroupOffsets(
  context: AdminContext,
  groupId: string,
  partitions: readonly TopicPartition[],
): Promise<AdminResults<void>> {
  return context.call(`Deleting offsets of group ${groupId}`, async (timeoutMs) => {
    const coordinator = await findCoordinator(context.client, groupId, 'group', timeoutMs);
    const response = await context.client.send(
      coordinator.id,
      apis.offsetDelete,
      {
        groupId,
        topics: [...byTopic(partitions)].map(([name, list]) => ({
          name,
          partitions: list.map(({ partition }) => ({ partitionIndex: partition })),
        })),
      },
      { timeoutMs },
    );
    if (response.errorCode !== ErrorCode.NONE) {
      throw brokerError(response.errorCode, `Cannot delete offsets of group ${groupId}`);
    }
    return partitionResults(
      response.topics,
      (name) => `Cannot delete the offset of ${name} in group ${groupId}`,
    );
  });
}

interface TopicOutcome {
  readonly name: string;
  readonly partitions: readonly { readonly partitionIndex: number; readonly errorCode: number }[];
}

/** One value or error for each partition; an error that a retry may heal is thrown. */
function partitionResults(
  topics: readonly TopicOutcome[],
  whatOf: (name: string) => string,
): AdminResults<void> {
  const results = new ResultCollector<void>();
  for (const topic of topics) {
    for (const { partitionIndex, errorCode } of topic.partitions) {
      const name = `${topic.name}-${partitionIndex}`;
      if (errorCode === ErrorCode.NONE) {
        results.value(name, undefined);
        continue;
      }
      const error = brokerError(errorCode, whatOf(name));
      if (error.retriable && errorCode !== ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) throw error;
      results.error(name, error);
    }
  }
  return results.finish();
}
