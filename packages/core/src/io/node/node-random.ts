// Decides that the engine's chance comes from the operating system.
import { randomFillSync } from 'node:crypto';

import type { Random } from '../../ports/random.js';

const poolSizeBytes = 4096;

export function createNodeRandom(): Random {
  const pool = Buffer.allocUnsafeSlow(poolSizeBytes);
  let position = poolSizeBytes;

  function take(size: number): number {
    if (position + size > poolSizeBytes) {
      randomFillSync(pool);
      position = 0;
    }
    const start = position;
    position += size;
    return start;
  }

  return {
    nextInteger(bound) {
      // Values above the last multiple of the bound would favour small results.
      const limit = 2 ** 32 - (2 ** 32 % bound);
      for (;;) {
        const value = pool.readUInt32BE(take(4));
        if (value < limit) return value % bound;
      }
    },
    nextBytes(size) {
      if (size > poolSizeBytes / 4) return randomFillSync(Buffer.allocUnsafe(size));
      const start = take(size);
      return Buffer.from(pool.subarray(start, start + size));
    },
  };
}
