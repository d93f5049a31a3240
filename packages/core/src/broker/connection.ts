// Decides how one connection is served: frames in, one request at a time, replies in request order, back-pressure both ways (G3).
import { FrameDecoder, FrameSizeError } from '../protocol/framing.js';
import type { Diagnostics } from '../ports/diagnostics.js';
import type { Socket, SocketHandler } from '../ports/network.js';
import { CloseConnection, type Peer, type RequestContext } from './request.js';
import type { RequestRouter, Routed } from './request-router.js';

/** What the connections of a broker share. */
export interface ConnectionHost {
  readonly router: RequestRouter;
  readonly diagnostics: Diagnostics;
  readonly maxRequestBytes: number;
  monotonicMs(): number;
  /** The connection is gone. */
  closed(connection: Connection): void;
}

/** Bytes of requests that may wait behind one that is being handled; then the socket is no longer read. */
const waitingBytesLimit = 1024 * 1024;

export class Connection implements SocketHandler {
  /** When bytes last came or went; idle connections are closed by the broker. */
  lastActiveMs: number;
  readonly #peer: Peer;
  readonly #decoder: FrameDecoder;
  /** Whole frames behind the request that is being handled. */
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #state: 'open' | 'closing' | 'closed' = 'open';
  /** The request whose reply is not ready yet. */
  #current: RequestContext | null = null;
  #busy = false;
  /** The client does not read its replies. */
  #blocked = false;
  #paused = false;
  #clientId: string | null = null;

  constructor(
    private readonly socket: Socket,
    private readonly host: ConnectionHost,
  ) {
    this.#peer = { clientHost: socket.remoteAddress.host, localAddress: socket.localAddress };
    this.#decoder = new FrameDecoder(host.maxRequestBytes);
    this.lastActiveMs = host.monotonicMs();
  }

  /** A request waits for its reply: the connection is silent, but not idle. */
  get isBusy(): boolean {
    return this.#busy;
  }

  get address(): string {
    const { host, port } = this.socket.remoteAddress;
    return `${host}:${port}`;
  }

  onData(chunk: Buffer): void {
    if (this.#state !== 'open') return;
    this.lastActiveMs = this.host.monotonicMs();
    try {
      this.#decoder.push(chunk);
      this.#serve();
      this.#keepRest();
    } catch (error) {
      if (!(error instanceof FrameSizeError)) throw error;
      this.#refuse(error.message);
    }
  }

  onDrain(): void {
    this.#blocked = false;
    this.#continue();
  }

  onClose(error: Error | null): void {
    this.#state = 'closed';
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#current?.abandon?.();
    this.#current = null;
    if (error !== null) {
      const fields = { ...this.#fields(), reason: error.message };
      this.host.diagnostics.log('debug', 'A connection broke', fields);
    }
    this.host.closed(this);
  }

  /** Sends what is queued, then closes. */
  end(): void {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    this.socket.end();
  }

  destroy(): void {
    this.socket.destroy();
  }

  /** Handles frames until one must wait, the client is slow, or there is none. */
  #serve(): void {
    while (!this.#busy && !this.#blocked && this.#state === 'open') {
      const frame = this.#nextFrame();
      if (frame === null) return;
      const { context, outcome } = this.host.router.route(frame, this.#peer);
      this.#clientId = context?.clientId ?? this.#clientId;
      if (outcome instanceof Promise) {
        this.#busy = true;
        this.#current = context;
        void outcome.then((late) => this.#finishLate(late));
      } else {
        this.#send(outcome);
      }
    }
  }

  #nextFrame(): Buffer | null {
    const frame = this.#waiting.shift();
    if (frame === undefined) return this.#decoder.next();
    this.#waitingBytes -= frame.length;
    return frame;
  }

  /** Takes the frames that cannot be handled yet out of the chunk, and stops reading when they are too many. */
  #keepRest(): void {
    if (this.#state !== 'open') return;
    for (let frame = this.#decoder.next(); frame !== null; frame = this.#decoder.next()) {
      this.#waiting.push(frame);
      this.#waitingBytes += frame.length;
    }
    if (this.#waitingBytes > waitingBytesLimit && !this.#paused) {
      this.#paused = true;
      this.socket.pause();
    }
  }

  #finishLate(routed: Routed): void {
    this.#busy = false;
    this.#current = null;
    if (this.#state !== 'open') return;
    this.#send(routed);
    this.#continue();
  }

  #continue(): void {
    if (this.#state !== 'open') return;
    this.#serve();
    if (this.#paused && this.#waitingBytes <= waitingBytesLimit) {
      this.#paused = false;
      this.socket.resume();
    }
  }

  #send(routed: Routed): void {
    if (routed === null) return;
    if (routed instanceof CloseConnection) {
      this.#refuse(routed.reason);
      return;
    }
    this.lastActiveMs = this.host.monotonicMs();
    if (!this.socket.write(routed)) this.#blocked = true;
  }

  #refuse(reason: string): void {
    if (this.#state !== 'open') return;
    this.host.diagnostics.log('warn', 'Closed a connection', { ...this.#fields(), reason });
    this.end();
  }

  #fields(): { address: string; clientId: string | null } {
    return { address: this.address, clientId: this.#clientId };
  }
}
