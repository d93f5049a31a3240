// Decides what a segment knows about its batches: size, indexes, largest timestamp; and when it is full (L13, L16, L17).
import type { RecordBatch } from '../../protocol/records/record-batch.js';
import { isCompacted, type LogConfig } from './log-config.js';
import { OffsetIndex } from './offset-index.js';
import { TimeIndex } from './time-index.js';
import { TransactionIndex } from './transaction-index.js';

/** Offsets are kept relative to the base, as 32-bit integers. */
const maxRelativeOffset = 0x7fff_ffff;

/** What is about to be appended, for the decision to roll. */
export interface IncomingRecords {
  readonly sizeBytes: number;
  readonly lastOffset: number;
  readonly maxTimestamp: number;
}

export interface SegmentIndexes {
  readonly offsetIndex: OffsetIndex;
  readonly timeIndex: TimeIndex;
  readonly transactionIndex: TransactionIndex;
}

export class SegmentState {
  readonly baseOffset: number;
  readonly createdMs: number;
  /** Taken off segment.ms, so that many partitions do not roll at once. */
  readonly rollJitterMs: number;
  readonly offsetIndex: OffsetIndex;
  readonly timeIndex: TimeIndex;
  readonly transactionIndex: TransactionIndex;
  sizeBytes = 0;
  /** One above the last offset. */
  nextOffset: number;
  /** The largest timestamp so far and the last offset of the batch that brought it; −1 and the base offset before any. */
  maxTimestamp = -1;
  offsetOfMaxTimestamp: number;
  /** The largest timestamp of the first batch: rolling by time counts from it. */
  firstBatchMaxTimestamp: number | null = null;
  #bytesSinceIndexEntry = 0;

  constructor(baseOffset: number, createdMs: number, rollJitterMs = 0, indexes?: SegmentIndexes) {
    this.baseOffset = baseOffset;
    this.createdMs = createdMs;
    this.rollJitterMs = rollJitterMs;
    this.nextOffset = baseOffset;
    this.offsetOfMaxTimestamp = baseOffset;
    this.offsetIndex = indexes?.offsetIndex ?? new OffsetIndex(baseOffset);
    this.timeIndex = indexes?.timeIndex ?? new TimeIndex(baseOffset);
    this.transactionIndex = indexes?.transactionIndex ?? new TransactionIndex();
  }

  /** A batch was written at the end of the file, or is read again from there. */
  replay(batch: RecordBatch, indexIntervalBytes: number): void {
    const lastOffset = batch.lastOffset;
    const sizeBytes = batch.sizeBytes;
    this.noteTimestamp(batch.maxTimestamp, lastOffset);
    if (this.#bytesSinceIndexEntry > indexIntervalBytes) {
      this.offsetIndex.append(lastOffset, this.sizeBytes);
      this.timeIndex.maybeAppend(this.maxTimestamp, this.offsetOfMaxTimestamp);
      this.#bytesSinceIndexEntry = 0;
    }
    this.#bytesSinceIndexEntry += sizeBytes;
    this.sizeBytes += sizeBytes;
    this.nextOffset = lastOffset + 1;
  }

  /** Accounts for batches that the loaded indexes cover: their timestamps are looked at only where the time index ends. */
  noteTimestamp(maxTimestamp: number, lastOffset: number): void {
    this.firstBatchMaxTimestamp ??= maxTimestamp;
    if (maxTimestamp <= this.maxTimestamp) return;
    this.maxTimestamp = maxTimestamp;
    this.offsetOfMaxTimestamp = lastOffset;
  }

  /** The segment gets no more batches, or the log closes: the time index must tell the largest timestamp (L14). */
  finish(): void {
    if (this.maxTimestamp >= 0) this.timeIndex.maybeAppend(this.maxTimestamp, this.offsetOfMaxTimestamp);
  }

  /** L13. */
  mustRollBefore(incoming: IncomingRecords, config: LogConfig, nowMs: number): boolean {
    if (this.sizeBytes > config.segmentBytes - incoming.sizeBytes) return true;
    if (incoming.lastOffset - this.baseOffset > maxRelativeOffset) return true;
    if (this.sizeBytes === 0) return false;
    const rollMs = isCompacted(config)
      ? Math.min(config.segmentMs, config.maxCompactionLagMs)
      : config.segmentMs;
    if (this.#waitedMs(incoming.maxTimestamp, nowMs) > rollMs - this.rollJitterMs) return true;
    return (
      this.offsetIndex.isFull(config.segmentIndexBytes) || this.timeIndex.isFull(config.segmentIndexBytes)
    );
  }

  #waitedMs(incomingMaxTimestamp: number, nowMs: number): number {
    const first = this.firstBatchMaxTimestamp ?? -1;
    return first >= 0 ? incomingMaxTimestamp - first : nowMs - this.createdMs;
  }
}
