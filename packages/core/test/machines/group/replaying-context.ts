// Decides how a test drives the group machine as the runtime would: replay what an outcome appends, then answer; time by hand.
import type { Reply, Ticket } from '../../../src/machines/coordinator/outcome.js';
import type { ClassicGroup } from '../../../src/machines/group/classic-group.js';
import type { LeaveResult } from '../../../src/machines/group/classic-membership.js';
import type { ConsumerGroup } from '../../../src/machines/group/consumer/consumer-group.js';
import type { OffsetDeletion, OffsetToDelete } from '../../../src/machines/group/group-deletion.js';
import { defaultGroupConfig, type GroupConfig } from '../../../src/machines/group/group-config.js';
import { GroupMachine } from '../../../src/machines/group/group-machine.js';
import type { GroupOutcome, GroupTimerEvent } from '../../../src/machines/group/group-outcome.js';
import type { GroupRecord } from '../../../src/machines/group/group-record.js';
import type { OffsetCommit, OffsetCommitResult } from '../../../src/machines/group/offset-commit.js';
import type {
  JoinGroupRequest,
  JoinGroupResponseInput,
} from '../../../src/protocol/messages/11-join-group.js';
import type {
  HeartbeatRequest,
  HeartbeatResponseInput,
} from '../../../src/protocol/messages/12-heartbeat.js';
import type {
  SyncGroupRequest,
  SyncGroupResponseInput,
} from '../../../src/protocol/messages/14-sync-group.js';
import type {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponseInput,
} from '../../../src/protocol/messages/68-consumer-group-heartbeat.js';
import { TestTopics } from './test-topics.js';

/** One request and, once it came, its answer. */
export class Call<Body> {
  body: Body | undefined;
  failedWith: number | undefined;
  constructor(readonly ticket: Ticket<Body>) {}

  get isOpen(): boolean {
    return this.body === undefined && this.failedWith === undefined;
  }

  /** The answer; a test that asks for it before it came is wrong. */
  get reply(): Body {
    if (this.body === undefined) throw new Error(`no reply yet (failed with ${this.failedWith})`);
    return this.body;
  }
}

export interface JoinOptions extends Partial<JoinGroupRequest> {
  readonly apiVersion?: number;
  readonly clientId?: string;
}

export class ReplayingContext {
  readonly config: GroupConfig;
  readonly topics: TestTopics;
  machine: GroupMachine;
  /** The log: what was appended, in order. */
  readonly log: GroupRecord[] = [];
  /** The error of every append while it is set. */
  appendError: number | null = null;
  monotonicMs = 0;
  readonly timers = new Map<string, { dueMs: number; order: number; event: GroupTimerEvent }>();
  readonly #calls = new Map<number, Call<never>>();
  #nextTicket = 1;
  #nextUuid = 1;
  #order = 0;

  constructor(config: Partial<GroupConfig> = {}, topics = new TestTopics()) {
    this.config = { ...defaultGroupConfig, ...config };
    this.topics = topics;
    this.machine = new GroupMachine(this.config, this.topics);
    this.apply(this.machine.handleLoaded(this.now));
  }

  get now(): { wallMs: number; monotonicMs: number } {
    return { wallMs: 1_000_000 + this.monotonicMs, monotonicMs: this.monotonicMs };
  }

  /** The classic group of that name. */
  group(groupId = 'g'): ClassicGroup | undefined {
    const group = this.machine.group(groupId);
    if (group?.kind === 'consumer') throw new Error(`${groupId} is a consumer group`);
    return group;
  }

  consumerGroup(groupId = 'g'): ConsumerGroup {
    const group = this.machine.group(groupId);
    if (group?.kind !== 'consumer') throw new Error(`${groupId} is no consumer group`);
    return group;
  }

  /** A heartbeat of the consumer protocol; what is not said has not changed. */
  consumerHeartbeat(
    options: Partial<ConsumerGroupHeartbeatRequest> & { readonly apiVersion?: number },
  ): ConsumerGroupHeartbeatResponseInput {
    const { apiVersion = 1, ...request } = options;
    return this.tryConsumerHeartbeat(request, apiVersion).reply;
  }

  tryConsumerHeartbeat(
    request: Partial<ConsumerGroupHeartbeatRequest>,
    apiVersion = 1,
  ): Call<ConsumerGroupHeartbeatResponseInput> {
    return this.#call((ticket) =>
      this.machine.handleConsumerHeartbeat(
        {
          groupId: 'g',
          memberId: '',
          memberEpoch: 0,
          instanceId: null,
          rackId: null,
          rebalanceTimeoutMs: -1,
          subscribedTopicNames: null,
          subscribedTopicRegex: null,
          serverAssignor: null,
          topicPartitions: null,
          ...request,
        },
        {
          ticket,
          clientId: 'client',
          clientHost: '/127.0.0.1',
          apiVersion,
          memberUuid: `uuid${this.#nextUuid++}`,
        },
        this.now,
      ),
    );
  }

  deleteGroup(groupId = 'g'): number {
    return this.#call<number>((ticket) => this.machine.handleDeleteGroup(groupId, ticket)).reply;
  }

  deleteOffsets(toDelete: readonly OffsetToDelete[], groupId = 'g'): OffsetDeletion {
    return this.#call<OffsetDeletion>((ticket) => this.machine.handleDeleteOffsets(groupId, toDelete, ticket))
      .reply;
  }

  /** Requests without an answer. */
  get openCalls(): number {
    return this.#calls.size;
  }

  join(options: JoinOptions = {}): Call<JoinGroupResponseInput> {
    const { apiVersion = 9, clientId = 'client', ...request } = options;
    return this.#call((ticket) =>
      this.machine.handleJoin(
        {
          groupId: 'g',
          sessionTimeoutMs: 10_000,
          rebalanceTimeoutMs: 60_000,
          memberId: '',
          groupInstanceId: null,
          protocolType: 'consumer',
          protocols: [{ name: 'range', metadata: Buffer.from('subscription') }],
          reason: null,
          ...request,
        },
        { ticket, clientId, clientHost: '/127.0.0.1', apiVersion, memberUuid: `uuid${this.#nextUuid++}` },
        this.now,
      ),
    );
  }

  /** Asks for a member id, and joins with it. */
  joinWithId(options: JoinOptions = {}): { memberId: string; call: Call<JoinGroupResponseInput> } {
    const first = this.join(options);
    const { memberId } = first.reply;
    return { memberId, call: this.join({ ...options, memberId }) };
  }

  sync(options: Partial<SyncGroupRequest>): Call<SyncGroupResponseInput> {
    return this.#call((ticket) =>
      this.machine.handleSync(
        {
          groupId: 'g',
          generationId: 1,
          memberId: '',
          groupInstanceId: null,
          protocolType: null,
          protocolName: null,
          assignments: [],
          ...options,
        },
        ticket,
        this.now,
      ),
    );
  }

  /** The error code of a heartbeat. */
  heartbeat(memberId: string, generationId: number, options: Partial<HeartbeatRequest> = {}): number {
    const call = this.#call<HeartbeatResponseInput>((ticket) =>
      this.machine.handleHeartbeat(
        { groupId: 'g', generationId, memberId, groupInstanceId: null, ...options },
        ticket,
        this.now,
      ),
    );
    return call.reply.errorCode;
  }

  leave(...members: { memberId?: string; groupInstanceId?: string | null }[]): Call<readonly LeaveResult[]> {
    return this.leaveGroup('g', ...members);
  }

  leaveGroup(
    groupId: string,
    ...members: { memberId?: string; groupInstanceId?: string | null }[]
  ): Call<readonly LeaveResult[]> {
    const leaving = members.map(({ memberId = '', groupInstanceId = null }) => ({
      memberId,
      groupInstanceId,
      reason: null,
    }));
    return this.#call((ticket) => this.machine.handleLeave(groupId, leaving, ticket, this.now));
  }

  commit(options: Partial<OffsetCommit> & { offset?: number } = {}): Call<OffsetCommitResult> {
    const { offset = 5, ...commit } = options;
    return this.#call((ticket) =>
      this.machine.handleOffsetCommit(
        {
          groupId: 'g',
          memberId: '',
          groupInstanceId: null,
          generation: -1,
          retentionTimeMs: -1,
          apiVersion: 9,
          offsets: [{ topic: 't', partition: 0, offset, leaderEpoch: -1, metadata: '' }],
          ...commit,
        },
        ticket,
        this.now,
      ),
    );
  }

  deleteTopic(topic: string): void {
    this.apply(this.machine.handleTopicDeleted(topic));
  }

  /** Takes dynamic members through join and sync into a stable group; the first one leads. */
  stabilize(count: number, options: JoinOptions = {}): string[] {
    const joins = Array.from({ length: count }, () => this.joinWithId(options));
    for (let delays = 0; delays <= count && joins.some(({ call }) => call.isOpen); delays++)
      this.advance(this.config.groupInitialRebalanceDelayMs);
    this.syncAll(
      joins.map(({ call }) => call),
      options.groupId,
    );
    return joins.map(({ memberId }) => memberId);
  }

  /** Every member of a completed join syncs; the leader assigns to each member its own id. */
  syncAll(joins: readonly Call<JoinGroupResponseInput>[], groupId = 'g'): Call<SyncGroupResponseInput>[] {
    return joins.map(({ reply }) =>
      this.sync({
        groupId,
        memberId: reply.memberId,
        generationId: reply.generationId ?? -1,
        assignments: reply.members.map(({ memberId }) => ({ memberId, assignment: Buffer.from(memberId) })),
      }),
    );
  }

  /** Lets time pass, firing each timer when it is due. */
  advance(ms: number): void {
    const end = this.monotonicMs + ms;
    for (;;) {
      let next: string | null = null;
      for (const [key, timer] of this.timers) {
        const best = next === null ? undefined : this.timers.get(next);
        const isEarlier =
          best === undefined ||
          timer.dueMs < best.dueMs ||
          (timer.dueMs === best.dueMs && timer.order < best.order);
        if (timer.dueMs <= end && isEarlier) next = key;
      }
      const timer = next === null ? undefined : this.timers.get(next);
      if (next === null || timer === undefined) break;
      this.timers.delete(next);
      this.monotonicMs = Math.max(this.monotonicMs, timer.dueMs);
      this.apply(this.machine.handleTimer(timer.event, this.now));
    }
    this.monotonicMs = end;
  }

  /** The coordinator stops and starts: soft state is gone, hard state is replayed from the log. */
  restart(): void {
    this.#calls.clear();
    this.timers.clear();
    this.machine = new GroupMachine(this.config, this.topics);
    this.log.forEach((record, offset) => this.machine.replay(record, offset, -1));
    this.apply(this.machine.handleLoaded(this.now));
  }

  apply(outcome: GroupOutcome): void {
    for (const change of outcome.timers) {
      if (change.kind === 'cancel') this.timers.delete(change.key);
      else
        this.timers.set(change.key, {
          dueMs: this.monotonicMs + change.delayMs,
          order: this.#order++,
          event: change.event,
        });
    }
    if (outcome.records.length > 0 && this.appendError !== null) {
      const errorCode = this.appendError;
      for (const { ticket } of outcome.replies) this.#settle(ticket, (call) => (call.failedWith = errorCode));
      if (outcome.failure !== null)
        this.apply(this.machine.handleAppendFailure(outcome.failure, errorCode, this.now));
      return;
    }
    for (const record of outcome.records) {
      this.machine.replay(record, this.log.length, -1);
      this.log.push(record);
    }
    for (const reply of outcome.replies) this.#complete(reply);
  }

  #complete({ ticket, body }: Reply): void {
    this.#settle(ticket, (call) => (call.body = body as never));
  }

  #settle(ticket: Ticket<unknown>, settle: (call: Call<never>) => void): void {
    const call = this.#calls.get(ticket.id);
    if (call === undefined) throw new Error(`ticket ${ticket.id} is answered twice, or was never given out`);
    this.#calls.delete(ticket.id);
    settle(call);
  }

  #call<Body>(handle: (ticket: Ticket<Body>) => GroupOutcome): Call<Body> {
    const call = new Call<Body>({ id: this.#nextTicket++ });
    this.#calls.set(call.ticket.id, call as unknown as Call<never>);
    this.apply(handle(call.ticket));
    return call;
  }
}
