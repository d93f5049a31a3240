// Decides what reads log files without a broker: the same checksum and decompressors that a broker has.
import { createCompressors } from '../io/compression/compressors.js';
import type { Compressors } from '../ports/compressor.js';
import { chooseCrc32c } from './choose-crc32c.js';

export interface OfflineLogTools {
  readonly compressors: Compressors;
}

export function offlineLogTools(): OfflineLogTools {
  chooseCrc32c();
  return { compressors: createCompressors() };
}
