// Ports of a process that can die at any moment: its connections break, its timers never fire again, nothing is said to anyone.
import type { Address, Listener, Network, Socket, SocketHandler } from '../../src/ports/network.js';
import type { Timer, Timers } from '../../src/ports/timers.js';

const neverFires: Timer = { cancel: () => undefined };

export class MortalPorts {
  readonly timers: Timers;
  readonly network: Network;
  readonly #timers = new Set<Timer>();
  readonly #sockets = new Set<Socket>();
  readonly #listeners = new Set<Listener>();
  #isDead = false;

  constructor(timers: Timers, network: Network) {
    this.timers = {
      after: (delayMs, callback) => {
        if (this.#isDead) return neverFires;
        const timer = timers.after(delayMs, () => {
          this.#timers.delete(timer);
          callback();
        });
        this.#timers.add(timer);
        return {
          cancel: () => {
            this.#timers.delete(timer);
            timer.cancel();
          },
        };
      },
      soon: (callback) => timers.soon(() => void (this.#isDead || callback())),
    };
    this.network = {
      listen: (address, accept) => this.#listen(network, address, accept),
      connect: (address, handler) => this.#watched((mortal) => network.connect(address, mortal), handler),
    };
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  kill(): void {
    this.#isDead = true;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    for (const socket of this.#sockets) socket.destroy(new Error('the process died'));
    for (const listener of this.#listeners) void listener.close();
    this.#sockets.clear();
    this.#listeners.clear();
  }

  async #listen(
    network: Network,
    address: Address,
    accept: (socket: Socket) => SocketHandler,
  ): Promise<Listener> {
    const listener = await network.listen(address, (socket) => {
      let handler: SocketHandler | null = null;
      this.#watched((mortal) => {
        handler = mortal;
        return socket;
      }, accept(socket));
      if (handler === null) throw new Error('A connection has no handler');
      return handler;
    });
    this.#listeners.add(listener);
    return listener;
  }

  #watched(open: (handler: SocketHandler) => Socket, handler: SocketHandler): Socket {
    const socket = open({
      onConnect: () => void (this.#isDead || handler.onConnect?.()),
      onData: (chunk) => void (this.#isDead || handler.onData(chunk)),
      onDrain: () => void (this.#isDead || handler.onDrain?.()),
      onClose: (error) => {
        this.#sockets.delete(socket);
        if (!this.#isDead) handler.onClose(error);
      },
    });
    this.#sockets.add(socket);
    return socket;
  }
}
