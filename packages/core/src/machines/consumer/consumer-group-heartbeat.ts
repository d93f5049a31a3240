// Decides when a member of the consumer group protocol sends a heartbeat; the coordinator sets the interval (KIP-848).
import type { HeartbeatDecision, HeartbeatPolicy } from './heartbeat.js';

export interface ConsumerGroupHeartbeatOptions {
  readonly maxPollIntervalMs: number;
  readonly retryBackoffMs: number;
  readonly retryBackoffMaxMs: number;
  /** Whether there is something to say that should not wait for its turn. */
  readonly isUrgent: () => boolean;
}

/** Until the coordinator has named another: its own default (`group.consumer.heartbeat.interval.ms`). */
const defaultIntervalMs = 5000;

/** The coordinator alone ends the session; without answers the client just tries on. */
export class ConsumerGroupHeartbeat implements HeartbeatPolicy {
  readonly #options: ConsumerGroupHeartbeatOptions;
  #intervalMs = defaultIntervalMs;
  #nextSendMs = 0;
  /** Nothing goes out earlier, however urgent. */
  #notBeforeMs = 0;
  #lastPollMs = 0;
  #failuresInARow = 0;
  #inFlight = false;

  constructor(options: ConsumerGroupHeartbeatOptions) {
    this.#options = options;
  }

  /** The member begins: its first heartbeat is due. */
  renewSession(nowMs: number): void {
    this.#nextSendMs = nowMs;
    this.#notBeforeMs = nowMs;
    this.#failuresInARow = 0;
    this.#inFlight = false;
  }

  /** What the coordinator said; 0 where it said nothing. */
  handleInterval(intervalMs: number): void {
    if (intervalMs > 0) this.#intervalMs = intervalMs;
  }

  handlePoll(nowMs: number): void {
    this.#lastPollMs = nowMs;
  }

  handleSent(nowMs: number): void {
    this.#inFlight = true;
    this.#nextSendMs = nowMs + this.#intervalMs;
  }

  handleAnswered(): void {
    this.#inFlight = false;
    this.#failuresInARow = 0;
  }

  handleFailed(nowMs: number): void {
    const { retryBackoffMs, retryBackoffMaxMs } = this.#options;
    this.#inFlight = false;
    const waitMs = Math.min(retryBackoffMaxMs, retryBackoffMs * 2 ** Math.min(this.#failuresInARow++, 30));
    this.#nextSendMs = nowMs + waitMs;
    this.#notBeforeMs = this.#nextSendMs;
  }

  /** The coordinator answered that something must change first: the next heartbeat waits for its turn. */
  holdOff(nowMs: number): void {
    this.#notBeforeMs = nowMs + this.#intervalMs;
  }

  expire(nowMs: number): HeartbeatDecision {
    const pollEndMs = this.#lastPollMs + this.#options.maxPollIntervalMs;
    if (nowMs >= pollEndMs) return { kind: 'pollExpired' };
    if (this.#inFlight) return { kind: 'wait', untilMs: pollEndMs };
    const dueMs = this.#options.isUrgent() ? Math.min(this.#notBeforeMs, this.#nextSendMs) : this.#nextSendMs;
    if (nowMs >= dueMs) return { kind: 'send' };
    return { kind: 'wait', untilMs: Math.min(pollEndMs, dueMs) };
  }
}
