// Decides where records lie in the segments of a log: by offset, by time, and which transactions were aborted (F6, F14).
import { RecordCursor, type ExpansionOptions } from '../../protocol/records/record-reader.js';
import type { RecordBatch } from '../../protocol/records/record-batch.js';
import type { AbortedTransaction } from '../../machines/log/transaction-index.js';
import type { LogSegment } from './log-segment.js';

export interface TimestampAndOffset {
  readonly offset: number;
  readonly timestamp: number;
  readonly leaderEpoch: number;
}

export class LogSearch {
  readonly #segments: readonly LogSegment[];
  readonly #expansion: ExpansionOptions;

  /** `segments` is the log's own list: it changes under the search. */
  constructor(segments: readonly LogSegment[], expansion: ExpansionOptions) {
    this.#segments = segments;
    this.#expansion = expansion;
  }

  /** The index of the last segment whose base is at or below the offset. */
  segmentAt(offset: number): number {
    let low = 0;
    let high = this.#segments.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#segments[middle]?.state.baseOffset ?? Infinity) <= offset) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }

  /** The first record at or behind `fromOffset`, in log order, with at least this timestamp. */
  offsetForTimestamp(timestamp: number, fromOffset: number): TimestampAndOffset | null {
    for (const segment of this.#segments) {
      const { state } = segment;
      if (state.maxTimestamp < timestamp || state.nextOffset <= fromOffset) continue;
      const start = Math.max(state.timeIndex.offsetFor(timestamp), fromOffset);
      const found = this.#firstRecord(
        segment,
        start,
        (batch) => batch.maxTimestamp >= timestamp && batch.lastOffset >= fromOffset,
        (cursor) => cursor.timestamp >= timestamp && cursor.offset >= fromOffset,
      );
      if (found !== null) return found;
    }
    return null;
  }

  offsetOfMaxTimestamp(): TimestampAndOffset | null {
    let latest: LogSegment | null = null;
    for (const segment of this.#segments) {
      if (segment.state.maxTimestamp > (latest?.state.maxTimestamp ?? -1)) latest = segment;
    }
    if (latest === null) return null;
    const { maxTimestamp, offsetOfMaxTimestamp } = latest.state;
    const isLatest = (item: { readonly maxTimestamp: number }): boolean => item.maxTimestamp === maxTimestamp;
    return this.#firstRecord(
      latest,
      offsetOfMaxTimestamp,
      isLatest,
      (cursor) => cursor.timestamp === maxTimestamp,
    );
  }

  /** Those that may concern records in [fromOffset, endOffset). */
  abortedTransactions(fromOffset: number, endOffset: number): AbortedTransaction[] {
    const found: AbortedTransaction[] = [];
    for (let at = this.segmentAt(fromOffset); at < this.#segments.length; at++) {
      for (const entry of this.#segments[at]?.state.transactionIndex.entries ?? []) {
        if (entry.lastOffset < fromOffset || entry.firstOffset >= endOffset) continue;
        found.push(entry);
      }
    }
    return found;
  }

  #firstRecord(
    segment: LogSegment,
    fromOffset: number,
    inBatch: (batch: RecordBatch) => boolean,
    isWanted: (cursor: RecordCursor) => boolean,
  ): TimestampAndOffset | null {
    let found: TimestampAndOffset | null = null;
    segment.scanFrom(fromOffset, (batch) => {
      if (!inBatch(batch)) return true;
      const cursor = new RecordCursor(batch, this.#expansion);
      while (found === null && cursor.next()) {
        if (!isWanted(cursor)) continue;
        found = {
          offset: cursor.offset,
          timestamp: cursor.timestamp,
          leaderEpoch: batch.partitionLeaderEpoch,
        };
      }
      return found === null;
    });
    return found;
  }
}
