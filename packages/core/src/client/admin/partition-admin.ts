// Decides how topics get more partitions and how old records of a partition are deleted.
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import { brokerError } from '../errors.js';
import type { TopicPartition } from '../types.js';
import type { AdminContext } from './admin-context.js';
import { type AdminResults, ResultCollector } from './admin-results.js';
import { leaderOf } from './partition-leader.js';
import { settleEach } from './settle-each.js';

/** How many partitions a topic shall get. */
export interface NewPartitions {
  /** The topic's name. */
  readonly topic: string;
  /** How many partitions the topic shall have in all. */
  readonly totalCount: number;
  /** Replicas of each partition that is added; absent: the brokers decide. */
  readonly replicaAssignments?: readonly (readonly number[])[];
}

/** How partitions are added. */
export interface CreatePartitionsOptions {
  /** Only checks whether it could be done. */
  readonly validateOnly?: boolean;
}

/** Up to where records of a partition go. */
export interface RecordsToDelete extends TopicPartition {
  /** The first offset to keep; -1 for the high watermark. */
  readonly beforeOffset: number;
}

/** What is left of a partition. */
export interface DeletedRecords extends TopicPartition {
  /** The first offset that is still there. */
  readonly lowWatermark: number;
}

/** Results by topic. */
export function createPartitions(
  context: AdminContext,
  topics: readonly NewPartitions[],
  options: CreatePartitionsOptions,
): Promise<AdminResults<void>> {
  return context.call('Creating partitions', async (timeoutMs) => {
    const response = await context.client.send(
      await context.controller(timeoutMs),
      apis.createPartitions,
      {
        topics: topics.map(({ topic, totalCount, replicaAssignments }) => ({
          name: topic,
          count: totalCount,
          assignments: replicaAssignments?.map((brokerIds) => ({ brokerIds })) ?? null,
        })),
        timeoutMs,
        validateOnly: options.validateOnly ?? false,
      },
      { timeoutMs },
    );
    const results = new ResultCollector<void>();
    for (const { name, errorCode, errorMessage } of response.results) {
      const what = `Cannot add partitions to topic ${name}`;
      if (errorCode === ErrorCode.NOT_CONTROLLER) {
        context.metadata.requestUpdate();
        throw brokerError(errorCode, what);
      }
      if (errorCode === ErrorCode.NONE) results.value(name, undefined);
      else results.error(name, brokerError(errorCode, what, errorMessage));
    }
    return results.finish();
  });
}

/** Results by `topic-partition`; each leader is asked for its own. */
export function deleteRecords(
  context: AdminContext,
  records: readonly RecordsToDelete[],
): Promise<AdminResults<DeletedRecords>> {
  return settleEach(
    records,
    ({ topic, partition }) => `${topic}-${partition}`,
    (each) => deleteRecordsOf(context, each),
  );
}

function deleteRecordsOf(
  context: AdminContext,
  { topic, partition, beforeOffset }: RecordsToDelete,
): Promise<DeletedRecords> {
  const what = `Cannot delete records of ${topic}-${partition}`;
  return context.call(`Deleting records of ${topic}-${partition}`, async (timeoutMs) => {
    const leader = await leaderOf(context, { topic, partition }, timeoutMs, what);
    const response = await context.client.send(
      leader,
      apis.deleteRecords,
      {
        topics: [{ name: topic, partitions: [{ partitionIndex: partition, offset: beforeOffset }] }],
        timeoutMs,
      },
      { timeoutMs },
    );
    const result = response.topics[0]?.partitions[0];
    const errorCode = result?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
    if (result === undefined || errorCode !== ErrorCode.NONE) {
      if (errorCode === ErrorCode.NOT_LEADER_OR_FOLLOWER) context.metadata.requestUpdate();
      throw brokerError(errorCode, what);
    }
    return { topic, partition, lowWatermark: result.lowWatermark };
  });
}
