// Decides the form in which a coordinator machine answers: records to append, replies, timers and notes, as plain data.
import type { LogFields, LogLevel } from '../../ports/diagnostics.js';

declare const replyBody: unique symbol;

/** Stands for one request whose reply may come later; `Body` is the type of that reply. */
export interface Ticket<Body> {
  readonly id: number;
  readonly [replyBody]?: Body;
}

/** The reply to one request. */
export interface Reply {
  readonly ticket: Ticket<unknown>;
  readonly body: unknown;
}

/** A timer is known by its key: setting it again replaces it. Its event comes back through `handleTimer`. */
export type TimerChange<TimerEvent> =
  | { readonly kind: 'set'; readonly key: string; readonly delayMs: number; readonly event: TimerEvent }
  | { readonly kind: 'cancel'; readonly key: string };

/** One line for the log. */
export interface Note {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

/** The transactional producer on whose behalf records are written. */
export interface ProducerIdentity {
  readonly producerId: number;
  readonly producerEpoch: number;
}

/** One moment, told by both clocks. */
export interface Instant {
  /** Wall-clock time; it goes into records. */
  readonly wallMs: number;
  /** Time that never goes back; timeouts are measured on it. */
  readonly monotonicMs: number;
}

/** What a handler wants done. Plain data: nothing in it has happened yet, except that soft state may have moved. */
export class Outcome<CoordinatorRecord, TimerEvent, Failure, Message = never> {
  readonly records: CoordinatorRecord[] = [];
  /** Sent once the records, and all that was applied before them, are committed; failed when the append fails. */
  readonly replies: Reply[] = [];
  readonly timers: TimerChange<TimerEvent>[] = [];
  readonly notes: Note[] = [];
  /** Sent once the records, and all that was applied before them, are committed, however long that takes. */
  readonly messages: Message[] = [];
  /** Whether all records must stand or fall together, or may be spread over several batches. */
  atomicity: 'one-batch' | 'any-batches' = 'one-batch';
  /** Set when the records belong to a transaction. */
  producer: ProducerIdentity | null = null;
  /** What `handleAppendFailure` is told when the records could not be appended. */
  failure: Failure | null = null;

  reply<Body>(ticket: Ticket<Body>, body: NoInfer<Body>): this {
    this.replies.push({ ticket, body });
    return this;
  }

  setTimer(key: string, delayMs: number, event: TimerEvent): void {
    this.timers.push({ kind: 'set', key, delayMs, event });
  }

  cancelTimer(key: string): void {
    this.timers.push({ kind: 'cancel', key });
  }

  note(level: LogLevel, message: string, fields: LogFields): void {
    this.notes.push({ level, message, fields });
  }
}

/** What the coordinator runtime drives. */
export interface CoordinatorMachine<CoordinatorRecord, TimerEvent, Failure, Message = never> {
  /** The only writer of hard state. `producerId` is -1 outside transactions. */
  replay(record: CoordinatorRecord, recordOffset: number, producerId: number): void;
  /** A transaction of `producerId` ended (C15). */
  replayEndTransaction(producerId: number, result: 'commit' | 'abort'): void;
  /** Everything was replayed; the machine takes up its work. */
  handleLoaded(now: Instant): Outcome<CoordinatorRecord, TimerEvent, Failure, Message>;
  /** A timer fired. */
  handleTimer(event: TimerEvent, now: Instant): Outcome<CoordinatorRecord, TimerEvent, Failure, Message>;
  /** The records of an earlier outcome could not be appended; its replies were failed with `errorCode`. */
  handleAppendFailure(
    failure: Failure,
    errorCode: number,
    now: Instant,
  ): Outcome<CoordinatorRecord, TimerEvent, Failure, Message>;
}
