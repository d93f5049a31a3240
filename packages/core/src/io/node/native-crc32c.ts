// Decides whether checksums run in native code here.
import { requireNative } from '#require-native';

import type { NativeCrc32c } from '../../foundation/crc32c.js';

/** The known checksum of the digits 1 to 9, by which the native code proves itself. */
const checkInput = Buffer.from('123456789');
const checkValue = 0xe3069283;

/** Native CRC-32C, or null where its library is absent or does not load; the engine's own code does then. */
export function loadNativeCrc32c(): NativeCrc32c | null {
  try {
    const { crc32c } = requireNative('@node-rs/crc32') as { crc32c?: NativeCrc32c };
    return crc32c !== undefined && crc32c(checkInput) === checkValue ? crc32c : null;
  } catch {
    return null;
  }
}
