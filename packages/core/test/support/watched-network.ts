// A TCP network whose accepted sockets a test can look at: what they keep in memory, and when they are gone.
import { createTcpNetwork } from '../../src/io/node/tcp-network.js';
import type { Address, Listener, Network, Socket, SocketHandler } from '../../src/ports/network.js';

export interface AcceptedSocket {
  readonly socket: Socket & { readonly readMemoryBytes: number };
  isClosed: boolean;
}

export class WatchedNetwork implements Network {
  readonly accepted: AcceptedSocket[] = [];
  readonly #inner = createTcpNetwork();
  #waiting: { readonly condition: () => boolean; readonly resolve: () => void }[] = [];

  listen(address: Address, accept: (socket: Socket) => SocketHandler): Promise<Listener> {
    return this.#inner.listen(address, (socket) => {
      const entry = { socket: socket as AcceptedSocket['socket'], isClosed: false };
      this.accepted.push(entry);
      const handler = accept(socket);
      return {
        onConnect: () => {
          handler.onConnect?.();
          this.#look();
        },
        onData: (chunk) => {
          handler.onData(chunk);
          this.#look();
        },
        onDrain: () => {
          handler.onDrain?.();
          this.#look();
        },
        onClose: (error) => {
          entry.isClosed = true;
          handler.onClose(error);
          this.#look();
        },
      };
    });
  }

  connect(address: Address, handler: SocketHandler): Socket {
    return this.#inner.connect(address, handler);
  }

  get open(): AcceptedSocket[] {
    return this.accepted.filter(({ isClosed }) => !isClosed);
  }

  /** The other end of a client's connection, once it was accepted. */
  async endOf(socket: Socket): Promise<AcceptedSocket> {
    const { port } = socket.localAddress;
    const find = () => this.accepted.findLast((each) => each.socket.remoteAddress.port === port);
    await this.until(() => find() !== undefined);
    return find() as AcceptedSocket;
  }

  /** Resolves when the condition holds after something happened on an accepted socket. */
  until(condition: () => boolean): Promise<void> {
    if (condition()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ condition, resolve }));
  }

  #look(): void {
    this.#waiting = this.#waiting.filter(({ condition, resolve }) => {
      if (!condition()) return true;
      resolve();
      return false;
    });
  }
}
