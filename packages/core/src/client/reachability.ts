// Decides when the clients of one Kafka tell that the cluster is away and that it is back: once for all of them.
import type { Diagnostics } from '../ports/diagnostics.js';

export class Reachability {
  /** The clients that cannot reach the cluster now; a client that closes takes itself out. */
  readonly #away = new Set<object>();

  constructor(private readonly diagnostics: Diagnostics) {}

  /** A client found no broker that answers. */
  lost(client: object, reason: string, clientId: string): void {
    if (this.#away.size === 0) {
      this.diagnostics.log('warn', `${reason}; trying again until one answers`, { clientId });
    }
    this.#away.add(client);
  }

  /** A client that had found none was answered. */
  found(client: object, clientId: string): void {
    if (this.#away.delete(client) && this.#away.size === 0) {
      this.diagnostics.log('info', 'The cluster can be reached again', { clientId });
    }
  }

  /** A client closed, whatever it had found. */
  forget(client: object): void {
    this.#away.delete(client);
  }
}
