// Decides when a member sends a heartbeat, and when its session or the patience of the group with its polls has run out.

export interface HeartbeatOptions {
  readonly heartbeatIntervalMs: number;
  readonly sessionTimeoutMs: number;
  readonly maxPollIntervalMs: number;
  readonly retryBackoffMs: number;
}

export type HeartbeatDecision =
  | { readonly kind: 'wait'; readonly untilMs: number }
  | { readonly kind: 'send' }
  /** No heartbeat was answered within the session timeout: the coordinator may be gone. */
  | { readonly kind: 'sessionExpired' }
  /** The application did not poll within `max.poll.interval.ms` (CC5). */
  | { readonly kind: 'pollExpired' };

/** When heartbeats go out; the two group protocols differ in it. */
export interface HeartbeatPolicy {
  /** The coordinator has just dealt with the member, or the member begins. */
  renewSession(nowMs: number): void;
  handleSent(nowMs: number): void;
  handleAnswered(nowMs: number): void;
  handleFailed(nowMs: number): void;
  /** Called while the member is in the group, at the times that it asked for. */
  expire(nowMs: number): HeartbeatDecision;
}

export class Heartbeat implements HeartbeatPolicy {
  readonly #options: HeartbeatOptions;
  #nextSendMs = 0;
  #sessionEndMs = 0;
  #lastPollMs = 0;
  #inFlight = false;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  /** The coordinator has just dealt with the member: the session starts anew. */
  renewSession(nowMs: number): void {
    this.#sessionEndMs = nowMs + this.#options.sessionTimeoutMs;
    this.#nextSendMs = nowMs + this.#options.heartbeatIntervalMs;
    this.#inFlight = false;
  }

  handlePoll(nowMs: number): void {
    this.#lastPollMs = nowMs;
  }

  handleSent(nowMs: number): void {
    this.#inFlight = true;
    this.#nextSendMs = nowMs + this.#options.heartbeatIntervalMs;
  }

  handleAnswered(nowMs: number): void {
    this.#inFlight = false;
    this.#sessionEndMs = nowMs + this.#options.sessionTimeoutMs;
  }

  handleFailed(nowMs: number): void {
    this.#inFlight = false;
    this.#nextSendMs = nowMs + this.#options.retryBackoffMs;
  }

  /** Called while the member is in the group, at the times that it asked for. */
  expire(nowMs: number): HeartbeatDecision {
    const pollEndMs = this.#lastPollMs + this.#options.maxPollIntervalMs;
    if (nowMs >= pollEndMs) return { kind: 'pollExpired' };
    if (nowMs >= this.#sessionEndMs) {
      this.#sessionEndMs = nowMs + this.#options.sessionTimeoutMs;
      return { kind: 'sessionExpired' };
    }
    if (!this.#inFlight && nowMs >= this.#nextSendMs) return { kind: 'send' };
    const nextMs = this.#inFlight ? this.#sessionEndMs : Math.min(this.#nextSendMs, this.#sessionEndMs);
    return { kind: 'wait', untilMs: Math.min(pollEndMs, nextMs) };
  }
}
