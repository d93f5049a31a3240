// Decides what the attribute bits of a record batch mean (L2).

export type TimestampType = 'CreateTime' | 'LogAppendTime';

/** Kafka's codec names, in the order of their numbers in the attributes. */
const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

/** How the records area of a batch is compressed; same names as the compressor port's. */
export type BatchCompression = (typeof codecs)[number];

export const codecMask = 0x07;
export const logAppendTimeBit = 0x08;
export const transactionalBit = 0x10;
export const controlBit = 0x20;
export const deleteHorizonBit = 0x40;

/** The codec of a batch, or undefined for the numbers 5 to 7, which Kafka has not given out. */
export function compressionOf(attributes: number): BatchCompression | undefined {
  return codecs[attributes & codecMask];
}

export function codecNumber(compression: BatchCompression): number {
  return codecs.indexOf(compression);
}

/** Compresses the records area; satisfied by the compressor port. */
export interface BatchCompressor {
  readonly type: Exclude<BatchCompression, 'none'>;
  compress(data: Buffer): Buffer;
}

/** Expands records areas; satisfied by the compressors port. */
export interface BatchDecompressors {
  get(type: Exclude<BatchCompression, 'none'>): { decompress(data: Buffer, maxBytes: number): Buffer };
}
