// Decides which code compresses and expands each of Kafka's codecs, loading it at its first use.
import type { Compressor, Compressors } from '../../ports/compressor.js';
import { createGzipCompressor } from './gzip.js';
import { createLz4Compressor } from './lz4.js';
import { createSnappyCompressor } from './snappy.js';
import { createZstdCompressor } from './zstd.js';

const factories: Readonly<Record<Compressor['type'], () => Compressor>> = {
  gzip: createGzipCompressor,
  snappy: createSnappyCompressor,
  lz4: createLz4Compressor,
  zstd: createZstdCompressor,
};

/** `get` throws a CompressionError ('unavailable') that names what to install when a codec's library does not load. */
export function createCompressors(): Compressors {
  const loaded = new Map<Compressor['type'], Compressor>();
  return {
    get(type) {
      const known = loaded.get(type);
      if (known !== undefined) return known;
      const compressor = factories[type]();
      loaded.set(type, compressor);
      return compressor;
    },
  };
}
