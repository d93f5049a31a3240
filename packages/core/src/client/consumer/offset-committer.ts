// Decides how offsets are committed to the group and read back, and what each refusal means (CC8).
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode, errorByCode } from '../../protocol/errors.js';
import type { GroupMembership, MemberIdentity } from '../../machines/consumer/group-membership.js';
import {
  groupByTopic,
  topicPartitionKey,
  type TopicPartition,
} from '../../machines/consumer/topic-partition.js';
import { brokerError, BrokerError, CommitFailedError, KafkaError } from '../errors.js';
import type { OffsetAndMetadata } from '../types.js';
import type { GroupCoordinatorClient } from './group-coordinator-client.js';
import { retryUntil, type RetryOptions } from './retry.js';

/** Up to where a partition is done: the offset of the next record to read. */
export interface OffsetToCommit extends TopicPartition, OffsetAndMetadata {}

/** From version 10 on topics go by id only (KIP-848), which a classic member need not know. */
const lastVersionWithNames = 9;
/** Several groups in one request, in another shape, since then. */
const firstVersionWithGroups = 8;
const firstVersionWithRequireStable = 7;

export class OffsetCommitter {
  constructor(
    private readonly coordinator: GroupCoordinatorClient,
    private readonly membership: GroupMembership,
    private readonly retry: RetryOptions,
    /** Whether the member's generation goes with the commit; partitions assigned by hand are committed without one. */
    private readonly usesGroupAssignment: () => boolean,
  ) {}

  commit(offsets: readonly OffsetToCommit[], timeoutMs: number): Promise<void> {
    if (offsets.length === 0) return Promise.resolve();
    const what = `Committing ${describe(offsets)} to group ${this.coordinator.groupId}`;
    return retryUntil(what, timeoutMs, this.retry, (remainingMs) => this.commitOnce(offsets, remainingMs));
  }

  async commitOnce(offsets: readonly OffsetToCommit[], timeoutMs: number): Promise<void> {
    const identity = this.#identity(offsets);
    const byKey = new Map(offsets.map((one) => [topicPartitionKey(one.topic, one.partition), one]));
    const response = await this.coordinator.send(
      apis.offsetCommit,
      {
        groupId: this.coordinator.groupId,
        generationIdOrMemberEpoch: identity.generationId,
        memberId: identity.memberId,
        groupInstanceId: identity.generationId < 0 ? null : this.membership.groupInstanceId,
        topics: [...groupByTopic(offsets)].map(([name, partitions]) => ({
          name,
          partitions: partitions.map((partitionIndex) => {
            const one = byKey.get(topicPartitionKey(name, partitionIndex));
            return {
              partitionIndex,
              committedOffset: one?.offset ?? -1,
              committedLeaderEpoch: one?.leaderEpoch ?? -1,
              committedMetadata: one?.metadata ?? '',
            };
          }),
        })),
      },
      { timeoutMs, maxVersion: lastVersionWithNames },
    );
    for (const topic of response.topics) {
      for (const { partitionIndex, errorCode } of topic.partitions) {
        if (errorCode !== ErrorCode.NONE)
          throw this.#refusal(`${topic.name}-${partitionIndex}`, errorCode, identity);
      }
    }
  }

  /** Committed offsets by key; partitions without one are left out. */
  committed(
    partitions: readonly TopicPartition[],
    timeoutMs: number,
  ): Promise<Map<string, OffsetAndMetadata>> {
    if (partitions.length === 0) return Promise.resolve(new Map<string, OffsetAndMetadata>());
    const what = `Looking up the committed offsets of group ${this.coordinator.groupId}`;
    return retryUntil(what, timeoutMs, this.retry, (remainingMs) =>
      this.committedOnce(partitions, remainingMs),
    );
  }

  async committedOnce(
    partitions: readonly TopicPartition[],
    timeoutMs: number,
  ): Promise<Map<string, OffsetAndMetadata>> {
    const { groupId } = this.coordinator;
    const topics = [...groupByTopic(partitions)].map(([name, partitionIndexes]) => ({
      name,
      partitionIndexes,
    }));
    const response = await this.coordinator.send(
      apis.offsetFetch,
      (version) =>
        version >= firstVersionWithGroups
          ? { groupId: '', topics: [], groups: [{ groupId, topics }], requireStable: true }
          : { groupId, topics, groups: [], requireStable: version >= firstVersionWithRequireStable },
      { timeoutMs, maxVersion: lastVersionWithNames },
    );
    const group = response.groups[0] ?? response;
    const what = `Cannot look up the committed offsets of group ${groupId}`;
    this.#check(group.errorCode, what);
    const found = new Map<string, OffsetAndMetadata>();
    for (const topic of group.topics) {
      for (const {
        partitionIndex,
        errorCode,
        committedOffset,
        committedLeaderEpoch,
        metadata,
      } of topic.partitions) {
        this.#check(errorCode, `${what} in ${topic.name}-${partitionIndex}`);
        if (committedOffset < 0) continue;
        found.set(topicPartitionKey(topic.name, partitionIndex), {
          offset: committedOffset,
          leaderEpoch: committedLeaderEpoch < 0 ? null : committedLeaderEpoch,
          metadata: metadata ?? '',
        });
      }
    }
    return found;
  }

  #check(errorCode: number, what: string): void {
    if (errorCode === ErrorCode.NONE) return;
    if (errorCode === ErrorCode.NOT_COORDINATOR || errorCode === ErrorCode.COORDINATOR_NOT_AVAILABLE) {
      this.coordinator.forget();
    }
    throw brokerError(errorCode, what);
  }

  #identity(offsets: readonly OffsetToCommit[]): MemberIdentity {
    if (!this.usesGroupAssignment()) return { memberId: '', generationId: -1 };
    const { membership } = this;
    if (membership.state === 'stable') return membership.identity;
    if (membership.generationId >= 0 || membership.state !== 'unjoined') {
      throw notNow(
        `Cannot commit ${describe(offsets)} while the group is rebalancing; poll, then commit again`,
      );
    }
    throw tooLate(
      `Cannot commit ${describe(offsets)}: the consumer is not a member of group ${membership.groupId} now`,
    );
  }

  #refusal(partition: string, errorCode: number, identity: MemberIdentity): KafkaError {
    const { groupId } = this.coordinator;
    this.membership.handleCommitError(errorCode, identity);
    switch (errorCode) {
      case ErrorCode.NOT_COORDINATOR:
      case ErrorCode.COORDINATOR_NOT_AVAILABLE:
      case ErrorCode.REQUEST_TIMED_OUT:
        this.coordinator.forget();
        break;
      case ErrorCode.REBALANCE_IN_PROGRESS:
        return notNow(
          `Cannot commit ${partition} while group ${groupId} is rebalancing; poll, then commit again`,
        );
      case ErrorCode.ILLEGAL_GENERATION:
      case ErrorCode.UNKNOWN_MEMBER_ID:
        return tooLate(
          `Cannot commit ${partition}: group ${groupId} has gone on without this member`,
          errorCode,
        );
    }
    return brokerError(errorCode, `Cannot commit ${partition} to group ${groupId}`);
  }
}

/** The application must poll first, for the member to join again; then the same commit may succeed (CC8). */
function notNow(message: string): KafkaError {
  const errorCode = ErrorCode.REBALANCE_IN_PROGRESS;
  return new BrokerError(message, { code: errorByCode(errorCode).name, errorCode, retriable: true });
}

function tooLate(message: string, errorCode?: number): CommitFailedError {
  const advice =
    'its partitions may belong to others, who read the records again. Often the time between two polls was longer than maxPollIntervalMs: raise it, or lower maxPollRecords';
  return new CommitFailedError(`${message}; ${advice}`, errorCode === undefined ? {} : { errorCode });
}

function describe(offsets: readonly TopicPartition[]): string {
  const [first] = offsets;
  if (first === undefined) return 'no offsets';
  const others = offsets.length === 1 ? '' : ` and ${offsets.length - 1} others`;
  return `${first.topic}-${first.partition}${others}`;
}
