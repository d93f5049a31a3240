// Decides what a broker that cannot start is said to have failed at.

/** What kept a broker from starting: an option, the address, or the data directory. */
export type BrokerStartErrorCode = 'INVALID_OPTION' | 'CANNOT_LISTEN' | 'DATA_DIRECTORY';

/** A broker could not start; the message says why and what to do. */
export class BrokerStartError extends Error {
  /** `BrokerStartError`. */
  override readonly name = 'BrokerStartError';

  constructor(
    /** What was wrong. */
    readonly code: BrokerStartErrorCode,
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}
