// Decides how a coordinator's state is replayed from its log: in bounded steps, so that loading delays nobody for long (C1).
import type { CoordinatorMachine } from '../machines/coordinator/outcome.js';
import type { Diagnostics } from '../ports/diagnostics.js';
import { ErrorCode } from '../protocol/errors.js';
import type { BatchDecompressors } from '../protocol/records/attributes.js';
import { readEndTransactionMarker } from '../protocol/records/control-record.js';
import { batchesOf, type RecordBatch } from '../protocol/records/record-batch.js';
import { RecordCursor } from '../protocol/records/record-reader.js';
import type { CoordinatorPartition } from './coordinator-partition.js';
import type { CoordinatorSerde } from './coordinator-serde.js';

const noProducerId = -1;
/** The most that one compressed batch of coordinator records may expand to. */
const maxExpandedBytes = 64 * 1024 * 1024;

/** `waiting`: what remains is not yet readable, until the high watermark moves. */
export type LoadStep = 'more' | 'waiting' | 'done';

/** The log of a coordinator cannot be read back; its groups or transactions are not served. */
export class CoordinatorLoadError extends Error {
  override readonly name = 'CoordinatorLoadError';
}

export class CoordinatorLoader<CoordinatorRecord> {
  readonly #partition: CoordinatorPartition;
  readonly #machine: CoordinatorMachine<CoordinatorRecord, unknown, unknown, unknown>;
  readonly #serde: CoordinatorSerde<CoordinatorRecord>;
  readonly #decompressors: BatchDecompressors;
  readonly #diagnostics: Diagnostics;
  readonly #chunkBytes: number;
  readonly #passedOver = new Set<string>();
  #nextOffset: number;
  #recordCount = 0;

  constructor(options: {
    readonly partition: CoordinatorPartition;
    readonly machine: CoordinatorMachine<CoordinatorRecord, unknown, unknown, unknown>;
    readonly serde: CoordinatorSerde<CoordinatorRecord>;
    readonly decompressors: BatchDecompressors;
    readonly diagnostics: Diagnostics;
    readonly chunkBytes: number;
  }) {
    this.#partition = options.partition;
    this.#machine = options.machine;
    this.#serde = options.serde;
    this.#decompressors = options.decompressors;
    this.#diagnostics = options.diagnostics;
    this.#chunkBytes = options.chunkBytes;
    this.#nextOffset = options.partition.logStartOffset;
  }

  /** Records replayed so far. */
  get recordCount(): number {
    return this.#recordCount;
  }

  /** Replays one chunk of the log; throws when it cannot be read or understood. */
  step(): LoadStep {
    const partition = this.#partition;
    if (this.#nextOffset >= partition.logEndOffset) return 'done';
    const result = partition.read({
      fetchOffset: this.#nextOffset,
      maxBytes: this.#chunkBytes,
      atLeastOneBatch: true,
      isolation: 'uncommitted',
    });
    if (result.kind === 'error') {
      if (result.errorCode === ErrorCode.OFFSET_OUT_OF_RANGE && this.#nextOffset < partition.logStartOffset) {
        this.#nextOffset = partition.logStartOffset;
        return 'more';
      }
      throw new CoordinatorLoadError(
        `${partition.topic}-${partition.partition} cannot be read at offset ${this.#nextOffset}: error ${result.errorCode}`,
      );
    }
    if (result.records.length === 0) return 'waiting';
    const before = this.#nextOffset;
    for (const batch of batchesOf(result.records)) this.#replayBatch(batch);
    if (this.#nextOffset === before)
      throw new CoordinatorLoadError(
        `${partition.topic}-${partition.partition} gives no whole batch at offset ${before}`,
      );
    return this.#nextOffset >= partition.logEndOffset ? 'done' : 'more';
  }

  #replayBatch(batch: RecordBatch): void {
    if (batch.nextOffset <= this.#nextOffset) return;
    const cursor = new RecordCursor(batch, {
      decompressors: this.#decompressors,
      maxBytes: maxExpandedBytes,
    });
    const producerId = batch.isTransactional ? batch.producerId : noProducerId;
    while (cursor.next()) {
      if (cursor.offset < this.#nextOffset) continue;
      if (batch.isControl) {
        const marker = readEndTransactionMarker(cursor.key, cursor.value);
        if (marker !== null) this.#machine.replayEndTransaction(batch.producerId, marker.type);
      } else {
        this.#replayRecord(cursor, producerId);
      }
    }
    this.#nextOffset = batch.nextOffset;
  }

  #replayRecord(cursor: RecordCursor, producerId: number): void {
    const { key, offset } = cursor;
    if (key === null) {
      this.#passOver('a record without a key');
      return;
    }
    let decoded;
    try {
      decoded = this.#serde.decode(key, cursor.value);
    } catch (cause) {
      const { topic, partition } = this.#partition;
      throw new CoordinatorLoadError(`${topic}-${partition} holds a damaged record at offset ${offset}`, {
        cause,
      });
    }
    if (decoded.kind === 'unknown') {
      this.#passOver(decoded.what);
      return;
    }
    this.#machine.replay(decoded.record, offset, producerId);
    this.#recordCount++;
  }

  /** One line per kind, not per record. */
  #passOver(what: string): void {
    if (this.#passedOver.has(what)) return;
    this.#passedOver.add(what);
    this.#diagnostics.log('warn', `The coordinator passes over ${what}, which it does not know`, {
      topic: this.#partition.topic,
      partition: this.#partition.partition,
    });
  }
}
