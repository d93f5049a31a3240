// Decides whether a leader accepts a batch of records, and corrects what Kafka corrects (L7 to L11, P2).
import { CompressionError } from '../../foundation/compression-error.js';
import type { CompressionType, Compressor, Compressors } from '../../ports/compressor.js';
import { ErrorCode } from '../../protocol/errors.js';
import {
  noProducerId,
  noSequence,
  type RecordBatch,
  batchHeaderBytes,
} from '../../protocol/records/record-batch.js';
import { RecordCursor } from '../../protocol/records/record-reader.js';
import { scanRecords, type ValidScan } from '../../protocol/records/record-scan.js';
import { isCompacted, type LogConfig } from './log-config.js';
import { rebuildBatch, withConsecutiveOffsets } from './recompression.js';

/** One record that made a batch be refused; `batchIndex` is its index in the batch. */
export interface RecordError {
  readonly batchIndex: number;
  readonly message: string;
}

export interface Rejection {
  readonly kind: 'rejected';
  readonly errorCode: number;
  readonly message: string;
  readonly recordErrors: readonly RecordError[];
}

/** The batch to append: the same view, or a new one when it was written anew. Its maximum timestamp is corrected; its checksum is not. */
export interface ValidBatch {
  readonly kind: 'valid';
  readonly batch: RecordBatch;
  /** The header changed behind the checksum's start, so the checksum must be computed again. */
  readonly needsCrc: boolean;
}

export interface ValidationContext {
  readonly config: LogConfig;
  readonly compressors: Compressors;
  readonly nowMs: number;
  readonly origin: 'client' | 'coordinator';
  /** The most bytes that the records of a compressed batch may expand to. */
  readonly maxExpandedBytes: number;
}

export function rejection(
  errorCode: number,
  message: string,
  recordErrors: readonly RecordError[] = [],
): Rejection {
  return { kind: 'rejected', errorCode, message, recordErrors };
}

/** `batch` is structurally complete (validateBatchStructure). */
export function validateBatch(batch: RecordBatch, context: ValidationContext): ValidBatch | Rejection {
  const refused = checkHeader(batch, context);
  if (refused !== null) return refused;
  const expanded = expand(batch, context);
  if (Buffer.isBuffer(expanded)) return validateRecords(batch, expanded, 0, expanded.length, context);
  if (expanded !== null) return expanded;
  return validateRecords(batch, batch.buffer, batch.start + batchHeaderBytes, batch.end, context);
}

/** L11, L1, L7, in Kafka's order. */
function checkHeader(batch: RecordBatch, { config, origin }: ValidationContext): Rejection | null {
  if (origin === 'client' && batch.baseOffset !== 0) {
    return rejection(
      ErrorCode.INVALID_RECORD,
      `The base offset of the batch should be 0, but it is ${batch.baseOffset}`,
    );
  }
  const tooLarge = checkSize(batch, config);
  if (tooLarge !== null) return tooLarge;
  if (!batch.isValidCrc()) {
    return rejection(ErrorCode.CORRUPT_MESSAGE, `The batch's checksum ${batch.crc} is not that of its bytes`);
  }
  const recordCount = batch.recordCount;
  if (recordCount <= 0 || batch.lastOffsetDelta + 1 !== recordCount) {
    const message = `The batch counts ${recordCount} records, but its last offset delta is ${batch.lastOffsetDelta}`;
    return rejection(ErrorCode.INVALID_RECORD, message);
  }
  if (origin === 'client' && batch.isControl) {
    return rejection(ErrorCode.INVALID_RECORD, 'Clients may not write control records');
  }
  if (origin === 'client' && batch.producerId !== noProducerId && batch.baseSequence <= noSequence) {
    return rejection(
      ErrorCode.INVALID_RECORD,
      `Producer ${batch.producerId} sent the invalid sequence ${batch.baseSequence}`,
    );
  }
  return null;
}

function checkSize(batch: RecordBatch, config: LogConfig): Rejection | null {
  const sizeBytes = batch.sizeBytes;
  if (sizeBytes > config.maxMessageBytes) {
    const message = `The batch of ${sizeBytes} bytes exceeds max.message.bytes=${config.maxMessageBytes}`;
    return rejection(ErrorCode.MESSAGE_TOO_LARGE, message);
  }
  return null;
}

/** The records of a compressed batch; null when the batch is plain. */
function expand(batch: RecordBatch, context: ValidationContext): Buffer | Rejection | null {
  const type = batch.compressionType;
  if (type === 'none' || type === undefined) return null;
  const area = batch.buffer.subarray(batch.start + batchHeaderBytes, batch.end);
  try {
    return context.compressors.get(type).decompress(area, context.maxExpandedBytes);
  } catch (error) {
    if (!(error instanceof CompressionError)) throw error;
    if (error.failure === 'too-large') {
      const message = `The ${type} records expand past ${context.maxExpandedBytes} bytes`;
      return rejection(ErrorCode.MESSAGE_TOO_LARGE, message);
    }
    if (error.failure === 'unavailable') {
      return rejection(
        ErrorCode.UNSUPPORTED_COMPRESSION_TYPE,
        `The codec ${type} cannot run here: ${error.message}`,
      );
    }
    return rejection(ErrorCode.CORRUPT_MESSAGE, `The records cannot be expanded: ${error.message}`);
  }
}

function validateRecords(
  batch: RecordBatch,
  records: Buffer,
  start: number,
  end: number,
  context: ValidationContext,
): ValidBatch | Rejection {
  const scan = scanRecords(records, start, end, {
    recordCount: batch.recordCount,
    baseTimestamp: batch.baseTimestamp,
  });
  if (scan.kind === 'corrupt') {
    const recordErrors = [{ batchIndex: scan.recordIndex, message: scan.reason }];
    return rejection(
      ErrorCode.INVALID_RECORD,
      `Record ${scan.recordIndex} is malformed: ${scan.reason}`,
      recordErrors,
    );
  }
  const faulty = checkTimestamps(batch, scan, context) ?? checkKeys(batch, scan, context);
  if (faulty !== null) return faulty;
  const { config } = context;
  const target = targetCompression(batch, config);
  let result = batch;
  if (target !== batch.compressionType || !scan.offsetsAreConsecutive) {
    const plain = start === 0 && end === records.length ? records : records.subarray(start, end);
    const ordered = scan.offsetsAreConsecutive ? plain : withConsecutiveOffsets(plain, scan.recordCount);
    result = rebuildBatch(batch, ordered, compressorFor(target, context));
    const tooLarge = checkSize(result, config);
    if (tooLarge !== null) return tooLarge;
  }
  const isAppendTime = config.messageTimestampType === 'LogAppendTime';
  const maxTimestamp = isAppendTime ? context.nowMs : scan.maxTimestamp;
  const isCorrect =
    result.timestampType === config.messageTimestampType && result.maxTimestamp === maxTimestamp;
  if (!isCorrect) result.setMaxTimestamp(config.messageTimestampType, maxTimestamp);
  return { kind: 'valid', batch: result, needsCrc: !isCorrect || result !== batch };
}

/** L10: what a client says of time. */
function checkTimestamps(batch: RecordBatch, scan: ValidScan, context: ValidationContext): Rejection | null {
  if (context.origin !== 'client') return null;
  const { config, nowMs } = context;
  const ownTimes = config.messageTimestampType === 'CreateTime';
  if (batch.timestampType === 'LogAppendTime' && (!ownTimes || scan.minTimestamp === -1)) {
    const message = 'A producer should not set the timestamp type to LogAppendTime';
    return rejection(ErrorCode.INVALID_TIMESTAMP, message, [{ batchIndex: 0, message }]);
  }
  if (!ownTimes) return null;
  const earliest = nowMs - config.messageTimestampBeforeMaxMs;
  const latest = nowMs + config.messageTimestampAfterMaxMs;
  // A mixture of −1 (no timestamp) and real ones is left to the slow walk.
  if ((scan.minTimestamp >= Math.max(0, earliest) || scan.maxTimestamp === -1) && scan.maxTimestamp <= latest)
    return null;
  const recordErrors = errorsOf(batch, context, (cursor) => {
    const { timestamp } = cursor;
    if (timestamp === -1 || (timestamp >= earliest && timestamp <= latest)) return null;
    return `Timestamp ${timestamp} of the record is out of range: it should be within [${earliest}, ${latest}]`;
  });
  const first = recordErrors[0];
  return first === undefined ? null : rejection(ErrorCode.INVALID_TIMESTAMP, first.message, recordErrors);
}

/** L10: a compacted topic keeps the last record of each key. */
function checkKeys(batch: RecordBatch, scan: ValidScan, context: ValidationContext): Rejection | null {
  if (scan.firstKeylessIndex < 0 || batch.isControl || !isCompacted(context.config)) return null;
  const message = 'A compacted topic cannot take a record without a key';
  const recordErrors = errorsOf(batch, context, (cursor) => (cursor.keyLength < 0 ? message : null));
  return rejection(ErrorCode.INVALID_RECORD, message, recordErrors);
}

/** The slow walk, only taken when a batch is refused. */
function errorsOf(
  batch: RecordBatch,
  context: ValidationContext,
  faultOf: (cursor: RecordCursor) => string | null,
): RecordError[] {
  const errors: RecordError[] = [];
  const expansion = { decompressors: context.compressors, maxBytes: context.maxExpandedBytes };
  const cursor = new RecordCursor(batch, expansion);
  for (let batchIndex = 0; cursor.next(); batchIndex++) {
    const message = faultOf(cursor);
    if (message !== null) errors.push({ batchIndex, message });
  }
  return errors;
}

/** With the level that the topic asks for; null for none. */
function compressorFor(
  target: CompressionType,
  { compressors, config }: ValidationContext,
): Compressor | null {
  switch (target) {
    case 'none':
      return null;
    case 'gzip':
      return compressors.get(target, config.compressionGzipLevel);
    case 'zstd':
      return compressors.get(target, config.compressionZstdLevel);
    default:
      return compressors.get(target);
  }
}

/** L9. */
function targetCompression(batch: RecordBatch, { compressionType }: LogConfig): CompressionType {
  const source = batch.compressionType ?? 'none';
  if (compressionType === 'producer' || (batch.isControl && source === 'none')) return source;
  return compressionType === 'uncompressed' ? 'none' : compressionType;
}
