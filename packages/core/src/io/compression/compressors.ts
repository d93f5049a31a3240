// Decides which code compresses and expands each of Kafka's codecs, loading it at its first use.
import type { Compressor, Compressors } from '../../ports/compressor.js';
import { createGzipCompressor } from './gzip.js';
import { createLz4Compressor } from './lz4.js';
import { createSnappyCompressor } from './snappy.js';
import { createZstdCompressor } from './zstd.js';

const factories: Readonly<Record<Compressor['type'], (level?: number) => Compressor>> = {
  gzip: createGzipCompressor,
  snappy: () => createSnappyCompressor(),
  lz4: () => createLz4Compressor(),
  zstd: createZstdCompressor,
};

/** zstd alone has a hundred thousand levels; who asks for so many gets each made anew. */
const mostLoaded = 64;

/** `get` throws a CompressionError ('unavailable') that names what to install when a codec's library does not load. */
export function createCompressors(): Compressors {
  const loaded = new Map<string, Compressor>();
  return {
    get(type, level) {
      const key = level === undefined ? type : `${type} ${level}`;
      const known = loaded.get(key);
      if (known !== undefined) return known;
      const compressor = factories[type](level);
      if (loaded.size >= mostLoaded) loaded.clear();
      loaded.set(key, compressor);
      return compressor;
    },
  };
}
