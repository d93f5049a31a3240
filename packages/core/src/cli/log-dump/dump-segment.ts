// Decides what is shown of a segment, batch by batch and record by record, and what is checked: structure, checksum, order of offsets.
import { basename } from 'node:path';

import type { BatchDecompressors } from '../../protocol/records/attributes.js';
import { controlRecordType, readEndTransactionMarker } from '../../protocol/records/control-record.js';
import type { RecordBatch } from '../../protocol/records/record-batch.js';
import { RecordCursor } from '../../protocol/records/record-reader.js';
import { bytesField } from '../record-json.js';
import type { DumpFields, DumpSink } from './dump-sink.js';
import type { RecordDecoder } from './record-decoders.js';
import { SegmentReader } from './segment-reader.js';

export interface SegmentDumpOptions {
  /** Whether records are read one by one. */
  readonly isDeep: boolean;
  /** How keys and values are shown; null: they are not. */
  readonly decoder: RecordDecoder | null;
  readonly decompressors: BatchDecompressors;
}

const maxExpandedBytes = 1024 * 1024 * 1024;

/** The offset that a segment's name gives it, or null when it has no such name; a snapshot's name tells where it ends. */
export function baseOffsetOf(path: string): number | null {
  const match = /^(\d{20})\.(?!checkpoint)/.exec(basename(path));
  return match === null ? null : Number(match[1]);
}

function batchFields(batch: RecordBatch, position: number, isValid: boolean): DumpFields {
  return {
    baseOffset: batch.baseOffset,
    lastOffset: batch.lastOffset,
    count: batch.recordCount,
    baseSequence: batch.baseSequence,
    lastSequence: batch.lastSequence,
    producerId: batch.producerId,
    producerEpoch: batch.producerEpoch,
    partitionLeaderEpoch: batch.partitionLeaderEpoch,
    isTransactional: batch.isTransactional,
    isControl: batch.isControl,
    deleteHorizonMs: batch.deleteHorizonMs,
    position,
    [batch.timestampType]: batch.maxTimestamp,
    size: batch.sizeBytes,
    magic: batch.magic,
    compressCodec: batch.compressionType,
    crc: batch.crc,
    isValid,
  };
}

function controlFields(cursor: RecordCursor): DumpFields {
  const marker = readEndTransactionMarker(cursor.key, cursor.value);
  const type = controlRecordType(cursor.key);
  if (marker !== null) return { controlType: marker.type, coordinatorEpoch: marker.coordinatorEpoch };
  return { controlType: type ?? 'unknown', ...bytesField('payload', cursor.value) };
}

function recordFields(cursor: RecordCursor, batch: RecordBatch, index: number): DumpFields {
  const first = batch.baseSequence;
  return {
    offset: cursor.offset,
    [batch.timestampType]: cursor.timestamp,
    keySize: cursor.keyLength,
    valueSize: cursor.valueLength,
    ...(first >= 0 && { sequence: first + index }),
    headers: cursor.headers.map((header) => ({ key: header.key, ...bytesField('value', header.value) })),
  };
}

function decoded(cursor: RecordCursor, decoder: RecordDecoder, sink: DumpSink): DumpFields {
  try {
    return decoder(cursor.key, cursor.value);
  } catch (error) {
    sink.problem(`the record at offset ${cursor.offset} cannot be decoded: ${(error as Error).message}`);
    return { ...bytesField('key', cursor.key), ...bytesField('payload', cursor.value) };
  }
}

async function dumpRecords(sink: DumpSink, batch: RecordBatch, options: SegmentDumpOptions): Promise<void> {
  let lastOffset = batch.baseOffset - 1;
  try {
    const cursor = new RecordCursor(batch, {
      decompressors: options.decompressors,
      maxBytes: maxExpandedBytes,
    });
    for (let index = 0; cursor.next(); index++) {
      if (cursor.offset <= lastOffset || cursor.offset > batch.lastOffset) {
        sink.problem(
          `offset ${cursor.offset} follows ${lastOffset} in the batch of ${batch.baseOffset} to ${batch.lastOffset}`,
        );
      }
      lastOffset = cursor.offset;
      const content = batch.isControl
        ? controlFields(cursor)
        : options.decoder === null
          ? {}
          : decoded(cursor, options.decoder, sink);
      sink.entry('record', { ...recordFields(cursor, batch, index), ...content }, '| ');
      await sink.flush();
    }
  } catch (error) {
    sink.problem(
      `the records of the batch at offset ${batch.baseOffset} cannot be read: ${(error as Error).message}`,
    );
  }
}

export async function dumpSegment(sink: DumpSink, path: string, options: SegmentDumpOptions): Promise<void> {
  const reader = new SegmentReader(path);
  try {
    const named = baseOffsetOf(path);
    let nextOffset = named ?? 0;
    for (const item of reader.items()) {
      if (item.kind === 'corrupt') {
        sink.problem(`no batch at position ${item.position} of ${reader.sizeBytes}: ${item.reason}`);
        return;
      }
      if (item.kind === 'truncated') {
        sink.problem(`the last ${item.bytes} bytes, from position ${item.position}, are no whole batch`);
        return;
      }
      const { batch, position } = item;
      const isValid = batch.isValidCrc();
      if (!isValid)
        sink.problem(`the batch at offset ${batch.baseOffset}, position ${position}, fails its checksum`);
      if (batch.baseOffset < nextOffset) {
        sink.problem(
          `offset ${batch.baseOffset} at position ${position} is below ${nextOffset}, where it should begin`,
        );
      }
      nextOffset = Math.max(nextOffset, batch.nextOffset);
      sink.entry('batch', batchFields(batch, position, isValid));
      // What fails its checksum is not trusted to hold records.
      if (options.isDeep && isValid) await dumpRecords(sink, batch, options);
      await sink.flush();
      if (sink.isClosed) return;
    }
  } finally {
    reader.close();
  }
}
