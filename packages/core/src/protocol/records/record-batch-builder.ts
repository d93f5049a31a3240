// Decides how records become a batch: one growing buffer, written once, its header filled in at the end (L1-L4).
import { assert } from '../../foundation/assert.js';
import { writeInt64 } from '../../foundation/int64.js';
import {
  codecNumber,
  controlBit,
  deleteHorizonBit,
  logAppendTimeBit,
  transactionalBit,
  type BatchCompressor,
} from './attributes.js';
import {
  batchHeaderBytes,
  currentMagic,
  headerField,
  logOverheadBytes,
  noLeaderEpoch,
  noProducerEpoch,
  noProducerId,
  noSequence,
  noTimestamp,
  RecordBatch,
} from './record-batch.js';
import type { RecordHeaderInput } from './record-header.js';
import { maxSizeOfRecord, sizeOfRecord, type RecordBytes } from './record-size.js';
import { writeRecord, type FieldSizes } from './record-writer.js';

/** Kafka allows for a batch that compresses 5 % worse than the estimate. */
const compressionEstimateMargin = 1.05;

export interface RecordBatchBuilderOptions {
  /** Size at which the batch is full; a first record is taken whatever its size (`batch.size`). */
  readonly batchSizeBytes: number;
  /** A buffer to write into, as from a pool; the builder leaves it for a larger one when it must. Default: a new one. */
  readonly buffer?: Buffer;
  /** Expected compressed size over plain size of the records; 1, the default, for batches that stay plain. */
  readonly compressionRatio?: number;
  /** Offset of the first record as far as the writer knows it; 0, the default, for producers. */
  readonly baseOffset?: number;
  /** Time after which tombstones of the batch may go; it is the base timestamp that the records count from (L30). */
  readonly deleteHorizonMs?: number;
}

export interface BatchCloseOptions {
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
  readonly isTransactional?: boolean;
  readonly isControl?: boolean;
  readonly partitionLeaderEpoch?: number;
  /** Makes it a LogAppendTime batch of this time (L8). */
  readonly logAppendTimeMs?: number;
  readonly compressor?: BatchCompressor;
  /** Last offset of the batch when it lies behind that of its last record, as after compaction (L29). */
  readonly lastOffset?: number;
}

/** A batch in the making. It has a place for a header, then records; `close` fills in the header and gives the bytes. */
export class RecordBatchBuilder {
  readonly batchSizeBytes: number;
  readonly #lastSizes: FieldSizes = { keyBytes: -1, valueBytes: -1 };
  readonly #compressionRatio: number;
  readonly #baseOffset: number;
  readonly #deleteHorizonMs: number | null;
  #buffer: Buffer;
  #position = batchHeaderBytes;
  #recordCount = 0;
  #lastOffsetDelta = -1;
  #baseTimestamp = noTimestamp;
  #maxTimestamp = noTimestamp;
  #isClosed = false;

  constructor(options: RecordBatchBuilderOptions) {
    this.batchSizeBytes = options.batchSizeBytes;
    this.#compressionRatio = options.compressionRatio ?? 1;
    this.#baseOffset = options.baseOffset ?? 0;
    this.#deleteHorizonMs = options.deleteHorizonMs ?? null;
    this.#buffer =
      options.buffer ?? Buffer.allocUnsafeSlow(Math.max(options.batchSizeBytes, batchHeaderBytes));
  }

  get recordCount(): number {
    return this.#recordCount;
  }

  /** Sizes of the key and the value that were appended last; the next append overwrites them. */
  get lastSizes(): Readonly<FieldSizes> {
    return this.#lastSizes;
  }

  /** Bytes written so far, header included; plain even when the batch will be compressed. */
  get sizeInBytes(): number {
    return this.#position;
  }

  /** What the batch will take on the wire: exact when it stays plain, Kafka's estimate when it will be compressed. */
  get estimatedSizeBytes(): number {
    if (this.#compressionRatio === 1) return this.#position;
    const records = this.#position - batchHeaderBytes;
    return batchHeaderBytes + Math.floor(records * this.#compressionRatio * compressionEstimateMargin);
  }

  get isFull(): boolean {
    return this.#isClosed || (this.#recordCount > 0 && this.estimatedSizeBytes >= this.batchSizeBytes);
  }

  /** The greatest record timestamp; -1 before the first record. */
  get maxTimestamp(): number {
    return this.#maxTimestamp;
  }

  /** The buffer that holds the batch: the one given, unless the records outgrew it. */
  get buffer(): Buffer {
    return this.#buffer;
  }

  /** Appends a record under the next offset, or returns false when the batch is closed or has no room for it. */
  tryAppend(
    timestamp: number,
    key: RecordBytes,
    value: RecordBytes,
    headers?: readonly RecordHeaderInput[],
  ): boolean {
    const offsetDelta = this.#lastOffsetDelta + 1;
    const timestampDelta = this.#recordCount === 0 ? 0 : timestamp - this.#baseTimestamp;
    const maxSize = maxSizeOfRecord(key, value, headers);
    if (
      this.#isClosed ||
      (this.#recordCount > 0 &&
        this.estimatedSizeBytes + maxSize > this.batchSizeBytes &&
        this.estimatedSizeBytes + sizeOfRecord(timestampDelta, offsetDelta, key, value, headers) >
          this.batchSizeBytes)
    ) {
      return false;
    }
    this.#append(offsetDelta, maxSize, timestamp, key, value, headers);
    return true;
  }

  /** Appends a record under an offset of its own, above the last; used where the broker rewrites records. */
  appendWithOffset(
    offset: number,
    timestamp: number,
    key: RecordBytes,
    value: RecordBytes,
    headers?: readonly RecordHeaderInput[],
  ): void {
    assert(!this.#isClosed, 'a closed batch takes no record');
    assert(
      offset - this.#baseOffset > this.#lastOffsetDelta,
      `offset ${offset} does not follow the batch's last`,
    );
    this.#append(
      offset - this.#baseOffset,
      maxSizeOfRecord(key, value, headers),
      timestamp,
      key,
      value,
      headers,
    );
  }

  /** Fills in the header, compressing the records first when a compressor is given; returns the batch's bytes as a view. */
  close(options: BatchCloseOptions = {}): Buffer {
    assert(!this.#isClosed, 'a batch is closed once');
    assert(this.#recordCount > 0, 'a batch has at least one record');
    this.#isClosed = true;
    if (options.compressor !== undefined) this.#compress(options.compressor);
    const buffer = this.#buffer;
    writeInt64(buffer, this.#baseOffset, headerField.baseOffset);
    buffer.writeInt32BE(this.#position - logOverheadBytes, headerField.batchLength);
    buffer.writeInt32BE(options.partitionLeaderEpoch ?? noLeaderEpoch, headerField.partitionLeaderEpoch);
    buffer[headerField.magic] = currentMagic;
    buffer.writeInt16BE(attributesOf(options, this.#deleteHorizonMs !== null), headerField.attributes);
    buffer.writeInt32BE(this.#closingOffsetDelta(options.lastOffset), headerField.lastOffsetDelta);
    writeInt64(buffer, this.#baseTimestamp, headerField.baseTimestamp);
    writeInt64(buffer, options.logAppendTimeMs ?? this.#maxTimestamp, headerField.maxTimestamp);
    writeInt64(buffer, options.producerId ?? noProducerId, headerField.producerId);
    buffer.writeInt16BE(options.producerEpoch ?? noProducerEpoch, headerField.producerEpoch);
    buffer.writeInt32BE(options.baseSequence ?? noSequence, headerField.baseSequence);
    buffer.writeInt32BE(this.#recordCount, headerField.recordCount);
    new RecordBatch(buffer).updateCrc();
    return buffer.subarray(0, this.#position);
  }

  #append(
    offsetDelta: number,
    maxSize: number,
    timestamp: number,
    key: RecordBytes,
    value: RecordBytes,
    headers: readonly RecordHeaderInput[] | undefined,
  ): void {
    if (this.#recordCount === 0) this.#baseTimestamp = this.#deleteHorizonMs ?? timestamp;
    const timestampDelta = timestamp - this.#baseTimestamp;
    if (this.#position + maxSize > this.#buffer.length) {
      this.#reserve(sizeOfRecord(timestampDelta, offsetDelta, key, value, headers));
    }
    this.#position = writeRecord(
      this.#buffer,
      this.#position,
      timestampDelta,
      offsetDelta,
      key,
      value,
      headers,
      this.#lastSizes,
    );
    this.#lastOffsetDelta = offsetDelta;
    this.#recordCount++;
    if (timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp;
  }

  #closingOffsetDelta(lastOffset: number | undefined): number {
    if (lastOffset === undefined) return this.#lastOffsetDelta;
    assert(
      lastOffset - this.#baseOffset >= this.#lastOffsetDelta,
      `last offset ${lastOffset} lies before the last record`,
    );
    return lastOffset - this.#baseOffset;
  }

  #reserve(moreBytes: number): void {
    const needed = this.#position + moreBytes;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#buffer.length));
    larger.set(this.#buffer.subarray(0, this.#position));
    this.#buffer = larger;
  }

  #compress(compressor: BatchCompressor): void {
    const compressed = compressor.compress(this.#buffer.subarray(batchHeaderBytes, this.#position));
    this.#position = batchHeaderBytes;
    this.#reserve(compressed.length);
    this.#buffer.set(compressed, batchHeaderBytes);
    this.#position += compressed.length;
  }
}

function attributesOf(options: BatchCloseOptions, hasDeleteHorizon: boolean): number {
  let attributes = options.compressor === undefined ? 0 : codecNumber(options.compressor.type);
  if (options.logAppendTimeMs !== undefined) attributes |= logAppendTimeBit;
  if (options.isTransactional === true) attributes |= transactionalBit;
  if (options.isControl === true) attributes |= controlBit;
  if (hasDeleteHorizon) attributes |= deleteHorizonBit;
  return attributes;
}
