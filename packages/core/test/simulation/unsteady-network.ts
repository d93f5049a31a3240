// A network between clients and brokers that is slow, goes silent, and breaks, as one seed says; bytes under way when a client gives up still arrive.
import type { Address, Network, Socket, SocketHandler } from '../../src/ports/network.js';
import type { Random } from '../../src/ports/random.js';
import type { Timers } from '../../src/ports/timers.js';

/** What the network does now. */
export interface Weather {
  /** In a thousand writes or answers, so many break the connection instead. */
  readonly breaksPerMille: number;
  /** Each chunk takes from nothing up to so long, without passing the one before it. */
  readonly delayMs: number;
  /** Answers do not come at all. */
  readonly isSilent: boolean;
}

export const calm: Weather = { breaksPerMille: 0, delayMs: 0, isSilent: false };

export class UnsteadyNetwork implements Network {
  weather: Weather = calm;
  broken = 0;

  constructor(
    private readonly inner: Network,
    private readonly timers: Timers,
    private readonly clock: { monotonicMs(): number },
    private readonly random: Random,
  ) {}

  listen(...parameters: Parameters<Network['listen']>): ReturnType<Network['listen']> {
    return this.inner.listen(...parameters);
  }

  connect(address: Address, handler: SocketHandler): Socket {
    const answers = this.#lane();
    const writes = this.#lane();
    let isOpen = true;
    let isMute = false;
    const close = (error: Error | null): void => {
      if (!isOpen) return;
      isOpen = false;
      this.timers.soon(() => handler.onClose(error));
    };
    const broken = (): boolean => {
      if (this.random.nextInteger(1000) >= this.weather.breaksPerMille) return false;
      this.broken++;
      return true;
    };
    const inner = this.inner.connect(address, {
      onConnect: () => answers(() => void (isOpen && handler.onConnect?.())),
      onData: (chunk) => {
        // What was lost once leaves a hole that nothing behind it may fill.
        isMute ||= this.weather.isSilent;
        if (isMute) return;
        answers(() => {
          if (!isOpen) return;
          if (broken()) {
            inner.destroy();
            close(new Error('broken by the simulation'));
          } else handler.onData(chunk);
        });
      },
      onDrain: () => void (isOpen && handler.onDrain?.()),
      onClose: (error) => answers(() => close(error)),
    });
    return {
      remoteAddress: inner.remoteAddress,
      localAddress: inner.localAddress,
      get bufferedBytes() {
        return inner.bufferedBytes;
      },
      write: (buffers) => {
        if (!isOpen) return true;
        // A kernel has its own copy, and sends it although the process has given up by then.
        const bytes = Buffer.concat(buffers);
        writes(() => {
          if (!broken()) {
            inner.write([bytes]);
            return;
          }
          inner.destroy();
          close(new Error('broken by the simulation'));
        });
        return true;
      },
      pause: () => inner.pause(),
      resume: () => inner.resume(),
      end: () => writes(() => inner.end()),
      destroy: (error) => {
        writes(() => inner.end());
        close(error ?? null);
      },
    };
  }

  /** Runs what it is given in order, each after a delay of its own. */
  #lane(): (callback: () => void) => void {
    let readyMs = 0;
    const queue: (() => void)[] = [];
    const runFirst = (): void => queue.shift()?.();
    return (callback) => {
      queue.push(callback);
      const nowMs = this.clock.monotonicMs();
      const delayMs = this.weather.delayMs === 0 ? 0 : this.random.nextInteger(this.weather.delayMs);
      readyMs = Math.max(readyMs, nowMs + delayMs);
      if (readyMs <= nowMs) this.timers.soon(runFirst);
      else this.timers.after(readyMs - nowMs, runFirst);
    };
  }
}
