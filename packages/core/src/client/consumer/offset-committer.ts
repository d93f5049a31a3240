// Decides how offsets are committed to the group and read back, and what each refusal means (CC8).
import { zeroUuid } from '../../foundation/uuid.js';
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode, errorByCode } from '../../protocol/errors.js';
import {
  groupByTopic,
  topicPartitionKey,
  type TopicPartition,
} from '../../machines/consumer/topic-partition.js';
import { brokerError, BrokerError, CommitFailedError, KafkaError } from '../errors.js';
import type { Metadata } from '../metadata.js';
import type { OffsetAndMetadata } from '../types.js';
import type { CommitIdentity, ConsumerGroup } from './consumer-group.js';
import type { GroupCoordinatorClient } from './group-coordinator-client.js';
import { retryUntil, type RetryOptions } from './retry.js';

/** Up to where a partition is done: the offset of the next record to read. */
export interface OffsetToCommit extends TopicPartition, OffsetAndMetadata {}

/** From version 10 on topics go by id only, so that a topic made anew never gets the offsets of the old one (KIP-848). */
const lastVersionWithNames = 9;
/** Several groups in one request, in another shape, since then. */
const firstVersionWithGroups = 8;
const firstVersionWithRequireStable = 7;

export interface OffsetCommitterOptions {
  readonly coordinator: GroupCoordinatorClient;
  readonly group: ConsumerGroup;
  readonly metadata: Metadata;
  readonly retry: RetryOptions;
  /** Whether the member's generation goes with the commit; partitions assigned by hand are committed without one. */
  readonly usesGroupAssignment: () => boolean;
}

const outsider: CommitIdentity = { memberId: '', generationId: -1, life: 0 };

export class OffsetCommitter {
  readonly #options: OffsetCommitterOptions;

  constructor(options: OffsetCommitterOptions) {
    this.#options = options;
  }

  commit(offsets: readonly OffsetToCommit[], timeoutMs: number): Promise<void> {
    if (offsets.length === 0) return Promise.resolve();
    const { coordinator, retry } = this.#options;
    const what = `Committing ${describe(offsets)} to group ${coordinator.groupId}`;
    return retryUntil(what, timeoutMs, retry, (remainingMs) => this.commitOnce(offsets, remainingMs));
  }

  commitOnce(offsets: readonly OffsetToCommit[], timeoutMs: number): Promise<void> {
    return this.#options.coordinator.telemetry.commit(offsets, () => this.#commitOnce(offsets, timeoutMs));
  }

  async #commitOnce(offsets: readonly OffsetToCommit[], timeoutMs: number): Promise<void> {
    const identity = this.#identity(offsets);
    const { coordinator, group } = this.#options;
    const byKey = new Map(offsets.map((one) => [topicPartitionKey(one.topic, one.partition), one]));
    const byTopic = groupByTopic(offsets);
    const topicIds = this.#topicIds(byTopic.keys());
    const response = await coordinator.send(
      apis.offsetCommit,
      {
        groupId: coordinator.groupId,
        generationIdOrMemberEpoch: identity.generationId,
        memberId: identity.memberId,
        groupInstanceId: identity.generationId < 0 ? null : group.groupInstanceId,
        topics: [...byTopic].map(([name, partitions]) => ({
          name,
          topicId: topicIds.idOf(name),
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
      { timeoutMs, ...topicIds.versionCap },
    );
    for (const topic of response.topics) {
      for (const { partitionIndex, errorCode } of topic.partitions) {
        if (errorCode !== ErrorCode.NONE)
          throw this.#refusal(`${topicIds.nameOf(topic)}-${partitionIndex}`, errorCode, identity);
      }
    }
  }

  /** Committed offsets by key; partitions without one are left out. */
  committed(
    partitions: readonly TopicPartition[],
    timeoutMs: number,
  ): Promise<Map<string, OffsetAndMetadata>> {
    if (partitions.length === 0) return Promise.resolve(new Map<string, OffsetAndMetadata>());
    const { coordinator, retry } = this.#options;
    const what = `Looking up the committed offsets of group ${coordinator.groupId}`;
    return retryUntil(what, timeoutMs, retry, (remainingMs) => this.committedOnce(partitions, remainingMs));
  }

  async committedOnce(
    partitions: readonly TopicPartition[],
    timeoutMs: number,
  ): Promise<Map<string, OffsetAndMetadata>> {
    const { coordinator, group: consumerGroup, usesGroupAssignment } = this.#options;
    const { groupId } = coordinator;
    const byTopic = groupByTopic(partitions);
    const topicIds = this.#topicIds(byTopic.keys());
    const topics = [...byTopic].map(([name, partitionIndexes]) => ({
      name,
      topicId: topicIds.idOf(name),
      partitionIndexes,
    }));
    const reader = usesGroupAssignment() ? consumerGroup.offsetReader : null;
    const membership = reader === null ? {} : { memberId: reader.memberId, memberEpoch: reader.generationId };
    const response = await coordinator.send(
      apis.offsetFetch,
      (version) =>
        version >= firstVersionWithGroups
          ? { groupId: '', topics: [], groups: [{ groupId, ...membership, topics }], requireStable: true }
          : { groupId, topics, groups: [], requireStable: version >= firstVersionWithRequireStable },
      { timeoutMs, ...topicIds.versionCap },
    );
    const group = response.groups[0] ?? response;
    const what = `Cannot look up the committed offsets of ${coordinator.name}`;
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
        const name = topicIds.nameOf(topic);
        this.#check(errorCode, `${what} in ${name}-${partitionIndex}`);
        if (committedOffset < 0) continue;
        found.set(topicPartitionKey(name, partitionIndex), {
          offset: committedOffset,
          leaderEpoch: committedLeaderEpoch < 0 ? null : committedLeaderEpoch,
          metadata: metadata ?? '',
        });
      }
    }
    return found;
  }

  #topicIds(topics: Iterable<string>): TopicIds {
    return new TopicIds(topics, this.#options.metadata);
  }

  #check(errorCode: number, what: string): void {
    if (errorCode === ErrorCode.NONE) return;
    this.#learn(errorCode);
    // The epoch that was sent is of yesterday: the member's heartbeats bring another, or throw it out.
    if (errorCode === ErrorCode.STALE_MEMBER_EPOCH || errorCode === ErrorCode.UNKNOWN_MEMBER_ID)
      throw tryAgain(errorCode, what);
    throw brokerError(errorCode, what);
  }

  /** What a refusal says of the coordinator and of the metadata. */
  #learn(errorCode: number): void {
    const { coordinator, metadata } = this.#options;
    if (errorCode === ErrorCode.NOT_COORDINATOR || errorCode === ErrorCode.COORDINATOR_NOT_AVAILABLE)
      coordinator.forget();
    else if (errorCode === ErrorCode.UNKNOWN_TOPIC_ID) metadata.requestUpdate();
  }

  #identity(offsets: readonly OffsetToCommit[]): CommitIdentity {
    const { coordinator, group, usesGroupAssignment } = this.#options;
    if (!usesGroupAssignment()) return outsider;
    const standing = group.commitStanding;
    switch (standing.kind) {
      case 'member':
        return standing.identity;
      case 'rebalancing':
        throw notNow(
          `Cannot commit ${describe(offsets)} while the group is rebalancing; poll, then commit again`,
        );
      case 'gone':
        throw tooLate(
          `Cannot commit ${describe(offsets)}: the consumer is not a member of group ${coordinator.groupId} now`,
        );
    }
  }

  #refusal(partition: string, errorCode: number, identity: CommitIdentity): KafkaError {
    const { coordinator, group } = this.#options;
    const { groupId } = coordinator;
    const what = `Cannot commit ${partition} to ${coordinator.name}`;
    this.#learn(errorCode);
    if (group.handleCommitError(errorCode, identity)) return tryAgain(errorCode, what);
    switch (errorCode) {
      case ErrorCode.REQUEST_TIMED_OUT:
        coordinator.forget();
        break;
      case ErrorCode.REBALANCE_IN_PROGRESS:
        return notNow(
          `Cannot commit ${partition} while group ${groupId} is rebalancing; poll, then commit again`,
        );
      case ErrorCode.ILLEGAL_GENERATION:
      case ErrorCode.UNKNOWN_MEMBER_ID:
      case ErrorCode.STALE_MEMBER_EPOCH:
        return tooLate(
          `Cannot commit ${partition}: group ${groupId} has gone on without this member`,
          errorCode,
        );
    }
    return brokerError(errorCode, what);
  }
}

/** The names and ids of the topics of one request; all ids must be known for a version that has nothing else. */
class TopicIds {
  /** To be spread into the options of the request. */
  readonly versionCap: { readonly maxVersion?: number };
  readonly #ids = new Map<string, string>();
  readonly #names = new Map<string, string>();

  constructor(topics: Iterable<string>, metadata: Metadata) {
    let areKnown = true;
    for (const topic of topics) {
      const topicId = metadata.topic(topic)?.topicId ?? zeroUuid;
      if (topicId === zeroUuid) areKnown = false;
      this.#ids.set(topic, topicId);
      this.#names.set(topicId, topic);
    }
    this.versionCap = areKnown ? {} : { maxVersion: lastVersionWithNames };
  }

  idOf(topic: string): string {
    return this.#ids.get(topic) ?? zeroUuid;
  }

  nameOf({ name, topicId = zeroUuid }: { readonly name: string; readonly topicId?: string }): string {
    return name === '' ? (this.#names.get(topicId) ?? topicId) : name;
  }
}

/** The application must poll first, for the member to join again; then the same commit may succeed (CC8). */
function notNow(message: string): KafkaError {
  return tryAgain(ErrorCode.REBALANCE_IN_PROGRESS, message);
}

function tryAgain(errorCode: number, message: string): KafkaError {
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
