// Decides the errors of the Nest layer: what a wrong declaration or option says to its author.

/** A wrong option of KafkaModule; `option` is its path, such as `listener.concurrency`. */
export class KafkaModuleOptionsError extends Error {
  override readonly name = 'KafkaModuleOptionsError';
  constructor(
    readonly option: string,
    message: string,
  ) {
    super(`KafkaModule option ${option}: ${message}`);
  }
}

/** A `@KafkaListener` that cannot work as declared; thrown while the application starts. */
export class ListenerDefinitionError extends Error {
  override readonly name = 'ListenerDefinitionError';
  constructor(
    /** `Class.method`. */
    readonly listener: string,
    message: string,
  ) {
    super(`@KafkaListener on ${listener}: ${message}`);
  }
}
