// Decides which shard of the group coordinator has a group, and when its shards are loaded: one per partition of `__consumer_offsets`.
import { partitionForId } from '../foundation/string-hash.js';
import type { Instant, Ticket } from '../machines/coordinator/outcome.js';
import type { GroupConfig } from '../machines/group/group-config.js';
import { GroupMachine } from '../machines/group/group-machine.js';
import type { GroupAppendFailure, GroupOutcome, GroupTimerEvent } from '../machines/group/group-outcome.js';
import type { GroupRecord } from '../machines/group/group-record.js';
import type { Clock } from '../ports/clock.js';
import type { Diagnostics } from '../ports/diagnostics.js';
import type { Timers } from '../ports/timers.js';
import { ErrorCode } from '../protocol/errors.js';
import type { BatchDecompressors } from '../protocol/records/attributes.js';
import type { PendingReply } from './coordinator-replies.js';
import { CoordinatorRuntime, type CoordinatorLimits } from './coordinator-runtime.js';
import { gather } from './gather.js';
import { groupRecordSerde } from './group-record-serde.js';
import type { OffsetsTopic, TopicResolver } from './group-topics.js';

/** How long loading at start may keep the event loop before it lets others go first. */
const loadTurnMs = 20;

export interface GroupShardOptions {
  readonly config: GroupConfig;
  readonly limits: CoordinatorLimits;
  readonly offsetsTopic: OffsetsTopic;
  readonly topics: TopicResolver;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly diagnostics: Diagnostics;
  readonly decompressors: BatchDecompressors;
}

export type GroupShard = CoordinatorRuntime<GroupRecord, GroupTimerEvent, GroupAppendFailure, GroupMachine>;

export type Handle<Body> = (machine: GroupMachine, ticket: Ticket<Body>, now: Instant) => GroupOutcome;

export class GroupShards {
  readonly #options: GroupShardOptions;
  /** By partition of `__consumer_offsets`; those this node leads, once they are needed. */
  readonly #shards = new Map<number, GroupShard>();
  #isClosed = false;

  constructor(options: GroupShardOptions) {
    this.#options = options;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get all(): GroupShard[] {
    return [...this.#shards.values()];
  }

  /** Loads every partition of the offsets topic that is there and led by this node; long logs take turns with other work. */
  start(): void {
    const count = this.#options.offsetsTopic.partitionCount ?? 0;
    const loading: GroupShard[] = [];
    for (let partition = 0; partition < count; partition++) {
      const shard = this.#shards.has(partition) ? undefined : this.#open(partition);
      if (shard !== undefined) loading.push(shard);
    }
    this.#load(loading);
  }

  /** The shard of a partition that this node leads; it is opened when it is asked for first. */
  at(partition: number): GroupShard | undefined {
    const known = this.#shards.get(partition);
    if (known !== undefined || this.#isClosed) return known;
    const shard = this.#open(partition);
    shard?.start();
    return shard;
  }

  resign(partition: number): void {
    this.#shards.get(partition)?.close(ErrorCode.NOT_COORDINATOR);
    this.#shards.delete(partition);
  }

  close(): void {
    this.#isClosed = true;
    for (const shard of this.#shards.values()) shard.close(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    this.#shards.clear();
  }

  /** Hands the group's shard over, or fails the request when there is none here. */
  use(groupId: string, pending: PendingReply<never>, use: (shard: GroupShard) => void): void {
    const count = this.#options.offsetsTopic.partitionCount;
    const shard = count === null ? undefined : this.at(partitionForId(groupId, count));
    if (this.#isClosed) pending.fail(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    else if (shard === undefined) pending.fail(ErrorCode.NOT_COORDINATOR);
    else use(shard);
  }

  submit<Body, Response>(
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
      this.use(groupId, pending, (shard) => shard.submit(pending, handle));
    });
  }

  /** Reads one thing of each of several groups, wherever they live. */
  readEach<Value, Response>(
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
        this.use(groupId, pending, (shard) => shard.read(pending, (machine) => view(machine, index)));
      });
    });
  }

  #load(loading: GroupShard[]): void {
    const { clock, timers } = this.#options;
    const deadlineMs = clock.monotonicMs() + loadTurnMs;
    for (let shard = loading.shift(); shard !== undefined; shard = loading.shift()) {
      shard.start();
      if (clock.monotonicMs() < deadlineMs) continue;
      timers.soon(() => this.#load(loading));
      return;
    }
  }

  #open(partition: number): GroupShard | undefined {
    const log = this.#options.offsetsTopic.led(partition);
    if (log === undefined) return undefined;
    const { config, limits, clock, timers, diagnostics, decompressors, topics } = this.#options;
    const shard: GroupShard = new CoordinatorRuntime({
      partition: log,
      machine: new GroupMachine(config, topics),
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
