// Decides how an admin request finds its broker and is tried again.
import type { Cryptography } from '../../ports/cryptography.js';
import { retryUntil } from '../consumer/retry.js';
import type { Metadata } from '../metadata.js';
import type { NetworkClient } from '../network-client.js';

export interface AdminSettings {
  readonly requestTimeoutMs: number;
  readonly defaultApiTimeoutMs: number;
  readonly retryBackoffMs: number;
  readonly retryBackoffMaxMs: number;
}

export class AdminContext {
  #isClosed = false;

  constructor(
    readonly client: NetworkClient,
    readonly metadata: Metadata,
    readonly settings: AdminSettings,
    readonly cryptography: Cryptography,
  ) {}

  /** Tries until it succeeds or `defaultApiTimeoutMs` is over; `attempt` gets the time for one request. */
  call<T>(what: string, attempt: (timeoutMs: number) => Promise<T>): Promise<T> {
    const { client, settings } = this;
    return retryUntil(
      what,
      settings.defaultApiTimeoutMs,
      { ...settings, ports: client.ports, isEnding: () => this.#isClosed },
      (remainingMs) => attempt(Math.min(remainingMs, settings.requestTimeoutMs)),
    );
  }

  /** Ends open calls and closes all connections. */
  close(): void {
    this.#isClosed = true;
    this.metadata.close();
    this.client.close();
  }

  /** The broker that changes topics: the one metadata calls the controller (any broker of a KRaft cluster forwards). */
  async controller(timeoutMs: number): Promise<number | 'any'> {
    if (this.metadata.controllerId < 0) await this.metadata.refresh(timeoutMs);
    const { controllerId } = this.metadata;
    return this.client.hasNode(controllerId) ? controllerId : 'any';
  }
}
