// Decides the words in which a codec tells that it cannot do its work.
import { requireNative } from '#require-native';

import { CompressionError } from '../../foundation/compression-error.js';
import type { Compressor } from '../../ports/compressor.js';

type Codec = Compressor['type'];

export function damaged(codec: Codec, reason: string, cause?: unknown): CompressionError {
  return new CompressionError(codec, 'damaged', `Data is no valid ${codec} stream: ${reason}`, { cause });
}

export function tooLarge(codec: Codec, maxBytes: number): CompressionError {
  return new CompressionError(
    codec,
    'too-large',
    `Data compressed with ${codec} would expand past the bound of ${maxBytes} bytes`,
  );
}

/** Runs a library's expansion; what it throws means that the data is damaged. */
export function expandOrFail<T>(codec: Codec, expand: () => T): T {
  try {
    return expand();
  } catch (error) {
    throw damaged(codec, error instanceof Error ? error.message : String(error), error);
  }
}

/** Loads a codec's library at its first use. */
export function loadLibrary<T>(codec: Codec, packageName: string): T {
  try {
    return requireNative(packageName) as T;
  } catch (error) {
    throw new CompressionError(
      codec,
      'unavailable',
      `Compression "${codec}" needs the package "${packageName}" with its native part for ${process.platform}-${process.arch}; ` +
        `install it with "npm install ${packageName}", optional dependencies included, or use another compression.type`,
      { cause: error },
    );
  }
}
