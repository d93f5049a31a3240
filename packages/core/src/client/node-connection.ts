// Decides the life of the connection to one broker: connect, agree on versions, pipeline requests, time out, back off, reconnect.
import { apis, type Api } from '../protocol/api-keys.js';
import { ErrorCode } from '../protocol/errors.js';
import { decodeResponse, encodeRequest, FrameDecoder } from '../protocol/framing.js';
import type { ApiVersionsResponse } from '../protocol/messages/18-api-versions.js';
import type { Clock } from '../ports/clock.js';
import type { Diagnostics } from '../ports/diagnostics.js';
import type { Address, Network, Socket } from '../ports/network.js';
import type { Random } from '../ports/random.js';
import type { Timer, Timers } from '../ports/timers.js';
import { formatAddress } from './bootstrap-servers.js';
import { brokerName, failureReason } from './connection-failure.js';
import { brokerError, ClosedError, ConnectionError, KafkaError, TimeoutError } from './errors.js';
import {
  firstApiVersionsVersion,
  NegotiatedVersions,
  nextApiVersionsVersion,
} from './negotiated-versions.js';
import { PendingRequest } from './pending-request.js';
import { backoffMs } from '../foundation/backoff.js';
import { softwareName, softwareVersion } from './software.js';

export interface ConnectionPorts {
  readonly network: Network;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly diagnostics: Diagnostics;
}

export interface ConnectionSettings {
  readonly clientId: string;
  readonly maxInFlightRequestsPerConnection: number;
  /** Requests that may wait for a connection or for their turn on it. */
  readonly maxQueuedRequests: number;
  readonly socketConnectionSetupTimeoutMs: number;
  readonly reconnectBackoffMs: number;
  readonly reconnectBackoffMaxMs: number;
  /** A larger response is taken for garbage and ends the connection. */
  readonly maxResponseBytes: number;
}

/** How long the last bytes may take to leave after `close`. */
const partTimeoutMs = 1000;

type State = 'idle' | 'backing-off' | 'connecting' | 'negotiating' | 'ready' | 'closed';

export class NodeConnection {
  #state: State = 'idle';
  #socket: Socket | null = null;
  #frames: FrameDecoder | null = null;
  #versions: NegotiatedVersions | null = null;
  #queue: PendingRequest[] = [];
  #inFlight: PendingRequest[] = [];
  #nextCorrelationId = 0;
  #failures = 0;
  #nextAttemptMs = 0;
  #throttledUntilMs = 0;
  #socketFull = false;
  #lastError: KafkaError | null = null;
  #stateTimer: Timer | null = null;
  #throttleTimer: Timer | null = null;
  #partTimer: Timer | null = null;
  #deadlineTimer: Timer | null = null;
  #deadlineMs = Number.POSITIVE_INFINITY;

  constructor(
    readonly nodeId: number,
    readonly address: Address,
    private readonly settings: ConnectionSettings,
    private readonly ports: ConnectionPorts,
  ) {}

  /** Requests queued or awaiting an answer. */
  get load(): number {
    return this.#queue.length + this.#inFlight.length;
  }

  get isReady(): boolean {
    return this.#state === 'ready';
  }

  /** Whether a request sent now would first wait for the back-off after a failure. */
  get isBackingOff(): boolean {
    return (
      this.#state === 'backing-off' ||
      (this.#state === 'idle' && this.ports.clock.monotonicMs() < this.#nextAttemptMs)
    );
  }

  /** What the broker speaks; null until the first connection to it is ready. */
  get versions(): NegotiatedVersions | null {
    return this.#versions;
  }

  get lastError(): KafkaError | null {
    return this.#lastError;
  }

  send(request: PendingRequest): void {
    if (this.#state === 'closed') {
      request.reject(
        new ClosedError(`Cannot send ${request.api.name} to ${this.#name}: the client is closed`),
      );
      return;
    }
    if (this.#queue.length >= this.settings.maxQueuedRequests) {
      const text = `${this.settings.maxQueuedRequests} requests already wait for ${this.#name}; await earlier calls before making new ones`;
      request.reject(new KafkaError(text, { code: 'TOO_MANY_REQUESTS', retriable: true }));
      return;
    }
    this.#queue.push(request);
    this.#watchDeadline(request.deadlineMs);
    if (this.#state === 'ready') this.#pump();
    else this.#connect();
  }

  /** Closes at once; whatever is open fails with `error`, or as closed. */
  close(error?: KafkaError): void {
    if (this.#state === 'closed') return;
    const socket = this.#socket;
    this.#reset('closed');
    this.#deadlineTimer?.cancel();
    this.#deadlineTimer = null;
    this.#throttleTimer?.cancel();
    if (socket !== null) this.#part(socket);
    const pending = [...this.#inFlight, ...this.#queue];
    this.#inFlight = [];
    this.#queue = [];
    for (const request of pending) {
      request.reject(
        error ?? new ClosedError(`${request.api.name} to ${this.#name} was given up: the client was closed`),
      );
    }
  }

  /** Lets go of a socket; what was written to it and has not left yet (Produce with acks 0) still goes, for a moment. */
  #part(socket: Socket): void {
    if (this.#inFlight.length > 0 || socket.bufferedBytes === 0) {
      socket.destroy();
      return;
    }
    this.#partTimer = this.ports.timers.after(partTimeoutMs, () => socket.destroy());
    socket.end();
  }

  get #name(): string {
    return brokerName(this.nodeId, this.address);
  }

  #reset(state: State): void {
    this.#state = state;
    this.#stateTimer?.cancel();
    this.#stateTimer = null;
    this.#socket = null;
    this.#frames = null;
    this.#socketFull = false;
  }

  #connect(): void {
    if (this.#state !== 'idle') return;
    const waitMs = this.#nextAttemptMs - this.ports.clock.monotonicMs();
    if (waitMs > 0) {
      this.#state = 'backing-off';
      this.#stateTimer = this.ports.timers.after(waitMs, () => {
        this.#reset('idle');
        if (this.#queue.length > 0) this.#connect();
      });
      return;
    }
    this.#state = 'connecting';
    this.#frames = new FrameDecoder(this.settings.maxResponseBytes);
    const setupMs = this.settings.socketConnectionSetupTimeoutMs;
    this.#stateTimer = this.ports.timers.after(setupMs, () =>
      this.#fail(new ConnectionError(`Cannot connect to ${this.#name} (no connection within ${setupMs} ms)`)),
    );
    // Calls of a socket that was given up are told apart by identity.
    let socket: Socket | null = null;
    const isCurrent = (): boolean => socket !== null && socket === this.#socket;
    socket = this.ports.network.connect(this.address, {
      onConnect: () => void (isCurrent() && this.#negotiate(firstApiVersionsVersion)),
      onData: (chunk) => void (isCurrent() && this.#receive(chunk)),
      onDrain: () => {
        if (!isCurrent()) return;
        this.#socketFull = false;
        this.#pump();
      },
      onClose: (error) => {
        this.#partTimer?.cancel();
        if (isCurrent()) this.#fail(this.#closedError(error));
      },
    });
    this.#socket = socket;
  }

  #closedError(error: Error | null): ConnectionError {
    if (error instanceof ConnectionError) return error;
    const reason = failureReason(error);
    return this.#state === 'connecting'
      ? new ConnectionError(`Cannot connect to ${this.#name} (${reason})`, { cause: error ?? undefined })
      : new ConnectionError(`The connection to ${this.#name} was lost (${reason})`, {
          code: 'DISCONNECTED',
          cause: error ?? undefined,
        });
  }

  #negotiate(version: number): void {
    this.#state = 'negotiating';
    const body = { clientSoftwareName: softwareName, clientSoftwareVersion: softwareVersion };
    const request = new PendingRequest(
      apis.apiVersions,
      body,
      version,
      Number.POSITIVE_INFINITY,
      0,
      true,
      (response) => this.#negotiated(response as ApiVersionsResponse, version),
      () => undefined,
    );
    request.version = version;
    this.#write(request);
  }

  #negotiated(response: ApiVersionsResponse, version: number): void {
    if (response.errorCode !== ErrorCode.NONE) {
      const next = nextApiVersionsVersion(response, version);
      if (next === null)
        this.#fail(brokerError(response.errorCode, `Cannot agree on versions with ${this.#name}`));
      else this.#negotiate(next);
      return;
    }
    this.#versions = new NegotiatedVersions(response);
    this.#stateTimer?.cancel();
    this.#stateTimer = null;
    this.#state = 'ready';
    if (this.#lastError !== null) {
      this.ports.diagnostics.log('debug', `Connected to ${this.#name} again`, {
        clientId: this.settings.clientId,
      });
    }
    this.#failures = 0;
    this.#lastError = null;
    this.#pump();
  }

  /** Writes queued requests while the broker may be given more. */
  #pump(): void {
    while (this.#state === 'ready' && !this.#socketFull && this.#queue.length > 0) {
      if (this.#inFlight.length >= this.settings.maxInFlightRequestsPerConnection) return;
      if (this.#isThrottled()) return;
      const request = this.#queue.shift();
      if (request === undefined || request.settled) continue;
      const versions = this.#versions;
      request.version = versions?.highest(request.api, request.versionCap) ?? -1;
      if (request.version < 0) {
        request.reject(
          versions?.refusal(request.api, request.versionCap, this.#name) ?? this.#closedError(null),
        );
        continue;
      }
      this.#write(request);
    }
  }

  /** Kafka answers a client over its quota at once and counts on it to wait (KIP-219). */
  #isThrottled(): boolean {
    const waitMs = this.#throttledUntilMs - this.ports.clock.monotonicMs();
    if (waitMs <= 0) return false;
    this.#throttleTimer?.cancel();
    this.#throttleTimer = this.ports.timers.after(waitMs, () => this.#pump());
    return true;
  }

  #write(request: PendingRequest): void {
    const socket = this.#socket;
    if (socket === null) return;
    request.correlationId = this.#nextCorrelationId;
    this.#nextCorrelationId = (this.#nextCorrelationId + 1) & 0x7fffffff;
    let buffers: Buffer[];
    try {
      const body: unknown =
        typeof request.body === 'function'
          ? (request.body as (version: number) => unknown)(request.version)
          : request.body;
      buffers = encodeRequest(
        request.api,
        request.version,
        request.correlationId,
        this.settings.clientId,
        body,
      );
    } catch (cause) {
      const text = `Cannot encode ${request.api.name} version ${request.version} for ${this.#name}: ${failureReason(cause)}`;
      request.reject(
        cause instanceof KafkaError ? cause : new KafkaError(text, { code: 'INVALID_ARGUMENT', cause }),
      );
      return;
    }
    request.written = true;
    if (request.expectsResponse) this.#inFlight.push(request);
    if (!socket.write(buffers)) this.#socketFull = true;
    if (!request.expectsResponse) request.resolve(null);
  }

  #receive(chunk: Buffer): void {
    const frames = this.#frames;
    if (frames === null) return;
    try {
      frames.push(chunk);
      for (let frame = frames.next(); frame !== null; frame = frames.next()) {
        this.#answer(frame);
        if (this.#frames !== frames) return;
      }
    } catch (cause) {
      this.#fail(
        new KafkaError(
          `${this.#name} sent what is no Kafka response (${failureReason(cause)}); is it a Kafka broker without TLS?`,
          {
            code: 'MALFORMED_RESPONSE',
            cause,
          },
        ),
      );
      return;
    }
    this.#pump();
  }

  #answer(frame: Buffer): void {
    const request = this.#inFlight.shift();
    const correlationId = frame.length >= 4 ? frame.readInt32BE(0) : -1;
    if (request === undefined || correlationId !== request.correlationId) {
      if (request !== undefined) this.#inFlight.unshift(request);
      throw new Error(
        `it answers request ${correlationId} and ${request?.correlationId ?? 'none'} was expected`,
      );
    }
    let response: { throttleTimeMs?: number };
    try {
      response = decodeResponse(request.api, answeredVersion(request, frame), frame) as {
        throttleTimeMs?: number;
      };
    } catch (cause) {
      this.#inFlight.unshift(request);
      throw cause;
    }
    const throttleTimeMs = response.throttleTimeMs ?? 0;
    if (throttleTimeMs > 0) this.#throttledUntilMs = this.ports.clock.monotonicMs() + throttleTimeMs;
    request.resolve(response);
  }

  /** Ends the connection: what is on its way fails; what is queued fails too when there was no connection, else waits for the next. */
  #fail(error: KafkaError): void {
    const wasReady = this.#state === 'ready';
    const socket = this.#socket;
    this.#reset('idle');
    socket?.destroy();
    const firstFailure = this.#lastError === null;
    this.#lastError = error;
    this.#nextAttemptMs =
      this.ports.clock.monotonicMs() +
      backoffMs(
        this.#failures,
        this.settings.reconnectBackoffMs,
        this.settings.reconnectBackoffMaxMs,
        this.ports.random,
      );
    this.#failures++;
    // Whoever needs the broker tells of it in words of its own; that the whole cluster is gone is told by the metadata.
    if (firstFailure) {
      this.ports.diagnostics.log('debug', `${error.message}; trying again when it is needed`, {
        clientId: this.settings.clientId,
        address: formatAddress(this.address),
      });
    }
    const failed = this.#inFlight;
    this.#inFlight = [];
    let queued: PendingRequest[] = [];
    if (!wasReady) {
      queued = this.#queue;
      this.#queue = [];
    }
    for (const request of failed) request.reject(error);
    for (const request of queued) request.reject(error);
    if (this.#queue.length > 0) this.#connect();
  }

  #watchDeadline(deadlineMs: number): void {
    if (deadlineMs >= this.#deadlineMs) return;
    this.#deadlineMs = deadlineMs;
    this.#deadlineTimer?.cancel();
    const waitMs = Math.max(0, deadlineMs - this.ports.clock.monotonicMs());
    this.#deadlineTimer = this.ports.timers.after(waitMs, () => this.#checkDeadlines());
  }

  /** One timer serves all requests: it is set for the earliest deadline and mostly finds that request long answered. */
  #checkDeadlines(): void {
    this.#deadlineTimer = null;
    this.#deadlineMs = Number.POSITIVE_INFINITY;
    const nowMs = this.ports.clock.monotonicMs();
    const isLate = (request: PendingRequest): boolean => request.deadlineMs <= nowMs;
    const lateQueued = this.#queue.filter(isLate);
    if (lateQueued.length > 0) this.#queue = this.#queue.filter((request) => !isLate(request));
    for (const request of lateQueued) request.reject(this.#timeout(request));
    const lateInFlight = this.#inFlight.filter(isLate);
    if (lateInFlight.length > 0) {
      for (const request of lateInFlight) request.reject(this.#timeout(request));
      const api = lateInFlight[0]?.api.name ?? '';
      // An answer may still come, and would be taken for the answer to a later request: the connection has to go.
      this.#fail(
        new ConnectionError(`The connection to ${this.#name} was closed after ${api} had no answer in time`, {
          code: 'DISCONNECTED',
        }),
      );
    }
    for (const request of this.#queue) this.#watchDeadline(request.deadlineMs);
    for (const request of this.#inFlight) this.#watchDeadline(request.deadlineMs);
  }

  #timeout(request: PendingRequest): TimeoutError {
    const api: Api = request.api;
    if (request.written)
      return new TimeoutError(`No answer to ${api.name} from ${this.#name} within ${request.timeoutMs} ms`);
    const cause = this.#lastError ?? undefined;
    const why = cause === undefined ? 'it waited for its turn' : cause.message;
    return new TimeoutError(
      `${api.name} was not sent to ${this.#name} within ${request.timeoutMs} ms: ${why}`,
      { cause },
    );
  }
}

/** A broker that does not know the version of ApiVersions it was asked in refuses in version 0, whatever was asked (quirk 2). */
function answeredVersion({ api, version }: PendingRequest, frame: Buffer): number {
  const isRefusal =
    api.key === apis.apiVersions.key &&
    frame.length >= 6 &&
    frame.readInt16BE(4) === ErrorCode.UNSUPPORTED_VERSION;
  return isRefusal ? 0 : version;
}
