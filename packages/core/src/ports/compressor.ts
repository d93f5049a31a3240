// Decides how the records area of a batch is compressed and expanded.

/** Kafka's `compression.type` values. */
export type CompressionType = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

/** The codec numbers of the record batch attributes. */
export const compressionCodes = {
  none: 0,
  gzip: 1,
  snappy: 2,
  lz4: 3,
  zstd: 4,
} as const satisfies Record<CompressionType, number>;

/** One codec. */
export interface Compressor {
  /** Which one it is. */
  readonly type: Exclude<CompressionType, 'none'>;
  /** The compressed form of `data`. */
  compress(data: Buffer): Buffer;
  /** Expands `data`; throws when the data is damaged or would expand past `maxBytes`. */
  decompress(data: Buffer, maxBytes: number): Buffer;
}

/** The compressors at hand, by type; each is loaded on first use. */
export interface Compressors {
  /** Throws when the codec cannot be had on this machine. `level` is of the codec's own scale, and its default when absent; gzip and zstd have levels. */
  get(type: Exclude<CompressionType, 'none'>, level?: number): Compressor;
}
