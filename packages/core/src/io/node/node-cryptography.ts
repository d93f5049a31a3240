// Decides that cryptographic work is done by Node's crypto module.
import { createHash, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

import type { Cryptography, HashAlgorithm } from '../../ports/cryptography.js';

const digestBytes: Readonly<Record<HashAlgorithm, number>> = { sha256: 32, sha512: 64 };
const pbkdf2InPool = promisify(pbkdf2);

export function createNodeCryptography(): Cryptography {
  return {
    digest: (algorithm, data) => createHash(algorithm).update(data).digest(),
    hmac: (algorithm, key, data) => createHmac(algorithm, key).update(data).digest(),
    pbkdf2: (algorithm, password, salt, iterations) =>
      pbkdf2InPool(password, salt, iterations, digestBytes[algorithm], algorithm),
    isEqual: (first, second) => first.length === second.length && timingSafeEqual(first, second),
  };
}
