// Decides how a damaged record batch is told to a reader (Kafka's CORRUPT_MESSAGE).

export class CorruptRecordError extends Error {
  override readonly name = 'CorruptRecordError';

  /** `baseOffset` is the damaged batch's first offset, or -1 when not even that can be read. */
  constructor(
    readonly baseOffset: number,
    readonly reason: string,
    options?: { readonly cause?: unknown },
  ) {
    super(`Record batch at offset ${baseOffset} is corrupt: ${reason}`, options);
  }
}
