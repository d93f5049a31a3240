// Decides how connections work inside one thread: ordered pipes, delivered in turns of the event loop that `timers` gives.
import type { Address, Listener, Network, Socket, SocketHandler } from '../../ports/network.js';
import type { Timers } from '../../ports/timers.js';
import { ListenError } from '../listen-error.js';

/** Above so many bytes not yet delivered, a writer is asked to wait. */
const highWaterBytes = 1024 * 1024;
/** The first port given to a listener that asks for port 0, and to the near end of a connection. */
const firstEphemeralPort = 49152;

type EndState = 'connecting' | 'open' | 'ending' | 'closed';

/** One end of a connection. What is written waits in `#outgoing` and is delivered to the peer's handler in a later turn. */
class MemorySocket implements Socket {
  handler: SocketHandler | null = null;
  peer: MemorySocket | null = null;
  state: EndState = 'connecting';
  #outgoing: Buffer[] = [];
  #outgoingBytes = 0;
  #whenSent: (() => void)[] = [];
  #paused = false;
  #needDrain = false;
  #deliveryPlanned = false;

  constructor(
    readonly localAddress: Address,
    readonly remoteAddress: Address,
    private readonly timers: Timers,
  ) {}

  get bufferedBytes(): number {
    return this.#outgoingBytes;
  }

  write(buffers: readonly Buffer[], whenSent?: () => void): boolean {
    if (this.state === 'ending' || this.state === 'closed') return true;
    for (const buffer of buffers) {
      this.#outgoing.push(buffer);
      this.#outgoingBytes += buffer.length;
    }
    if (whenSent !== undefined) this.#whenSent.push(whenSent);
    this.planDelivery();
    if (this.#outgoingBytes < highWaterBytes) return true;
    this.#needDrain = true;
    return false;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.peer?.planDelivery();
  }

  end(): void {
    if (this.state === 'closed' || this.state === 'ending') return;
    this.state = 'ending';
    this.planDelivery();
  }

  destroy(error?: Error): void {
    if (this.state === 'closed') return;
    this.#outgoing = [];
    this.#outgoingBytes = 0;
    this.#whenSent = [];
    const peer = this.peer;
    this.close(error ?? null);
    peer?.close(null);
  }

  /** Forgets the connection and tells the handler in the next turn. */
  close(error: Error | null): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    const handler = this.handler;
    this.handler = null;
    this.peer = null;
    this.timers.soon(() => handler?.onClose(error));
  }

  planDelivery(): void {
    if (this.#deliveryPlanned || this.state === 'connecting' || this.state === 'closed') return;
    this.#deliveryPlanned = true;
    this.timers.soon(() => this.#deliver());
  }

  #deliver(): void {
    this.#deliveryPlanned = false;
    const peer = this.peer;
    if (peer === null || this.state === 'closed') return;
    if (peer.#paused) return;
    if (this.#outgoing.length > 0) {
      // One copy, as a wire would make: the reader may change its bytes and the writer keeps its own.
      const chunk = Buffer.concat(this.#outgoing, this.#outgoingBytes);
      this.#outgoing = [];
      this.#outgoingBytes = 0;
      for (const whenSent of this.#whenSent.splice(0)) whenSent();
      peer.handler?.onData(chunk);
      // Inside onData either end may have written, ended or closed; what follows reads the state anew.
      if (this.#needDrain) {
        this.#needDrain = false;
        this.handler?.onDrain?.();
      }
    }
    if (this.#outgoing.length > 0) {
      this.planDelivery();
    } else if ((this.state as EndState) === 'ending') {
      this.close(null);
      peer.close(null);
    }
  }
}

class ConnectionRefusedError extends Error {
  override readonly name = 'ConnectionRefusedError';
  readonly code = 'ECONNREFUSED';

  constructor(address: Address) {
    super(`Nothing listens on ${address.host}:${address.port} of the in-memory network (ECONNREFUSED)`);
  }
}

export class MemoryNetwork implements Network {
  readonly #listeners = new Map<string, (socket: Socket) => SocketHandler>();
  #nextPort = firstEphemeralPort;

  constructor(private readonly timers: Timers) {}

  listen(address: Address, accept: (socket: Socket) => SocketHandler): Promise<Listener> {
    const bound = { host: address.host, port: address.port === 0 ? this.#nextPort++ : address.port };
    const key = `${bound.host}:${bound.port}`;
    if (this.#listeners.has(key)) return Promise.reject(new ListenError(bound, 'EADDRINUSE'));
    this.#listeners.set(key, accept);
    return Promise.resolve({
      address: bound,
      close: () => {
        if (this.#listeners.get(key) === accept) this.#listeners.delete(key);
        return Promise.resolve();
      },
    });
  }

  connect(address: Address, handler: SocketHandler): Socket {
    const near = new MemorySocket({ host: address.host, port: this.#nextPort++ }, address, this.timers);
    near.handler = handler;
    this.timers.soon(() => {
      if (near.state === 'closed') return;
      const accept = this.#listeners.get(`${address.host}:${address.port}`);
      if (accept === undefined) {
        near.close(new ConnectionRefusedError(address));
        return;
      }
      const far = new MemorySocket(address, near.localAddress, this.timers);
      far.peer = near;
      near.peer = far;
      far.handler = accept(far);
      const ending = near.state === 'ending';
      near.state = 'open';
      far.state = 'open';
      far.handler.onConnect?.();
      near.handler?.onConnect?.();
      if (ending) near.end();
      near.planDelivery();
      far.planDelivery();
    });
    return near;
  }
}

/** A network inside this thread. Connections cross between its users only, whatever the addresses say. */
export function createMemoryNetwork(timers: Timers): MemoryNetwork {
  return new MemoryNetwork(timers);
}
