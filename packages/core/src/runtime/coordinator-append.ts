// Decides how the records of outcomes are laid into record batches: many small outcomes into one, a large one into several.
import type { Outcome, ProducerIdentity } from '../machines/coordinator/outcome.js';
import { batchHeaderBytes } from '../protocol/records/record-batch.js';
import { RecordBatchBuilder } from '../protocol/records/record-batch-builder.js';
import type { CoordinatorSerde, EncodedRecord } from './coordinator-serde.js';

/** More than the length, attributes, deltas and header count of a record take. */
const recordOverheadBytes = 32;

/** Records that go into one batch together, with the outcome they came from. */
interface Part<CoordinatorRecord, Of> {
  readonly records: readonly CoordinatorRecord[];
  readonly encoded: readonly EncodedRecord[];
  readonly sizeBytes: number;
  readonly outcome: Of;
  /** The outcome is settled with this part. */
  readonly isLast: boolean;
}

export interface PlannedBatch<CoordinatorRecord, Of> {
  readonly parts: readonly Part<CoordinatorRecord, Of>[];
  readonly sizeBytes: number;
  readonly producer: ProducerIdentity | null;
}

/** Encodes the records of one outcome. Throws when a value has no place in the format. */
export function partsOf<CoordinatorRecord, Of extends Outcome<CoordinatorRecord, unknown, unknown, unknown>>(
  outcome: Of,
  serde: CoordinatorSerde<CoordinatorRecord>,
  maxBatchBytes: number,
): Part<CoordinatorRecord, Of>[] {
  const parts: Part<CoordinatorRecord, Of>[] = [];
  let encoded: EncodedRecord[] = [];
  let sizeBytes = 0;
  let start = 0;
  outcome.records.forEach((record, index) => {
    const bytes = serde.encode(record);
    const recordBytes = recordOverheadBytes + bytes.key.length + (bytes.value?.length ?? 0);
    const overflows = batchHeaderBytes + sizeBytes + recordBytes > maxBatchBytes;
    if (outcome.atomicity === 'any-batches' && overflows && encoded.length > 0) {
      parts.push({
        records: outcome.records.slice(start, index),
        encoded,
        sizeBytes,
        outcome,
        isLast: false,
      });
      encoded = [];
      sizeBytes = 0;
      start = index;
    }
    encoded.push(bytes);
    sizeBytes += recordBytes;
  });
  const records = start === 0 ? outcome.records : outcome.records.slice(start);
  parts.push({ records, encoded, sizeBytes, outcome, isLast: true });
  return parts;
}

/** Lays parts into batches, in order; records of a transaction stay among themselves. */
export function planBatches<
  CoordinatorRecord,
  Of extends Outcome<CoordinatorRecord, unknown, unknown, unknown>,
>(
  parts: readonly Part<CoordinatorRecord, Of>[],
  maxBatchBytes: number,
): PlannedBatch<CoordinatorRecord, Of>[] {
  const batches: PlannedBatch<CoordinatorRecord, Of>[] = [];
  let open: Part<CoordinatorRecord, Of>[] = [];
  let sizeBytes = batchHeaderBytes;
  const close = (): void => {
    const first = open[0];
    if (first !== undefined) batches.push({ parts: open, sizeBytes, producer: first.outcome.producer });
    open = [];
    sizeBytes = batchHeaderBytes;
  };
  for (const part of parts) {
    const previous = open.at(-1);
    const standsAlone = part.outcome.producer !== null || (previous?.outcome.producer ?? null) !== null;
    if (standsAlone || sizeBytes + part.sizeBytes > maxBatchBytes) close();
    open.push(part);
    sizeBytes += part.sizeBytes;
  }
  close();
  return batches;
}

/** The bytes of a batch, ready to append. */
export function encodeBatch<CoordinatorRecord, Of>(
  batch: PlannedBatch<CoordinatorRecord, Of>,
  wallMs: number,
): Buffer {
  const builder = new RecordBatchBuilder({
    batchSizeBytes: Number.MAX_SAFE_INTEGER,
    buffer: Buffer.allocUnsafe(batch.sizeBytes),
  });
  for (const part of batch.parts)
    for (const { key, value } of part.encoded) builder.tryAppend(wallMs, key, value);
  return batch.producer === null
    ? builder.close()
    : builder.close({ ...batch.producer, isTransactional: true });
}
