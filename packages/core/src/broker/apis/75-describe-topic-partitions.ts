// DescribeTopicPartitions, key 75, version 0 (KIP-966).
//
// Topics in the order of their names, each once, all when none is named; at most response_partition_limit partitions, at least 1, and no
// more than max.request.partition.size.limit. What is left over begins at next_cursor, which the next request repeats: topics before the
// cursor's are passed over, and so are partitions of its topic before its own. A cursor at a negative partition, or at a topic that is not
// among those named, is INVALID_REQUEST for each of them. An unknown topic is UNKNOWN_TOPIC_OR_PARTITION, a bad name
// INVALID_TOPIC_EXCEPTION; neither counts towards the limit.
import { zeroUuid } from '../../foundation/uuid.js';
import { internalTopics, topicNameProblem } from '../../machines/controller/topic-name.js';
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import type {
  DescribeTopicPartitionsRequest,
  DescribeTopicPartitionsResponseInput,
} from '../../protocol/messages/75-describe-topic-partitions.js';
import { allTopicOperations } from '../cluster-view.js';
import { served, type ServedApi } from '../request.js';
import type { Topic, TopicRegistry } from '../topic-registry.js';

type TopicOutput = DescribeTopicPartitionsResponseInput['topics'][number];
type Cursor = { readonly topicName: string; readonly partitionIndex: number };

function failed(name: string, errorCode: number): TopicOutput {
  return { errorCode, name, topicId: zeroUuid, isInternal: internalTopics.has(name), partitions: [] };
}

function missing(name: string): TopicOutput {
  const isName = topicNameProblem(name) === null;
  const errorCode = isName ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.INVALID_TOPIC_EXCEPTION;
  return { ...failed(name, errorCode), topicAuthorizedOperations: allTopicOperations };
}

function isCursorWrong({ topics, cursor }: DescribeTopicPartitionsRequest): boolean {
  if (cursor === null) return false;
  const isNamed = topics.length === 0 || topics.some(({ name }) => name === cursor.topicName);
  return cursor.partitionIndex < 0 || !isNamed;
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
    const { responsePartitionLimit } = request;
    if (isCursorWrong(request)) {
      const outputs = request.topics.map(({ name }) => failed(name, ErrorCode.INVALID_REQUEST));
      return { throttleTimeMs: 0, topics: outputs, nextCursor: null };
    }
    const mostAllowed = topics.config.values.maxRequestPartitionSizeLimit;
    const limit = Math.max(1, Math.min(responsePartitionLimit, mostAllowed));
    const { outputs, nextCursor } = page(namesFrom(request), request.cursor, limit);
    return { throttleTimeMs: 0, topics: outputs, nextCursor };
  });
}
