// Decides how topics are created, deleted, listed and described.
import { zeroUuid } from '../../foundation/uuid.js';
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import type { MetadataResponse } from '../../protocol/messages/03-metadata.js';
import { brokerError } from '../errors.js';
import type { PartitionInfo } from '../types.js';
import type { AdminContext } from './admin-context.js';
import { type AdminResults, ResultCollector } from './admin-results.js';

/** A topic to create. */
export interface NewTopic {
  /** Its name: letters, digits, dots, underscores and hyphens, up to 249. */
  readonly name: string;
  /** Absent: the broker's `num.partitions`. */
  readonly numPartitions?: number;
  /** Absent: the broker's `default.replication.factor`. */
  readonly replicationFactor?: number;
  /** Topic configs by Kafka's names, for example `{ 'retention.ms': '1000' }`. */
  readonly configs?: Readonly<Record<string, string | null>>;
  /** Replicas by partition, in place of the two numbers above. */
  readonly replicaAssignments?: Readonly<Record<number, readonly number[]>>;
}

/** A topic that was created. */
export interface CreatedTopic {
  /** Its name. */
  readonly name: string;
  /** Null when the broker does not tell. */
  readonly topicId: string | null;
  /** Null when the broker does not tell. */
  readonly numPartitions: number | null;
  /** Null when the broker does not tell. */
  readonly replicationFactor: number | null;
}

/** A topic that exists. */
export interface TopicListing {
  /** Its name. */
  readonly name: string;
  /** Its id (KIP-516); null when the broker has none. */
  readonly topicId: string | null;
  /** Whether it is one of Kafka's own, for example `__consumer_offsets`. */
  readonly isInternal: boolean;
}

/** A topic and its partitions. */
export interface TopicDescription extends TopicListing {
  /** By number. */
  readonly partitions: readonly PartitionInfo[];
}

/** How topics are created. */
export interface CreateTopicsOptions {
  /** Only checks whether the topics could be created. */
  readonly validateOnly?: boolean;
}

const idOrNull = (topicId: string): string | null => (topicId === zeroUuid ? null : topicId);
const countOrNull = (count: number): number | null => (count < 0 ? null : count);

export function createTopics(
  context: AdminContext,
  topics: readonly NewTopic[],
  options: CreateTopicsOptions,
): Promise<AdminResults<CreatedTopic>> {
  return context.call('Creating topics', async (timeoutMs) => {
    const response = await context.client.send(
      await context.controller(timeoutMs),
      apis.createTopics,
      {
        topics: topics.map((topic) => ({
          name: topic.name,
          numPartitions: topic.replicaAssignments === undefined ? (topic.numPartitions ?? -1) : -1,
          replicationFactor: topic.replicaAssignments === undefined ? (topic.replicationFactor ?? -1) : -1,
          assignments: Object.entries(topic.replicaAssignments ?? {}).map(([partition, brokerIds]) => ({
            partitionIndex: Number(partition),
            brokerIds,
          })),
          configs: Object.entries(topic.configs ?? {}).map(([name, value]) => ({ name, value })),
        })),
        timeoutMs,
        validateOnly: options.validateOnly ?? false,
      },
      { timeoutMs },
    );
    const results = new ResultCollector<CreatedTopic>();
    for (const topic of response.topics) {
      if (topic.errorCode === ErrorCode.NOT_CONTROLLER) {
        context.metadata.requestUpdate();
        throw brokerError(topic.errorCode, `Cannot create topic ${topic.name}`);
      }
      if (topic.errorCode !== ErrorCode.NONE) {
        results.error(
          topic.name,
          brokerError(topic.errorCode, `Cannot create topic ${topic.name}`, topic.errorMessage),
        );
        continue;
      }
      results.value(topic.name, {
        name: topic.name,
        topicId: idOrNull(topic.topicId),
        numPartitions: countOrNull(topic.numPartitions),
        replicationFactor: countOrNull(topic.replicationFactor),
      });
    }
    return results.finish();
  });
}

export function deleteTopics(context: AdminContext, names: readonly string[]): Promise<AdminResults<void>> {
  return context.call('Deleting topics', async (timeoutMs) => {
    const response = await context.client.send(
      await context.controller(timeoutMs),
      apis.deleteTopics,
      (version) =>
        version >= 6
          ? { topics: names.map((name) => ({ name, topicId: zeroUuid })), timeoutMs }
          : { topicNames: names, timeoutMs },
      { timeoutMs },
    );
    const results = new ResultCollector<void>();
    for (const topic of response.responses) {
      const name = topic.name ?? '';
      const what = `Cannot delete topic ${name}`;
      if (topic.errorCode === ErrorCode.NOT_CONTROLLER) {
        context.metadata.requestUpdate();
        throw brokerError(topic.errorCode, what);
      }
      if (topic.errorCode === ErrorCode.NONE) results.value(name, undefined);
      else results.error(name, brokerError(topic.errorCode, what, topic.errorMessage));
    }
    return results.finish();
  });
}

function metadataOf(
  context: AdminContext,
  names: readonly string[] | null,
  timeoutMs: number,
): Promise<MetadataResponse> {
  return context.client.send(
    'any',
    apis.metadata,
    { topics: names?.map((name) => ({ name })) ?? null, allowAutoTopicCreation: false },
    { timeoutMs },
  );
}

export function listTopics(
  context: AdminContext,
  options: { readonly includeInternal?: boolean },
): Promise<TopicListing[]> {
  return context.call('Listing topics', async (timeoutMs) => {
    const response = await metadataOf(context, null, timeoutMs);
    return response.topics
      .filter((topic) => topic.errorCode === ErrorCode.NONE && (options.includeInternal || !topic.isInternal))
      .map((topic) => ({
        name: topic.name ?? '',
        topicId: idOrNull(topic.topicId),
        isInternal: topic.isInternal,
      }));
  });
}

export function describeTopics(
  context: AdminContext,
  names: readonly string[],
): Promise<AdminResults<TopicDescription>> {
  return context.call('Describing topics', async (timeoutMs) => {
    const response = await metadataOf(context, names, timeoutMs);
    const results = new ResultCollector<TopicDescription>();
    for (const topic of response.topics) {
      const name = topic.name ?? '';
      if (topic.errorCode === ErrorCode.NONE) results.value(name, descriptionOf(topic, name));
      else results.error(name, brokerError(topic.errorCode, `Cannot describe topic ${name}`));
    }
    return results.finish();
  });
}

function descriptionOf(topic: MetadataResponse['topics'][number], name: string): TopicDescription {
  const partitions = topic.partitions.map((partition) => ({
    topic: name,
    partition: partition.partitionIndex,
    leader: countOrNull(partition.leaderId),
    leaderEpoch: countOrNull(partition.leaderEpoch),
    replicas: partition.replicaNodes,
    inSyncReplicas: partition.isrNodes,
    offlineReplicas: partition.offlineReplicas,
  }));
  partitions.sort((first, second) => first.partition - second.partition);
  return { name, topicId: idOrNull(topic.topicId), isInternal: topic.isInternal, partitions };
}
