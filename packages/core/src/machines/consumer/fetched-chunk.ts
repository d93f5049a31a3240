// Decides which batches of a fetched partition hold records for the application: it checks, expands and filters them one by one.
import { CompressionError } from '../../foundation/compression-error.js';
import { readInt64 } from '../../foundation/int64.js';
import type { BatchDecompressors, TimestampType } from '../../protocol/records/attributes.js';
import { readEndTransactionMarker } from '../../protocol/records/control-record.js';
import { CorruptRecordError } from '../../protocol/records/corrupt-record-error.js';
import { RecordBatch, validateBatchStructure } from '../../protocol/records/record-batch.js';
import { RecordCursor } from '../../protocol/records/record-reader.js';
import type { PartitionState } from './partition-state.js';

export interface ChunkOptions {
  readonly checkCrcs: boolean;
  readonly decompressors: BatchDecompressors;
  /** The most bytes that one batch may expand to. */
  readonly maxExpandedBatchBytes: number;
}

/** What a fetch response says of its transactions; null unless it was asked for with read_committed. */
export type AbortedTransactions = readonly { readonly producerId: number; readonly firstOffset: number }[];

/** A batch that can be read from, opened once. */
export interface OpenBatch {
  readonly cursor: RecordCursor;
  readonly nextOffset: number;
  readonly leaderEpoch: number;
  readonly timestampType: TimestampType;
}

export type NextBatch =
  | { readonly kind: 'batch'; readonly batch: OpenBatch }
  /** All batches are done; `nextOffset` is behind the last of them, whether it had records for us or not. */
  | { readonly kind: 'end'; readonly nextOffset: number; readonly leaderEpoch: number }
  | { readonly kind: 'corrupt'; readonly offset: number; readonly reason: string; readonly cause?: unknown };

/** Where the batches of a response end, found without opening them. */
export interface ChunkExtent {
  /** The end of the last whole batch. */
  readonly end: number;
  readonly nextOffset: number;
  /** Why what follows is no batch; null when nothing, or a batch that was cut off, follows. */
  readonly corruption: string | null;
}

/** Walks over the batch headers, so that the next fetch can be sent before this one was read. */
export function measureChunk(records: Buffer, fetchOffset: number): ChunkExtent {
  let at = 0;
  let nextOffset = fetchOffset;
  for (;;) {
    const structure = validateBatchStructure(records, at);
    if (structure.kind === 'partial') return { end: at, nextOffset, corruption: null };
    if (structure.kind === 'corrupt') return { end: at, nextOffset, corruption: structure.reason };
    const lastOffset = readInt64(records, at) + records.readInt32BE(at + 23);
    nextOffset = Math.max(nextOffset, lastOffset + 1);
    at += structure.sizeBytes;
  }
}

export class FetchedChunk {
  readonly kind = 'chunk';
  /** The batch that is being read; null before the first and between two. */
  open: OpenBatch | null = null;
  #at = 0;
  #nextOffset: number;
  #leaderEpoch = -1;
  readonly #view: RecordBatch;
  /** Sorted by first offset, and how many of them have begun. */
  readonly #aborted: AbortedTransactions;
  #abortedBegun = 0;
  readonly #abortedProducers = new Set<number>();

  constructor(
    readonly state: PartitionState,
    /** The state's incarnation when this was fetched. */
    readonly incarnation: number,
    readonly records: Buffer,
    readonly end: number,
    readonly fetchOffset: number,
    aborted: AbortedTransactions | null,
  ) {
    this.#nextOffset = fetchOffset;
    this.#view = new RecordBatch(records, 0);
    this.#aborted = [...(aborted ?? [])].sort((left, right) => left.firstOffset - right.firstOffset);
  }

  get sizeBytes(): number {
    return this.records.length;
  }

  get isStale(): boolean {
    return this.incarnation !== this.state.incarnation;
  }

  /** Begins anew, to hand records out a second time. */
  restart(): void {
    this.open = null;
    this.#at = 0;
    this.#nextOffset = this.fetchOffset;
    this.#leaderEpoch = -1;
    this.#abortedBegun = 0;
    this.#abortedProducers.clear();
  }

  /** Moves to the next batch that has records at or after `position`. */
  nextBatch(position: number, options: ChunkOptions): NextBatch {
    this.open = null;
    while (this.#at < this.end) {
      const batch = this.#view.moveTo(this.records, this.#at);
      const baseOffset = batch.baseOffset;
      try {
        // What lies before the position was checked, or is not wanted; only its markers still matter.
        const isBehind = batch.lastOffset < position && !batch.isControl;
        if (options.checkCrcs && !isBehind && !batch.isValidCrc()) {
          return { kind: 'corrupt', offset: baseOffset, reason: 'its checksum does not fit its bytes' };
        }
        const wanted = this.#isWanted(batch, options) && !isBehind;
        const nextOffset = batch.nextOffset;
        const leaderEpoch = batch.partitionLeaderEpoch;
        if (wanted) {
          this.open = {
            cursor: new RecordCursor(batch, expansion(options)),
            nextOffset,
            leaderEpoch,
            timestampType: batch.timestampType,
          };
        }
        this.#at = batch.end;
        this.#nextOffset = Math.max(this.#nextOffset, nextOffset);
        this.#leaderEpoch = leaderEpoch;
        if (this.open !== null) return { kind: 'batch', batch: this.open };
      } catch (cause) {
        return corruption(baseOffset, cause);
      }
    }
    return { kind: 'end', nextOffset: this.#nextOffset, leaderEpoch: this.#leaderEpoch };
  }

  /** CC6: control batches are never for the application, batches of aborted transactions not under read_committed. */
  #isWanted(batch: RecordBatch, options: ChunkOptions): boolean {
    if (batch.hasProducerId && this.#aborted.length > 0) {
      this.#beginAbortedUpTo(batch.lastOffset);
      if (batch.isControl) {
        if (isAbortMarker(batch, options)) this.#abortedProducers.delete(batch.producerId);
      } else if (batch.isTransactional && this.#abortedProducers.has(batch.producerId)) {
        return false;
      }
    }
    return !batch.isControl && batch.recordCount > 0;
  }

  #beginAbortedUpTo(offset: number): void {
    for (;;) {
      const next = this.#aborted[this.#abortedBegun];
      if (next === undefined || next.firstOffset > offset) return;
      this.#abortedProducers.add(next.producerId);
      this.#abortedBegun++;
    }
  }
}

function isAbortMarker(batch: RecordBatch, options: ChunkOptions): boolean {
  const cursor = new RecordCursor(batch, expansion(options));
  return cursor.next() && readEndTransactionMarker(cursor.key, cursor.value)?.type === 'abort';
}

function expansion(options: ChunkOptions): { decompressors: BatchDecompressors; maxBytes: number } {
  return { decompressors: options.decompressors, maxBytes: options.maxExpandedBatchBytes };
}

/** Damage is a value; anything else is a bug of ours and is thrown on. */
function corruption(offset: number, cause: unknown): NextBatch {
  if (cause instanceof CorruptRecordError) return { kind: 'corrupt', offset, reason: cause.reason, cause };
  if (cause instanceof CompressionError) return { kind: 'corrupt', offset, reason: cause.message, cause };
  throw cause;
}
