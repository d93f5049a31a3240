// Decides how the engine listens and connects over TCP: reads into large slabs, one gathered write per turn.
import { lookup } from 'node:dns/promises';
import { createConnection, createServer, isIP, Socket as NetSocket, type OnReadOpts } from 'node:net';

import type {
  Address,
  ConnectOptions,
  Listener,
  Network,
  Socket,
  SocketHandler,
} from '../../ports/network.js';
import type { TlsSettings } from '../../ports/tls.js';
import { ListenError } from '../listen-error.js';
import { ReadSlab, ReadSlabBudget } from './read-slab.js';
import { connectTls, secureContext } from './tls-connection.js';

/** Above so many bytes not yet handed to the system, a writer is asked to wait. */
const highWaterBytes = 1024 * 1024;
/** Runs of buffers shorter than this are copied together before they are written: a copy is cheaper than an entry of writev. */
const smallBufferBytes = 4096;

/** Joins neighbouring small buffers and leaves the large ones as they are. */
function gather(buffers: readonly Buffer[]): Buffer[] {
  const gathered: Buffer[] = [];
  let run: Buffer[] = [];
  let runBytes = 0;
  const closeRun = (): void => {
    if (run.length > 0) gathered.push(run.length === 1 ? (run[0] as Buffer) : Buffer.concat(run, runBytes));
    run = [];
    runBytes = 0;
  };
  for (const buffer of buffers) {
    if (buffer.length < smallBufferBytes) {
      run.push(buffer);
      runBytes += buffer.length;
    } else {
      closeRun();
      gathered.push(buffer);
    }
  }
  closeRun();
  return gathered;
}

class TcpSocket implements Socket {
  handler: SocketHandler | null = null;
  #socket: NetSocket | null = null;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #whenSent: (() => void)[] = [];
  /** The handler's memory that the next read goes to; null when it goes to the slab. */
  #room: Buffer | null = null;
  #reading = false;
  #paused = false;
  #flushPlanned = false;
  #needDrain = false;
  #closed = false;
  #error: Error | null = null;
  readonly #slab: ReadSlab;

  constructor(
    public localAddress: Address,
    public remoteAddress: Address,
    budget: ReadSlabBudget,
  ) {
    this.#slab = new ReadSlab(budget);
  }

  /** Memory that is kept for reading, whatever comes. */
  get readMemoryBytes(): number {
    return this.#slab.retainedBytes;
  }

  /** Node's option by which a socket reads into our slabs instead of a fresh buffer for every chunk. */
  get slabReads(): OnReadOpts {
    return {
      buffer: () => {
        this.#room = this.handler?.roomForData?.() ?? null;
        return this.#room ?? this.#slab.free();
      },
      callback: (bytes: number): boolean => {
        this.receive(this.#room?.subarray(0, bytes) ?? this.#slab.take(bytes));
        return !this.#paused;
      },
    };
  }

  /** Binds the transport; `connected` is false while the connection is still being made. */
  attach(socket: NetSocket): void {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('error', (error) => void (this.#error ??= error));
    socket.on('close', () => this.#onClose());
    // Who accepts a connection may want to wait with it.
    if (this.#paused) socket.pause();
  }

  get bufferedBytes(): number {
    return this.#pendingBytes + (this.#socket?.writableLength ?? 0);
  }

  /** Passes a chunk on; what the handler writes meanwhile leaves in one write when it returns. */
  receive(chunk: Buffer): void {
    if (this.#closed) return;
    this.#reading = true;
    try {
      this.handler?.onData(chunk);
    } finally {
      this.#reading = false;
      this.#flush();
    }
  }

  giveBack(chunk: Buffer): void {
    // Outside of onData the system may have been given the memory behind the chunk.
    if (this.#reading) this.#slab.giveBack(chunk);
  }

  write(buffers: readonly Buffer[], whenSent?: () => void): boolean {
    if (this.#closed) return true;
    for (const buffer of buffers) {
      this.#pending.push(buffer);
      this.#pendingBytes += buffer.length;
    }
    if (whenSent !== undefined) this.#whenSent.push(whenSent);
    if (!this.#reading && !this.#flushPlanned) {
      this.#flushPlanned = true;
      process.nextTick(() => {
        this.#flushPlanned = false;
        this.#flush();
      });
    }
    if (this.bufferedBytes < highWaterBytes) return true;
    this.#needDrain = true;
    return false;
  }

  #flush(): void {
    const socket = this.#socket;
    if (this.#pending.length === 0 || socket === null || this.#closed) return;
    const buffers = gather(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    const onWritten = this.#whenSent.length === 0 ? this.#onWritten : this.#tellSent(this.#whenSent);
    if (buffers.length === 1) {
      socket.write(buffers[0] as Buffer, onWritten);
      return;
    }
    socket.cork();
    const last = buffers.length - 1;
    for (let index = 0; index < last; index++) socket.write(buffers[index] as Buffer);
    socket.write(buffers[last] as Buffer, onWritten);
    socket.uncork();
  }

  /** After a failed write the system may still hold the buffers: then nobody is told. */
  #tellSent(all: readonly (() => void)[]): (error?: Error | null) => void {
    this.#whenSent = [];
    return (error) => {
      if (!error) for (const whenSent of all) whenSent();
      this.#onWritten(error);
    };
  }

  readonly #onWritten = (error?: Error | null): void => {
    if (error || !this.#needDrain || this.#closed || this.bufferedBytes > 0) return;
    this.#needDrain = false;
    this.handler?.onDrain?.();
  };

  pause(): void {
    this.#paused = true;
    this.#socket?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#socket?.resume();
  }

  end(): void {
    this.#flush();
    // Node's end() alone would wait for the peer to end too.
    this.#socket?.destroySoon();
  }

  destroy(error?: Error): void {
    this.#error ??= error ?? null;
    this.#socket?.destroy();
  }

  #onClose(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#whenSent = [];
    this.#room = null;
    this.#slab.close();
    this.handler?.onClose(this.#error);
  }
}

interface PrivateHandle {
  useUserBuffer?: unknown;
}

/**
 * Accepted sockets have no public `onread` (it costs a third of the receive rate, performance.md B1): when the private handle is
 * what we know, a second socket is put on it; otherwise chunks come as 'data'.
 */
function adoptAccepted(accepted: NetSocket, target: TcpSocket, reads: AcceptedReads): NetSocket {
  const holder = accepted as unknown as { _handle?: PrivateHandle | null };
  const handle = holder._handle;
  if (reads === 'slabs' && typeof handle?.useUserBuffer === 'function') {
    const options = { handle, onread: target.slabReads };
    const socket = new NetSocket(options as unknown as ConstructorParameters<typeof NetSocket>[0]);
    holder._handle = null;
    return socket;
  }
  accepted.on('data', (chunk: Buffer) => target.receive(chunk));
  accepted.resume();
  return accepted;
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'UNKNOWN';
}

function listen(
  address: Address,
  accept: (socket: Socket) => SocketHandler,
  reads: AcceptedReads,
  budget: ReadSlabBudget,
): Promise<Listener> {
  return new Promise((resolve, reject) => {
    // As Kafka's acceptor: the system tells when a peer is gone without a word.
    const server = createServer({ pauseOnConnect: true, noDelay: true, keepAlive: true });
    server.on('connection', (accepted) => {
      const target = new TcpSocket(
        { host: accepted.localAddress ?? address.host, port: accepted.localPort ?? address.port },
        { host: accepted.remoteAddress ?? 'unknown', port: accepted.remotePort ?? 0 },
        budget,
      );
      target.handler = accept(target);
      target.attach(adoptAccepted(accepted, target, reads));
      target.handler.onConnect?.();
    });
    const onError = (error: Error): void => reject(new ListenError(address, codeOf(error), error));
    server.once('error', onError);
    server.listen({ host: address.host, port: address.port, backlog: 511 }, () => {
      server.off('error', onError);
      // A failing accept (for example, no file descriptors left) must not end the process; the client retries.
      server.on('error', () => undefined);
      const bound = server.address();
      const port = typeof bound === 'object' && bound !== null ? bound.port : address.port;
      resolve({
        address: { host: address.host, port },
        // The system frees the address with the listening handle; open connections are not waited for.
        close: () =>
          new Promise((closed) => {
            server.close();
            setImmediate(closed);
          }),
      });
    });
  });
}

function connect(
  address: Address,
  handler: SocketHandler,
  options: ConnectOptions,
  budget: ReadSlabBudget,
): Socket {
  const target = new TcpSocket({ host: '', port: 0 }, address, budget);
  target.handler = handler;
  const { tls } = options;
  const socket =
    tls === undefined ? connectPlain(address, target) : connectSecure(address, target, tls, options);
  socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
    target.localAddress = { host: socket.localAddress ?? '', port: socket.localPort ?? 0 };
    target.handler?.onConnect?.();
  });
  // As Kafka's clients: the system tells when a broker is gone without a word.
  socket.setKeepAlive(true);
  target.attach(socket);
  return target;
}

function connectPlain({ host, port }: Address, target: TcpSocket): NetSocket {
  return createConnection({ host, port, onread: target.slabReads });
}

/** What is decrypted comes in buffers of its own: slabs would only add a copy. */
function connectSecure(
  address: Address,
  target: TcpSocket,
  settings: TlsSettings,
  options: ConnectOptions,
): NetSocket {
  const socket = connectTls(address, options.hostName ?? address.host, settings);
  socket.on('data', (chunk: Buffer) => target.receive(chunk));
  return socket;
}

/** Every address of a host name, as the system orders them (`client.dns.lookup=use_all_dns_ips`). */
async function lookupAll(host: string): Promise<readonly string[]> {
  if (isIP(host) !== 0) return [host];
  const found = await lookup(host, { all: true, verbatim: true });
  return found.map(({ address }) => address);
}

/** How accepted sockets are read; 'events' is what 'slabs' falls back to. */
export type AcceptedReads = 'slabs' | 'events';

export function createTcpNetwork(reads: AcceptedReads = 'slabs'): Network {
  const budget = new ReadSlabBudget();
  return {
    listen: (address, accept) => listen(address, accept, reads, budget),
    connect: (address, handler, options = {}) => connect(address, handler, options, budget),
    lookup: lookupAll,
    checkTls: (settings) => void secureContext(settings),
  };
}
