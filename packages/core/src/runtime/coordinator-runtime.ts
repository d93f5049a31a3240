// Decides how a coordinator machine is driven: load, handle, append, replay, answer, and timers as one more kind of request.
import type { CoordinatorMachine, Instant, Outcome, Ticket } from '../machines/coordinator/outcome.js';
import type { Clock } from '../ports/clock.js';
import type { Diagnostics } from '../ports/diagnostics.js';
import type { Timers } from '../ports/timers.js';
import { ErrorCode } from '../protocol/errors.js';
import type { BatchDecompressors } from '../protocol/records/attributes.js';
import type { TransactionMarker } from '../machines/log/transaction-marker.js';
import { encodeBatch, partsOf, planBatches, type PlannedBatch } from './coordinator-append.js';
import { CoordinatorLoader } from './coordinator-loader.js';
import { CoordinatorOutbox } from './coordinator-outbox.js';
import type { CoordinatorAppend, CoordinatorPartition } from './coordinator-partition.js';
import { CoordinatorReplies, type PendingReply } from './coordinator-replies.js';
import type { CoordinatorSerde } from './coordinator-serde.js';
import { CoordinatorTimers } from './coordinator-timers.js';

export interface CoordinatorRuntimeOptions<CoordinatorRecord, Machine, Message = never> {
  readonly partition: CoordinatorPartition;
  readonly machine: Machine;
  readonly serde: CoordinatorSerde<CoordinatorRecord>;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly diagnostics: Diagnostics;
  readonly decompressors: BatchDecompressors;
  readonly limits: CoordinatorLimits;
  /** Takes the messages of outcomes, once they are committed; it may call the coordinator. */
  readonly send?: (message: Message) => void;
}

export interface CoordinatorLimits {
  /** The largest batch the log takes (`max.message.bytes` of the internal topic). */
  readonly maxBatchBytes: number;
  /** offsets.load.buffer.size: what one step of loading reads. */
  readonly loadChunkBytes: number;
  /** offsets.commit.timeout.ms: how long a reply may wait for its records to be committed. */
  readonly commitTimeoutMs: number;
  /** Records that may wait for the end of a turn to be appended together. */
  readonly coalescedRecords: number;
}

/** C2: what a client is told when the append of its records failed. */
export function replyErrorForAppendError(errorCode: number): number {
  switch (errorCode) {
    case ErrorCode.UNKNOWN_TOPIC_OR_PARTITION:
    case ErrorCode.NOT_ENOUGH_REPLICAS:
    case ErrorCode.REQUEST_TIMED_OUT:
      return ErrorCode.COORDINATOR_NOT_AVAILABLE;
    case ErrorCode.NOT_LEADER_OR_FOLLOWER:
    case ErrorCode.KAFKA_STORAGE_ERROR:
      return ErrorCode.NOT_COORDINATOR;
    case ErrorCode.MESSAGE_TOO_LARGE:
    case ErrorCode.RECORD_LIST_TOO_LARGE:
    case ErrorCode.INVALID_FETCH_SIZE:
      return ErrorCode.UNKNOWN_SERVER_ERROR;
    default:
      return errorCode;
  }
}

type State = 'loading' | 'active' | 'failed' | 'closed';

/**
 * Drives one machine over one partition. Nothing here awaits: a request is handled, its records appended and replayed in one
 * go, so the machine always sees its own writes. Only offset commits and their like may wait for the end of the turn, to share
 * one batch (`submitCoalesced`); any other request appends those first.
 */
export class CoordinatorRuntime<
  CoordinatorRecord,
  TimerEvent,
  Failure,
  Machine extends CoordinatorMachine<CoordinatorRecord, TimerEvent, Failure, Message>,
  Message = never,
> {
  readonly #partition: CoordinatorPartition;
  readonly #machine: Machine;
  readonly #serde: CoordinatorSerde<CoordinatorRecord>;
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #diagnostics: Diagnostics;
  readonly #limits: CoordinatorLimits;
  readonly #armed: CoordinatorTimers<TimerEvent>;
  readonly #replies: CoordinatorReplies;
  readonly #loader: CoordinatorLoader<CoordinatorRecord>;
  readonly #stopListening: () => void;
  readonly #outbox: CoordinatorOutbox<Message>;
  #state: State = 'loading';
  #coalesced: Outcome<CoordinatorRecord, TimerEvent, Failure, Message>[] = [];
  #coalescedRecords = 0;
  #afterLoading: (() => void)[] = [];
  /** Everything up to here is replayed. */
  #lastAppliedOffset = -1;

  constructor(options: CoordinatorRuntimeOptions<CoordinatorRecord, Machine, Message>) {
    const { partition, machine, serde, clock, timers, diagnostics, decompressors, limits } = options;
    this.#partition = partition;
    this.#machine = machine;
    this.#serde = serde;
    this.#clock = clock;
    this.#timers = timers;
    this.#diagnostics = diagnostics;
    this.#limits = limits;
    this.#armed = new CoordinatorTimers(timers, (event) => {
      if (this.#state !== 'active') return;
      this.#flush();
      this.#apply(this.#guard(null, () => this.#machine.handleTimer(event, this.#now())));
      this.#sendDue();
    });
    this.#replies = new CoordinatorReplies({
      timers,
      monotonicMs: () => clock.monotonicMs(),
      commitTimeoutMs: limits.commitTimeoutMs,
      timeoutErrorCode: replyErrorForAppendError(ErrorCode.REQUEST_TIMED_OUT),
    });
    this.#loader = new CoordinatorLoader({
      partition,
      machine,
      serde,
      decompressors,
      diagnostics,
      chunkBytes: limits.loadChunkBytes,
    });
    this.#outbox = new CoordinatorOutbox((message) => {
      try {
        options.send?.(message);
      } catch (error) {
        this.#fault('A message of the coordinator could not be sent', error);
      }
    });
    this.#stopListening = partition.onHighWatermarkAdvance(() => this.#onHighWatermark());
  }

  get state(): State {
    return this.#state;
  }

  /** Requests without an answer. */
  get openRequests(): number {
    return this.#replies.openCount;
  }

  /** Starts to load; a short log is loaded when this returns. */
  start(): void {
    this.#loadStep();
  }

  /** Handles a request whose records are appended before anything else happens. */
  submit<Body>(
    pending: PendingReply<Body>,
    handle: (
      machine: Machine,
      ticket: Ticket<Body>,
      now: Instant,
    ) => Outcome<CoordinatorRecord, TimerEvent, Failure, Message>,
  ): void {
    if (!this.#accepts(pending)) return;
    this.#flush();
    const ticket = this.#replies.open(pending);
    this.#apply(this.#guard(ticket, () => handle(this.#machine, ticket, this.#now())));
    this.#sendDue();
  }

  /**
   * Handles a request that may be handled before the records of its predecessors are replayed. Its own records join theirs in
   * one batch at the end of the turn.
   */
  submitCoalesced<Body>(
    pending: PendingReply<Body>,
    handle: (
      machine: Machine,
      ticket: Ticket<Body>,
      now: Instant,
    ) => Outcome<CoordinatorRecord, TimerEvent, Failure, Message>,
  ): void {
    if (!this.#accepts(pending)) return;
    const ticket = this.#replies.open(pending);
    const outcome = this.#guard(ticket, () => handle(this.#machine, ticket, this.#now()));
    if (outcome === null || outcome.records.length === 0) {
      this.#apply(outcome);
      return;
    }
    this.#prepare(outcome);
    this.#coalesced.push(outcome);
    this.#coalescedRecords += outcome.records.length;
    if (this.#coalescedRecords >= this.#limits.coalescedRecords) this.#flush();
    else if (this.#coalesced.length === 1) this.#timers.soon(() => this.#flush());
  }

  /** Looks at the state; the answer waits until what was seen is committed. */
  read<Body>(pending: PendingReply<Body>, view: (machine: Machine) => Body): void {
    if (!this.#accepts(pending)) return;
    this.#flush();
    const ticket = this.#replies.open(pending);
    const body = view(this.#machine);
    this.#replies.settle([{ ticket, body }], this.#lastAppliedOffset, this.#partition.highWatermark);
  }

  /** A change that nobody waits for; while the state is loading it is kept for later. */
  run(
    handle: (machine: Machine, now: Instant) => Outcome<CoordinatorRecord, TimerEvent, Failure, Message>,
  ): void {
    if (this.#state === 'loading') this.#afterLoading.push(() => this.run(handle));
    if (this.#state !== 'active') return;
    this.#flush();
    this.#apply(this.#guard(null, () => handle(this.#machine, this.#now())));
    this.#sendDue();
  }

  /**
   * Writes the marker that ends a transaction of this log (C15). The machine hears of it at once, or by loading. The answer is that of the
   * log alone: the marker stands whether the coordinator serves or not.
   */
  endTransaction(marker: TransactionMarker): CoordinatorAppend {
    if (this.#state === 'active') this.#flush();
    const result = this.#partition.appendMarker(marker, this.#clock.nowMs());
    if (result.kind === 'rejected' || this.#state !== 'active') return result;
    this.#machine.replayEndTransaction(marker.producerId, marker.type);
    this.#lastAppliedOffset = result.lastOffset;
    return result;
  }

  /** Ends the work: another node leads the partition now, or this one shuts down. Open requests are told `errorCode`. */
  close(errorCode: number): void {
    if (this.#state === 'closed') return;
    if (this.#state === 'active') this.#flush();
    this.#end('closed', errorCode);
  }

  #end(state: 'failed' | 'closed', errorCode: number): void {
    this.#state = state;
    this.#coalesced = [];
    this.#stopListening();
    this.#armed.clear();
    this.#outbox.clear();
    this.#replies.failAll(errorCode);
  }

  #now(): Instant {
    return { wallMs: this.#clock.nowMs(), monotonicMs: this.#clock.monotonicMs() };
  }

  #accepts(pending: PendingReply<never>): boolean {
    if (this.#state === 'active') return true;
    pending.fail(
      this.#state === 'loading' ? ErrorCode.COORDINATOR_LOAD_IN_PROGRESS : ErrorCode.NOT_COORDINATOR,
    );
    return false;
  }

  #loadStep(): void {
    if (this.#state !== 'loading') return;
    try {
      const step = this.#loader.step();
      if (step === 'more') this.#timers.soon(() => this.#loadStep());
      if (step === 'done') this.#activate();
    } catch (error) {
      this.#fault('The coordinator cannot load its state and does not serve this partition', error);
      this.#end('failed', ErrorCode.NOT_COORDINATOR);
    }
  }

  #activate(): void {
    this.#state = 'active';
    this.#lastAppliedOffset = this.#partition.logEndOffset - 1;
    this.#diagnostics.log('debug', 'The coordinator has loaded its state', {
      topic: this.#partition.topic,
      partition: this.#partition.partition,
      records: this.#loader.recordCount,
    });
    this.#apply(this.#machine.handleLoaded(this.#now()));
    this.#sendDue();
    const waiting = this.#afterLoading;
    this.#afterLoading = [];
    for (const run of waiting) run();
  }

  #onHighWatermark(): void {
    if (this.#state === 'active') {
      this.#replies.release(this.#partition.highWatermark);
      // Sending may append, which a listener must not.
      if (this.#outbox.isDue(this.#partition.highWatermark)) this.#timers.soon(() => this.#sendDue());
    } else if (this.#state === 'loading') this.#timers.soon(() => this.#loadStep());
  }

  /** A handler that throws has a bug: its request is told so, and the coordinator goes on. */
  #guard(
    ticket: Ticket<unknown> | null,
    handle: () => Outcome<CoordinatorRecord, TimerEvent, Failure, Message>,
  ): Outcome<CoordinatorRecord, TimerEvent, Failure, Message> | null {
    try {
      return handle();
    } catch (error) {
      this.#fault('A request to the coordinator failed', error);
      if (ticket !== null) this.#replies.failTicket(ticket, ErrorCode.UNKNOWN_SERVER_ERROR);
      return null;
    }
  }

  #apply(outcome: Outcome<CoordinatorRecord, TimerEvent, Failure, Message> | null): void {
    if (outcome === null) return;
    this.#prepare(outcome);
    if (outcome.records.length > 0) this.#append([outcome]);
    else this.#settle(outcome, this.#lastAppliedOffset);
  }

  /** What waits for the records, which end at `offset`. */
  #settle(outcome: Outcome<CoordinatorRecord, TimerEvent, Failure, Message>, offset: number): void {
    this.#outbox.put(outcome.messages, offset);
    this.#replies.settle(outcome.replies, offset, this.#partition.highWatermark);
  }

  #sendDue(): void {
    if (this.#state === 'active') this.#outbox.send(() => this.#partition.highWatermark);
  }

  /** What does not wait for the records. */
  #prepare(outcome: Outcome<CoordinatorRecord, TimerEvent, Failure, Message>): void {
    this.#armed.apply(outcome.timers);
    for (const { level, message, fields } of outcome.notes) this.#diagnostics.log(level, message, fields);
  }

  #flush(): void {
    if (this.#coalesced.length === 0) return;
    const outcomes = this.#coalesced;
    this.#coalesced = [];
    this.#coalescedRecords = 0;
    this.#append(outcomes);
  }

  #append(outcomes: readonly Outcome<CoordinatorRecord, TimerEvent, Failure, Message>[]): void {
    const { maxBatchBytes } = this.#limits;
    const parts = outcomes.flatMap((outcome) => {
      try {
        return partsOf(outcome, this.#serde, maxBatchBytes);
      } catch (error) {
        this.#fault('Records of the coordinator cannot be written', error);
        this.#reject(outcome, ErrorCode.UNKNOWN_SERVER_ERROR);
        return [];
      }
    });
    const rejected = new Set<Outcome<CoordinatorRecord, TimerEvent, Failure, Message>>();
    for (const batch of planBatches(parts, maxBatchBytes)) this.#appendBatch(batch, rejected);
  }

  #appendBatch(
    batch: PlannedBatch<CoordinatorRecord, Outcome<CoordinatorRecord, TimerEvent, Failure, Message>>,
    rejected: Set<Outcome<CoordinatorRecord, TimerEvent, Failure, Message>>,
  ): void {
    if (this.#state !== 'active') return;
    const result = this.#appendBytes(encodeBatch(batch, this.#clock.nowMs()));
    if (result.kind === 'rejected') {
      const errorCode = replyErrorForAppendError(result.errorCode);
      this.#diagnostics.log('warn', `Records of the coordinator were not appended: ${result.message}`, {
        topic: this.#partition.topic,
        partition: this.#partition.partition,
        errorCode: result.errorCode,
      });
      for (const { outcome } of batch.parts) {
        if (rejected.has(outcome)) continue;
        rejected.add(outcome);
        this.#reject(outcome, errorCode);
      }
      return;
    }
    let offset = result.baseOffset;
    try {
      for (const { records } of batch.parts)
        for (const record of records)
          this.#machine.replay(record, offset++, batch.producer?.producerId ?? -1);
    } catch (error) {
      this.#fault('A record of the coordinator was appended but cannot be applied', error);
      this.#end('failed', ErrorCode.NOT_COORDINATOR);
      return;
    }
    this.#lastAppliedOffset = result.lastOffset;
    for (const { outcome, isLast } of batch.parts)
      if (isLast && !rejected.has(outcome)) this.#settle(outcome, result.lastOffset);
  }

  #appendBytes(records: Buffer): CoordinatorAppend {
    try {
      return this.#partition.append(records, { origin: 'coordinator', nowMs: this.#clock.nowMs() });
    } catch (error) {
      this.#fault('Appending records of the coordinator failed', error);
      return { kind: 'rejected', errorCode: ErrorCode.KAFKA_STORAGE_ERROR, message: String(error) };
    }
  }

  #reject(outcome: Outcome<CoordinatorRecord, TimerEvent, Failure, Message>, errorCode: number): void {
    this.#replies.fail(outcome.replies, errorCode);
    const { failure } = outcome;
    if (failure === null) return;
    this.#apply(this.#guard(null, () => this.#machine.handleAppendFailure(failure, errorCode, this.#now())));
  }

  #fault(message: string, error: unknown): void {
    const cause = error instanceof Error ? error : new Error(String(error));
    this.#diagnostics.log('error', `${message}: ${cause.message}`, {
      topic: this.#partition.topic,
      partition: this.#partition.partition,
      cause: cause.cause instanceof Error ? cause.cause.message : undefined,
      stack: cause.stack,
    });
  }
}
