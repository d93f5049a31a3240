// Decides the order in which sends go on that could not be appended at once: for want of metadata, memory, or serialized bytes.
import type { RecordHeaderInput } from '../../protocol/records/record-header.js';
import type { RecordBytes } from '../../protocol/records/record-size.js';
import type { ProducerRecord } from '../types.js';
import type { SendReceiver } from './send-receivers.js';

/** A record on its way into a batch. */
export interface OutgoingRecord {
  topic: string;
  /** -1: to be chosen. */
  partition: number;
  timestamp: number;
  key: RecordBytes;
  value: RecordBytes;
  headers: readonly RecordHeaderInput[] | undefined;
  receiver: SendReceiver;
  index: number;
  /** What the partitioner is asked with; null where there is none, or it was asked. */
  input: ProducerRecord | null;
}

/** `serializing`: its bytes are not there yet. `failed`: they never will be. */
export type ParkedState = 'serializing' | 'ready' | 'failed';

export interface ParkedSend {
  readonly record: OutgoingRecord;
  readonly deadlineMs: number;
  readonly ticket: number;
  state: ParkedState;
}

/** What stood in the way of a parked send when it was last tried. */
export type Obstacle = 'metadata' | 'memory';

/** Sends of one topic (or of one partition that metadata lacks) in the order of the calls. */
export class ParkingLane {
  readonly #sends: ParkedSend[] = [];
  #head = 0;
  obstacle: Obstacle = 'metadata';
  /** Whether somebody already asks for the topic's metadata. */
  isAsking = false;

  constructor(
    readonly topic: string,
    readonly partition: number,
  ) {}

  get length(): number {
    return this.#sends.length - this.#head;
  }

  get first(): ParkedSend | undefined {
    return this.#sends[this.#head];
  }

  push(send: ParkedSend): void {
    this.#sends.push(send);
  }

  shift(): ParkedSend | undefined {
    const send = this.#sends[this.#head];
    if (send === undefined) return undefined;
    this.#head++;
    if (this.#head === this.#sends.length || this.#head >= 4096) {
      this.#sends.splice(0, this.#head);
      this.#head = 0;
    }
    return send;
  }
}

/** All parked sends, at most `limit`, first come first served within a lane and, for memory, between lanes (PC3). */
export class ParkedSends {
  readonly lanes = new Map<string, ParkingLane>();
  #count = 0;
  #lastTicket = 0;

  constructor(readonly limit: number) {}

  get count(): number {
    return this.#count;
  }

  get lastTicket(): number {
    return this.#lastTicket;
  }

  /** Ticket of the send that waits longest; infinity when none does. */
  get oldestTicket(): number {
    let oldest = Number.POSITIVE_INFINITY;
    for (const lane of this.lanes.values()) oldest = Math.min(oldest, lane.first?.ticket ?? oldest);
    return oldest;
  }

  /** The earliest deadline; infinity when nothing waits. */
  get nextDeadlineMs(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const lane of this.lanes.values()) next = Math.min(next, lane.first?.deadlineMs ?? next);
    return next;
  }

  park(
    laneKey: string,
    partition: number,
    record: OutgoingRecord,
    state: ParkedState,
    deadlineMs: number,
  ): ParkedSend {
    const send: ParkedSend = { record, deadlineMs, ticket: ++this.#lastTicket, state };
    this.#push(laneKey, partition, send);
    return send;
  }

  /** Moves the first send of a lane to another lane, which is returned. */
  moveFirst(laneKey: string, lane: ParkingLane, toKey: string, partition: number): ParkingLane | null {
    const send = this.shift(laneKey, lane);
    return send === undefined ? null : this.#push(toKey, partition, send);
  }

  #push(laneKey: string, partition: number, send: ParkedSend): ParkingLane {
    let lane = this.lanes.get(laneKey);
    if (lane === undefined) {
      lane = new ParkingLane(send.record.topic, partition);
      this.lanes.set(laneKey, lane);
    }
    lane.push(send);
    this.#count++;
    return lane;
  }

  /** Takes the first send of a lane out; a lane that became empty is forgotten. */
  shift(laneKey: string, lane: ParkingLane): ParkedSend | undefined {
    const send = lane.shift();
    if (send !== undefined) this.#count--;
    if (lane.length === 0) this.lanes.delete(laneKey);
    return send;
  }

  /** Lanes by the age of their first send. */
  byAge(): [string, ParkingLane][] {
    return [...this.lanes].sort(
      ([, first], [, second]) => (first.first?.ticket ?? 0) - (second.first?.ticket ?? 0),
    );
  }
}
