// Decides what is shown of the index files of a segment, and whether a reader who trusts them would miss anything in the segment.
import { existsSync, readFileSync } from 'node:fs';

import { readInt64 } from '../../foundation/int64.js';
import { controlRecordType } from '../../protocol/records/control-record.js';
import { RecordCursor } from '../../protocol/records/record-reader.js';
import type { BatchDecompressors } from '../../protocol/records/attributes.js';
import { baseOffsetOf } from './dump-segment.js';
import type { DumpSink } from './dump-sink.js';
import { SegmentReader } from './segment-reader.js';

const offsetEntryBytes = 8;
const timeEntryBytes = 12;
const transactionEntryBytes = 34;
const transactionIndexVersion = 0;

function segmentOf(path: string): string {
  return path.replace(/\.[a-z]+$/, '.log');
}

/** Whole entries only; says what is left over. */
function entriesOf(sink: DumpSink, bytes: Buffer, entryBytes: number): number {
  const rest = bytes.length % entryBytes;
  if (rest !== 0) sink.problem(`its ${bytes.length} bytes are no whole number of ${entryBytes}-byte entries`);
  return Math.floor(bytes.length / entryBytes);
}

function openSegment(sink: DumpSink, path: string): SegmentReader | null {
  const segment = segmentOf(path);
  if (existsSync(segment)) return new SegmentReader(segment);
  sink.note('the segment is not beside it, so only the order of its entries was checked');
  return null;
}

/** A search for an offset starts at the position of the last entry at or below it, so that position must not be past it (L16). */
function checkPosition(sink: DumpSink, segment: SegmentReader, offset: number, position: number): void {
  const item = segment.at(position);
  if (item === null || item.kind === 'truncated') {
    sink.problem(
      `offset ${offset} points to position ${position}, where the segment of ${segment.sizeBytes} bytes has no batch`,
    );
  } else if (item.kind === 'corrupt') {
    sink.problem(`offset ${offset} points to position ${position}, where no batch begins: ${item.reason}`);
  } else if (item.batch.baseOffset > offset) {
    sink.problem(
      `offset ${offset} points to position ${position}, where offset ${item.batch.baseOffset} begins`,
    );
  }
}

export async function dumpOffsetIndex(sink: DumpSink, path: string): Promise<void> {
  const bytes = readFileSync(path);
  const baseOffset = baseOffsetOf(path) ?? 0;
  const segment = openSegment(sink, path);
  try {
    let last = { relative: -1, position: -1 };
    for (let entry = 0; entry < entriesOf(sink, bytes, offsetEntryBytes); entry++) {
      const relative = bytes.readInt32BE(entry * offsetEntryBytes);
      const position = bytes.readInt32BE(entry * offsetEntryBytes + 4);
      // What follows a zero entry is space that was set aside.
      if (relative === 0 && (entry > 0 || position === 0)) break;
      const offset = baseOffset + relative;
      sink.entry('offset-index', { offset, position });
      if (relative <= last.relative || position <= last.position) {
        sink.problem(`offset ${offset} at position ${position} does not rise over the entry before`);
      }
      last = { relative, position };
      if (segment !== null) checkPosition(sink, segment, offset, position);
      await sink.flush();
    }
  } finally {
    segment?.close();
  }
}

interface TimeEntry {
  readonly timestamp: number;
  readonly offset: number;
}

/** No record up to an entry's offset may be later than its timestamp, or a search by time would skip it (L17). */
function checkTimes(sink: DumpSink, segment: SegmentReader, entries: readonly TimeEntry[]): void {
  let next = 0;
  let largest = -1;
  let endOffset = -1;
  for (const item of segment.items()) {
    if (item.kind !== 'batch') break;
    const { batch } = item;
    for (
      let entry = entries[next];
      entry !== undefined && entry.offset < batch.baseOffset;
      entry = entries[next]
    ) {
      checkTime(sink, entry, largest);
      next++;
    }
    largest = Math.max(largest, batch.maxTimestamp);
    endOffset = batch.nextOffset;
    const entry = entries[next];
    if (entry !== undefined && entry.offset === batch.lastOffset) {
      checkTime(sink, entry, largest);
      next++;
    }
  }
  for (const entry of entries.slice(next)) {
    if (entry.offset >= endOffset)
      sink.problem(`offset ${entry.offset} is past the segment's end at ${endOffset}`);
    else checkTime(sink, entry, -1);
  }
}

function checkTime(sink: DumpSink, { timestamp, offset }: TimeEntry, largest: number): void {
  if (largest > timestamp) {
    sink.problem(
      `timestamp ${timestamp} at offset ${offset} is below ${largest}, which the segment holds up to there`,
    );
  }
}

export async function dumpTimeIndex(sink: DumpSink, path: string): Promise<void> {
  const bytes = readFileSync(path);
  const baseOffset = baseOffsetOf(path) ?? 0;
  const entries: TimeEntry[] = [];
  for (let index = 0; index < entriesOf(sink, bytes, timeEntryBytes); index++) {
    const timestamp = readInt64(bytes, index * timeEntryBytes);
    const relative = bytes.readInt32BE(index * timeEntryBytes + 8);
    if (relative === 0 && timestamp === 0) break;
    const entry = { timestamp, offset: baseOffset + relative };
    sink.entry('time-index', entry);
    const last = entries.at(-1);
    if (last !== undefined && (timestamp <= last.timestamp || entry.offset < last.offset)) {
      sink.problem(`timestamp ${timestamp} at offset ${entry.offset} does not rise over the entry before`);
    }
    entries.push(entry);
    await sink.flush();
  }
  const segment = openSegment(sink, path);
  try {
    if (segment !== null && sink.problems === 0) checkTimes(sink, segment, entries);
  } finally {
    segment?.close();
  }
}

/** Offsets of the abort markers of a segment. */
function abortMarkers(segment: SegmentReader, decompressors: BatchDecompressors): Set<number> {
  const offsets = new Set<number>();
  for (const item of segment.items()) {
    if (item.kind !== 'batch') break;
    if (!item.batch.isControl || !item.batch.isTransactional) continue;
    const cursor = new RecordCursor(item.batch, { decompressors, maxBytes: item.batch.sizeBytes });
    if (cursor.next() && controlRecordType(cursor.key) === 'abort') offsets.add(cursor.offset);
  }
  return offsets;
}

export async function dumpTransactionIndex(
  sink: DumpSink,
  path: string,
  decompressors: BatchDecompressors,
): Promise<void> {
  const bytes = readFileSync(path);
  const segment = openSegment(sink, path);
  try {
    const markers = segment === null ? null : abortMarkers(segment, decompressors);
    for (let index = 0; index < entriesOf(sink, bytes, transactionEntryBytes); index++) {
      const at = index * transactionEntryBytes;
      const version = bytes.readInt16BE(at);
      const entry = {
        version,
        producerId: readInt64(bytes, at + 2),
        firstOffset: readInt64(bytes, at + 10),
        lastOffset: readInt64(bytes, at + 18),
        lastStableOffset: readInt64(bytes, at + 26),
      };
      sink.entry('transaction-index', entry);
      if (version !== transactionIndexVersion)
        sink.problem(`entry ${index} has version ${version}, which is unknown`);
      else if (entry.firstOffset > entry.lastOffset) sink.problem(`entry ${index} ends before it begins`);
      else if (markers !== null && !markers.has(entry.lastOffset)) {
        sink.problem(
          `entry ${index} names offset ${entry.lastOffset}, where the segment has no abort marker`,
        );
      }
      await sink.flush();
    }
  } finally {
    segment?.close();
  }
}
