// Decides a chance that one number replays.
import type { Random } from '../../ports/random.js';

/** Bob Jenkins' small fast counter generator, 32 bits: equal seeds give equal sequences on every machine. */
export function createSeededRandom(seed: number): Random {
  let a = 0;
  let b = seed >>> 0;
  let c = Math.floor(seed / 2 ** 32) >>> 0;
  let counter = 1;

  function next(): number {
    const result = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + result) | 0;
    return result >>> 0;
  }
  for (let round = 0; round < 12; round++) next();

  return {
    nextInteger(bound) {
      const limit = 2 ** 32 - (2 ** 32 % bound);
      for (;;) {
        const value = next();
        if (value < limit) return value % bound;
      }
    },
    nextBytes(size) {
      const bytes = Buffer.allocUnsafe(size);
      for (let index = 0; index < size; index++) bytes[index] = next() >>> 24;
      return bytes;
    },
  };
}
