// Decides how the broker's own metadata is kept: Kafka's metadata records in the log of __cluster_metadata-0.
import type { Clock } from '../ports/clock.js';
import {
  decodeMetadataRecord,
  encodeMetadataRecord,
  type MetadataRecord,
  type MetadataRecordInput,
} from '../protocol/metadata/metadata-records.js';
import { RecordBatch } from '../protocol/records/record-batch.js';
import { RecordBatchBuilder } from '../protocol/records/record-batch-builder.js';
import { RecordCursor, type ExpansionOptions } from '../protocol/records/record-reader.js';
import type { PartitionRuntime } from '../runtime/partition-runtime.js';

const readBytes = 1024 * 1024;
const firstBatchBytes = 1024;

/** The metadata log cannot be written or read; the broker cannot go on. */
export class MetadataLogError extends Error {
  override readonly name = 'MetadataLogError';
}

export class MetadataLog {
  constructor(
    private readonly log: PartitionRuntime,
    private readonly clock: Clock,
    private readonly expansion: ExpansionOptions,
  ) {}

  /** Appends the records as one batch, all of them or none, and gives them as they will be read. They are durable when `flush` resolves. */
  append(records: readonly MetadataRecordInput[]): readonly MetadataRecord[] {
    const nowMs = this.clock.nowMs();
    // The builder takes a first record of any size and grows; records of one operation must share a batch.
    const builder = new RecordBatchBuilder({
      batchSizeBytes: Number.MAX_SAFE_INTEGER,
      buffer: Buffer.allocUnsafeSlow(firstBatchBytes),
    });
    const values = records.map(encodeMetadataRecord);
    for (const value of values) builder.tryAppend(nowMs, null, value);
    const result = this.log.append(builder.close(), { origin: 'coordinator', nowMs });
    if (result.kind === 'rejected') {
      throw new MetadataLogError(`The metadata log refused ${records.length} records: ${result.message}`);
    }
    return values.map(decodeMetadataRecord).filter((record) => record !== null);
  }

  /** Where the log ends, and as the only replica's also what is committed. */
  get endOffset(): number {
    return this.log.logEndOffset;
  }

  get leaderEpoch(): number {
    return this.log.leaderEpoch;
  }

  flush(): Promise<void> {
    return this.log.flush();
  }

  /**
   * Gives every record in the log, oldest first. Here would be the place to begin with a snapshot (K6): none is written, as the log of one
   * node stays small, and a log that Apache Kafka cut off behind one of its own is refused.
   */
  replay(apply: (record: MetadataRecord) => void): void {
    let offset = this.log.logStartOffset;
    if (offset > 0) {
      throw new MetadataLogError(
        `The metadata log begins at offset ${offset}; what was before lies in a snapshot, which cannot be read here`,
      );
    }
    while (offset < this.log.logEndOffset) {
      const result = this.log.read({
        fetchOffset: offset,
        maxBytes: readBytes,
        atLeastOneBatch: true,
        isolation: 'uncommitted',
      });
      if (result.kind === 'error' || result.records.length === 0) {
        throw new MetadataLogError(`The metadata log cannot be read at offset ${offset}`);
      }
      offset = this.#replayBatches(result.records, apply);
    }
  }

  /** The offset after the last batch. */
  #replayBatches(buffer: Buffer, apply: (record: MetadataRecord) => void): number {
    const batch = new RecordBatch(buffer);
    let next = 0;
    for (let start = 0; start < buffer.length; start = batch.end) {
      batch.moveTo(buffer, start);
      next = batch.lastOffset + 1;
      if (batch.isControl) continue;
      const cursor = new RecordCursor(batch, this.expansion);
      while (cursor.next()) {
        const value = cursor.value;
        const record = value === null ? null : decodeMetadataRecord(value);
        if (record !== null) apply(record);
      }
    }
    return next;
  }
}
