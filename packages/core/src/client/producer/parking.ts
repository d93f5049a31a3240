// Decides how sends wait that cannot be appended at once, and when they are tried again or given up (PC3).
import type { RecordAccumulator } from '../../machines/producer/record-accumulator.js';
import type { RecordBytes } from '../../protocol/records/record-size.js';
import type { Sender } from '../../runtime/sender.js';
import type { Timer } from '../../ports/timers.js';
import { BufferExhaustedError, TimeoutError } from '../errors.js';
import type { Metadata } from '../metadata.js';
import type { ConnectionPorts } from '../node-connection.js';
import { ParkedSends, type OutgoingRecord, type ParkedSend, type ParkingLane } from './parked-sends.js';
import type { SendReceiver } from './send-receivers.js';

/** Sends that may wait for metadata or memory at once; more fail at once, as whoever makes them does not wait for any. */
const parkedSendsMax = 1_000_000;

export interface ParkingContext {
  readonly ports: Pick<ConnectionPorts, 'clock' | 'timers'>;
  readonly config: { readonly maxBlockMs: number; readonly bufferMemoryBytes: number };
  readonly accumulator: RecordAccumulator<SendReceiver>;
  readonly sender: Sender<SendReceiver>;
  readonly metadata: Metadata;
  /** False when metadata or memory is missing. */
  readonly append: (record: OutgoingRecord) => boolean;
  readonly checkSize: (record: OutgoingRecord) => void;
  /** The record will not be sent. */
  readonly reject: (record: OutgoingRecord, error: Error) => void;
  /** Sends went on or failed. */
  readonly onProgress: () => void;
}

export class Parking {
  readonly #parked = new ParkedSends(parkedSendsMax);
  #timer: Timer | null = null;
  #isPumping = false;

  constructor(private readonly context: ParkingContext) {}

  get count(): number {
    return this.#parked.count;
  }

  get lastTicket(): number {
    return this.#parked.lastTicket;
  }

  get oldestTicket(): number {
    return this.#parked.oldestTicket;
  }

  get waitsForMemory(): boolean {
    for (const lane of this.#parked.lanes.values()) if (lane.obstacle === 'memory') return true;
    return false;
  }

  close(error: Error): void {
    this.#timer?.cancel();
    this.rejectAll(error);
  }

  /** Fails all that wait. */
  rejectAll(error: Error): void {
    for (const [key, lane] of this.#parked.byAge()) {
      while (lane.length > 0) this.#rejectFirst(key, lane, error);
    }
  }

  park(record: OutgoingRecord, state: 'serializing' | 'ready'): ParkedSend {
    if (this.#parked.count >= this.#parked.limit) {
      throw new BufferExhaustedError(
        `${this.#parked.limit} records already wait to be sent; await the promises of earlier sends`,
      );
    }
    if (this.context.sender.fatal?.kind === 'transport') throw this.context.sender.fatal.error;
    const known = this.context.accumulator.topic(record.topic)?.partitions.length ?? 0;
    const lacksPartition = known > 0 && record.partition >= known;
    const laneKey = lacksPartition ? `${record.topic}/${record.partition}` : record.topic;
    const deadlineMs = this.context.ports.clock.monotonicMs() + this.context.config.maxBlockMs;
    const send = this.#parked.park(laneKey, Math.max(0, record.partition), record, state, deadlineMs);
    this.pump();
    this.#watchDeadline(deadlineMs);
    this.context.sender.wake();
    return send;
  }

  /** Keeps the record's place in the order of calls while an asynchronous serializer works. */
  parkUntilSerialized(
    record: OutgoingRecord,
    key: RecordBytes | Promise<RecordBytes>,
    value: RecordBytes | Promise<RecordBytes>,
  ): void {
    const parts = Promise.all([key, value]);
    let send: ParkedSend;
    try {
      send = this.park(record, 'serializing');
    } catch (error) {
      parts.catch(() => undefined);
      throw error;
    }
    parts
      .then(([keyBytes, valueBytes]) => {
        if (send.state === 'failed') return;
        record.key = keyBytes;
        record.value = valueBytes;
        this.context.checkSize(record);
        send.state = 'ready';
        this.pump();
      })
      .catch((error: unknown) => {
        if (send.state === 'failed') return;
        send.state = 'failed';
        this.context.reject(record, error instanceof Error ? error : new Error(String(error)));
        this.pump();
      });
  }

  /** Appends parked sends, oldest first, as far as that is possible now. */
  pump(): void {
    if (this.#isPumping || this.#parked.count === 0) return;
    this.#isPumping = true;
    let hasMemory = true;
    for (const [key, lane] of this.#parked.byAge()) {
      hasMemory = this.#pumpLane(key, lane, hasMemory) && hasMemory;
    }
    this.#isPumping = false;
    this.context.onProgress();
  }

  /** False when memory ran out. */
  #pumpLane(key: string, lane: ParkingLane, hasMemory: boolean): boolean {
    for (let send = lane.first; send !== undefined; send = lane.first) {
      if (send.state === 'serializing') return true;
      if (send.state === 'ready') {
        const count = this.context.accumulator.topic(lane.topic)?.partitions.length ?? 0;
        lane.obstacle = count === 0 || send.record.partition >= count ? 'metadata' : 'memory';
        if (lane.obstacle === 'metadata') {
          const { partition } = send.record;
          if (count === 0 || key !== lane.topic) {
            this.#askFor(key, lane, send);
            return true;
          }
          // Only sends to the partition that is missing wait for it.
          const laneKey = `${lane.topic}/${partition}`;
          const other = this.#parked.moveFirst(key, lane, laneKey, partition);
          if (other !== null) this.#askFor(laneKey, other, send);
          continue;
        }
        if (!hasMemory || !this.context.append(send.record)) return false;
      }
      this.#parked.shift(key, lane);
    }
    return true;
  }

  #askFor(key: string, lane: ParkingLane, first: ParkedSend): void {
    if (lane.isAsking) return;
    lane.isAsking = true;
    const waitMs = Math.max(0, first.deadlineMs - this.context.ports.clock.monotonicMs());
    this.context.metadata.ready(lane.topic, waitMs, Math.max(0, first.record.partition)).then(
      () => {
        lane.isAsking = false;
        this.pump();
      },
      (error: unknown) => {
        lane.isAsking = false;
        this.#metadataFailed(key, lane, error);
      },
    );
  }

  #metadataFailed(key: string, lane: ParkingLane, error: unknown): void {
    const failure = error instanceof Error ? error : new Error(String(error));
    // After a timeout only those whose time is over fail; a topic that cannot be used fails them all.
    const isTimeout = failure instanceof TimeoutError;
    const nowMs = this.context.ports.clock.monotonicMs();
    for (let send = lane.first; send !== undefined; send = lane.first) {
      if (isTimeout && send.deadlineMs > nowMs) break;
      this.#rejectFirst(key, lane, failure);
    }
    this.pump();
    this.context.onProgress();
  }

  #rejectFirst(key: string, lane: ParkingLane, error: Error): void {
    const send = this.#parked.shift(key, lane);
    if (send === undefined || send.state === 'failed') return;
    send.state = 'failed';
    this.context.reject(send.record, error);
  }

  #watchDeadline(deadlineMs: number): void {
    if (this.#timer !== null || this.#parked.count === 0) return;
    const waitMs = Math.max(0, deadlineMs - this.context.ports.clock.monotonicMs());
    this.#timer = this.context.ports.timers.after(waitMs, () => {
      this.#timer = null;
      this.#expireParked();
      this.#watchDeadline(this.#parked.nextDeadlineMs);
    });
  }

  #expireParked(): void {
    const nowMs = this.context.ports.clock.monotonicMs();
    const { maxBlockMs, bufferMemoryBytes } = this.context.config;
    for (const [key, lane] of this.#parked.byAge()) {
      for (let send = lane.first; send !== undefined && send.deadlineMs <= nowMs; send = lane.first) {
        // Where metadata is missing, the wait for it ends at the same time and has the better words.
        if (send.state === 'ready' && lane.obstacle === 'metadata' && lane.isAsking) break;
        const text =
          send.state === 'serializing'
            ? `The serializer of a record for ${lane.topic} gave nothing within ${maxBlockMs} ms (maxBlockMs)`
            : `No room for a record for ${lane.topic} within ${maxBlockMs} ms (maxBlockMs): ${bufferMemoryBytes} bytes (bufferMemory) of records wait to be sent`;
        const cause = this.context.sender.lastFailure ?? this.context.metadata.lastError ?? undefined;
        const why = cause === undefined ? '' : `; last: ${cause.message}`;
        const error =
          send.state === 'serializing'
            ? new TimeoutError(text)
            : new BufferExhaustedError(text + why, { cause });
        this.#rejectFirst(key, lane, error);
      }
    }
    this.pump();
    this.context.onProgress();
  }
}
