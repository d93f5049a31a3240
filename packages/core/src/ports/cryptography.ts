// Decides which cryptographic work the engine asks for.

/** Hashes that SCRAM needs. */
export type HashAlgorithm = 'sha256' | 'sha512';

/** Cryptographic work that the engine leaves to the machine. */
export interface Cryptography {
  /** The hash of the data. */
  digest(algorithm: HashAlgorithm, data: Buffer): Buffer;
  /** The HMAC (RFC 2104) of the data. */
  hmac(algorithm: HashAlgorithm, key: Buffer, data: Buffer): Buffer;
  /** PBKDF2 (RFC 8018) with the HMAC of the algorithm; as long as one digest. Does not hold up the event loop. */
  pbkdf2(algorithm: HashAlgorithm, password: Buffer, salt: Buffer, iterations: number): Promise<Buffer>;
  /** Whether the bytes are the same, in a time that tells nothing of where they differ. */
  isEqual(first: Buffer, second: Buffer): boolean;
}
