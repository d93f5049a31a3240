// Decides the life of the connection to one broker: connect, agree on versions, authenticate, pipeline requests, time out, back off, reconnect.
import { apis, type Api } from '../protocol/api-keys.js';
import { ErrorCode } from '../protocol/errors.js';
import { decodeResponse, encodeRequest, FrameDecoder } from '../protocol/framing.js';
import type { ApiVersionsResponse } from '../protocol/messages/18-api-versions.js';
import type { Clock } from '../ports/clock.js';
import type { Diagnostics } from '../ports/diagnostics.js';
import type { Address, Network, Socket, SocketHandler } from '../ports/network.js';
import type { Random } from '../ports/random.js';
import type { Timer, Timers } from '../ports/timers.js';
import type { TlsSettings } from '../ports/tls.js';
import { formatAddress } from './bootstrap-servers.js';
import { BrokerAddresses } from './broker-addresses.js';
import { closedError, timeoutError, type ConnectionPhase } from './closed-connection.js';
import { brokerName, failureReason } from './connection-failure.js';
import {
  AuthenticationError,
  brokerError,
  ClosedError,
  ConnectionError,
  KafkaError,
  SslAuthenticationError,
} from './errors.js';
import {
  firstApiVersionsVersion,
  NegotiatedVersions,
  nextApiVersionsVersion,
} from './negotiated-versions.js';
import { PendingRequest } from './pending-request.js';
import { backoffMs } from '../foundation/backoff.js';
import { authenticate, type SaslSend } from './security/sasl-authentication.js';
import type { SaslMechanism } from './security/sasl-mechanism.js';
import { softwareName, softwareVersion } from './software.js';
import { ConnectionObserver, type ConnectionTelemetry } from './telemetry/connection-observer.js';

export interface ConnectionPorts {
  /** How to connect. */
  readonly network: Network;
  /** The time. */
  readonly clock: Clock;
  /** What calls back later. */
  readonly timers: Timers;
  /** Chance, for jitter. */
  readonly random: Random;
  /** Where clients log. */
  readonly diagnostics: Diagnostics;
}

export interface ConnectionSettings {
  readonly clientId: string;
  readonly maxInFlightRequestsPerConnection: number;
  /** Requests that may wait for a connection or for their turn on it. */
  readonly maxQueuedRequests: number;
  readonly socketConnectionSetupTimeoutMs: number;
  /** The setup timeout doubles up to this while connections fail to come about (KIP-601). */
  readonly socketConnectionSetupTimeoutMaxMs: number;
  readonly reconnectBackoffMs: number;
  readonly reconnectBackoffMaxMs: number;
  /** A larger response is taken for garbage and ends the connection. */
  readonly maxResponseBytes: number;
  /** Null: connections are not encrypted. */
  readonly tls: TlsSettings | null;
  /** Null: connections are not authenticated by SASL. */
  readonly sasl: SaslMechanism | null;
}

/** How long the last bytes may take to leave after `close`. */
const partTimeoutMs = 1000;

/** A frame's own size stands before it. */
const sizePrefixBytes = 4;

/** Parts of a session's life between which it is renewed, by chance (KIP-368). */
const firstRenewal = 0.85;
const renewalSpread = 0.1;
const renewalSteps = 1 << 16;
/** A broker takes a second authentication of a connection within a second for a mistake; so short a session ends with its connection. */
const leastRenewalMs = 1000;

type State =
  | 'idle'
  | 'backing-off'
  | 'connecting'
  | 'negotiating'
  | 'authenticating'
  | 'ready'
  | 'authenticating-again'
  | 'closed';

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
  /** Attempts to connect since the last that came about. */
  #setupFailures = 0;
  /** When to authenticate again, on the monotonic clock (KIP-368). */
  #renewalMs = Number.POSITIVE_INFINITY;
  /** Whether the connection has answered anything since it was ready. */
  #wasAnswered = false;
  readonly #addresses: BrokerAddresses;
  #throttledUntilMs = 0;
  #socketFull = false;
  #lastError: KafkaError | null = null;
  #stateTimer: Timer | null = null;
  #throttleTimer: Timer | null = null;
  #partTimer: Timer | null = null;
  #deadlineTimer: Timer | null = null;
  #deadlineMs = Number.POSITIVE_INFINITY;
  readonly #observer: ConnectionObserver;

  constructor(
    readonly nodeId: number,
    readonly address: Address,
    private readonly settings: ConnectionSettings,
    private readonly ports: ConnectionPorts,
    telemetry: ConnectionTelemetry,
  ) {
    this.#addresses = new BrokerAddresses(address.host, ports.network);
    const { host, port } = address;
    const facts = { clientId: settings.clientId, nodeId, host, port, broker: this.#name };
    this.#observer = new ConnectionObserver(telemetry, facts, settings.tls !== null, ports.clock);
  }

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
    this.#observer.ended(error ?? null);
    this.#observer.lost(pending, error ?? new ClosedError('The client was closed'));
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
    this.#renewalMs = Number.POSITIVE_INFINITY;
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
    this.#observer.connecting();
    const setupMs = this.#setupTimeoutMs();
    const timer = this.ports.timers.after(setupMs, () =>
      this.#failToConnect(
        new ConnectionError(`Cannot connect to ${this.#name} (no connection within ${setupMs} ms)`),
      ),
    );
    this.#stateTimer = timer;
    const host = this.#addresses.next();
    if (typeof host === 'string') {
      this.#open(host);
      return;
    }
    // The attempt is still the same one if its timer is.
    host.then(
      (found) => void (this.#stateTimer === timer && this.#open(found)),
      (cause: unknown) =>
        void (this.#stateTimer === timer && this.#failToConnect(this.#closedError(cause as Error))),
    );
  }

  #setupTimeoutMs(): number {
    const { socketConnectionSetupTimeoutMs: firstMs, socketConnectionSetupTimeoutMaxMs: maxMs } =
      this.settings;
    if (this.#setupFailures === 0) return firstMs;
    return backoffMs(this.#setupFailures, firstMs, Math.max(firstMs, maxMs), this.ports.random);
  }

  #open(host: string): void {
    const { tls } = this.settings;
    this.#frames = new FrameDecoder(this.settings.maxResponseBytes);
    // Calls of a socket that was given up are told apart by identity.
    let socket: Socket | null = null;
    const isCurrent = (): boolean => socket !== null && socket === this.#socket;
    const handler: SocketHandler = {
      onConnect: () => void (isCurrent() && this.#connected()),
      onData: (chunk) => void (isCurrent() && this.#receive(chunk)),
      onDrain: () => {
        if (!isCurrent()) return;
        this.#socketFull = false;
        this.#pump();
      },
      onClose: (error) => {
        this.#partTimer?.cancel();
        if (!isCurrent()) return;
        if (this.#state === 'connecting') this.#failToConnect(this.#closedError(error));
        else this.#fail(this.#closedError(error));
      },
    };
    try {
      socket = this.ports.network.connect(
        { host, port: this.address.port },
        handler,
        tls === null ? {} : { tls, hostName: this.address.host },
      );
    } catch (cause) {
      const text = `Cannot use the ssl options for ${this.#name}: ${failureReason(cause)}`;
      this.#fail(new SslAuthenticationError(text, { broker: this.#name, cause }));
      return;
    }
    this.#socket = socket;
  }

  #connected(): void {
    this.#observer.connected();
    this.#setupFailures = 0;
    this.#wasAnswered = false;
    this.#addresses.forget();
    this.#negotiate(firstApiVersionsVersion);
  }

  /** An attempt came to nothing: the next address of the broker is tried at once, and only the last one's failure counts. */
  #failToConnect(error: KafkaError): void {
    if (error instanceof AuthenticationError || !this.#addresses.hasMore) {
      this.#setupFailures++;
      this.#addresses.forget();
      this.#fail(error);
      return;
    }
    const socket = this.#socket;
    this.#observer.ended(error);
    this.#reset('idle');
    socket?.destroy();
    this.ports.diagnostics.log('debug', `${error.message}; trying the next address of ${this.address.host}`, {
      clientId: this.settings.clientId,
    });
    this.#connect();
  }

  #closedError(error: Error | null): KafkaError {
    return closedError(error, {
      broker: this.#name,
      phase: this.#phase,
      tls: this.settings.tls !== null,
      isMuteListener: this.settings.sasl === null && !this.#wasAnswered,
    });
  }

  get #phase(): ConnectionPhase {
    if (this.#state === 'connecting') return 'connecting';
    return this.#state === 'ready' || this.#state === 'authenticating-again' ? 'ready' : 'greeting';
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
    if (this.settings.sasl === null) this.#becomeReady();
    else void this.#authenticate(this.settings.sasl, 'authenticating');
  }

  /** Proves who the client is, before anything else or before the session ends (KIP-368); what is queued waits meanwhile. */
  async #authenticate(
    mechanism: SaslMechanism,
    state: 'authenticating' | 'authenticating-again',
  ): Promise<void> {
    this.#state = state;
    const socket = this.#socket;
    const peer = { host: this.address.host, port: this.address.port, broker: this.#name };
    this.#observer.authenticating(mechanism.name, state === 'authenticating-again');
    try {
      const lifetimeMs = await authenticate(mechanism, peer, this.#sendSasl);
      if (socket !== this.#socket) return;
      this.#observer.authenticated(lifetimeMs);
      const part =
        firstRenewal + (renewalSpread * this.ports.random.nextInteger(renewalSteps)) / renewalSteps;
      const renewalMs = Math.max(leastRenewalMs, lifetimeMs * part);
      this.#renewalMs =
        lifetimeMs > 0 ? this.ports.clock.monotonicMs() + renewalMs : Number.POSITIVE_INFINITY;
      this.#becomeReady();
    } catch (error) {
      if (socket !== this.#socket) return;
      const failure = error instanceof KafkaError ? error : this.#closedError(error as Error);
      this.#observer.authenticated(failure);
      this.#fail(failure);
    }
  }

  /** Writes a request of the authentication past the queue. Its answer comes after those to requests already on their way. */
  readonly #sendSasl: SaslSend = (api, minVersion, body) =>
    new Promise((resolve, reject) => {
      const cap = minVersion === 0 ? Number.MAX_SAFE_INTEGER : minVersion;
      const timeoutMs = this.settings.socketConnectionSetupTimeoutMs;
      const nowMs = this.ports.clock.monotonicMs();
      const lastMs = this.#inFlight.reduce((last, { deadlineMs }) => Math.max(last, deadlineMs), nowMs);
      const request = new PendingRequest(
        api as Api,
        body,
        cap,
        lastMs + timeoutMs,
        timeoutMs,
        true,
        (response) => resolve(response as never),
        reject,
      );
      request.version = this.#versions?.highest(request.api, cap) ?? -1;
      if (this.#socket === null) reject(this.#closedError(null));
      else if (request.version < minVersion)
        reject(this.#versions?.refusal(request.api, cap, this.#name) ?? this.#closedError(null));
      else {
        this.#watchDeadline(request.deadlineMs);
        this.#write(request);
      }
    });

  #becomeReady(): void {
    this.#stateTimer?.cancel();
    this.#stateTimer = null;
    this.#state = 'ready';
    this.#observer.ready();
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
      if (this.#renewalMs <= this.ports.clock.monotonicMs() && this.settings.sasl !== null) {
        void this.#authenticate(this.settings.sasl, 'authenticating-again');
        return;
      }
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
    this.#observer.sent(request, buffers);
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
          `${this.#name} sent what is no Kafka response (${failureReason(cause)}); is it a Kafka broker, and does securityProtocol fit its listener?`,
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
    this.#wasAnswered ||= this.#state === 'ready';
    this.#observer.answered(request, frame.length + sizePrefixBytes, throttleTimeMs);
    if (throttleTimeMs > 0) this.#throttledUntilMs = this.ports.clock.monotonicMs() + throttleTimeMs;
    request.resolve(response);
  }

  /** Ends the connection: what is on its way fails; what is queued fails too when there was no connection, else waits for the next. */
  #fail(error: KafkaError): void {
    const keepsQueue = this.#phase === 'ready' && !(error instanceof AuthenticationError);
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
      const level = error instanceof AuthenticationError ? 'error' : 'debug';
      this.ports.diagnostics.log(level, `${error.message}; trying again when it is needed`, {
        clientId: this.settings.clientId,
        address: formatAddress(this.address),
      });
    }
    const failed = this.#inFlight;
    this.#inFlight = [];
    this.#observer.ended(error);
    this.#observer.lost(failed, error);
    let queued: PendingRequest[] = [];
    if (!keepsQueue) {
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
    for (const request of lateQueued) request.reject(timeoutError(request, this.#name, this.#lastError));
    const lateInFlight = this.#inFlight.filter(isLate);
    if (lateInFlight.length > 0) {
      for (const request of lateInFlight) request.reject(timeoutError(request, this.#name, this.#lastError));
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
}

/** A broker that does not know the version of ApiVersions it was asked in refuses in version 0, whatever was asked (quirk 2). */
function answeredVersion({ api, version }: PendingRequest, frame: Buffer): number {
  const isRefusal =
    api.key === apis.apiVersions.key &&
    frame.length >= 6 &&
    frame.readInt16BE(4) === ErrorCode.UNSUPPORTED_VERSION;
  return isRefusal ? 0 : version;
}
