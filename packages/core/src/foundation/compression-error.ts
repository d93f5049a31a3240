// Decides how a failure of a compression codec is told, so that all floors can tell damage from a missing library.

/** `damaged`: the bytes are no such stream; `too-large`: it would expand past the bound; `unavailable`: the codec cannot run here. */
export type CompressionFailure = 'damaged' | 'too-large' | 'unavailable';

export class CompressionError extends Error {
  override readonly name = 'CompressionError';

  constructor(
    readonly codec: string,
    readonly failure: CompressionFailure,
    message: string,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
  }
}
