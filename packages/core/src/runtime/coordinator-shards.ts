// Decides which shard of a coordinator has a group or a transactional id, and when shards are loaded: one per partition of its topic.
import { partitionForId } from '../foundation/string-hash.js';
import type { CoordinatorMachine, Instant, Outcome, Ticket } from '../machines/coordinator/outcome.js';
import type { Clock } from '../ports/clock.js';
import type { Timers } from '../ports/timers.js';
import { ErrorCode } from '../protocol/errors.js';
import type { CoordinatorPartition } from './coordinator-partition.js';
import type { PendingReply } from './coordinator-replies.js';
import type { CoordinatorRuntime } from './coordinator-runtime.js';
import { gather } from './gather.js';

/** How long loading at start may keep the event loop before it lets others go first. */
const loadTurnMs = 20;

/** The topic that holds a coordinator's state. */
export interface CoordinatorTopic {
  /** Null while the topic does not exist. */
  readonly partitionCount: number | null;
  /** Creates the topic when it is absent; gives its partition count, or null when it is not there yet. */
  ensure(): number | null;
  /** The partition, when this node leads it. */
  led(partition: number): (CoordinatorPartition & { readonly leaderEpoch?: number }) | undefined;
}

export interface CoordinatorShardOptions {
  readonly stateTopic: CoordinatorTopic;
  readonly clock: Clock;
  readonly timers: Timers;
}

export abstract class CoordinatorShards<
  CoordinatorRecord,
  TimerEvent,
  Failure,
  Machine extends CoordinatorMachine<CoordinatorRecord, TimerEvent, Failure, Message>,
  Message = never,
> {
  readonly #topic: CoordinatorTopic;
  readonly #clock: Clock;
  readonly #timers: Timers;
  /** By partition of the topic; those this node leads, once they are needed. */
  readonly #shards = new Map<
    number,
    CoordinatorRuntime<CoordinatorRecord, TimerEvent, Failure, Machine, Message>
  >();
  #isClosed = false;

  constructor({ stateTopic, clock, timers }: CoordinatorShardOptions) {
    this.#topic = stateTopic;
    this.#clock = clock;
    this.#timers = timers;
  }

  /** A coordinator over the log of a partition, not yet started. */
  protected abstract open(
    partition: CoordinatorPartition & { readonly leaderEpoch?: number },
  ): CoordinatorRuntime<CoordinatorRecord, TimerEvent, Failure, Machine, Message>;

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get all(): CoordinatorRuntime<CoordinatorRecord, TimerEvent, Failure, Machine, Message>[] {
    return [...this.#shards.values()];
  }

  /** Loads every partition of the topic that is there and led by this node; long logs take turns with other work. */
  start(): void {
    const count = this.#topic.partitionCount ?? 0;
    const loading: CoordinatorRuntime<CoordinatorRecord, TimerEvent, Failure, Machine, Message>[] = [];
    for (let partition = 0; partition < count; partition++) {
      const shard = this.#shards.has(partition) ? undefined : this.#open(partition);
      if (shard !== undefined) loading.push(shard);
    }
    this.#load(loading);
  }

  /** The shard of a partition that this node leads; it is opened when it is asked for first. */
  at(
    partition: number,
  ): CoordinatorRuntime<CoordinatorRecord, TimerEvent, Failure, Machine, Message> | undefined {
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

  /** Hands the shard of the id over, or fails the request when there is none here. */
  use(
    id: string,
    pending: PendingReply<never>,
    use: (shard: CoordinatorRuntime<CoordinatorRecord, TimerEvent, Failure, Machine, Message>) => void,
  ): void {
    const count = this.#topic.partitionCount;
    const shard = count === null ? undefined : this.at(partitionForId(id, count));
    if (this.#isClosed) pending.fail(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    else if (shard === undefined) pending.fail(ErrorCode.NOT_COORDINATOR);
    else use(shard);
  }

  submit<Body, Response>(
    id: string,
    handle: (
      machine: Machine,
      ticket: Ticket<Body>,
      now: Instant,
    ) => Outcome<CoordinatorRecord, TimerEvent, Failure, Message>,
    shape: (body: Body) => Response,
    refuse: (errorCode: number) => Response,
  ): Promise<Response> {
    return new Promise((resolve) => {
      const pending: PendingReply<Body> = {
        complete: (body) => resolve(shape(body)),
        fail: (errorCode) => resolve(refuse(errorCode)),
      };
      this.use(id, pending, (shard) => shard.submit(pending, handle));
    });
  }

  /** Reads one thing of each of several ids, wherever they live. */
  readEach<Value, Response>(
    ids: readonly string[],
    view: (machine: Machine, index: number) => Value,
    refuse: (errorCode: number, index: number) => Value,
    shape: (values: Value[]) => Response,
  ): Promise<Response> {
    return new Promise((resolve) => {
      const collect = gather<Value>(ids.length, (values) => resolve(shape(values)));
      ids.forEach((id, index) => {
        const pending: PendingReply<Value> = {
          complete: (value) => collect(index, value),
          fail: (errorCode) => collect(index, refuse(errorCode, index)),
        };
        this.use(id, pending, (shard) => shard.read(pending, (machine) => view(machine, index)));
      });
    });
  }

  /**
   * Reads the same of every shard; `failure` is NONE, or why there is no whole answer. A shard that cannot load is left out, as if it were
   * another node's.
   */
  readAll<Value>(
    view: (machine: Machine) => Value,
    done: (values: readonly Value[], failure: number) => void,
  ): void {
    const shards = this.all;
    let failure: number = ErrorCode.NONE;
    const collect = gather<Value | null>(shards.length, (values) =>
      done(
        values.filter((value) => value !== null),
        failure,
      ),
    );
    shards.forEach((shard, index) => {
      const pending: PendingReply<Value> = {
        complete: (value) => collect(index, value),
        fail: (errorCode) => {
          if (errorCode !== ErrorCode.NOT_COORDINATOR) failure = errorCode;
          collect(index, null);
        },
      };
      shard.read(pending, view);
    });
  }

  #load(loading: CoordinatorRuntime<CoordinatorRecord, TimerEvent, Failure, Machine, Message>[]): void {
    const deadlineMs = this.#clock.monotonicMs() + loadTurnMs;
    for (let shard = loading.shift(); shard !== undefined; shard = loading.shift()) {
      shard.start();
      if (this.#clock.monotonicMs() < deadlineMs) continue;
      this.#timers.soon(() => this.#load(loading));
      return;
    }
  }

  #open(
    partition: number,
  ): CoordinatorRuntime<CoordinatorRecord, TimerEvent, Failure, Machine, Message> | undefined {
    const log = this.#topic.led(partition);
    if (log === undefined) return undefined;
    const shard = this.open(log);
    this.#shards.set(partition, shard);
    return shard;
  }
}
