// Decides what a poll does, in which order, and what it waits for (CC2).
import type { FetchedRecord } from './consumer-record.js';
import type { ConsumerParts } from './consumer-parts.js';
import { ConsumerRecords } from './consumer-records.js';
import { handleFetchFailure } from './fetch-error.js';
import type { Assembled } from './record-assembler.js';
import { ClosedError, IllegalStateError, WakeupError } from '../errors.js';

/** Through this often the event loop is let, even when every poll finds its records in the buffer. */
const maxHoldMs = 5;

/** What a poll gives. */
export type PolledRecords<K, V> = ConsumerRecords<K, V, FetchedRecord<K, V>>;

export class PollLoop<K, V> {
  readonly #parts: ConsumerParts<K, V>;
  #underWay: Promise<unknown> | null = null;
  #wakeupRequested = false;
  #closed = false;
  #abandon: () => void = () => undefined;
  #lastTurnMs = 0;

  constructor(parts: ConsumerParts<K, V>) {
    this.#parts = parts;
  }

  poll(timeoutMs: number): Promise<PolledRecords<K, V>> {
    if (this.#closed) return Promise.reject(new ClosedError('Cannot poll: the consumer is closed'));
    if (this.#underWay !== null) {
      return Promise.reject(
        new IllegalStateError('Cannot poll: another poll() of this consumer has not ended yet'),
      );
    }
    if (this.#parts.subscription.subscription.kind === 'none') {
      return Promise.reject(
        new IllegalStateError(
          'Cannot poll: the consumer has no subscription; call subscribe() or assign() first',
        ),
      );
    }
    const polling = this.#parts.telemetry.poll(timeoutMs, () => this.#poll(timeoutMs));
    const polled = new Promise<PolledRecords<K, V>>((resolve, reject) => {
      this.#abandon = () => reject(new ClosedError('The consumer was closed'));
      polling.then(resolve, reject);
    });
    const done = (): void => {
      this.#underWay = null;
    };
    this.#underWay = polling.then(done, done);
    return polled;
  }

  wakeup(): void {
    this.#wakeupRequested = true;
    this.#parts.signal.notify();
  }

  /** Ends the poll that is under way; resolves when it has ended, listeners included. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#parts.signal.notify();
    await this.#underWay;
  }

  /** Rejects a poll that a listener or a deserializer keeps for ever; nobody waits for it any more. */
  abandon(): void {
    this.#abandon();
  }

  async #poll(timeoutMs: number): Promise<PolledRecords<K, V>> {
    const { ports, signal, fetchLoop } = this.#parts;
    const { clock } = ports;
    const deadlineMs = clock.monotonicMs() + timeoutMs;
    for (;;) {
      const { version } = signal;
      const nowMs = clock.monotonicMs();
      await this.#prepare(nowMs);
      const collected = this.#parts.assembler.collect();
      const assembled = collected instanceof Promise ? await collected : collected;
      const records = this.#open(assembled);
      if (records !== null) {
        if (!this.#closed) return records;
        this.#giveBack(records);
        this.#check();
      }
      // A failure that the reset policy took care of, or progress without records: look again at once.
      if (assembled !== null) continue;
      fetchLoop.kick();
      const remainingMs = deadlineMs - clock.monotonicMs();
      if (remainingMs <= 0) {
        await this.#turn();
        return new ConsumerRecords<K, V, FetchedRecord<K, V>>([]);
      }
      await signal.wait(version, this.#waitMs(remainingMs));
      this.#lastTurnMs = clock.monotonicMs();
    }
  }

  /** Everything before the records: the group, automatic commits, positions; throws what was found wrong. */
  async #prepare(nowMs: number): Promise<void> {
    const { grouped, positions, subscription, topics, failures } = this.#parts;
    if (nowMs - this.#lastTurnMs > maxHoldMs) await this.#turn();
    this.#check();
    const failure = failures.shift() ?? positions.takeFailure();
    if (failure !== null && failure !== undefined) throw failure;
    topics.touch(nowMs);
    if (grouped !== null) {
      const { group, autoCommit } = grouped;
      if (subscription.usesGroupAssignment) {
        group.handlePoll(nowMs);
        if (topics.isResolved && group.hasWork(nowMs)) {
          await group.advance();
          this.#check();
        }
      }
      autoCommit?.commitIfDue(nowMs);
    }
    positions.update(nowMs);
  }

  #check(): void {
    if (this.#closed) throw new ClosedError('The consumer was closed');
    if (!this.#wakeupRequested) return;
    this.#wakeupRequested = false;
    throw new WakeupError();
  }

  #open(assembled: Assembled<K, V> | null): PolledRecords<K, V> | null {
    if (assembled === null) return null;
    const { fetcher, fetchLoop, ports, subscription } = this.#parts;
    switch (assembled.kind) {
      case 'records':
        // The next fetch is on its way before the application has these.
        if (fetcher.takeRoomMade()) fetchLoop.kick();
        this.#parts.telemetry.consumed(assembled.records);
        return assembled.records;
      case 'deserializationFailure':
        throw assembled.error;
      case 'fetchFailure': {
        const { networkClient } = this.#parts.context;
        const error = handleFetchFailure(assembled.failure, subscription, ports.diagnostics, (nodeId) =>
          networkClient.nodeName(nodeId),
        );
        if (error !== null) throw error;
        return null;
      }
    }
  }

  /** Records that nobody gets any more are not read: the commit at the end must not hold them. */
  #giveBack(polled: PolledRecords<K, V>): void {
    for (const { topic, partition, records } of polled.byPartition()) {
      const state = this.#parts.subscription.partition(topic, partition);
      const first = records[0];
      const last = records.at(-1);
      if (first !== undefined && last !== undefined && state?.position?.offset === last.offset + 1)
        state.seek(first.offset, -1);
    }
  }

  /** Until the deadline, or until something is due that nobody notifies of. */
  #waitMs(remainingMs: number): number {
    const { grouped, positions, ports, settings } = this.#parts;
    const nowMs = ports.clock.monotonicMs();
    // Waiting for records is polling too: the group must not lose patience meanwhile (CC5).
    let waitMs = Math.min(remainingMs, settings.maxPollIntervalMs / 2);
    for (const dueMs of [grouped?.group.nextRetryMs(nowMs) ?? null, positions.update(nowMs)]) {
      if (dueMs !== null) waitMs = Math.min(waitMs, Math.max(1, dueMs - nowMs));
    }
    return waitMs;
  }

  async #turn(): Promise<void> {
    await this.#parts.signal.turn();
    this.#lastTurnMs = this.#parts.ports.clock.monotonicMs();
  }
}
