// Decides how a log directory that cannot be served is told.

/** `path` is relative to the data directory. */
export class LogDirectoryError extends Error {
  override readonly name = 'LogDirectoryError';

  constructor(
    readonly path: string,
    reason: string,
    cause?: unknown,
  ) {
    super(`Cannot use '${path}' of the data directory: ${reason}`, { cause });
  }
}
