// Decides what the broker's group and offset requests get for an answer: finds the group's coordinator, and shapes replies by version.
import { partitionForId } from '../foundation/string-hash.js';
import { randomUuid } from '../foundation/uuid.js';
import type { LeaveResult } from '../machines/group/classic-membership.js';
import { joinError, syncError } from '../machines/group/classic-replies.js';
import {
  undescribedConsumerGroup,
  type DescribedConsumerGroup,
} from '../machines/group/consumer/consumer-views.js';
import type { OffsetDeletion } from '../machines/group/group-deletion.js';
import { groupFilter, type DescribedGroup, type ListedGroup } from '../machines/group/group-views.js';
import type { OffsetCommitResult } from '../machines/group/offset-commit.js';
import type { TransactionMarker } from '../machines/log/transaction-marker.js';
import type { Random } from '../ports/random.js';
import { ErrorCode } from '../protocol/errors.js';
import type {
  OffsetCommitRequest,
  OffsetCommitResponseInput,
} from '../protocol/messages/08-offset-commit.js';
import type { OffsetFetchRequest, OffsetFetchResponseInput } from '../protocol/messages/09-offset-fetch.js';
import type { JoinGroupRequest, JoinGroupResponseInput } from '../protocol/messages/11-join-group.js';
import type { HeartbeatRequest, HeartbeatResponseInput } from '../protocol/messages/12-heartbeat.js';
import type { LeaveGroupRequest, LeaveGroupResponseInput } from '../protocol/messages/13-leave-group.js';
import type { SyncGroupRequest, SyncGroupResponseInput } from '../protocol/messages/14-sync-group.js';
import type {
  DescribeGroupsRequest,
  DescribeGroupsResponseInput,
} from '../protocol/messages/15-describe-groups.js';
import type { ListGroupsRequest, ListGroupsResponseInput } from '../protocol/messages/16-list-groups.js';
import type {
  DeleteGroupsRequest,
  DeleteGroupsResponseInput,
} from '../protocol/messages/42-delete-groups.js';
import type {
  OffsetDeleteRequest,
  OffsetDeleteResponseInput,
} from '../protocol/messages/47-offset-delete.js';
import type {
  TxnOffsetCommitRequest,
  TxnOffsetCommitResponseInput,
} from '../protocol/messages/28-txn-offset-commit.js';
import type {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponseInput,
} from '../protocol/messages/68-consumer-group-heartbeat.js';
import type {
  ConsumerGroupDescribeRequest,
  ConsumerGroupDescribeResponseInput,
} from '../protocol/messages/69-consumer-group-describe.js';
import type { PendingReply } from './coordinator-replies.js';
import { commitResponse, prepareCommit } from './group-offset-commit.js';
import {
  failedFetch,
  fetchGroup,
  fetchResponse,
  groupFetches,
  type GroupFetch,
} from './group-offset-fetch.js';
import {
  prepareTxnCommit,
  txnCommitResponse,
  type TransactionAdmission,
} from './group-transactional-offset-commit.js';
import { deletionResponse, prepareDeletion } from './group-offset-delete.js';
import { GroupShards, type GroupShardOptions } from './group-shards.js';
import { randomJavaUuid } from './java-uuid.js';

const nullProtocolSince = 7;
const leaveBatchSince = 3;
/** Since this version members of the consumer protocol make their ids themselves. */
const ownMemberIdSince = 1;
const noFetch: GroupFetch = { groupId: '', memberId: null, memberEpoch: -1, topics: [] };

/** Who asks, and how. */
export interface GroupRequestContext {
  readonly clientId: string;
  readonly clientHost: string;
  readonly apiVersion: number;
}

export interface GroupCoordinatorOptions extends GroupShardOptions {
  readonly random: Random;
}

export class GroupCoordinator {
  readonly #options: GroupCoordinatorOptions;
  readonly #shards: GroupShards;

  constructor(options: GroupCoordinatorOptions) {
    this.#options = options;
    this.#shards = new GroupShards(options);
  }

  start(): void {
    this.#shards.start();
  }

  /** This node became leader of a partition of the offsets topic. */
  onPartitionLed(partition: number): void {
    this.#shards.at(partition);
  }

  /** Another node leads the partition now, or it is deleted. */
  onPartitionResigned(partition: number): void {
    this.#shards.resign(partition);
  }

  /** The offsets of a topic go with it (C16). */
  onTopicDeleted(topic: string): void {
    for (const shard of this.#shards.all) shard.run((machine) => machine.handleTopicDeleted(topic));
  }

  close(): void {
    this.#shards.close();
  }

  /**
   * For FindCoordinator: the partition of the offsets topic that holds the group, creating the topic when it is absent; null
   * when there is no topic yet and the client must ask again (COORDINATOR_NOT_AVAILABLE).
   */
  partitionFor(groupId: string): number | null {
    const count = this.#options.offsetsTopic.ensure();
    return count === null ? null : partitionForId(groupId, count);
  }

  joinGroup(request: JoinGroupRequest, context: GroupRequestContext): Promise<JoinGroupResponseInput> {
    const { config, random } = this.#options;
    const { sessionTimeoutMs } = request;
    const shape = (body: JoinGroupResponseInput): JoinGroupResponseInput =>
      context.apiVersion < nullProtocolSince && body.protocolName === null
        ? { ...body, protocolName: '' }
        : body;
    const refuse = (errorCode: number): JoinGroupResponseInput =>
      shape(joinError(errorCode, request.memberId));
    if (request.groupId === '') return Promise.resolve(refuse(ErrorCode.INVALID_GROUP_ID));
    if (
      sessionTimeoutMs < config.groupMinSessionTimeoutMs ||
      sessionTimeoutMs > config.groupMaxSessionTimeoutMs
    )
      return Promise.resolve(refuse(ErrorCode.INVALID_SESSION_TIMEOUT));
    const memberUuid = request.memberId === '' ? randomJavaUuid(random) : '';
    return this.#shards.submit<JoinGroupResponseInput, JoinGroupResponseInput>(
      request.groupId,
      (machine, ticket, now) =>
        machine.handleJoin(
          request,
          {
            ticket,
            clientId: context.clientId,
            clientHost: javaAddress(context.clientHost),
            apiVersion: context.apiVersion,
            memberUuid,
          },
          now,
        ),
      shape,
      refuse,
    );
  }

  syncGroup(request: SyncGroupRequest): Promise<SyncGroupResponseInput> {
    if (request.groupId === '') return Promise.resolve(syncError(ErrorCode.INVALID_GROUP_ID));
    return this.#shards.submit<SyncGroupResponseInput, SyncGroupResponseInput>(
      request.groupId,
      (machine, ticket, now) => machine.handleSync(request, ticket, now),
      (body) => body,
      syncError,
    );
  }

  /** While the group is loading, members are told that all is well: they will be (C1). */
  heartbeat(request: HeartbeatRequest): Promise<HeartbeatResponseInput> {
    if (request.groupId === '') return Promise.resolve({ errorCode: ErrorCode.INVALID_GROUP_ID });
    return new Promise((resolve) => {
      const pending: PendingReply<HeartbeatResponseInput> = {
        complete: resolve,
        fail: (errorCode) =>
          resolve({
            errorCode: errorCode === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS ? ErrorCode.NONE : errorCode,
          }),
      };
      this.#shards.use(request.groupId, pending, (shard) =>
        shard.submitCoalesced(pending, (machine, ticket, now) =>
          machine.handleHeartbeat(request, ticket, now),
        ),
      );
    });
  }

  /** Before version 3 one member leaves, and the error is the response's own (C12). */
  leaveGroup(request: LeaveGroupRequest, context: GroupRequestContext): Promise<LeaveGroupResponseInput> {
    if (request.groupId === '') return Promise.resolve({ errorCode: ErrorCode.INVALID_GROUP_ID });
    const isBatch = context.apiVersion >= leaveBatchSince;
    const leaving = isBatch
      ? request.members
      : [{ memberId: request.memberId, groupInstanceId: null, reason: null }];
    return this.#shards.submit<readonly LeaveResult[], LeaveGroupResponseInput>(
      request.groupId,
      (machine, ticket, now) => machine.handleLeave(request.groupId, leaving, ticket, now),
      (members) =>
        isBatch
          ? { errorCode: ErrorCode.NONE, members }
          : { errorCode: members[0]?.errorCode ?? ErrorCode.UNKNOWN_MEMBER_ID },
      (errorCode) => ({ errorCode }),
    );
  }

  offsetCommit(
    request: OffsetCommitRequest,
    context: GroupRequestContext,
  ): Promise<OffsetCommitResponseInput> {
    const prepared = prepareCommit(request, context.apiVersion, this.#options.topics);
    if (prepared.commit.offsets.length === 0) return Promise.resolve(prepared.response);
    return new Promise((resolve) => {
      const pending: PendingReply<Parameters<typeof commitResponse>[1]> = {
        complete: (result) => resolve(commitResponse(prepared, result)),
        fail: (errorCode) => resolve(commitResponse(prepared, { kind: 'refused', errorCode })),
      };
      this.#shards.use(request.groupId, pending, (shard) =>
        shard.submitCoalesced(pending, (machine, ticket, now) =>
          machine.handleOffsetCommit(prepared.commit, ticket, now),
        ),
      );
    });
  }

  /**
   * Offsets that a producer commits with its transaction (C15). `admit` says whether the group's partition of the offsets topic is in that
   * transaction, and is asked unless the producer has it open there already (P12).
   */
  txnOffsetCommit(
    request: TxnOffsetCommitRequest,
    context: GroupRequestContext,
    admit: TransactionAdmission,
  ): Promise<TxnOffsetCommitResponseInput> {
    const prepared = prepareTxnCommit(request, this.#options.topics);
    const { commit } = prepared;
    if (commit.offsets.length === 0) return Promise.resolve(prepared.response);
    return new Promise((resolve) => {
      const refuse = (errorCode: number): void =>
        resolve(txnCommitResponse(prepared, { kind: 'refused', errorCode }, context.apiVersion));
      if (request.groupId === '') return refuse(ErrorCode.INVALID_GROUP_ID);
      const partition = this.partitionOf(request.groupId);
      const log = partition === null ? undefined : this.#options.offsetsTopic.led(partition);
      if (partition === null || log === undefined) return refuse(ErrorCode.NOT_COORDINATOR);
      const pending: PendingReply<OffsetCommitResult> = {
        complete: (result) => resolve(txnCommitResponse(prepared, result, context.apiVersion)),
        fail: refuse,
      };
      const submit = (): void =>
        this.#shards.use(request.groupId, pending, (shard) =>
          shard.submit(pending, (machine, ticket, now) =>
            machine.handleTransactionalOffsetCommit(commit, ticket, now),
          ),
        );
      if (log.hasOpenTransaction(commit.producerId, commit.producerEpoch)) return submit();
      admit(partition, (errorCode) => (errorCode === ErrorCode.NONE ? submit() : refuse(errorCode)));
    });
  }

  /** Ends a transaction in a partition of the offsets topic, and with it the offsets that waited for that; the error code of the log. */
  endTransaction(partition: number, marker: TransactionMarker): number {
    const shard = this.#shards.at(partition);
    const result = shard?.endTransaction(marker);
    if (result === undefined) return ErrorCode.NOT_LEADER_OR_FOLLOWER;
    return result.kind === 'rejected' ? result.errorCode : ErrorCode.NONE;
  }

  /** The partition of the offsets topic that holds the group; null while there is no such topic. */
  partitionOf(groupId: string): number | null {
    const count = this.#options.offsetsTopic.partitionCount;
    return count === null ? null : partitionForId(groupId, count);
  }

  offsetFetch(request: OffsetFetchRequest, context: GroupRequestContext): Promise<OffsetFetchResponseInput> {
    const { apiVersion } = context;
    const { topics } = this.#options;
    const fetches = groupFetches(request, apiVersion, topics);
    return this.#shards.readEach(
      fetches.map((fetch) => fetch.groupId),
      (machine, index) => {
        const fetch = fetches[index] ?? noFetch;
        return fetchGroup(machine, fetch, request.requireStable, apiVersion, topics);
      },
      (errorCode, index) => failedFetch(fetches[index] ?? noFetch, errorCode, apiVersion),
      (groups) => fetchResponse(groups, apiVersion),
    );
  }

  describeGroups(
    request: DescribeGroupsRequest,
    context: GroupRequestContext,
  ): Promise<DescribeGroupsResponseInput> {
    return this.#shards.readEach<DescribedGroup, DescribeGroupsResponseInput>(
      request.groups,
      (machine, index) => machine.describe(request.groups[index] ?? '', context.apiVersion),
      (errorCode, index) => ({
        errorCode,
        groupId: request.groups[index] ?? '',
        groupState: '',
        protocolType: '',
        protocolData: '',
        members: [],
      }),
      (groups) => ({ groups }),
    );
  }

  /** A member of the consumer protocol joins, stays or leaves (KIP-848). */
  consumerGroupHeartbeat(
    request: ConsumerGroupHeartbeatRequest,
    context: GroupRequestContext,
  ): Promise<ConsumerGroupHeartbeatResponseInput> {
    const { apiVersion, clientId } = context;
    const makesId = request.memberId === '' && apiVersion < ownMemberIdSince;
    const memberUuid = makesId ? randomUuid(this.#options.random) : '';
    return this.#shards.submit<ConsumerGroupHeartbeatResponseInput, ConsumerGroupHeartbeatResponseInput>(
      request.groupId,
      (machine, ticket, now) =>
        machine.handleConsumerHeartbeat(
          request,
          { ticket, clientId, clientHost: javaAddress(context.clientHost), apiVersion, memberUuid },
          now,
        ),
      (body) => body,
      (errorCode) => ({ throttleTimeMs: 0, errorCode, memberEpoch: 0, heartbeatIntervalMs: 0 }),
    );
  }

  consumerGroupDescribe(request: ConsumerGroupDescribeRequest): Promise<ConsumerGroupDescribeResponseInput> {
    const { groupIds } = request;
    return this.#shards.readEach<DescribedConsumerGroup, ConsumerGroupDescribeResponseInput>(
      groupIds,
      (machine, index) => machine.describeConsumer(groupIds[index] ?? ''),
      (errorCode, index) => undescribedConsumerGroup(groupIds[index] ?? '', { errorCode, message: null }),
      (groups) => ({ throttleTimeMs: 0, groups }),
    );
  }

  /** Each group goes, or stays, by itself (C17). */
  deleteGroups(request: DeleteGroupsRequest): Promise<DeleteGroupsResponseInput> {
    const groupIds = [...new Set(request.groupsNames)];
    const deletions = groupIds.map((groupId) =>
      groupId === ''
        ? Promise.resolve<number>(ErrorCode.INVALID_GROUP_ID)
        : this.#shards.submit<number, number>(
            groupId,
            (machine, ticket) => machine.handleDeleteGroup(groupId, ticket),
            (errorCode) => errorCode,
            (errorCode) => errorCode,
          ),
    );
    return Promise.all(deletions).then((errorCodes) => ({
      throttleTimeMs: 0,
      results: groupIds.map((groupId, index) => ({
        groupId,
        errorCode: errorCodes[index] ?? ErrorCode.UNKNOWN_SERVER_ERROR,
      })),
    }));
  }

  offsetDelete(request: OffsetDeleteRequest): Promise<OffsetDeleteResponseInput> {
    const refuse = (errorCode: number): OffsetDeleteResponseInput => ({
      errorCode,
      throttleTimeMs: 0,
      topics: [],
    });
    if (request.groupId === '') return Promise.resolve(refuse(ErrorCode.INVALID_GROUP_ID));
    const prepared = prepareDeletion(request, this.#options.topics);
    return this.#shards.submit<OffsetDeletion, OffsetDeleteResponseInput>(
      request.groupId,
      (machine, ticket) => machine.handleDeleteOffsets(request.groupId, prepared.offsets, ticket),
      (deletion) => deletionResponse(prepared, deletion),
      refuse,
    );
  }

  /** The groups of the partitions that this node leads; while one of them loads there is no whole answer. */
  listGroups(request: ListGroupsRequest): Promise<ListGroupsResponseInput> {
    if (this.#shards.isClosed)
      return Promise.resolve({ errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE, groups: [] });
    const filter = groupFilter(request.statesFilter, request.typesFilter);
    return new Promise((resolve) =>
      this.#shards.readAll<ListedGroup[]>(
        (machine) => machine.list(filter),
        (lists, errorCode) =>
          resolve({ errorCode, groups: errorCode === ErrorCode.NONE ? lists.flat() : [] }),
      ),
    );
  }
}

/** Kafka keeps a member's host as Java prints an address, and its tools show it so. */
function javaAddress(host: string): string {
  return `/${host}`;
}
