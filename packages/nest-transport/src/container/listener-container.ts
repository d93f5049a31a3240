// Decides what an application may ask of one listener: start, stop, pause, resume, and how it is.
import { Logger } from '@nestjs/common';
import type { Consumer, TopicPartition } from '@ottla/core';
import type { ListenerInvoker } from '../invoke/listener-invoker.js';
import type { ContainerOptions } from './container-options.js';
import { deliveryPlan } from './delivery-plan.js';
import { SupervisedConsumer, type ConsumerEvents } from './supervised-consumer.js';
import { errorText } from '../errors.js';

/** `recovering`: at least one of its consumers failed and is being made anew; `cause` tells why. */
export type ContainerState = 'stopped' | 'starting' | 'running' | 'paused' | 'recovering' | 'stopping';

/** Creates the consumer number `index` of a container. */
export type ContainerConsumerFactory = (index: number) => Consumer<unknown, unknown>;

const positionsCheckIntervalMs = 5;

interface AssignmentWaiter {
  readonly check: () => boolean;
  readonly resolve: () => void;
}

/** The consumers behind one `@KafkaListener`; found in the KafkaListenerEndpointRegistry. */
export class ListenerContainer {
  readonly #logger = new Logger('KafkaListener');
  readonly #consumers: readonly SupervisedConsumer[];
  readonly #waiters = new Set<AssignmentWaiter>();
  #pauseRequested = false;

  constructor(
    private readonly options: ContainerOptions,
    invoke: ListenerInvoker,
    createConsumer: ContainerConsumerFactory,
  ) {
    const plan = deliveryPlan(options, invoke, ({ record }, error) =>
      this.#logger.error(
        `The error handler of listener ${options.id} failed on ${record.topic}-${record.partition}@${record.offset}, the record is tried again: ${errorText(error)}`,
      ),
    );
    this.#consumers = Array.from(
      { length: options.concurrency },
      (_, index) => new SupervisedConsumer(() => createConsumer(index), options, plan, this.#events()),
    );
  }

  /** The listener's id. */
  get id(): string {
    return this.options.id;
  }

  /** The group that it reads as. */
  get groupId(): string {
    return this.options.groupId;
  }

  /** Whether it starts with the application. */
  get autoStartup(): boolean {
    return this.options.autoStartup;
  }

  /** What it does now. */
  get state(): ContainerState {
    const states = this.#consumers.map((consumer) => consumer.state);
    for (const state of ['stopping', 'recovering', 'starting'] as const) {
      if (states.includes(state)) {
        return state;
      }
    }
    if (states.every((state) => state === 'stopped')) {
      return 'stopped';
    }
    return this.#consumers.every((consumer) => consumer.paused) ? 'paused' : 'running';
  }

  /** Why the container is recovering; null when it is not. */
  get cause(): unknown {
    return this.#consumers.find((consumer) => consumer.state === 'recovering')?.cause ?? null;
  }

  /** The partitions that its consumers have now. */
  assignment(): readonly TopicPartition[] {
    return this.#consumers.flatMap((consumer) => consumer.assignment());
  }

  /** Starts its consumers, unless they run. */
  start(): void {
    for (const consumer of this.#consumers) {
      consumer.start();
    }
  }

  /**
   * Finishes the records of the last poll, commits them and leaves the group. After `timeoutMs` it waits no longer: each
   * consumer ends after the record it is at, and what was not committed is delivered again to the group's next member.
   */
  async stop(options: { timeoutMs?: number } = {}): Promise<void> {
    const timeoutMs = options.timeoutMs ?? this.options.shutdownTimeoutMs;
    const stopped = Promise.all(this.#consumers.map((consumer) => consumer.stop()));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), timeoutMs);
    });
    const outcome = await Promise.race([stopped, late]);
    clearTimeout(timer);
    if (outcome === 'late') {
      for (const consumer of this.#consumers) {
        consumer.abandon();
      }
      this.#logger.warn(
        `Listener ${this.id} did not finish its records within ${timeoutMs} ms; those not committed will be delivered again`,
      );
    }
  }

  /** Stops calling the method once the records at hand are done; the partitions stay. */
  pause(): void {
    this.#pauseRequested = true;
    for (const consumer of this.#consumers) {
      consumer.pause();
    }
  }

  /** Goes on after a pause. */
  resume(): void {
    this.#pauseRequested = false;
    for (const consumer of this.#consumers) {
      consumer.resume();
    }
  }

  /** Whether `pause` was called and `resume` was not. */
  get pauseRequested(): boolean {
    return this.#pauseRequested;
  }

  /**
   * Resolves when the listener has at least that many partitions (default 1) and knows where to begin in them, so that what is
   * sent from then on is seen also where a group begins at the end; rejects after the timeout.
   */
  async assigned(options: { partitions?: number; timeoutMs?: number } = {}): Promise<void> {
    const { partitions = 1, timeoutMs = 30_000 } = options;
    const check = (): boolean => this.#positionedCount() >= partitions;
    if (check()) {
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const waiter: AssignmentWaiter = {
        check,
        resolve: () => {
          clearTimeout(timer);
          clearInterval(positions);
          resolve();
        },
      };
      // Nobody tells when a position becomes known; it is a few milliseconds after the assignment.
      const positions = setInterval(() => this.#checkWaiters(), positionsCheckIntervalMs);
      const timer = setTimeout(() => {
        clearInterval(positions);
        this.#waiters.delete(waiter);
        reject(new Error(this.#notAssigned(partitions, timeoutMs)));
      }, timeoutMs);
      this.#waiters.add(waiter);
    });
  }

  #positionedCount(): number {
    return this.#consumers.reduce((count, consumer) => count + consumer.positionedCount(), 0);
  }

  #notAssigned(partitions: number, timeoutMs: number): string {
    const assigned = this.assignment().length;
    const unknown = assigned - this.#positionedCount();
    const positions = unknown === 0 ? '' : ` (and no position in ${unknown} of them)`;
    const cause = this.cause === null ? '' : `, because ${errorText(this.cause)}`;
    return `Listener ${this.id} (group ${this.groupId}) has ${assigned} of ${partitions} partitions${positions} after ${timeoutMs} ms; it is ${this.state}${cause}`;
  }

  #events(): ConsumerEvents {
    return {
      onAssignmentChanged: () => this.#checkWaiters(),
      onFailed: (error, delayMs) =>
        this.#logger.error(
          `Listener ${this.id} (group ${this.groupId}) lost its consumer, making a new one in ${delayMs} ms and until it works: ${errorText(error)}`,
        ),
      onRecovered: () => this.#logger.log(`Listener ${this.id} (group ${this.groupId}) works again`),
      onCommitFailed: (error, offsets) =>
        this.#logger.warn(
          `Listener ${this.id} could not commit ${offsets
            .map(({ topic, partition, offset }) => `${topic}-${partition}@${offset}`)
            .join(', ')}; records after the last commit may be delivered again: ${errorText(error)}`,
        ),
    };
  }

  #checkWaiters(): void {
    for (const waiter of this.#waiters) {
      if (waiter.check()) {
        this.#waiters.delete(waiter);
        waiter.resolve();
      }
    }
  }
}
