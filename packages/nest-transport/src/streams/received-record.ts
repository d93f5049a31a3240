// Decides how a record remembers whether its subscriber has acked it.
import type { DeserializationFailure, FetchedRecord, RecordHeaders, TimestampType } from '@ottla/core';
import type { AcknowledgedOffsets } from './acknowledged-offsets.js';
import type { ReceiverRecord } from './receiver-record.js';

/** What an ack is told to. */
export interface AckListener {
  onAck(record: ReceivedRecord): void;
}

export class ReceivedRecord implements ReceiverRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly timestampType: TimestampType;
  readonly leaderEpoch: number | null;
  readonly key: unknown;
  readonly value: unknown;
  readonly headers: RecordHeaders;
  readonly deserializationFailure: DeserializationFailure | null;
  #acked = false;
  readonly #listener: AckListener;
  readonly #watermark: AcknowledgedOffsets;

  constructor(
    record: FetchedRecord<unknown, unknown>,
    listener: AckListener,
    watermark: AcknowledgedOffsets,
  ) {
    this.topic = record.topic;
    this.partition = record.partition;
    this.offset = record.offset;
    this.timestamp = record.timestamp;
    this.timestampType = record.timestampType;
    this.leaderEpoch = record.leaderEpoch;
    this.key = record.key;
    this.value = record.value;
    this.headers = record.headers;
    this.deserializationFailure = record.deserializationFailure;
    this.#listener = listener;
    this.#watermark = watermark;
  }

  /** The watermark of its partition when it was received; another one may hold there by the time it is acked. */
  get watermark(): AcknowledgedOffsets {
    return this.#watermark;
  }

  get acked(): boolean {
    return this.#acked;
  }

  ack(): void {
    if (!this.#acked) {
      this.#acked = true;
      this.#listener.onAck(this);
    }
  }
}
