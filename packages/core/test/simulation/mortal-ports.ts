// Ports of a process that can die at any moment: its connections break, its timers never fire again, nothing is said to anyone.
// It can be frozen, too, as by a suspended virtual machine: whatever happens to it, it learns when it wakes.
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
  /** What happened while the process was frozen; null while it is not. */
  #missed: (() => void)[] | null = null;

  constructor(timers: Timers, network: Network) {
    this.timers = {
      after: (delayMs, callback) => {
        if (this.#isDead) return neverFires;
        let isCancelled = false;
        const timer = timers.after(delayMs, () => {
          this.#timers.delete(timer);
          this.#run(() => void (isCancelled || callback()));
        });
        this.#timers.add(timer);
        return {
          cancel: () => {
            isCancelled = true;
            this.#timers.delete(timer);
            timer.cancel();
          },
        };
      },
      soon: (callback) => timers.soon(() => this.#run(callback)),
    };
    this.network = {
      listen: (address, accept) => this.#listen(network, address, accept),
      connect: (address, handler) => this.#watched((mortal) => network.connect(address, mortal), handler),
    };
  }

  /** Nothing happens to the process any more, until it wakes. */
  freeze(): void {
    this.#missed ??= [];
  }

  thaw(): void {
    const missed = this.#missed ?? [];
    this.#missed = null;
    for (const callback of missed) this.timers.soon(callback);
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  kill(): void {
    this.#isDead = true;
    this.#missed = null;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    for (const socket of this.#sockets) socket.destroy(new Error('the process died'));
    for (const listener of this.#listeners) void listener.close();
    this.#sockets.clear();
    this.#listeners.clear();
  }

  #run(callback: () => void): void {
    if (this.#isDead) return;
    if (this.#missed === null) callback();
    else this.#missed.push(callback);
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
      onConnect: () => this.#run(() => handler.onConnect?.()),
      onData: (chunk) => this.#run(() => handler.onData(chunk)),
      onDrain: () => this.#run(() => handler.onDrain?.()),
      onClose: (error) => {
        this.#sockets.delete(socket);
        this.#run(() => handler.onClose(error));
      },
    });
    this.#sockets.add(socket);
    return socket;
  }
}
