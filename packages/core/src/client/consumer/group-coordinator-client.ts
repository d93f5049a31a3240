// Decides how requests reach the coordinator of the consumer's group: it is looked up when needed and forgotten when it fails.
import type { Api } from '../../protocol/api-keys.js';
import { findCoordinator } from '../coordinator-lookup.js';
import { ConnectionError, TimeoutError } from '../errors.js';
import type { ConnectionPurpose, NetworkClient } from '../network-client.js';
import type { RequestBody } from '../pending-request.js';
import type { ConsumerTelemetry } from './consumer-telemetry.js';

export interface CoordinatorRequestOptions {
  readonly timeoutMs: number;
  readonly maxVersion?: number;
  readonly purpose?: ConnectionPurpose;
}

export class GroupCoordinatorClient {
  #nodeId: number | null = null;
  #lookup: Promise<number> | null = null;

  constructor(
    private readonly client: NetworkClient,
    readonly groupId: string,
    private readonly requestTimeoutMs: number,
    readonly telemetry: ConsumerTelemetry,
  ) {}

  /** Looks it up if it is not known; callers at the same time share one request. */
  node(timeoutMs: number): Promise<number> {
    if (this.#nodeId !== null) return Promise.resolve(this.#nodeId);
    this.#lookup ??= this.#find(Math.min(timeoutMs, this.requestTimeoutMs)).finally(() => {
      this.#lookup = null;
    });
    return this.#lookup;
  }

  /** For messages: the group, and the coordinator where it is known. */
  get name(): string {
    const { groupId } = this;
    return this.#nodeId === null
      ? `group ${groupId}`
      : `group ${groupId} on ${this.client.nodeName(this.#nodeId)}`;
  }

  /** The coordinator said that it is not, or did not answer. */
  forget(): void {
    this.#nodeId = null;
  }

  async send<Request, Response>(
    api: Api<Request, Response>,
    body: RequestBody<Request>,
    options: CoordinatorRequestOptions,
  ): Promise<Response> {
    const nodeId = await this.node(options.timeoutMs);
    try {
      return await this.telemetry.coordinating(api, () => this.client.send(nodeId, api, body, options));
    } catch (error) {
      if (error instanceof ConnectionError || error instanceof TimeoutError) this.forget();
      throw error;
    }
  }

  async #find(timeoutMs: number): Promise<number> {
    const node = await findCoordinator(this.client, this.groupId, 'group', timeoutMs);
    this.#nodeId = node.id;
    return node.id;
  }
}
