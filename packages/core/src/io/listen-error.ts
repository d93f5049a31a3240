// Decides how a network says that it cannot listen on an address.
import type { Address } from '../ports/network.js';

/** The address cannot be bound; `code` is the system's own, for example EADDRINUSE. */
export class ListenError extends Error {
  override readonly name = 'ListenError';

  constructor(
    readonly address: Address,
    readonly code: string,
    cause?: unknown,
  ) {
    super(`Cannot listen on ${address.host}:${address.port} (${code})`, { cause });
  }
}
