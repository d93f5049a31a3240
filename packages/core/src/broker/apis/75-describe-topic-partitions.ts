// DescribeTopicPartitions, key 75, version 0 (KIP-966).
//
// Topics in the order of their names, each once, all when none is named; at most response_partition_limit partitions, and no more than
// max.request.partition.size.limit. What is left over begins at next_cursor, which the next request repeats: topics before the cursor's are
// passed over, and so are partitions of its topic before its own. An unknown topic is UNKNOWN_TOPIC_OR_PARTITION, a bad name
// INVALID_TOPIC_EXCEPTION, and neither counts towards the limit; a negative cursor or limit is told like an unknown topic would not be:
// Kafka ends the connection. A cursor behind its topic's last partition goes on with the next topic.
import { zeroUuid } from '../../foundation/uuid.js';
import { internalTopics, topicNameProblem } from '../../machines/controller/topic-name.js';
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import type {
  DescribeTopicPartitionsRequest,
  DescribeTopicPartitionsResponseInput,
} from '../../protocol/messages/75-describe-topic-partitions.js';
import { allTopicOperations } from '../cluster-view.js';
import { CloseConnection, served, type ServedApi } from '../request.js';
import type { Topic, TopicRegistry } from '../topic-registry.js';

type TopicOutput = DescribeTopicPartitionsResponseInput['topics'][number];
type Cursor = { readonly topicName: string; readonly partitionIndex: number };

function missing(name: string): TopicOutput {
  return {
    errorCode:
      topicNameProblem(name) === null
        ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        : ErrorCode.INVALID_TOPIC_EXCEPTION,
    name,
    topicId: zeroUuid,
    isInternal: internalTopics.has(name),
    partitions: [],
    topicAuthorizedOperations: allTopicOperations,
  };
}

export function describeTopicPartitions(topics: TopicRegistry): ServedApi {
  function describe(topic: Topic, first: number, limit: number): TopicOutput {
    const { nodeId } = topics;
    return {
      errorCode: ErrorCode.NONE,
      name: topic.name,
      topicId: topic.topicId,
      isInternal: topic.isInternal,
      partitions: topic.partitions.slice(first, first + limit).map(({ partition, leaderEpoch }) => ({
        errorCode: ErrorCode.NONE,
        partitionIndex: partition,
        leaderId: nodeId,
        leaderEpoch,
        replicaNodes: [nodeId],
        isrNodes: [nodeId],
        eligibleLeaderReplicas: [],
        lastKnownElr: [],
        offlineReplicas: [],
      })),
      topicAuthorizedOperations: allTopicOperations,
    };
  }

  function page(names: readonly string[], cursor: Cursor | null, limit: number) {
    const outputs: TopicOutput[] = [];
    let left = limit;
    for (const name of names) {
      const topic = topics.byName(name);
      if (topic === undefined) {
        outputs.push(missing(name));
        continue;
      }
      const first = name === cursor?.topicName ? cursor.partitionIndex : 0;
      if (left === 0) return { outputs, nextCursor: { topicName: name, partitionIndex: first } };
      const output = describe(topic, first, left);
      outputs.push(output);
      left -= output.partitions.length;
      const next = first + output.partitions.length;
      if (next < topic.partitions.length)
        return { outputs, nextCursor: { topicName: name, partitionIndex: next } };
    }
    return { outputs, nextCursor: null };
  }

  function namesFrom(request: DescribeTopicPartitionsRequest): string[] {
    const { cursor } = request;
    const asked =
      request.topics.length === 0
        ? topics.all.map(({ name }) => name)
        : [...new Set(request.topics.map(({ name }) => name))].sort();
    return cursor === null ? asked : asked.filter((name) => name >= cursor.topicName);
  }

  return served(apis.describeTopicPartitions, (request) => {
    const { cursor, responsePartitionLimit } = request;
    if (cursor !== null && cursor.partitionIndex < 0) {
      return new CloseConnection(`A cursor cannot be at partition ${cursor.partitionIndex}`);
    }
    const mostAllowed = topics.config.values.maxRequestPartitionSizeLimit;
    const limit = Math.max(1, Math.min(responsePartitionLimit, mostAllowed));
    const { outputs, nextCursor } = page(namesFrom(request), cursor, limit);
    return { throttleTimeMs: 0, topics: outputs, nextCursor };
  });
}
