// Decides how the records area of a batch is compressed and expanded.

/** The codec numbers of the record batch attributes. */
export const compressionCodes = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const;

/** Kafka's `compression.type` values. */
export type CompressionType = keyof typeof compressionCodes;

export interface Compressor {
  readonly type: Exclude<CompressionType, 'none'>;
  compress(data: Buffer): Buffer;
  /** Expands `data`; throws when the data is damaged or would expand past `maxBytes`. */
  decompress(data: Buffer, maxBytes: number): Buffer;
}

/** The compressors at hand, by type; each is loaded on first use. */
export interface Compressors {
  get(type: Exclude<CompressionType, 'none'>): Compressor;
}
