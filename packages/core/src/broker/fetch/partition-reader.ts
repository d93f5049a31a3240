// Decides what one partition of a Fetch gives: the checks in Kafka's order, then records within the limits (F1 to F4, F8 to F10).
import type { PartitionAnswer, RequestedPartition } from '../../machines/fetch/fetch-session.js';
import { ErrorCode } from '../../protocol/errors.js';
import type { FetchResponseInput } from '../../protocol/messages/01-fetch.js';
import type { IsolationLevel, PartitionRuntime } from '../../runtime/partition-runtime.js';
import { leaderEpochProblem } from '../leader-epoch.js';
import type { TopicRegistry } from '../topic-registry.js';

export type PartitionOutput = FetchResponseInput['responses'][number]['partitions'][number];

const noRecords = Buffer.alloc(0);

/** How one partition may be read within its request. */
export interface ReadLimits {
  /** What the whole reply has room for. */
  readonly remainingBytes: number;
  /** No partition before gave records: one batch is given whatever its size. */
  readonly isFirst: boolean;
}

export interface PartitionReaderOptions {
  readonly topics: TopicRegistry;
  readonly isolation: IsolationLevel;
  /** Topics come by id, from version 13. */
  readonly byId: boolean;
  readonly isFollower: boolean;
  /** Whether a refusal names the leader, from version 16 (KIP-951). */
  readonly namesLeader: boolean;
}

function failed(partition: number, errorCode: number): PartitionOutput {
  return {
    partitionIndex: partition,
    errorCode,
    highWatermark: -1,
    lastStableOffset: -1,
    logStartOffset: -1,
    abortedTransactions: null,
    records: noRecords,
  };
}

export function answerOf(output: PartitionOutput): PartitionAnswer {
  return {
    errorCode: output.errorCode,
    highWatermark: output.highWatermark,
    logStartOffset: output.logStartOffset ?? -1,
    recordBytes: output.records?.length ?? 0,
    diverges: output.divergingEpoch !== undefined,
  };
}

export class PartitionReader {
  constructor(private readonly options: PartitionReaderOptions) {}

  /** The partition as it is now, or the error that it does not exist. */
  find({ topic, topicId, partition }: RequestedPartition): PartitionRuntime | number {
    const { topics, byId } = this.options;
    const known = byId ? topics.byId(topicId) : topics.byName(topic);
    if (known === undefined) return byId ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    return known.partitions[partition] ?? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
  }

  /** The offset at which the reader of this isolation must stop (F1). */
  boundOf(partition: PartitionRuntime): number {
    return this.options.isolation === 'committed' ? partition.lastStableOffset : partition.highWatermark;
  }

  read(
    request: RequestedPartition,
    partition: PartitionRuntime | number,
    limits: ReadLimits,
  ): PartitionOutput {
    const { partition: index, fetchOffset } = request;
    if (typeof partition === 'number') return failed(index, partition);
    const problem = this.#leadershipProblem(request, partition);
    if (problem !== ErrorCode.NONE) {
      const { topics, namesLeader } = this.options;
      const refused = failed(index, problem);
      if (!namesLeader) return refused;
      return { ...refused, currentLeader: { leaderId: topics.nodeId, leaderEpoch: partition.leaderEpoch } };
    }
    const divergence = this.#divergence(request, partition);
    if (divergence !== null) return divergence;
    const maxBytes = Math.max(0, Math.min(request.maxBytes, limits.remainingBytes));
    if (maxBytes === 0 && !limits.isFirst && isInside(partition, fetchOffset))
      return this.#empty(index, partition);
    const { isolation } = this.options;
    const result = partition.read({ fetchOffset, maxBytes, atLeastOneBatch: limits.isFirst, isolation });
    if (result.kind === 'error') return failed(index, result.errorCode);
    const { highWatermark, lastStableOffset, logStartOffset, abortedTransactions, records } = result;
    return {
      partitionIndex: index,
      errorCode: ErrorCode.NONE,
      highWatermark,
      lastStableOffset,
      logStartOffset,
      abortedTransactions,
      records,
    };
  }

  #leadershipProblem(request: RequestedPartition, partition: PartitionRuntime): number {
    const problem = leaderEpochProblem(partition, request.currentLeaderEpoch);
    if (problem !== ErrorCode.NONE) return problem;
    return this.options.isFollower ? ErrorCode.NOT_LEADER_OR_FOLLOWER : ErrorCode.NONE;
  }

  /** Whether the log after the client's last fetched epoch went another way (F10). */
  #divergence(
    { partition: index, lastFetchedEpoch, fetchOffset }: RequestedPartition,
    partition: PartitionRuntime,
  ): PartitionOutput | null {
    if (lastFetchedEpoch < 0) return null;
    const { leaderEpoch, endOffset } = partition.epochEndOffset(lastFetchedEpoch);
    if (leaderEpoch < 0 || endOffset < 0) return failed(index, ErrorCode.OFFSET_OUT_OF_RANGE);
    if (leaderEpoch === lastFetchedEpoch && endOffset >= fetchOffset) return null;
    return { ...this.#empty(index, partition), divergingEpoch: { epoch: leaderEpoch, endOffset } };
  }

  #empty(index: number, partition: PartitionRuntime): PartitionOutput {
    const { highWatermark, lastStableOffset, logStartOffset } = partition;
    return {
      partitionIndex: index,
      errorCode: ErrorCode.NONE,
      highWatermark,
      lastStableOffset,
      logStartOffset,
      abortedTransactions: this.options.isolation === 'committed' ? [] : null,
      records: noRecords,
    };
  }
}

function isInside({ logStartOffset, logEndOffset }: PartitionRuntime, offset: number): boolean {
  return offset >= logStartOffset && offset <= logEndOffset;
}
