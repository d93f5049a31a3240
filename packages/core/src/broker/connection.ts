// Decides how one connection is served: frames in, one request at a time, replies in request order, back-pressure both ways (G3).
import type { BufferPool } from '../foundation/buffer-pool.js';
import { FrameDecoder, FrameSizeError } from '../protocol/framing.js';
import type { Diagnostics } from '../ports/diagnostics.js';
import type { Socket, SocketHandler } from '../ports/network.js';
import { CloseConnection, type Peer, type RequestContext } from './request.js';
import type { ReplyMemory } from './reply-memory.js';
import type { RequestMemory, RequestMemoryHolder } from './request-memory.js';
import type { RequestRouter, Routed } from './request-router.js';

/** What the connections of a broker share. */
export interface ConnectionHost {
  readonly router: RequestRouter;
  readonly diagnostics: Diagnostics;
  readonly maxRequestBytes: number;
  readonly requestMemory: RequestMemory;
  readonly replyMemory: ReplyMemory;
  /** Large requests are received into, and large reads are answered from, its buffers. */
  readonly buffers: BufferPool;
  monotonicMs(): number;
  /** Calls back in a later turn of the event loop. */
  soon(callback: () => void): void;
  /** The connection is gone. */
  closed(connection: Connection): void;
}

/** Bytes and chunks that may wait behind a request that is being handled; then the socket is no longer read. */
const waitingBytesLimit = 1024 * 1024;
const waitingChunksLimit = 64;
/** How long one connection may keep the others waiting with requests that it has sent ahead. */
const longestTurnMs = 5;
/** Requests between two looks at the clock. */
const requestsPerLook = 8;

export class Connection implements SocketHandler, RequestMemoryHolder {
  /** When bytes last came or went; idle connections are closed by the broker. */
  lastActiveMs: number;
  readonly #peer: Peer;
  readonly #decoder: FrameDecoder;
  /** What was read and is not yet cut into frames. */
  readonly #waiting: Buffer[] = [];
  #waitingBytes = 0;
  /** Something may refer to what was read. */
  #isInputKept = false;
  #state: 'open' | 'closing' | 'closed' = 'open';
  /** The request whose reply is not ready yet. */
  #current: RequestContext | null = null;
  #busy = false;
  /** The client does not read its replies. */
  #blocked = false;
  /** It is the others' turn. */
  #yielding = false;
  #paused = false;
  /** A look for idle connections found it closing before. */
  #hasLingered = false;
  #clientId: string | null = null;

  constructor(
    private readonly socket: Socket,
    private readonly host: ConnectionHost,
  ) {
    this.#peer = { clientHost: socket.remoteAddress.host, localAddress: socket.localAddress };
    this.#decoder = new FrameDecoder(host.maxRequestBytes, host.buffers);
    this.lastActiveMs = host.monotonicMs();
  }

  /** A request waits for its reply: the connection is silent, but not idle. */
  get isBusy(): boolean {
    return this.#busy && this.#state === 'open';
  }

  get clientHost(): string {
    return this.#peer.clientHost;
  }

  get address(): string {
    const { host, port } = this.socket.remoteAddress;
    return `${host}:${port}`;
  }

  onData(chunk: Buffer): void {
    if (this.#state !== 'open') return;
    this.lastActiveMs = this.host.monotonicMs();
    this.#isInputKept = this.#waiting.length > 0 || this.#decoder.unreadBytes > 0;
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.length;
    this.#continue();
    this.#isInputKept ||= this.#waiting.length > 0 || this.#decoder.unreadBytes > 0;
    if (!this.#isInputKept) this.socket.giveBack?.(chunk);
  }

  /** A large request is received where it will lie. */
  roomForData(): Buffer | null {
    return this.#state === 'open' && this.#waiting.length === 0 ? this.#decoder.room() : null;
  }

  onDrain(): void {
    this.lastActiveMs = this.host.monotonicMs();
    this.#blocked = false;
    this.host.replyMemory.release(this);
    this.#continue();
  }

  onClose(error: Error | null): void {
    this.#state = 'closed';
    this.#forgetInput();
    this.host.replyMemory.release(this);
    this.#current?.abandon?.();
    this.#current = null;
    if (error !== null) {
      const fields = { ...this.#fields(), reason: error.message };
      this.host.diagnostics.log('debug', 'A connection broke', fields);
    }
    this.host.closed(this);
  }

  /** There is room for the request that is arriving. */
  onRequestMemory(): void {
    this.host.soon(() => {
      this.lastActiveMs = this.host.monotonicMs();
      this.#continue();
    });
  }

  /** Sends what is queued, then closes. */
  end(): void {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    this.#forgetInput();
    this.socket.end();
  }

  /** Ends the connection when it was idle since `oldestMs`; one that the client does not let end is destroyed. True when it was ended. */
  endIfIdle(oldestMs: number): boolean {
    if (this.#state === 'closing') {
      if (this.#hasLingered) this.destroy();
      this.#hasLingered = true;
      return false;
    }
    if (this.isBusy || this.lastActiveMs > oldestMs) return false;
    if (this.socket.bufferedBytes > 0) this.destroy();
    else this.end();
    return true;
  }

  destroy(): void {
    this.socket.destroy();
  }

  #continue(): void {
    if (this.#state !== 'open') return;
    try {
      this.#serve();
    } catch (error) {
      if (!(error instanceof FrameSizeError)) throw error;
      this.#refuse(error.message);
    }
    this.#regulate();
  }

  /** Handles frames until one must wait, the client is slow, others wait, or there is none. */
  #serve(): void {
    const { host } = this;
    const startedMs = this.lastActiveMs;
    for (let handled = 1; this.#isReady(); handled++) {
      const frame = this.#nextFrame();
      if (frame === null) return;
      const { context, outcome, isFrameFree } = host.router.route(frame, this.#peer);
      if (isFrameFree) host.buffers.giveBack(frame);
      else this.#isInputKept = true;
      this.#clientId = context?.clientId ?? this.#clientId;
      if (outcome instanceof Promise) {
        this.#busy = true;
        this.#current = context;
        void outcome.then((late) => this.#finishLate(late));
      } else {
        this.#send(outcome);
      }
      if (handled % requestsPerLook === 0 && host.monotonicMs() - startedMs > longestTurnMs) {
        this.#letOthersGo();
        return;
      }
    }
  }

  #isReady(): boolean {
    return !this.#busy && !this.#blocked && !this.#yielding && this.#state === 'open';
  }

  #nextFrame(): Buffer | null {
    for (;;) {
      const frame = this.#decoder.next();
      if (frame !== null) {
        this.host.requestMemory.release(this);
        return frame;
      }
      const chunk = this.#waiting.shift();
      if (chunk === undefined) return null;
      this.#waitingBytes -= chunk.length;
      this.#decoder.push(chunk);
    }
  }

  #letOthersGo(): void {
    this.#yielding = true;
    this.host.soon(() => {
      this.#yielding = false;
      this.lastActiveMs = this.host.monotonicMs();
      this.#continue();
    });
  }

  /** Reads on, or not: not while much waits to be served, and not while requests in all take too much memory. */
  #regulate(): void {
    if (this.#state !== 'open') return;
    const { requestMemory } = this.host;
    const behind = this.#isReady() ? 0 : this.#waitingBytes + this.#decoder.unreadBytes;
    requestMemory.note(this, behind);
    const hasRoom = requestMemory.reserve(this, this.#decoder.arrivingFrameBytes);
    const limitBytes = requestMemory.isFull ? 0 : waitingBytesLimit;
    const isFar = behind > limitBytes || this.#waiting.length > waitingChunksLimit;
    const mustPause = isFar || !hasRoom;
    if (mustPause === this.#paused) return;
    this.#paused = mustPause;
    if (mustPause) this.socket.pause();
    else this.socket.resume();
  }

  #finishLate(routed: Routed): void {
    this.#busy = false;
    this.#current = null;
    if (this.#state !== 'open') return;
    this.#send(routed);
    this.#continue();
  }

  #send(routed: Routed): void {
    if (routed === null) return;
    if (routed instanceof CloseConnection) {
      this.#refuse(routed.reason);
      return;
    }
    this.lastActiveMs = this.host.monotonicMs();
    const { buffers } = this.host;
    const hasLent = routed.some((buffer) => buffers.isLent(buffer));
    const whenSent = hasLent ? () => routed.forEach((buffer) => buffers.giveBack(buffer)) : undefined;
    if (this.socket.write(routed, whenSent)) return;
    this.#blocked = true;
    this.host.replyMemory.note(this, this.socket.bufferedBytes);
  }

  #refuse(reason: string): void {
    if (this.#state !== 'open') return;
    this.host.diagnostics.log('warn', 'Closed a connection', { ...this.#fields(), reason });
    this.end();
  }

  #forgetInput(): void {
    this.#waiting.length = 0;
    this.#waitingBytes = 0;
    this.host.requestMemory.forget(this);
  }

  #fields(): { address: string; clientId: string | null } {
    return { address: this.address, clientId: this.#clientId };
  }
}
