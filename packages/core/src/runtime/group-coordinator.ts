// Decides what the broker's group and offset requests get for an answer: finds the group's coordinator, and shapes replies by version.
import { partitionForId } from '../foundation/string-hash.js';
import type { Instant, Ticket } from '../machines/coordinator/outcome.js';
import type { LeaveResult } from '../machines/group/classic-membership.js';
import { joinError, syncError } from '../machines/group/classic-replies.js';
import type { GroupConfig } from '../machines/group/group-config.js';
import { GroupMachine } from '../machines/group/group-machine.js';
import type { GroupAppendFailure, GroupOutcome, GroupTimerEvent } from '../machines/group/group-outcome.js';
import type { GroupRecord } from '../machines/group/group-record.js';
import { groupFilter, type DescribedGroup, type ListedGroup } from '../machines/group/group-views.js';
import type { Clock } from '../ports/clock.js';
import type { Diagnostics } from '../ports/diagnostics.js';
import type { Random } from '../ports/random.js';
import type { Timers } from '../ports/timers.js';
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
import type { BatchDecompressors } from '../protocol/records/attributes.js';
import type { PendingReply } from './coordinator-replies.js';
import { CoordinatorRuntime, type CoordinatorLimits } from './coordinator-runtime.js';
import { gather } from './gather.js';
import { commitResponse, prepareCommit } from './group-offset-commit.js';
import { failedFetch, fetchGroup, fetchResponse, groupFetches } from './group-offset-fetch.js';
import { groupRecordSerde } from './group-record-serde.js';
import type { OffsetsTopic, TopicResolver } from './group-topics.js';
import { randomJavaUuid } from './java-uuid.js';

const nullProtocolSince = 7;
const leaveBatchSince = 3;
/** How long loading at start may keep the event loop before it lets others go first. */
const loadTurnMs = 20;

/** Who asks, and how. */
export interface GroupRequestContext {
  readonly clientId: string;
  readonly clientHost: string;
  readonly apiVersion: number;
}

export interface GroupCoordinatorOptions {
  readonly config: GroupConfig;
  readonly limits: CoordinatorLimits;
  readonly offsetsTopic: OffsetsTopic;
  readonly topics: TopicResolver;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly diagnostics: Diagnostics;
  readonly decompressors: BatchDecompressors;
}

type GroupRuntime = CoordinatorRuntime<GroupRecord, GroupTimerEvent, GroupAppendFailure, GroupMachine>;

type Handle<Body> = (machine: GroupMachine, ticket: Ticket<Body>, now: Instant) => GroupOutcome;

export class GroupCoordinator {
  readonly #options: GroupCoordinatorOptions;
  /** By partition of `__consumer_offsets`; those this node leads, once they are needed. */
  readonly #shards = new Map<number, GroupRuntime>();
  #isClosed = false;

  constructor(options: GroupCoordinatorOptions) {
    this.#options = options;
  }

  /** Loads every partition of the offsets topic that is there and led by this node; long logs take turns with other work. */
  start(): void {
    const count = this.#options.offsetsTopic.partitionCount ?? 0;
    const loading: GroupRuntime[] = [];
    for (let partition = 0; partition < count; partition++) {
      const shard = this.#shards.has(partition) ? undefined : this.#open(partition);
      if (shard !== undefined) loading.push(shard);
    }
    this.#load(loading);
  }

  /** This node became leader of a partition of the offsets topic. */
  onPartitionLed(partition: number): void {
    this.#shard(partition);
  }

  /** Another node leads the partition now, or it is deleted. */
  onPartitionResigned(partition: number): void {
    this.#shards.get(partition)?.close(ErrorCode.NOT_COORDINATOR);
    this.#shards.delete(partition);
  }

  /** The offsets of a topic go with it (C16). */
  onTopicDeleted(topic: string): void {
    for (const shard of this.#shards.values()) shard.run((machine) => machine.handleTopicDeleted(topic));
  }

  close(): void {
    this.#isClosed = true;
    for (const shard of this.#shards.values()) shard.close(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    this.#shards.clear();
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
    return this.#submit<JoinGroupResponseInput, JoinGroupResponseInput>(
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
    return this.#submit<SyncGroupResponseInput, SyncGroupResponseInput>(
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
      this.#withShard(request.groupId, pending, (shard) =>
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
    return this.#submit<readonly LeaveResult[], LeaveGroupResponseInput>(
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
      this.#withShard(request.groupId, pending, (shard) =>
        shard.submitCoalesced(pending, (machine, ticket, now) =>
          machine.handleOffsetCommit(prepared.commit, ticket, now),
        ),
      );
    });
  }

  offsetFetch(request: OffsetFetchRequest, context: GroupRequestContext): Promise<OffsetFetchResponseInput> {
    const { apiVersion } = context;
    const { topics } = this.#options;
    const fetches = groupFetches(request, apiVersion, topics);
    return this.#readAll(
      fetches.map((fetch) => fetch.groupId),
      (machine, index) => {
        const fetch = fetches[index] ?? { groupId: '', topics: [] };
        return fetchGroup(machine, fetch, request.requireStable, apiVersion, topics);
      },
      (errorCode, index) => failedFetch(fetches[index] ?? { groupId: '', topics: [] }, errorCode, apiVersion),
      (groups) => fetchResponse(groups, apiVersion),
    );
  }

  describeGroups(
    request: DescribeGroupsRequest,
    context: GroupRequestContext,
  ): Promise<DescribeGroupsResponseInput> {
    return this.#readAll<DescribedGroup, DescribeGroupsResponseInput>(
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

  /** The groups of the partitions that this node leads; while one of them loads there is no whole answer. */
  listGroups(request: ListGroupsRequest): Promise<ListGroupsResponseInput> {
    if (this.#isClosed)
      return Promise.resolve({ errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE, groups: [] });
    const filter = groupFilter(request.statesFilter, request.typesFilter);
    const shards = [...this.#shards.values()];
    return new Promise((resolve) => {
      let failure: number = ErrorCode.NONE;
      const collect = gather<ListedGroup[]>(shards.length, (lists) =>
        resolve({ errorCode: failure, groups: failure === ErrorCode.NONE ? lists.flat() : [] }),
      );
      shards.forEach((shard, index) => {
        const pending: PendingReply<ListedGroup[]> = {
          complete: (groups) => collect(index, groups),
          fail: (errorCode) => {
            if (errorCode !== ErrorCode.NOT_COORDINATOR) failure = errorCode;
            collect(index, []);
          },
        };
        shard.read(pending, (machine) => machine.list(filter));
      });
    });
  }

  #submit<Body, Response>(
    groupId: string,
    handle: Handle<Body>,
    shape: (body: Body) => Response,
    refuse: (errorCode: number) => Response,
  ): Promise<Response> {
    return new Promise((resolve) => {
      const pending: PendingReply<Body> = {
        complete: (body) => resolve(shape(body)),
        fail: (errorCode) => resolve(refuse(errorCode)),
      };
      this.#withShard(groupId, pending, (shard) => shard.submit(pending, handle));
    });
  }

  /** Reads one thing of each of several groups, wherever they live. */
  #readAll<Value, Response>(
    groupIds: readonly string[],
    view: (machine: GroupMachine, index: number) => Value,
    refuse: (errorCode: number, index: number) => Value,
    shape: (values: Value[]) => Response,
  ): Promise<Response> {
    return new Promise((resolve) => {
      const collect = gather<Value>(groupIds.length, (values) => resolve(shape(values)));
      groupIds.forEach((groupId, index) => {
        const pending: PendingReply<Value> = {
          complete: (value) => collect(index, value),
          fail: (errorCode) => collect(index, refuse(errorCode, index)),
        };
        this.#withShard(groupId, pending, (shard) => shard.read(pending, (machine) => view(machine, index)));
      });
    });
  }

  #withShard(groupId: string, pending: PendingReply<never>, use: (shard: GroupRuntime) => void): void {
    const count = this.#options.offsetsTopic.partitionCount;
    const shard = count === null ? undefined : this.#shard(partitionForId(groupId, count));
    if (this.#isClosed) pending.fail(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    else if (shard === undefined) pending.fail(ErrorCode.NOT_COORDINATOR);
    else use(shard);
  }

  #load(loading: GroupRuntime[]): void {
    const { clock, timers } = this.#options;
    const deadlineMs = clock.monotonicMs() + loadTurnMs;
    for (let shard = loading.shift(); shard !== undefined; shard = loading.shift()) {
      shard.start();
      if (clock.monotonicMs() < deadlineMs) continue;
      timers.soon(() => this.#load(loading));
      return;
    }
  }

  #shard(partition: number): GroupRuntime | undefined {
    const known = this.#shards.get(partition);
    if (known !== undefined || this.#isClosed) return known;
    const shard = this.#open(partition);
    shard?.start();
    return shard;
  }

  #open(partition: number): GroupRuntime | undefined {
    const log = this.#options.offsetsTopic.led(partition);
    if (log === undefined) return undefined;
    const { config, limits, clock, timers, diagnostics, decompressors } = this.#options;
    const shard: GroupRuntime = new CoordinatorRuntime({
      partition: log,
      machine: new GroupMachine(config),
      serde: groupRecordSerde,
      clock,
      timers,
      diagnostics,
      decompressors,
      limits,
    });
    this.#shards.set(partition, shard);
    return shard;
  }
}

/** Kafka keeps a member's host as Java prints an address, and its tools show it so. */
function javaAddress(host: string): string {
  return `/${host}`;
}
