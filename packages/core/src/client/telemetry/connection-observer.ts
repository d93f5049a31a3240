// Decides what is counted and told of one connection: its beginnings and ends, authentications, requests and answers.
import type { Clock } from '../../ports/clock.js';
import type { ConnectionMetrics } from '../metrics/connection-metrics.js';
import type { PendingRequest } from '../pending-request.js';
import { beginOperation, endOperation, type ClientEvents } from './client-events.js';
import type { AuthenticationEvent, ConnectionEvent, ConnectionFacts } from './event-types.js';

/** What the connections of one client report to. */
export interface ConnectionTelemetry {
  readonly events: ClientEvents;
  readonly metrics: ConnectionMetrics;
}

export class ConnectionObserver {
  #attempt: ConnectionEvent | null = null;
  #attemptMs = 0;
  #openedMs: number | null = null;
  #authentication: AuthenticationEvent | null = null;
  #authenticationMs = 0;
  #isAgain = false;

  constructor(
    private readonly telemetry: ConnectionTelemetry,
    private readonly facts: ConnectionFacts,
    private readonly isEncrypted: boolean,
    private readonly clock: Clock,
  ) {}

  connecting(): void {
    const { connection } = this.telemetry.events;
    if (!connection.hasSubscribers) return;
    this.#attemptMs = this.clock.monotonicMs();
    this.#attempt = beginOperation(connection, { ...this.facts, isEncrypted: this.isEncrypted });
  }

  /** The transport is there; versions and authentication follow. */
  connected(): void {
    const nowMs = this.clock.monotonicMs();
    this.telemetry.metrics.created.record(1, nowMs);
    this.#openedMs = nowMs;
  }

  ready(): void {
    this.#endAttempt(null);
  }

  /** `error` is null when the client closes it. */
  ended(error: Error | null): void {
    const reason = error ?? new Error('The client was closed');
    this.#endAuthentication(reason);
    this.#endAttempt(reason);
    if (this.#openedMs === null) return;
    const nowMs = this.clock.monotonicMs();
    const openMs = nowMs - this.#openedMs;
    this.#openedMs = null;
    this.telemetry.metrics.closed.record(1, nowMs);
    const { connectionClosed } = this.telemetry.events;
    if (connectionClosed.hasSubscribers) connectionClosed.publish({ ...this.facts, openMs, error });
  }

  authenticating(mechanism: string, isReauthentication: boolean): void {
    this.#isAgain = isReauthentication;
    this.#authenticationMs = this.clock.monotonicMs();
    const { authentication } = this.telemetry.events;
    if (!authentication.hasSubscribers) return;
    this.#authentication = beginOperation(authentication, { ...this.facts, mechanism, isReauthentication });
  }

  /** `outcome` is how long the session lasts, or why there is none. */
  authenticated(outcome: number | Error): void {
    const nowMs = this.clock.monotonicMs();
    const durationMs = nowMs - this.#authenticationMs;
    const { metrics } = this.telemetry;
    if (typeof outcome === 'number')
      (this.#isAgain ? metrics.authenticatedAgain : metrics.authenticated).record(durationMs, nowMs);
    else (this.#isAgain ? metrics.authenticationAgainFailed : metrics.authenticationFailed).record(1, nowMs);
    this.#endAuthentication(outcome);
  }

  sent(request: PendingRequest, buffers: readonly Buffer[]): void {
    let requestBytes = 0;
    for (const { length } of buffers) requestBytes += length;
    const nowMs = this.clock.monotonicMs();
    request.sentMs = nowMs;
    this.telemetry.metrics.sent(this.facts.nodeId, requestBytes, nowMs);
    const { request: channel } = this.telemetry.events;
    if (!channel.hasSubscribers) return;
    const { api, version: apiVersion, correlationId } = request;
    const { clientId, nodeId, host, port, broker } = this.facts;
    // One shape from the beginning, as there may be many of them.
    request.event = beginOperation(channel, {
      clientId,
      nodeId,
      host,
      port,
      broker,
      api: api.name,
      apiKey: api.key,
      apiVersion,
      correlationId,
      requestBytes,
      responseBytes: undefined,
      durationMs: undefined,
      throttleTimeMs: undefined,
    });
    // Nothing comes back for it.
    if (!request.expectsResponse) this.#endRequest(request);
  }

  answered(request: PendingRequest, responseBytes: number, throttleTimeMs: number): void {
    const nowMs = this.clock.monotonicMs();
    const durationMs = nowMs - request.sentMs;
    this.telemetry.metrics.answered(this.facts.nodeId, responseBytes, durationMs, nowMs);
    const { event } = request;
    if (event === null) return;
    event.durationMs = durationMs;
    event.responseBytes = responseBytes;
    event.throttleTimeMs = throttleTimeMs;
    this.#endRequest(request);
  }

  /** Requests without an answer, and without hope of one. */
  lost(requests: readonly PendingRequest[], error: Error): void {
    for (const request of requests) {
      if (request.event === null) continue;
      request.event.error = error;
      request.event.durationMs = this.clock.monotonicMs() - request.sentMs;
      this.#endRequest(request);
    }
  }

  #endRequest(request: PendingRequest): void {
    const { event } = request;
    request.event = null;
    if (event !== null) endOperation(this.telemetry.events.request, event);
  }

  #endAuthentication(outcome: number | Error): void {
    const event = this.#authentication;
    this.#authentication = null;
    if (event === null) return;
    event.durationMs = this.clock.monotonicMs() - this.#authenticationMs;
    if (typeof outcome === 'number') event.sessionLifetimeMs = outcome;
    else event.error = outcome;
    endOperation(this.telemetry.events.authentication, event);
  }

  #endAttempt(error: Error | null): void {
    const attempt = this.#attempt;
    this.#attempt = null;
    if (attempt === null) return;
    attempt.durationMs = this.clock.monotonicMs() - this.#attemptMs;
    if (error !== null) attempt.error = error;
    endOperation(this.telemetry.events.connection, attempt);
  }
}
