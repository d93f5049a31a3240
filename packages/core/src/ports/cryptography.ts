// Decides which cryptographic work the engine asks for.

export type HashAlgorithm = 'sha256' | 'sha512';

export interface Cryptography {
  digest(algorithm: HashAlgorithm, data: Buffer): Buffer;
  hmac(algorithm: HashAlgorithm, key: Buffer, data: Buffer): Buffer;
  /** PBKDF2 (RFC 8018) with the HMAC of the algorithm; as long as one digest. Does not hold up the event loop. */
  pbkdf2(algorithm: HashAlgorithm, password: Buffer, salt: Buffer, iterations: number): Promise<Buffer>;
  /** Whether the bytes are the same, in a time that tells nothing of where they differ. */
  isEqual(first: Buffer, second: Buffer): boolean;
}
