// Decides the errors of the Nest layer: what a wrong declaration or option says to its author, and how an
// error reads in a log line.
import { inspect, types } from 'node:util';

/** A wrong option of KafkaModule; `option` is its path, such as `listener.concurrency`. */
export class KafkaModuleOptionsError extends Error {
  /** `KafkaModuleOptionsError`. */
  override readonly name = 'KafkaModuleOptionsError';
  constructor(
    /** The option's path. */
    readonly option: string,
    message: string,
  ) {
    super(`KafkaModule option ${option}: ${message}`);
  }
}

/** A `@KafkaListener` that cannot work as declared; thrown while the application starts. */
export class ListenerDefinitionError extends Error {
  /** `ListenerDefinitionError`. */
  override readonly name = 'ListenerDefinitionError';
  constructor(
    /** `Class.method`. */
    readonly listener: string,
    message: string,
  ) {
    super(`@KafkaListener on ${listener}: ${message}`);
  }
}

/** Name and message of whatever was thrown, on one line. */
export function errorText(error: unknown): string {
  // Errors of other threads and realms are not instances of this realm's Error.
  if (types.isNativeError(error) || error instanceof Error) {
    return `${error.name}: ${error.message}`;
  }
  return inspect(error, { breakLength: Number.POSITIVE_INFINITY });
}
