// Drives a group member's heartbeats on timers of its own, whatever the application does between its polls.
import type { HeartbeatPolicy } from '../machines/consumer/heartbeat.js';
import type { Clock } from '../ports/clock.js';
import type { Timer, Timers } from '../ports/timers.js';

export interface HeartbeatLoopOptions {
  readonly heartbeat: HeartbeatPolicy;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Resolves with true when the coordinator answered; rejects when the request was lost. */
  readonly send: () => Promise<boolean>;
  readonly onSessionExpired: () => void;
  readonly onPollExpired: () => void;
}

export class HeartbeatLoop {
  readonly #options: HeartbeatLoopOptions;
  #timer: Timer | null = null;
  /** Goes up at every start and stop, so that what was under way for an earlier membership is ignored. */
  #run = 0;
  #running = false;

  constructor(options: HeartbeatLoopOptions) {
    this.#options = options;
  }

  /** The member is in the group; its session has just been renewed. */
  start(): void {
    this.stop();
    this.#running = true;
    const { heartbeat, clock } = this.#options;
    heartbeat.renewSession(clock.monotonicMs());
    this.#evaluate(this.#run);
  }

  stop(): void {
    this.#run++;
    this.#running = false;
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** Something changed that may make a heartbeat due now. */
  wake(): void {
    this.#evaluate(this.#run);
  }

  #evaluate(run: number): void {
    if (!this.#running || run !== this.#run) return;
    const { heartbeat, clock, onPollExpired, onSessionExpired } = this.#options;
    const nowMs = clock.monotonicMs();
    const decision = heartbeat.expire(nowMs);
    switch (decision.kind) {
      case 'wait':
        this.#arm(run, decision.untilMs - nowMs);
        return;
      case 'send':
        heartbeat.handleSent(nowMs);
        void this.#send(run);
        this.#evaluate(run);
        return;
      case 'sessionExpired':
        onSessionExpired();
        if (run === this.#run) this.#evaluate(run);
        return;
      case 'pollExpired':
        this.stop();
        onPollExpired();
        return;
    }
  }

  #arm(run: number, delayMs: number): void {
    const { timers } = this.#options;
    this.#timer?.cancel();
    // A blocked event loop fires timers before it reads the answers that lie in the socket: let it read them first.
    this.#timer = timers.after(Math.max(1, delayMs), () => timers.soon(() => this.#evaluate(run)));
  }

  async #send(run: number): Promise<void> {
    const { heartbeat, clock, send } = this.#options;
    try {
      const answered = await send();
      if (run !== this.#run) return;
      if (answered) heartbeat.handleAnswered(clock.monotonicMs());
      else heartbeat.handleFailed(clock.monotonicMs());
    } catch {
      // What failed has been told where it was sent; here it only means to try again.
      if (run !== this.#run) return;
      heartbeat.handleFailed(clock.monotonicMs());
    }
    this.#evaluate(run);
  }
}
