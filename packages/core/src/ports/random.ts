// Decides where the engine's chance comes from.

/** Chance; a test may put a seed behind it. */
export interface Random {
  /** A uniform integer in [0, bound); `bound` is a positive safe integer up to 2^32. */
  nextInteger(bound: number): number;
  /** Uniform random bytes. */
  nextBytes(size: number): Buffer;
}
