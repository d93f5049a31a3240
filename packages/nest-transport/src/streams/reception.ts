// Decides how one subscription reads: no more than `maxInFlight` records without an ack, commits that follow the acks.
import { CommitFailedError, isRetriable, WakeupError, type Consumer, type TopicPartition } from '@ottla/core';
import { Logger } from '@nestjs/common';
import { commitTimeoutMs, OffsetCommitter } from '../container/offset-committer.js';
import { errorText } from '../errors.js';
import { AcknowledgedOffsets } from './acknowledged-offsets.js';
import { ReceivedRecord, type AckListener } from './received-record.js';
import type { ReceiverRecord, ReceiveOptions } from './receiver-record.js';

const pollTimeoutMs = 5_000;
/** While the subscriber has all it may have, the consumer polls this often, paused, to take part in rebalances. */
const pausedPollIntervalMs = 250;
const commitIntervalMs = 50;

export const defaultMaxInFlight = 500;
export const defaultDrainTimeoutMs = 5_000;

/** Where the records of a reception go. */
export interface ReceptionObserver {
  next(record: ReceiverRecord): void;
  error(error: unknown): void;
  complete(): void;
}

interface Waiter {
  readonly holds: () => boolean;
  readonly resolve: () => void;
}

export class Reception implements AckListener {
  readonly #logger = new Logger('KafkaReceiver');
  readonly #committer: OffsetCommitter;
  readonly #watermarks = new Map<string, AcknowledgedOffsets>();
  readonly #waiters = new Set<Waiter>();
  readonly #maxInFlight: number;
  readonly #drainTimeoutMs: number;
  /** Received and not yet handed out; bounded by one poll. */
  #buffer: ReceivedRecord[] = [];
  #inFlight = 0;
  #closing = false;
  #finished = false;
  #polling = false;
  #emitting = false;
  #flowing = true;
  #commitTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly consumer: Consumer<unknown, unknown>,
    private readonly options: ReceiveOptions,
    private readonly observer: ReceptionObserver,
  ) {
    this.#maxInFlight = options.maxInFlight ?? defaultMaxInFlight;
    this.#drainTimeoutMs = options.drainTimeoutMs ?? defaultDrainTimeoutMs;
    this.#committer = new OffsetCommitter({
      commit: (offsets) => consumer.commit(offsets, { timeoutMs: commitTimeoutMs }),
      keepAfterFailure: (error) => this.#keepAfterFailure(error),
    });
  }

  /** Reads until it is closed or fails; never rejects: the observer is told once. */
  async run(): Promise<void> {
    let failure: { readonly error: unknown } | null = null;
    try {
      this.#subscribe();
      while (!this.#closing) {
        await this.#turn();
      }
    } catch (error) {
      failure = { error };
    }
    this.#closing = true;
    this.#buffer = [];
    await this.#finish();
    if (failure === null) {
      this.observer.complete();
    } else {
      this.observer.error(failure.error);
    }
  }

  /** Asks for the end: nothing more is handed out, acks that come within the drain timeout are committed. */
  close(): void {
    this.#closing = true;
    if (this.#polling) {
      this.consumer.wakeup();
    }
    this.#checkWaiters();
  }

  onAck(record: ReceivedRecord): void {
    this.#inFlight -= 1;
    const offset = record.watermark.advance();
    const current = this.#watermarks.get(keyOf(record));
    if (offset !== null && current === record.watermark && !this.#finished) {
      this.#committer.note(record, offset);
      this.#commitTimer ??= setTimeout(() => {
        this.#commitTimer = undefined;
        this.#committer.commitSoon();
      }, commitIntervalMs);
    }
    this.#emit();
    this.#checkWaiters();
  }

  #subscribe(): void {
    const { topics, topicPattern } = this.options;
    const listener = {
      onPartitionsAssigned: (partitions: readonly TopicPartition[]) => {
        if (!this.#flowing) {
          this.consumer.pause(partitions);
        }
      },
      onPartitionsRevoked: (partitions: readonly TopicPartition[]) => this.#revoke(partitions),
      onPartitionsLost: (partitions: readonly TopicPartition[]) => this.#forget(partitions),
    };
    if (topicPattern !== undefined) {
      this.consumer.subscribe({ pattern: topicPattern, listener });
    } else {
      this.consumer.subscribe({
        topics: typeof topics === 'string' ? [topics] : [...(topics ?? [])],
        listener,
      });
    }
  }

  async #turn(): Promise<void> {
    const room = this.#hasRoom();
    this.#flow(room);
    if (!room) {
      await this.#until(() => this.#closing || this.#hasRoom(), pausedPollIntervalMs);
    }
    if (this.#closing) {
      return;
    }
    await this.#poll(room ? pollTimeoutMs : 0);
    this.#emit();
    // A subscriber that acks at once would otherwise keep timers and sockets waiting while records are at hand.
    await new Promise<void>((resolve) => setImmediate(resolve));
  }

  #hasRoom(): boolean {
    return this.#buffer.length === 0 && this.#inFlight < this.#maxInFlight;
  }

  async #poll(timeoutMs: number): Promise<void> {
    this.#polling = true;
    try {
      for (const record of await this.consumer.poll({ timeoutMs })) {
        this.#buffer.push(new ReceivedRecord(record, this, this.#watermarkOf(record)));
      }
    } catch (error) {
      if (!(error instanceof WakeupError)) {
        throw error;
      }
    } finally {
      this.#polling = false;
    }
  }

  #flow(flowing: boolean): void {
    if (flowing !== this.#flowing) {
      this.#flowing = flowing;
      const partitions = this.consumer.assignment();
      if (flowing) {
        this.consumer.resume(partitions);
      } else {
        this.consumer.pause(partitions);
      }
    }
  }

  /** Hands out what there is room for; an ack from inside the subscriber comes back here and finds it under way. */
  #emit(): void {
    if (this.#emitting) {
      return;
    }
    this.#emitting = true;
    let next = 0;
    const batch = this.#buffer;
    while (
      next < batch.length &&
      batch === this.#buffer &&
      this.#inFlight < this.#maxInFlight &&
      !this.#closing
    ) {
      const record = batch[next] as ReceivedRecord;
      next += 1;
      this.#inFlight += 1;
      record.watermark.deliver(record);
      this.observer.next(record);
    }
    if (batch === this.#buffer) {
      this.#buffer = next === batch.length ? [] : batch.slice(next);
    }
    this.#emitting = false;
  }

  #watermarkOf(partition: TopicPartition): AcknowledgedOffsets {
    const key = keyOf(partition);
    let watermark = this.#watermarks.get(key);
    if (watermark === undefined) {
      watermark = new AcknowledgedOffsets();
      this.#watermarks.set(key, watermark);
    }
    return watermark;
  }

  /** Waits, within bounds, for the acks of what is with the subscriber, so that the next member does not get it again. */
  async #revoke(partitions: readonly TopicPartition[]): Promise<void> {
    if (this.#finished) {
      return;
    }
    const keys = new Set(partitions.map(keyOf));
    this.#buffer = this.#buffer.filter((record) => !keys.has(keyOf(record)));
    const watermarks = [...keys].map((key) => this.#watermarks.get(key));
    await this.#until(
      () => watermarks.every((watermark) => watermark?.pending !== true),
      this.#drainTimeoutMs,
    );
    await this.#committer.flush();
    this.#forget(partitions);
  }

  #forget(partitions: readonly TopicPartition[]): void {
    const keys = new Set(partitions.map(keyOf));
    this.#buffer = this.#buffer.filter((record) => !keys.has(keyOf(record)));
    for (const key of keys) {
      this.#watermarks.delete(key);
    }
    this.#committer.forget(partitions);
  }

  async #finish(): Promise<void> {
    await this.#until(() => this.#inFlight === 0, this.#drainTimeoutMs);
    this.#finished = true;
    clearTimeout(this.#commitTimer);
    await this.#committer.flush();
    await this.consumer.close({ timeoutMs: this.#drainTimeoutMs }).catch(() => undefined);
  }

  async #until(holds: () => boolean, timeoutMs: number): Promise<void> {
    if (holds()) {
      return;
    }
    await new Promise<void>((resolve) => {
      const waiter: Waiter = {
        holds,
        resolve: () => {
          clearTimeout(timer);
          this.#waiters.delete(waiter);
          resolve();
        },
      };
      const timer = setTimeout(() => waiter.resolve(), timeoutMs);
      this.#waiters.add(waiter);
    });
  }

  #checkWaiters(): void {
    for (const waiter of this.#waiters) {
      if (waiter.holds()) {
        waiter.resolve();
      }
    }
  }

  #keepAfterFailure(error: unknown): boolean {
    const keep = !(error instanceof CommitFailedError) && isRetriable(error);
    if (!keep) {
      this.#logger.warn(
        `A commit of group ${this.options.groupId} failed, acked records may be delivered again: ${errorText(
          error,
        )}`,
      );
    }
    return keep;
  }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}
