// Decides which connection carries a request: one per node and purpose, found by node id or by choice among those at hand.
import type { Api } from '../protocol/api-keys.js';
import type { Address } from '../ports/network.js';
import { formatAddress } from './bootstrap-servers.js';
import { brokerName, failureReason } from './connection-failure.js';
import { ClosedError, ConnectionError, KafkaError } from './errors.js';
import type { NegotiatedVersions } from './negotiated-versions.js';
import { NodeConnection, type ConnectionPorts, type ConnectionSettings } from './node-connection.js';
import { PendingRequest, type RequestAttempt, type RequestBody } from './pending-request.js';
import { Reachability } from './reachability.js';
import { ConnectionMetrics } from './metrics/connection-metrics.js';
import { silentEvents } from './telemetry/client-events.js';
import type { Node } from './types.js';

/** A node's id, or `any` for whichever broker can be reached. */
export type NodeTarget = number | 'any';

/** Requests that the broker holds back (Fetch, JoinGroup) go over a connection of their own, as they would block those behind them. */
export type ConnectionPurpose = 'main' | 'fetch' | 'coordinator';

export interface SendOptions {
  readonly timeoutMs: number;
  /** Highest version to use; absent: the highest both sides speak. */
  readonly maxVersion?: number;
  readonly purpose?: ConnectionPurpose;
  /** False for Produce with acks 0, which the broker does not answer; the promise then resolves with null. */
  readonly expectsResponse?: boolean;
}

export interface NetworkClientOptions extends ConnectionSettings {
  readonly bootstrapServers: readonly Address[];
}

interface Endpoint {
  readonly address: Address;
  /** Made when first needed, by purpose. */
  readonly connections: Map<ConnectionPurpose, NodeConnection>;
}

export const defaultConnectionSettings: Omit<ConnectionSettings, 'clientId'> = {
  maxInFlightRequestsPerConnection: 100,
  maxQueuedRequests: 10_000,
  socketConnectionSetupTimeoutMs: 10_000,
  socketConnectionSetupTimeoutMaxMs: 30_000,
  reconnectBackoffMs: 50,
  reconnectBackoffMaxMs: 1000,
  maxResponseBytes: 256 * 1024 * 1024,
  tls: null,
  sasl: null,
};

export class NetworkClient {
  /** Bootstrap servers under -1, -2 …; nodes that metadata named under their ids. */
  readonly #endpoints = new Map<number, Endpoint>();
  readonly #bootstrapIds: number[] = [];
  #nodeIds: number[] = [];
  #closed = false;
  readonly metrics: ConnectionMetrics;

  constructor(
    private readonly options: NetworkClientOptions,
    readonly ports: ConnectionPorts,
    readonly reachability = new Reachability(ports.diagnostics),
    readonly events = silentEvents,
  ) {
    this.metrics = new ConnectionMetrics(ports.clock.monotonicMs());
    options.bootstrapServers.forEach((address, index) => {
      const id = -1 - index;
      this.#bootstrapIds.push(id);
      this.#endpoints.set(id, { address, connections: new Map() });
    });
  }

  get clientId(): string {
    return this.options.clientId;
  }

  /** Sends a request and resolves with its answer; every failure is a KafkaError that names the broker. */
  async send<Request, Response>(
    target: NodeTarget,
    api: Api<Request, Response>,
    body: RequestBody<Request>,
    options: SendOptions,
  ): Promise<Response> {
    if (target !== 'any') return this.attempt(target, api, body, options).response;
    const deadlineMs = this.ports.clock.monotonicMs() + options.timeoutMs;
    const candidates = this.#candidates();
    const failures = new Map<number, KafkaError>();
    for (const nodeId of candidates) {
      const remainingMs = deadlineMs - this.ports.clock.monotonicMs();
      if (remainingMs <= 0 && failures.size > 0) break;
      const attempt = this.attempt(nodeId, api, body, { ...options, timeoutMs: remainingMs });
      try {
        return await attempt.response;
      } catch (error) {
        // Only a broker that was never reached is passed over; anything else is the answer.
        if (!(error instanceof ConnectionError) || attempt.request.written || this.#closed) throw error;
        failures.set(nodeId, error);
      }
    }
    throw this.#unreachable(failures);
  }

  /** Sends a request to one node and tells, beside the answer, whether the request was written. */
  attempt<Request, Response>(
    nodeId: number,
    api: Api<Request, Response>,
    body: RequestBody<Request>,
    options: SendOptions,
  ): RequestAttempt<Response> {
    let resolve: (response: Response) => void = () => undefined;
    let reject: (error: KafkaError) => void = () => undefined;
    const response = new Promise<Response>((onResponse, onError) => {
      resolve = onResponse;
      reject = onError;
    });
    const request = new PendingRequest(
      api as Api,
      body,
      options.maxVersion ?? Number.MAX_SAFE_INTEGER,
      this.ports.clock.monotonicMs() + options.timeoutMs,
      options.timeoutMs,
      options.expectsResponse ?? true,
      (value) => resolve(value as Response),
      reject,
    );
    const connection = this.#connection(nodeId, options.purpose ?? 'main');
    if (connection === null) {
      request.reject(
        this.#closed
          ? new ClosedError(`Cannot send ${api.name}: the client is closed`)
          : new ConnectionError(`Cannot send ${api.name} to broker ${nodeId}: its address is not known`),
      );
    } else {
      connection.send(request);
    }
    return { request, response };
  }

  /** What a node speaks of an API, once a connection to it has been ready; null before. */
  highestVersion(nodeId: number, api: Api): number | null {
    return this.#versionsOf(nodeId)?.highest(api) ?? null;
  }

  /** A finalized feature's level on a node (KIP-584); 0 when it is not finalized or not known. */
  featureLevel(nodeId: number, feature: string): number {
    return this.#versionsOf(nodeId)?.features.get(feature) ?? 0;
  }

  /** Takes the cluster's nodes from metadata; connections to nodes that are gone or moved are closed. */
  updateNodes(nodes: readonly Node[]): void {
    this.#nodeIds = nodes.map((node) => node.id);
    const named = new Set(this.#nodeIds);
    for (const [id, endpoint] of this.#endpoints) {
      if (id < 0 || named.has(id)) continue;
      this.#endpoints.delete(id);
      this.#drop(id, endpoint);
    }
    for (const node of nodes) this.updateNode(node);
  }

  /** Takes one node, for example a leader hint (KIP-951). */
  updateNode(node: Node): void {
    const known = this.#endpoints.get(node.id);
    if (known !== undefined && known.address.host === node.host && known.address.port === node.port) return;
    this.#endpoints.set(node.id, { address: { host: node.host, port: node.port }, connections: new Map() });
    if (known !== undefined) this.#drop(node.id, known);
    if (!this.#nodeIds.includes(node.id)) this.#nodeIds.push(node.id);
  }

  /** Forgets what metadata named, so that the next request goes to the bootstrap servers (KIP-899). */
  rebootstrap(): void {
    this.updateNodes([]);
  }

  /** Requests that wait for a connection, for their turn or for their answer. */
  get load(): number {
    let load = 0;
    for (const { connections } of this.#endpoints.values())
      for (const connection of connections.values()) load += connection.load;
    return load;
  }

  hasNode(nodeId: number): boolean {
    return this.#endpoints.has(nodeId);
  }

  /** The name of a node for messages: its id and address. */
  nodeName(nodeId: number): string {
    const endpoint = this.#endpoints.get(nodeId);
    return endpoint === undefined ? `broker ${nodeId}` : brokerName(nodeId, endpoint.address);
  }

  /** Closes every connection at once; open requests fail with a ClosedError. Never waits for a broker. */
  close(): void {
    this.#closed = true;
    for (const endpoint of this.#endpoints.values()) {
      for (const connection of endpoint.connections.values()) connection.close();
    }
  }

  #connection(nodeId: number, purpose: ConnectionPurpose): NodeConnection | null {
    const endpoint = this.#endpoints.get(nodeId);
    if (endpoint === undefined || this.#closed) return null;
    let connection = endpoint.connections.get(purpose);
    if (connection === undefined) {
      connection = new NodeConnection(nodeId, endpoint.address, this.options, this.ports, this);
      endpoint.connections.set(purpose, connection);
    }
    return connection;
  }

  #versionsOf(nodeId: number): NegotiatedVersions | null {
    for (const connection of this.#endpoints.get(nodeId)?.connections.values() ?? []) {
      if (connection.versions !== null) return connection.versions;
    }
    return null;
  }

  /** Connected nodes first, the least busy before others; then the rest of the known nodes and the bootstrap servers, by chance. */
  #candidates(): number[] {
    const rank = (nodeId: number): number => {
      const connection = this.#endpoints.get(nodeId)?.connections.get('main');
      if (connection?.isReady) return connection.load;
      if (connection?.isBackingOff) return 2_000_000;
      return connection === undefined ? 1_000_001 : 1_000_000;
    };
    const ranked = (ids: readonly number[]): number[] => {
      const offset = ids.length === 0 ? 0 : this.ports.random.nextInteger(ids.length);
      return ids
        .map((id, index) => ({ id, rank: rank(id), order: (index + offset) % ids.length }))
        .sort((first, second) => first.rank - second.rank || first.order - second.order)
        .map(({ id }) => id);
    };
    return [...ranked(this.#nodeIds), ...ranked(this.#bootstrapIds)];
  }

  #drop(nodeId: number, endpoint: Endpoint): void {
    const error = new ConnectionError(`${brokerName(nodeId, endpoint.address)} left the cluster or moved`, {
      code: 'DISCONNECTED',
    });
    for (const connection of endpoint.connections.values()) connection.close(error);
  }

  #unreachable(failures: ReadonlyMap<number, KafkaError>): KafkaError {
    if (this.#closed) return new ClosedError('The client is closed');
    const tell = (ids: readonly number[]): string =>
      ids
        .filter((id) => failures.has(id))
        .map((id) => {
          const address = this.#endpoints.get(id)?.address;
          const cause = failures.get(id)?.cause;
          const reason = cause === undefined ? failures.get(id)?.message : failureReason(cause);
          return `${address === undefined ? `broker ${id}` : formatAddress(address)} (${reason})`;
        })
        .join(', ');
    const brokers = tell(this.#nodeIds);
    const text = `Cannot reach any of the bootstrap servers ${tell(this.#bootstrapIds)}${brokers === '' ? '' : `, nor the brokers ${brokers}`}`;
    const [cause] = failures.values();
    const hint = cause instanceof ConnectionError ? cause.hint : null;
    const advice = 'check that a Kafka broker listens there and that bootstrapServers names it';
    return new ConnectionError(text, {
      cause,
      hint: hint === null ? advice : `${hint}${hint.endsWith('?') ? '' : ';'} ${advice}`,
    });
  }
}
