// Decides how a TxnOffsetCommit request becomes a commit to the group machine, and its result the response (C15).
import type {
  OffsetCommitResult,
  OffsetToCommit,
  TransactionalOffsetCommit,
} from '../machines/group/offset-commit.js';
import { ErrorCode } from '../protocol/errors.js';
import type {
  TxnOffsetCommitRequest,
  TxnOffsetCommitResponseInput,
} from '../protocol/messages/28-txn-offset-commit.js';
import type { TopicResolver } from './group-topics.js';

/** Since this version a client knows that its coordinator may be loading. */
const loadInProgressSince = 2;

/** Asks whether a partition of the offsets topic is in the producer's transaction; the answer comes once. */
export type TransactionAdmission = (partition: number, done: (errorCode: number) => void) => void;

interface PartitionResult {
  readonly partitionIndex: number;
  errorCode: number;
}

/** A request whose topics are resolved: what the group is to decide, and where each decision goes. */
export interface PreparedTxnCommit {
  readonly commit: TransactionalOffsetCommit;
  /** The response, with the errors already known in place. */
  readonly response: TxnOffsetCommitResponseInput;
  /** One per offset of the commit, in its order. */
  readonly results: readonly PartitionResult[];
}

/** Partitions that do not exist are refused one by one; the rest goes to the group. */
export function prepareTxnCommit(
  request: TxnOffsetCommitRequest,
  resolver: TopicResolver,
): PreparedTxnCommit {
  const offsets: OffsetToCommit[] = [];
  const results: PartitionResult[] = [];
  const topics = request.topics.map(({ name, partitions }) => {
    const partitionCount = resolver.topicByName(name)?.partitionCount ?? 0;
    const answers = partitions.map((partition) => {
      const { partitionIndex } = partition;
      const exists = partitionIndex >= 0 && partitionIndex < partitionCount;
      const errorCode: number = exists ? ErrorCode.NONE : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
      const result = { partitionIndex, errorCode };
      if (!exists) return result;
      results.push(result);
      offsets.push({
        topic: name,
        partition: partitionIndex,
        offset: partition.committedOffset,
        leaderEpoch: partition.committedLeaderEpoch,
        metadata: partition.committedMetadata ?? '',
      });
      return result;
    });
    return { name, partitions: answers };
  });
  const { groupId, producerId, producerEpoch, memberId, groupInstanceId } = request;
  const generation = request.generationIdOrMemberEpoch;
  return {
    commit: { groupId, producerId, producerEpoch, memberId, groupInstanceId, generation, offsets },
    response: { throttleTimeMs: 0, topics },
    results,
  };
}

export function txnCommitResponse(
  prepared: PreparedTxnCommit,
  result: OffsetCommitResult,
  apiVersion: number,
): TxnOffsetCommitResponseInput {
  prepared.results.forEach((partition, index) => {
    const errorCode =
      result.kind === 'refused'
        ? result.errorCode
        : (result.errorCodes[index] ?? ErrorCode.UNKNOWN_SERVER_ERROR);
    const isLoading = errorCode === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS;
    partition.errorCode =
      isLoading && apiVersion < loadInProgressSince ? ErrorCode.COORDINATOR_NOT_AVAILABLE : errorCode;
  });
  return prepared.response;
}
