// Decides how tests of the log make batches and logs.
import { createCompressors } from '../../../src/io/compression/compressors.js';
import { defaultLogConfig, type LogConfig } from '../../../src/machines/log/log-config.js';
import { PartitionLog, type AppendOptions } from '../../../src/machines/log/partition-log.js';
import type { CompressionType } from '../../../src/ports/compressor.js';
import { controlRecordKey, endTransactionValue } from '../../../src/protocol/records/control-record.js';
import { RecordBatch } from '../../../src/protocol/records/record-batch.js';
import {
  RecordBatchBuilder,
  type BatchCloseOptions,
} from '../../../src/protocol/records/record-batch-builder.js';

export const compressors = createCompressors();
export const nowMs = Date.UTC(2026, 0, 1);

export interface TestRecord {
  readonly key?: string | null;
  readonly value?: string | null;
  readonly timestamp?: number;
}

export interface BatchOptions extends Omit<BatchCloseOptions, 'compressor'> {
  readonly compression?: CompressionType;
}

/** Records as a producer sends them: base offset 0. */
export function batchOf(records: readonly TestRecord[], options: BatchOptions = {}): Buffer {
  const { compression = 'none', ...rest } = options;
  const builder = new RecordBatchBuilder({ batchSizeBytes: 1024 });
  for (const { key = 'key', value = 'value', timestamp = nowMs } of records) {
    builder.appendWithOffset(builder.recordCount, timestamp, key, value);
  }
  return builder.close(compression === 'none' ? rest : { ...rest, compressor: compressors.get(compression) });
}

/** A batch of `count` records with the producer's sequence numbers. */
export function producerBatch(
  producerId: number,
  producerEpoch: number,
  baseSequence: number,
  count = 1,
): Buffer {
  const records = Array.from({ length: count }, () => ({}));
  return batchOf(records, { producerId, producerEpoch, baseSequence });
}

export function viewOf(batch: Buffer): RecordBatch {
  return new RecordBatch(batch);
}

/** Changes header bytes and sets the checksum right again, so that only the change itself can be refused. */
export function altered(batch: Buffer, change: (view: RecordBatch) => void): Buffer {
  const copy = Buffer.from(batch);
  const view = new RecordBatch(copy);
  change(view);
  view.updateCrc();
  return copy;
}

export function createLog(config: Partial<LogConfig> = {}, maxExpandedBytes = 1024 * 1024): PartitionLog {
  const log = new PartitionLog({
    config: { ...defaultLogConfig, ...config },
    compressors,
    leaderEpoch: 3,
    maxExpandedBytes,
  });
  log.becomeLeader(3);
  return log;
}

export const fromClient: AppendOptions = { origin: 'client', nowMs };

/** Appends as a runtime would, without files. */
export function append(log: PartitionLog, records: Buffer, options: AppendOptions = fromClient) {
  const outcome = log.prepareAppend(records, options);
  if (outcome.kind === 'append') {
    log.replayAppend(outcome);
    log.advanceHighWatermark(log.logEndOffset);
  }
  return outcome;
}

/** The control batch that ends a transaction, as a coordinator writes it. */
export function markerOf(type: 'commit' | 'abort', producerId: number, producerEpoch = 0): Buffer {
  const builder = new RecordBatchBuilder({ batchSizeBytes: 200 });
  builder.tryAppend(nowMs, controlRecordKey(type), endTransactionValue(0));
  return builder.close({ producerId, producerEpoch, isTransactional: true, isControl: true });
}
