// Decides gzip: node:zlib, at Kafka's default level.
import { constants, gunzipSync, gzipSync } from 'node:zlib';

import type { Compressor } from '../../ports/compressor.js';
import { damaged, tooLarge } from './codec-failure.js';

export function createGzipCompressor(level: number = constants.Z_DEFAULT_COMPRESSION): Compressor {
  return {
    type: 'gzip',
    compress: (data) => gzipSync(data, { level }),
    decompress(data, maxBytes) {
      try {
        const expanded = gunzipSync(data, { maxOutputLength: Math.max(1, maxBytes) });
        if (expanded.length <= maxBytes) return expanded;
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        throw code === 'ERR_BUFFER_TOO_LARGE' ? tooLarge('gzip', maxBytes) : damaged('gzip', message, error);
      }
      throw tooLarge('gzip', maxBytes);
    },
  };
}
