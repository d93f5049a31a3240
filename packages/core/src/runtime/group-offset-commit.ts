// Decides how an OffsetCommit request becomes a commit to the group machine, and its result the response (C13).
import type { OffsetCommit, OffsetCommitResult, OffsetToCommit } from '../machines/group/offset-commit.js';
import { ErrorCode } from '../protocol/errors.js';
import type {
  OffsetCommitRequest,
  OffsetCommitResponseInput,
} from '../protocol/messages/08-offset-commit.js';
import type { ResolvedTopic, TopicResolver } from './group-topics.js';

const topicIdsSince = 10;

interface PartitionResult {
  readonly partitionIndex: number;
  errorCode: number;
}

/** A request whose topics are resolved: what the group is to decide, and where each decision goes. */
export interface PreparedCommit {
  readonly commit: OffsetCommit;
  /** The response, with the errors already known in place. */
  readonly response: OffsetCommitResponseInput;
  /** One per offset of the commit, in its order. */
  readonly results: readonly PartitionResult[];
}

/** Partitions that do not exist are refused one by one; the rest goes to the group. */
export function prepareCommit(
  request: OffsetCommitRequest,
  apiVersion: number,
  resolver: TopicResolver,
): PreparedCommit {
  const offsets: OffsetToCommit[] = [];
  const results: PartitionResult[] = [];
  const usesIds = apiVersion >= topicIdsSince;
  const topics = request.topics.map((requested) => {
    const topic = usesIds ? resolver.topicById(requested.topicId) : resolver.topicByName(requested.name);
    const partitions = requested.partitions.map((partition) => {
      const result = {
        partitionIndex: partition.partitionIndex,
        errorCode: errorOf(topic, partition.partitionIndex, usesIds),
      };
      if (topic !== undefined && result.errorCode === ErrorCode.NONE) {
        results.push(result);
        offsets.push({
          topic: topic.name,
          partition: partition.partitionIndex,
          offset: partition.committedOffset,
          leaderEpoch: partition.committedLeaderEpoch,
          metadata: partition.committedMetadata ?? '',
        });
      }
      return result;
    });
    return { name: requested.name, topicId: requested.topicId, partitions };
  });
  const commit: OffsetCommit = {
    groupId: request.groupId,
    memberId: request.memberId,
    groupInstanceId: request.groupInstanceId,
    generation: request.generationIdOrMemberEpoch,
    retentionTimeMs: request.retentionTimeMs,
    apiVersion,
    offsets,
  };
  return { commit, response: { topics }, results };
}

export function commitResponse(
  prepared: PreparedCommit,
  result: OffsetCommitResult,
): OffsetCommitResponseInput {
  prepared.results.forEach((partition, index) => {
    partition.errorCode =
      result.kind === 'refused'
        ? result.errorCode
        : (result.errorCodes[index] ?? ErrorCode.UNKNOWN_SERVER_ERROR);
  });
  return prepared.response;
}

function errorOf(topic: ResolvedTopic | undefined, partition: number, usesIds: boolean): number {
  if (topic === undefined) return usesIds ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
  return partition < 0 || partition >= topic.partitionCount
    ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    : ErrorCode.NONE;
}
