// Decides what becomes of records that reach a partition, and what readers may see: offsets, epochs, producers, watermarks, rolling.
import { assert } from '../../foundation/assert.js';
import type { Compressors } from '../../ports/compressor.js';
import { ErrorCode } from '../../protocol/errors.js';
import { readEndTransactionMarker } from '../../protocol/records/control-record.js';
import { RecordBatch, validateBatchStructure } from '../../protocol/records/record-batch.js';
import { RecordCursor } from '../../protocol/records/record-reader.js';
import { rejection, validateBatch, type Rejection } from './append-validation.js';
import { LeaderEpochCache } from './leader-epoch-cache.js';
import type { LogConfig } from './log-config.js';
import { ProducerStates } from './producer-states.js';
import { SegmentState } from './segment-state.js';
import { markerProblem, type TransactionMarker } from './transaction-marker.js';

export interface PartitionLogOptions {
  readonly config: LogConfig;
  readonly compressors: Compressors;
  readonly leaderEpoch: number;
  /** The most bytes that the records of a compressed batch may expand to. */
  readonly maxExpandedBytes: number;
  readonly producerIdExpirationMs?: number;
}

export interface AppendOptions {
  /** `coordinator`: the broker's own records, which may be control batches and several batches at once. */
  readonly origin: 'client' | 'coordinator';
  readonly nowMs: number;
  /** The one batch is this marker. */
  readonly marker?: TransactionMarker;
}

/** Records that were accepted and must now be written; the log changes only by `replayAppend`. */
export interface AppendPlan {
  readonly kind: 'append';
  /** The batches, with their final offsets and checksums. */
  readonly records: Buffer;
  readonly baseOffset: number;
  readonly lastOffset: number;
  /** −1 when records keep the time that their producer gave them. */
  readonly logAppendTimeMs: number;
  /** A new segment with base `baseOffset` is due before the write (L13). */
  readonly mustRoll: boolean;
}

/** The records were appended before (P7). */
export interface DuplicateAppend {
  readonly kind: 'duplicate';
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly logAppendTimeMs: number;
}

export type AppendOutcome = AppendPlan | DuplicateAppend | Rejection;

export type IsolationLevel = 'uncommitted' | 'committed';

export class PartitionLog {
  config: LogConfig;
  readonly epochs = new LeaderEpochCache();
  readonly producers: ProducerStates;
  leaderEpoch: number;
  logStartOffset = 0;
  highWatermark = 0;
  readonly #compressors: Compressors;
  readonly #maxExpandedBytes: number;
  readonly #view = new RecordBatch(Buffer.alloc(0));
  #active = new SegmentState(0, 0);

  constructor(options: PartitionLogOptions) {
    this.config = options.config;
    this.leaderEpoch = options.leaderEpoch;
    this.#compressors = options.compressors;
    this.#maxExpandedBytes = options.maxExpandedBytes;
    this.producers = new ProducerStates(options.producerIdExpirationMs);
  }

  get activeSegment(): SegmentState {
    return this.#active;
  }

  get logEndOffset(): number {
    return this.#active.nextOffset;
  }

  /** F1: readers of committed records stop at the first transaction that is open, or decided above the high watermark. */
  get lastStableOffset(): number {
    const unstable = this.producers.firstUnstableOffset;
    if (unstable === null) return this.highWatermark;
    return Math.min(Math.max(unstable, this.logStartOffset), this.highWatermark);
  }

  /** Appends go to this segment from now on. */
  startSegment(segment: SegmentState): void {
    this.#active = segment;
  }

  /** The node leads the partition in `leaderEpoch`; records from here on carry it. True when the epoch is new. */
  becomeLeader(leaderEpoch: number): boolean {
    this.leaderEpoch = leaderEpoch;
    return this.epochs.assign(leaderEpoch, this.logEndOffset);
  }

  /** Looks at records without changing the log. `records` is patched in place: it belongs to the log from now on. */
  prepareAppend(records: Buffer, options: AppendOptions): AppendOutcome {
    const first = validateBatchStructure(records, 0);
    if (first.kind === 'partial')
      return rejection(ErrorCode.INVALID_RECORD, 'The records hold no whole batch');
    if (first.kind === 'corrupt') return this.#refuseStructure(records, first.reason);
    if (options.origin === 'client') {
      const hasMore = validateBatchStructure(records, first.sizeBytes).kind !== 'partial';
      if (hasMore) return rejection(ErrorCode.INVALID_RECORD, 'The records must hold exactly one batch');
      return this.#prepareBatch(records, options);
    }
    return this.#prepareBatches(records, options);
  }

  /** The planned records are in the active segment's file. */
  replayAppend(plan: AppendPlan): void {
    const { records } = plan;
    for (let at = 0; at < records.length;) {
      const batch = this.#view.moveTo(records, at);
      at = batch.end;
      this.#active.replay(batch, this.config.indexIntervalBytes);
      this.replayProducer(batch);
    }
  }

  /** A batch is in the log: what it says about its producer and its transaction. */
  replayProducer(batch: RecordBatch, segment: SegmentState = this.#active): void {
    if (!batch.hasProducerId) return;
    if (!batch.isControl) {
      this.producers.replayBatch(batch);
      return;
    }
    const expansion = { decompressors: this.#compressors, maxBytes: this.#maxExpandedBytes };
    const cursor = new RecordCursor(batch, expansion);
    const marker = cursor.next() ? readEndTransactionMarker(cursor.key, cursor.value) : null;
    if (marker === null) return;
    const completed = this.producers.replayMarker(batch, marker.coordinatorEpoch);
    if (completed === null || marker.type !== 'abort') return;
    segment.transactionIndex.append({
      producerId: completed.producerId,
      firstOffset: completed.firstOffset,
      lastOffset: completed.markerOffset,
      lastStableOffset: this.producers.stableOffsetAfter(completed),
    });
  }

  /** Never goes back, never passes the log end. True when it moved. */
  advanceHighWatermark(offset: number): boolean {
    const target = Math.min(offset, this.logEndOffset);
    if (target <= this.highWatermark) return false;
    this.highWatermark = target;
    this.producers.highWatermarkAdvanced(target);
    return true;
  }

  /** Records before `offset` are gone, or may go (L25, L27). True when leader epochs changed. */
  advanceLogStart(offset: number): boolean {
    if (offset <= this.logStartOffset) return false;
    assert(offset <= this.highWatermark, 'the log starts at or below the high watermark');
    this.logStartOffset = offset;
    return this.epochs.truncateFromStart(offset);
  }

  /** F1, F2: where a fetch from `offset` must stop, or the error. */
  readBound(
    offset: number,
    isolation: IsolationLevel,
  ): { readonly endOffset: number } | { readonly errorCode: number } {
    if (offset < this.logStartOffset || offset > this.logEndOffset)
      return { errorCode: ErrorCode.OFFSET_OUT_OF_RANGE };
    return { endOffset: isolation === 'committed' ? this.lastStableOffset : this.highWatermark };
  }

  #prepareBatches(records: Buffer, options: AppendOptions): AppendOutcome {
    const parts: Buffer[] = [];
    let baseOffset = this.logEndOffset;
    let last: AppendPlan | null = null;
    for (let at = 0; at < records.length;) {
      const structure = validateBatchStructure(records, at);
      if (structure.kind === 'partial')
        return rejection(ErrorCode.INVALID_RECORD, 'The last batch is cut off');
      if (structure.kind === 'corrupt') return this.#refuseStructure(records, structure.reason);
      const outcome = this.#prepareBatch(records.subarray(at, at + structure.sizeBytes), options, baseOffset);
      if (outcome.kind !== 'append') return outcome;
      parts.push(outcome.records);
      baseOffset = outcome.lastOffset + 1;
      at += structure.sizeBytes;
      last = outcome;
    }
    assert(last !== null, 'a whole first batch was found before');
    if (parts.length === 1) return last;
    const all = Buffer.concat(parts);
    if (all.length > this.config.segmentBytes) return this.#refuseSegmentSize(all.length);
    return this.#plan(all, this.logEndOffset, last.lastOffset, last.logAppendTimeMs, options.nowMs);
  }

  #prepareBatch(records: Buffer, options: AppendOptions, baseOffset = this.logEndOffset): AppendOutcome {
    const outcome = validateBatch(this.#view.moveTo(records, 0), {
      config: this.config,
      compressors: this.#compressors,
      nowMs: options.nowMs,
      origin: options.origin,
      maxExpandedBytes: this.#maxExpandedBytes,
    });
    if (outcome.kind === 'rejected') return outcome;
    const { batch } = outcome;
    if (batch.sizeBytes > this.config.segmentBytes) return this.#refuseSegmentSize(batch.sizeBytes);
    const isAppendTime = this.config.messageTimestampType === 'LogAppendTime';
    const refused = this.#checkEpoch(batch, options);
    if (refused !== null) return rejection(refused.errorCode, refused.message);
    if (batch.hasProducerId && !batch.isControl && options.origin === 'client') {
      const check = this.producers.check(batch);
      if (check.kind === 'rejected') return rejection(check.errorCode, check.message);
      if (check.kind === 'duplicate') {
        const { lastOffset, offsetDelta, timestamp } = check.batch;
        const logAppendTimeMs = isAppendTime ? timestamp : -1;
        return { kind: 'duplicate', baseOffset: lastOffset - offsetDelta, lastOffset, logAppendTimeMs };
      }
    }
    batch.setBaseOffset(baseOffset);
    batch.setPartitionLeaderEpoch(this.leaderEpoch);
    if (outcome.needsCrc) batch.updateCrc();
    return this.#plan(
      batch.bytes,
      baseOffset,
      batch.lastOffset,
      isAppendTime ? options.nowMs : -1,
      options.nowMs,
    );
  }

  /** P9: what a coordinator writes has no sequence, but it may be of a producer that was shut out meanwhile. */
  #checkEpoch(
    batch: RecordBatch,
    { origin, marker }: AppendOptions,
  ): { readonly errorCode: number; readonly message: string } | null {
    if (origin !== 'coordinator' || !batch.hasProducerId) return null;
    if (marker !== undefined) return markerProblem(marker, this.producers.get(marker.producerId));
    return batch.isControl ? null : this.producers.checkEpoch(batch);
  }

  #plan(
    records: Buffer,
    baseOffset: number,
    lastOffset: number,
    logAppendTimeMs: number,
    nowMs: number,
  ): AppendPlan {
    const maxTimestamp = this.#view.moveTo(records, 0).maxTimestamp;
    const incoming = { sizeBytes: records.length, lastOffset, maxTimestamp };
    const mustRoll = this.#active.mustRollBefore(incoming, this.config, nowMs);
    return { kind: 'append', records, baseOffset, lastOffset, logAppendTimeMs, mustRoll };
  }

  /** Kafka answers a batch below its header's size as corrupt, everything else that is no batch of format 2 as invalid (P2). */
  #refuseStructure(records: Buffer, reason: string): Rejection {
    const isTooSmall = this.#view.moveTo(records, 0).magic === 2 && this.#view.sizeBytes < 61;
    return rejection(
      isTooSmall ? ErrorCode.CORRUPT_MESSAGE : ErrorCode.INVALID_RECORD,
      `The batch is malformed: ${reason}`,
    );
  }

  #refuseSegmentSize(sizeBytes: number): Rejection {
    const message = `The ${sizeBytes} bytes exceed segment.bytes=${this.config.segmentBytes}`;
    return rejection(ErrorCode.RECORD_LIST_TOO_LARGE, message);
  }
}
