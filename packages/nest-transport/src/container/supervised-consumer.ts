// Decides the life of one consumer of a container: made, run, made anew after a failure, closed.
import {
  CommitFailedError,
  isRetriable,
  type Consumer,
  type RebalanceListener,
  type TopicPartition,
} from '@ottla/core';
import type { ContainerOptions } from './container-options.js';
import type { DeliveryPlan } from './delivery-plan.js';
import { ListenerLoop } from './listener-loop.js';
import { commitTimeoutMs, OffsetCommitter, type NextOffset } from './offset-committer.js';
import { errorText } from '../errors.js';
import { outsideTransactions } from '../transaction/transaction-context.js';

const firstRestartDelayMs = 500;
const longestRestartDelayMs = 30_000;

export type ConsumerState = 'stopped' | 'starting' | 'running' | 'recovering' | 'stopping';

/** What the consumer tells its container. */
export interface ConsumerEvents {
  onAssignmentChanged(): void;
  /** The consumer failed and is made anew after the delay; told once per cause. */
  onFailed(error: unknown, delayMs: number): void;
  onRecovered(): void;
  onCommitFailed(error: unknown, offsets: readonly NextOffset[]): void;
}

export class SupervisedConsumer {
  #state: ConsumerState = 'stopped';
  #cause: unknown = null;
  #loop: ListenerLoop | undefined;
  #consumer: Consumer<unknown, unknown> | undefined;
  #running: Promise<void> | undefined;
  #paused = false;
  #abandoned = false;
  #failures = 0;
  #wakeRestart: (() => void) | undefined;

  constructor(
    private readonly createConsumer: () => Consumer<unknown, unknown>,
    private readonly options: ContainerOptions,
    private readonly plan: DeliveryPlan,
    private readonly events: ConsumerEvents,
  ) {}

  get state(): ConsumerState {
    return this.#state;
  }

  /** Why it is recovering. */
  get cause(): unknown {
    return this.#cause;
  }

  get paused(): boolean {
    return this.#loop?.paused ?? false;
  }

  assignment(): readonly TopicPartition[] {
    return this.#state === 'running' ? (this.#consumer?.assignment() ?? []) : [];
  }

  /** Partitions of which it is known where reading begins: what is sent to them from now on is seen. */
  positionedCount(): number {
    return this.assignment().filter((partition) => this.#consumer?.currentPosition(partition) !== null)
      .length;
  }

  start(): void {
    if (this.#running === undefined) {
      this.#abandoned = false;
      this.#state = 'starting';
      this.#running = outsideTransactions(() => this.#supervise()).finally(() => {
        this.#running = undefined;
        this.#state = 'stopped';
        this.events.onAssignmentChanged();
      });
    }
  }

  pause(): void {
    this.#paused = true;
    this.#loop?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#loop?.resume();
  }

  /** Asks for the end; resolves when the records of the last poll are done, committed, and the consumer is closed. */
  async stop(): Promise<void> {
    if (this.#running !== undefined) {
      this.#state = 'stopping';
      this.#loop?.stop('drain');
      this.#wakeRestart?.();
      await this.#running;
    }
  }

  /** After a stop that took too long: nothing more than the record at hand, and the group is left without a word. */
  abandon(): void {
    this.#abandoned = true;
    this.#loop?.stop('abandon');
    void this.#consumer?.close({ timeoutMs: 0 }).catch(() => undefined);
  }

  #stopping(): boolean {
    return this.#state === 'stopping';
  }

  async #supervise(): Promise<void> {
    while (!this.#stopping()) {
      try {
        await this.#runOnce();
      } catch (error) {
        if (!this.#stopping()) {
          await this.#recover(error);
        }
      }
    }
  }

  async #recover(error: unknown): Promise<void> {
    const delayMs = Math.min(longestRestartDelayMs, firstRestartDelayMs * 2 ** this.#failures);
    this.#failures += 1;
    if (messageOf(error) !== messageOf(this.#cause)) {
      this.events.onFailed(error, delayMs);
    }
    this.#state = 'recovering';
    this.#cause = error;
    this.events.onAssignmentChanged();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, delayMs);
      this.#wakeRestart = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wakeRestart = undefined;
  }

  async #runOnce(): Promise<void> {
    if (this.plan.prepare !== null) {
      await this.plan.prepare();
      if (this.#stopping()) {
        return;
      }
    }
    const consumer = this.createConsumer();
    this.#consumer = consumer;
    const committer = new OffsetCommitter({
      commit: (offsets) => consumer.commit(offsets, { timeoutMs: commitTimeoutMs }),
      keepAfterFailure: (error, offsets) => this.#keepAfterFailedCommit(error, offsets),
    });
    const loop = new ListenerLoop(consumer, this.plan.create(consumer, committer), () => this.#polled());
    this.#loop = loop;
    if (this.#paused) {
      loop.pause();
    }
    try {
      const { subscription } = this.options;
      const listener = this.#rebalanceListener(loop, committer);
      consumer.subscribe(
        subscription.kind === 'topics'
          ? { topics: subscription.topics, listener }
          : { pattern: subscription.pattern, listener },
      );
      await loop.run();
      await committer.flush();
    } finally {
      this.#loop = undefined;
      await consumer.close({ timeoutMs: this.options.shutdownTimeoutMs }).catch(() => undefined);
      this.#consumer = undefined;
    }
  }

  #polled(): void {
    if (this.#state === 'starting') {
      this.#state = 'running';
    }
    if (this.#state === 'recovering') {
      this.#state = 'running';
      this.#cause = null;
      this.#failures = 0;
      this.events.onRecovered();
    }
  }

  #rebalanceListener(loop: ListenerLoop, committer: OffsetCommitter): RebalanceListener {
    return {
      onPartitionsAssigned: (partitions) => {
        loop.onAssigned(partitions);
        this.#polled();
        this.events.onAssignmentChanged();
      },
      onPartitionsRevoked: async (partitions) => {
        loop.onGone(partitions);
        if (!this.#abandoned) {
          await committer.flush();
        }
        committer.forget(partitions);
        this.events.onAssignmentChanged();
      },
      onPartitionsLost: (partitions) => {
        loop.onGone(partitions);
        committer.forget(partitions);
        this.events.onAssignmentChanged();
      },
    };
  }

  /** A group that has gone on without this consumer hands the records out again; anything else may pass. */
  #keepAfterFailedCommit(error: unknown, offsets: readonly NextOffset[]): boolean {
    if (this.#abandoned) {
      return false;
    }
    const keep = !(error instanceof CommitFailedError) && isRetriable(error);
    if (!keep) {
      this.events.onCommitFailed(error, offsets);
    }
    return keep;
  }
}

function messageOf(error: unknown): string | null {
  return error === null ? null : errorText(error);
}
