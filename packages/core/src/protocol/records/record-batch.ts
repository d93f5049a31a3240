// Decides how the header of a record batch (format v2) lies in its bytes, and which bytes are a batch at all (L1, L2, L4).
import { crc32c } from '../../foundation/crc32c.js';
import { readInt64, writeInt64 } from '../../foundation/int64.js';
import {
  compressionOf,
  controlBit,
  deleteHorizonBit,
  logAppendTimeBit,
  transactionalBit,
  type BatchCompression,
  type TimestampType,
} from './attributes.js';
import { CorruptRecordError } from './corrupt-record-error.js';

/** Bytes of base offset and length, which the length does not count. */
export const logOverheadBytes = 12;
/** Bytes of a batch before its records. */
export const batchHeaderBytes = 61;
export const currentMagic = 2;

export const noTimestamp = -1;
export const noProducerId = -1;
export const noProducerEpoch = -1;
export const noSequence = -1;
export const noLeaderEpoch = -1;

/** Offsets of the header's fields. */
export const headerField = {
  baseOffset: 0,
  batchLength: 8,
  partitionLeaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  recordCount: 57,
} as const;

/** A view of one batch inside a buffer; `moveTo` lets one view walk over many batches. */
export class RecordBatch {
  constructor(
    public buffer: Buffer,
    public start = 0,
  ) {}

  moveTo(buffer: Buffer, start: number): this {
    this.buffer = buffer;
    this.start = start;
    return this;
  }

  get baseOffset(): number {
    return readInt64(this.buffer, this.start + headerField.baseOffset);
  }

  get batchLength(): number {
    return this.buffer.readInt32BE(this.start + headerField.batchLength);
  }

  /** Bytes of the whole batch, base offset and length included. */
  get sizeBytes(): number {
    return logOverheadBytes + this.batchLength;
  }

  /** Where the bytes of the batch end in the buffer. */
  get end(): number {
    return this.start + this.sizeBytes;
  }

  get partitionLeaderEpoch(): number {
    return this.buffer.readInt32BE(this.start + headerField.partitionLeaderEpoch);
  }

  get magic(): number {
    return this.buffer.readInt8(this.start + headerField.magic);
  }

  get crc(): number {
    return this.buffer.readUInt32BE(this.start + headerField.crc);
  }

  get attributes(): number {
    return this.buffer.readInt16BE(this.start + headerField.attributes);
  }

  /** Undefined for a codec number that Kafka has not given out. */
  get compressionType(): BatchCompression | undefined {
    return compressionOf(this.attributes);
  }

  get timestampType(): TimestampType {
    return (this.attributes & logAppendTimeBit) === 0 ? 'CreateTime' : 'LogAppendTime';
  }

  get isTransactional(): boolean {
    return (this.attributes & transactionalBit) !== 0;
  }

  get isControl(): boolean {
    return (this.attributes & controlBit) !== 0;
  }

  get hasDeleteHorizon(): boolean {
    return (this.attributes & deleteHorizonBit) !== 0;
  }

  /** The time in the base timestamp when the delete horizon bit is set (L30), else null. */
  get deleteHorizonMs(): number | null {
    return this.hasDeleteHorizon ? this.baseTimestamp : null;
  }

  get lastOffsetDelta(): number {
    return this.buffer.readInt32BE(this.start + headerField.lastOffsetDelta);
  }

  get lastOffset(): number {
    return this.baseOffset + this.lastOffsetDelta;
  }

  get nextOffset(): number {
    return this.lastOffset + 1;
  }

  get baseTimestamp(): number {
    return readInt64(this.buffer, this.start + headerField.baseTimestamp);
  }

  get maxTimestamp(): number {
    return readInt64(this.buffer, this.start + headerField.maxTimestamp);
  }

  get producerId(): number {
    return readInt64(this.buffer, this.start + headerField.producerId);
  }

  get hasProducerId(): boolean {
    return this.producerId > noProducerId;
  }

  get producerEpoch(): number {
    return this.buffer.readInt16BE(this.start + headerField.producerEpoch);
  }

  get baseSequence(): number {
    return this.buffer.readInt32BE(this.start + headerField.baseSequence);
  }

  /** Sequence of the last record (L4), -1 without one. */
  get lastSequence(): number {
    const first = this.baseSequence;
    return first === noSequence ? noSequence : incrementSequence(first, this.lastOffsetDelta);
  }

  get recordCount(): number {
    return this.buffer.readInt32BE(this.start + headerField.recordCount);
  }

  /** The bytes of the batch, as a view. */
  get bytes(): Buffer {
    return this.buffer.subarray(this.start, this.end);
  }

  computeCrc(): number {
    return crc32c(this.buffer, this.start + headerField.attributes, this.end);
  }

  /** True when the checksum over the batch is the one it carries; checks the size first. */
  isValidCrc(): boolean {
    return (
      this.sizeBytes >= batchHeaderBytes && this.end <= this.buffer.length && this.computeCrc() === this.crc
    );
  }

  setBaseOffset(baseOffset: number): void {
    writeInt64(this.buffer, baseOffset, this.start + headerField.baseOffset);
  }

  /** Makes `lastOffset` the offset of the last record. */
  setLastOffset(lastOffset: number): void {
    this.setBaseOffset(lastOffset - this.lastOffsetDelta);
  }

  setPartitionLeaderEpoch(leaderEpoch: number): void {
    this.buffer.writeInt32BE(leaderEpoch, this.start + headerField.partitionLeaderEpoch);
  }

  /** Sets the timestamp type and the maximum (L8); the checksum needs `updateCrc` afterwards. */
  setMaxTimestamp(type: TimestampType, maxTimestamp: number): void {
    const others = this.attributes & ~logAppendTimeBit;
    const attributes = type === 'LogAppendTime' ? others | logAppendTimeBit : others;
    this.buffer.writeInt16BE(attributes, this.start + headerField.attributes);
    writeInt64(this.buffer, maxTimestamp, this.start + headerField.maxTimestamp);
  }

  /** Sets who produced the batch, as before a retry under a new epoch; the checksum needs `updateCrc` afterwards. */
  setProducerState(producerId: number, producerEpoch: number, baseSequence: number): void {
    writeInt64(this.buffer, producerId, this.start + headerField.producerId);
    this.buffer.writeInt16BE(producerEpoch, this.start + headerField.producerEpoch);
    this.buffer.writeInt32BE(baseSequence, this.start + headerField.baseSequence);
  }

  updateCrc(): void {
    this.buffer.writeUInt32BE(this.computeCrc(), this.start + headerField.crc);
  }
}

/** The sequence `increment` after `sequence`: 2^31-1 is followed by 0 (L4). */
export function incrementSequence(sequence: number, increment: number): number {
  return (sequence + increment) % 0x8000_0000;
}

/** The sequence `decrement` before `sequence`: 0 is preceded by 2^31-1 (L4). */
export function decrementSequence(sequence: number, decrement: number): number {
  return (sequence - decrement + 0x8000_0000) % 0x8000_0000;
}

/** What lies at a place in a buffer: a whole batch, the beginning of one that was cut off, or something else. */
export type BatchStructure =
  | { readonly kind: 'complete'; readonly sizeBytes: number }
  | { readonly kind: 'partial' }
  | { readonly kind: 'corrupt'; readonly reason: string };

const partialBatch: BatchStructure = { kind: 'partial' };

/**
 * Looks at the bytes from `start` on without trusting them. After 'complete' every accessor of RecordBatch is safe; the checksum
 * and the records are still unchecked. Fewer bytes than the length announces are 'partial', as at the end of a fetch response.
 */
export function validateBatchStructure(buffer: Buffer, start: number, end = buffer.length): BatchStructure {
  const remaining = end - start;
  if (remaining < headerField.magic + 1) return partialBatch;
  const magic = buffer.readInt8(start + headerField.magic);
  const sizeBytes = logOverheadBytes + buffer.readInt32BE(start + headerField.batchLength);
  if (magic !== currentMagic) {
    return {
      kind: 'corrupt',
      reason: `magic byte ${magic} found, only record format ${currentMagic} is supported`,
    };
  }
  if (sizeBytes < batchHeaderBytes) {
    return {
      kind: 'corrupt',
      reason: `batch of ${sizeBytes} bytes is smaller than its header of ${batchHeaderBytes} bytes`,
    };
  }
  if (sizeBytes > remaining) return partialBatch;
  const recordCount = buffer.readInt32BE(start + headerField.recordCount);
  const lastOffsetDelta = buffer.readInt32BE(start + headerField.lastOffsetDelta);
  if (recordCount < 0) return { kind: 'corrupt', reason: `record count ${recordCount} is negative` };
  if (lastOffsetDelta < 0)
    return { kind: 'corrupt', reason: `last offset delta ${lastOffsetDelta} is negative` };
  if (compressionOf(buffer.readInt16BE(start + headerField.attributes)) === undefined) {
    return { kind: 'corrupt', reason: 'compression codec is unknown' };
  }
  return { kind: 'complete', sizeBytes };
}

/** The whole batches of a buffer, in order; stops before a cut-off last batch, throws CorruptRecordError at anything else. */
export function* batchesOf(
  buffer: Buffer,
  start = 0,
  end = buffer.length,
): Generator<RecordBatch, void, undefined> {
  for (let at = start; ;) {
    const structure = validateBatchStructure(buffer, at, end);
    if (structure.kind === 'partial') return;
    if (structure.kind === 'corrupt') throw new CorruptRecordError(readInt64(buffer, at), structure.reason);
    yield new RecordBatch(buffer, at);
    at += structure.sizeBytes;
  }
}
