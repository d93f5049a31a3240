// Decides the order of work of one consumer: poll, have the records delivered, park what failed until it is due.
import { WakeupError, type Consumer, type TopicPartition } from '@ottla/core';
import type { Delivery, DeliveryControl } from './delivery.js';
import { PartitionWork } from './partition-work.js';

const pollTimeoutMs = 5_000;
/** A listener that never waits would keep timers and sockets waiting for as long as records are at hand. */
const longestTurnMs = 10;

/** Runs until it is asked to stop, or a poll fails. Records of one partition are handled one after the other. */
export class ListenerLoop implements DeliveryControl {
  #stop: 'no' | 'after-poll' | 'after-record' = 'no';
  #paused = false;
  #pauseApplied = false;
  #polling = false;
  #yieldedMs = performance.now();
  /** Work whose next record waits for its retry, by partition; bounded by the assignment. */
  readonly #parked = new Map<string, PartitionWork>();
  /** Work of the poll at hand, so that a revoked partition's rest is not handled. */
  #atHand: readonly PartitionWork[] = [];

  constructor(
    private readonly consumer: Consumer<unknown, unknown>,
    private readonly delivery: Delivery,
    /** Called after every poll that went well. */
    private readonly onPolled: () => void,
  ) {}

  get ends(): boolean {
    return this.#stop === 'after-record';
  }

  async run(): Promise<void> {
    while (this.#stop === 'no') {
      this.#applyPause();
      const polled = await this.#poll();
      await this.#workOff([...this.#due(), ...polled]);
      await this.yield();
    }
  }

  /** Ends the loop: `drain` finishes the records of the last poll first, `abandon` only the one at hand. */
  stop(how: 'drain' | 'abandon'): void {
    this.#stop = how === 'drain' ? 'after-poll' : 'after-record';
    this.#wake();
  }

  /** From the next poll on no record is handled, but the consumer stays in its group. */
  pause(): void {
    this.#paused = true;
    this.#wake();
  }

  resume(): void {
    this.#paused = false;
    this.#wake();
  }

  /** Whether a requested pause is in effect. */
  get paused(): boolean {
    return this.#pauseApplied;
  }

  onAssigned(partitions: readonly TopicPartition[]): void {
    if (this.#pauseApplied) {
      this.consumer.pause(partitions);
    }
  }

  /** Leaves the rest of those partitions' records to the member that has them next. */
  onGone(partitions: readonly TopicPartition[]): void {
    for (const { topic, partition } of partitions) {
      const key = keyOf(topic, partition);
      const parked = this.#parked.get(key);
      if (parked !== undefined) {
        parked.revoked = true;
        this.#parked.delete(key);
      }
      for (const work of this.#atHand) {
        if (work.partition.topic === topic && work.partition.partition === partition) {
          work.revoked = true;
        }
      }
    }
  }

  async #poll(): Promise<PartitionWork[]> {
    this.#polling = true;
    try {
      const records = await this.consumer.poll({ timeoutMs: this.#pollTimeoutMs() });
      this.onPolled();
      return records
        .partitions()
        .map((partition) => new PartitionWork(partition, records.records(partition)));
    } catch (error) {
      if (error instanceof WakeupError) {
        return [];
      }
      throw error;
    } finally {
      this.#polling = false;
    }
  }

  /** Ends the poll under way, if there is one; outside a poll a wake-up would hit the next commit. */
  #wake(): void {
    if (this.#polling) {
      this.consumer.wakeup();
    }
  }

  #pollTimeoutMs(): number {
    let timeoutMs = pollTimeoutMs;
    if (!this.#pauseApplied) {
      const nowMs = performance.now();
      for (const work of this.#parked.values()) {
        timeoutMs = Math.min(timeoutMs, Math.max(0, Math.ceil(work.dueMs - nowMs)));
      }
    }
    return timeoutMs;
  }

  #due(): PartitionWork[] {
    if (this.#parked.size === 0 || this.#pauseApplied) {
      return [];
    }
    const nowMs = performance.now();
    return [...this.#parked.values()].filter((work) => work.dueMs <= nowMs);
  }

  async #workOff(works: PartitionWork[]): Promise<void> {
    this.#atHand = works;
    await this.delivery.deliver(works, this);
    this.#atHand = [];
  }

  /** Parks work whose record failed, holding its partition back; lets the partition flow again once it is done. */
  settle(work: PartitionWork): void {
    const key = keyOf(work.partition.topic, work.partition.partition);
    if (work.done || work.revoked) {
      if (this.#parked.delete(key) && !work.revoked && !this.#pauseApplied) {
        this.consumer.resume([work.partition]);
      }
    } else if (!this.#parked.has(key)) {
      this.#parked.set(key, work);
      this.consumer.pause([work.partition]);
    }
  }

  #applyPause(): void {
    if (this.#paused === this.#pauseApplied) {
      return;
    }
    this.#pauseApplied = this.#paused;
    if (this.#paused) {
      this.consumer.pause(this.consumer.assignment());
    } else {
      this.consumer.resume(
        this.consumer
          .assignment()
          .filter(({ topic, partition }) => !this.#parked.has(keyOf(topic, partition))),
      );
    }
  }

  yield(): Promise<void> | undefined {
    if (performance.now() - this.#yieldedMs <= longestTurnMs) {
      return undefined;
    }
    return new Promise<void>((resolve) =>
      setImmediate(() => {
        this.#yieldedMs = performance.now();
        resolve();
      }),
    );
  }
}

function keyOf(topic: string, partition: number): string {
  return `${topic}-${partition}`;
}
