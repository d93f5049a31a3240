// Decides when the requests of a coordinator are answered: once what their answer rests on is committed (C1).
import type { Reply, Ticket } from '../machines/coordinator/outcome.js';
import type { Timer, Timers } from '../ports/timers.js';

/** Where the answer of one request goes; called once, either way. It must not call the coordinator before it returns. */
export interface PendingReply<Body> {
  complete(body: Body): void;
  fail(errorCode: number): void;
}

interface ParkedReplies {
  /** Answered when the high watermark is beyond this offset. */
  readonly offset: number;
  readonly replies: readonly Reply[];
  readonly deadlineMs: number;
}

export class CoordinatorReplies {
  readonly #timers: Timers;
  readonly #monotonicMs: () => number;
  readonly #commitTimeoutMs: number;
  readonly #timeoutErrorCode: number;
  /** Open requests; bounded by what the connections may have in flight. */
  readonly #pending = new Map<number, PendingReply<unknown>>();
  readonly #parked: ParkedReplies[] = [];
  #timer: Timer | null = null;
  #nextTicket = 1;

  constructor(options: {
    readonly timers: Timers;
    readonly monotonicMs: () => number;
    readonly commitTimeoutMs: number;
    /** What a request is told whose records were not committed in time. */
    readonly timeoutErrorCode: number;
  }) {
    this.#timers = options.timers;
    this.#monotonicMs = options.monotonicMs;
    this.#commitTimeoutMs = options.commitTimeoutMs;
    this.#timeoutErrorCode = options.timeoutErrorCode;
  }

  /** Requests that have no answer yet. */
  get openCount(): number {
    return this.#pending.size;
  }

  open<Body>(pending: PendingReply<Body>): Ticket<Body> {
    const id = this.#nextTicket++;
    // The ticket carries the type of the body: only a body of that type can be replied to it.
    this.#pending.set(id, pending as PendingReply<unknown>);
    return { id };
  }

  /** Answers once everything up to `offset` is committed, keeping the order of the calls. */
  settle(replies: readonly Reply[], offset: number, highWatermark: number): void {
    if (replies.length === 0) return;
    if (offset < highWatermark && this.#parked.length === 0) {
      this.#complete(replies);
      return;
    }
    this.#parked.push({ offset, replies, deadlineMs: this.#monotonicMs() + this.#commitTimeoutMs });
    this.#armTimer();
    this.release(highWatermark);
  }

  /** The high watermark moved. */
  release(highWatermark: number): void {
    let count = 0;
    for (const parked of this.#parked) {
      if (parked.offset >= highWatermark) break;
      count++;
    }
    for (const { replies } of this.#parked.splice(0, count)) this.#complete(replies);
    if (this.#parked.length === 0) this.#disarmTimer();
  }

  fail(replies: readonly Reply[], errorCode: number): void {
    for (const { ticket } of replies) this.failTicket(ticket, errorCode);
  }

  failTicket(ticket: Ticket<unknown>, errorCode: number): void {
    const pending = this.#pending.get(ticket.id);
    this.#pending.delete(ticket.id);
    pending?.fail(errorCode);
  }

  /** Fails every open request, parked or still in the machine's hands. */
  failAll(errorCode: number): void {
    this.#disarmTimer();
    this.#parked.length = 0;
    const all = [...this.#pending.values()];
    this.#pending.clear();
    for (const pending of all) pending.fail(errorCode);
  }

  #complete(replies: readonly Reply[]): void {
    for (const { ticket, body } of replies) {
      const pending = this.#pending.get(ticket.id);
      this.#pending.delete(ticket.id);
      pending?.complete(body);
    }
  }

  #armTimer(): void {
    const oldest = this.#parked[0];
    if (this.#timer !== null || oldest === undefined) return;
    this.#timer = this.#timers.after(oldest.deadlineMs - this.#monotonicMs(), () => {
      this.#timer = null;
      const nowMs = this.#monotonicMs();
      let count = 0;
      while ((this.#parked[count]?.deadlineMs ?? Infinity) <= nowMs) count++;
      for (const { replies } of this.#parked.splice(0, count)) this.fail(replies, this.#timeoutErrorCode);
      this.#armTimer();
    });
  }

  #disarmTimer(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }
}
