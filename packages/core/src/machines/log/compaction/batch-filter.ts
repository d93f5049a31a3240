// Decides what compaction leaves of a batch: all of it, some records, its header alone, or nothing (L29 to L31).
import type { Compressors } from '../../../ports/compressor.js';
import {
  withDeleteHorizon,
  withoutRecords,
  withRecords,
  type RewrittenRecords,
} from '../../../protocol/records/batch-rewrite.js';
import { CorruptRecordError } from '../../../protocol/records/corrupt-record-error.js';
import { batchHeaderBytes, RecordBatch } from '../../../protocol/records/record-batch.js';
import { RecordCursor } from '../../../protocol/records/record-reader.js';
import type { ProducerState } from '../producer-states.js';
import type { CleanedTransactions } from './cleaned-transactions.js';
import type { KeyMap } from './key-map.js';

export interface BatchFilterOptions {
  readonly keys: KeyMap;
  readonly transactions: CleanedTransactions;
  readonly lastBatches: LastBatches;
  readonly nowMs: number;
  readonly deleteRetentionMs: number;
  /** L28: the batch that ends here keeps its header, so that the end of what was compacted stays known. */
  readonly firstUncleanableOffset: number;
  readonly compressors: Compressors;
  readonly maxExpandedBytes: number;
}

/** The newest batch of each producer: its last data, or else its last marker. */
export type LastBatches = ReadonlyMap<
  number,
  { readonly lastDataOffset: number | null; readonly producerEpoch: number }
>;

export function lastBatchesOf(producers: Iterable<ProducerState>): LastBatches {
  return new Map(
    Array.from(producers, ({ producerId, producerEpoch, batches }) => [
      producerId,
      { lastDataOffset: batches.at(-1)?.lastOffset ?? null, producerEpoch },
    ]),
  );
}

/** The records of a batch that stay. */
interface Kept extends RewrittenRecords {
  readonly keepsAll: boolean;
  readonly hasTombstones: boolean;
}

export class BatchFilter {
  /** Batches that did not stay as they were. */
  changedBatches = 0;
  readonly #options: BatchFilterOptions;

  constructor(options: BatchFilterOptions) {
    this.#options = options;
  }

  /** The bytes that stay, as a view when nothing changes; null when nothing stays. Batches come in log order. */
  filter(batch: RecordBatch): Buffer | null {
    const kept = this.#filter(batch);
    if (kept !== batch) this.changedBatches += 1;
    return kept instanceof RecordBatch ? kept.bytes : kept;
  }

  #filter(batch: RecordBatch): RecordBatch | Buffer | null {
    const { transactions, nowMs } = this.#options;
    const isUnneeded = batch.isControl ? transactions.readMarker(batch) : transactions.readData(batch);
    const horizonMs = batch.deleteHorizonMs;
    const isPastHorizon = horizonMs !== null && horizonMs <= nowMs;
    const dropsRecords = batch.isControl ? isUnneeded && isPastHorizon : isUnneeded;
    const keepsHeader = this.#keepsHeader(batch);
    if (dropsRecords) return keepsHeader ? emptied(batch) : null;
    const kept = this.#kept(batch);
    if (kept.recordCount === 0) return keepsHeader ? emptied(batch) : null;
    const needsHorizon = horizonMs === null && (kept.hasTombstones || (batch.isControl && isUnneeded));
    if (kept.keepsAll && !needsHorizon) return batch;
    // What is written again gets a new checksum, and damage would look sound ever after.
    if (!batch.isValidCrc()) throw new CorruptRecordError(batch.baseOffset, 'the checksum is wrong');
    const type = batch.compressionType ?? 'none';
    const compressor = type === 'none' ? null : this.#options.compressors.get(type);
    if (!needsHorizon) return withRecords(batch, kept, compressor);
    return withDeleteHorizon(batch, kept, nowMs + this.#options.deleteRetentionMs, compressor);
  }

  /** L31: a producer's last batch tells its sequence and epoch after a restart. */
  #keepsHeader(batch: RecordBatch): boolean {
    if (batch.nextOffset === this.#options.firstUncleanableOffset) return true;
    if (!batch.hasProducerId) return false;
    const last = this.#options.lastBatches.get(batch.producerId);
    if (last === undefined) return false;
    if (last.lastDataOffset !== null) return batch.lastOffset === last.lastDataOffset;
    return batch.isControl && batch.producerEpoch === last.producerEpoch;
  }

  #kept(batch: RecordBatch): Kept {
    const { compressors, maxExpandedBytes } = this.#options;
    const cursor = new RecordCursor(batch, { decompressors: compressors, maxBytes: maxExpandedBytes });
    const areaStart = cursor.buffer === batch.buffer ? batch.start + batchHeaderBytes : 0;
    const isAppendTime = batch.timestampType === 'LogAppendTime';
    const parts: Buffer[] = [];
    let recordCount = 0;
    let maxTimestamp = isAppendTime ? batch.maxTimestamp : -1;
    let hasTombstones = false;
    let recordStart = areaStart;
    let partStart = -1;
    while (cursor.next()) {
      if (this.#keepsRecord(batch, cursor)) {
        if (partStart < 0) partStart = recordStart;
        recordCount += 1;
        if (cursor.valueLength < 0) hasTombstones = true;
        if (cursor.timestamp > maxTimestamp) maxTimestamp = cursor.timestamp;
      } else if (partStart >= 0) {
        parts.push(cursor.buffer.subarray(partStart, recordStart));
        partStart = -1;
      }
      recordStart = cursor.recordEnd;
    }
    if (partStart >= 0) parts.push(cursor.buffer.subarray(partStart, recordStart));
    const [only = emptyRecords] = parts;
    const records = parts.length > 1 ? Buffer.concat(parts) : only;
    const keepsAll = recordCount === batch.recordCount;
    return { records, recordCount, maxTimestamp, keepsAll, hasTombstones };
  }

  #keepsRecord(batch: RecordBatch, cursor: RecordCursor): boolean {
    const { keys, nowMs } = this.#options;
    if (batch.isControl || cursor.offset > keys.latestOffset) return true;
    if (cursor.keyLength < 0) return false;
    if (cursor.offset < keys.get(cursor.buffer, cursor.keyStart, cursor.keyLength)) return false;
    if (cursor.valueLength >= 0) return true;
    const horizonMs = batch.deleteHorizonMs;
    return horizonMs === null || nowMs < horizonMs;
  }
}

const emptyRecords: Buffer = Buffer.alloc(0);

/** A batch that is a header already stays as it is. */
function emptied(batch: RecordBatch): RecordBatch | Buffer {
  return batch.recordCount === 0 ? batch : withoutRecords(batch);
}
