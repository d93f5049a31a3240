// Decides what is known of one batch of the producer from its first record until the broker's answer.
import { RecordBatch } from '../../protocol/records/record-batch.js';
import { RecordBatchBuilder } from '../../protocol/records/record-batch-builder.js';
import type { BatchCompressor } from '../../protocol/records/attributes.js';
import type { PartitionQueue } from './partition-queue.js';
import type { SentRecord } from './sent-record.js';

/** `waiting`: in its queue. `on-wire`: in a request without an answer yet. `done`: its records were told of. */
export type BatchState = 'waiting' | 'on-wire' | 'done';

export interface Sequence {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly isTransactional: boolean;
}

/** `Receiver` is whoever hears of a record's fate; it is opaque here. */
export class ProducerBatch<Receiver = unknown> {
  readonly records: SentRecord[] = [];
  readonly receivers: Receiver[] = [];
  state: BatchState = 'waiting';
  /** Whether more records may be appended. */
  isOpen = true;
  /** Times it was written to a connection. */
  attempts = 0;
  /** Times it went back to its queue. */
  retries = 0;
  /** Not sent again before. */
  notBeforeMs = 0;
  /** Epoch of the leader it was last sent to: a new leader is tried without back-off. */
  leaderEpoch = -1;
  /** The node it was last sent to; -1 before. */
  nodeId = -1;
  /** Null while the batch has no place in its partition's order (PC6). */
  sequence: Sequence | null = null;
  /** Its size without compression; 0 before it was encoded. */
  plainBytes = 0;
  /** The batch as it was last written; null before. */
  #encoded: Buffer | null = null;
  #encodedSequence: Sequence | null = null;

  constructor(
    readonly queue: PartitionQueue<ProducerBatch<Receiver>>,
    readonly builder: RecordBatchBuilder,
    /** Position among the batches of the producer, a whole number; a retry goes back to it. Parts of a split batch lie between it and the one before. */
    public order: number,
    readonly createdMs: number,
    /** Bytes of buffer memory it was charged with. */
    readonly chargedBytes: number,
  ) {}

  /** The share that one record of a split batch has of its place; parts of parts have that of the first. 0 before a split. */
  orderPerRecord = 0;

  get recordCount(): number {
    return this.records.length;
  }

  get isFull(): boolean {
    return !this.isOpen || this.builder.isFull;
  }

  /** Takes in the record that the builder has just taken. */
  add(record: SentRecord, receiver: Receiver): void {
    const { lastSizes } = this.builder;
    record.serializedKeySize = lastSizes.keyBytes;
    record.serializedValueSize = lastSizes.valueBytes;
    this.records.push(record);
    this.receivers.push(receiver);
  }

  /** Bytes the batch takes in a request; before it is compressed, its plain size. */
  get sizeBytes(): number {
    return this.#encoded?.length ?? this.builder.sizeInBytes;
  }

  /** The bytes to send. A batch that goes out again under another sequence is copied: the old bytes may still be on their way. */
  encode(compressor: BatchCompressor | null): Buffer {
    const { sequence } = this;
    if (this.#encoded === null) {
      this.plainBytes = this.builder.sizeInBytes;
      this.#encoded = this.builder.close({
        ...(sequence ?? undefined),
        ...(compressor === null ? undefined : { compressor }),
      });
    } else if (sequence !== this.#encodedSequence && sequence !== null) {
      const copy = Buffer.from(this.#encoded);
      const view = new RecordBatch(copy);
      view.setProducerState(sequence.producerId, sequence.producerEpoch, sequence.baseSequence);
      view.updateCrc();
      this.#encoded = copy;
    }
    this.#encodedSequence = sequence;
    return this.#encoded;
  }

  /** Sets the offsets of its records. */
  assignOffsets(baseOffset: number, logAppendTimeMs: number): void {
    const { records } = this;
    for (let index = 0; index < records.length; index++) {
      const record = records[index] as SentRecord;
      if (baseOffset >= 0) record.offset = baseOffset + index;
      if (logAppendTimeMs >= 0) record.timestamp = logAppendTimeMs;
    }
  }
}

/** The batches of one partition. */
export type ProducerQueue<Receiver = unknown> = PartitionQueue<ProducerBatch<Receiver>>;
