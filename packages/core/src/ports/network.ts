// Decides what the engine may do with stream connections, over TCP, over TLS or in memory.
import type { TlsSettings } from './tls.js';

/** Where something listens. */
export interface Address {
  /** A host name or an IP address. */
  readonly host: string;
  /** The port, from 1 to 65535; 0, where one listens, takes a free one. */
  readonly port: number;
}

/** What happens on a connection; every method is called synchronously from the event loop, never from inside a call to the Socket. */
export interface SocketHandler {
  /** The connection is established (for accepted connections it is called before the first data). */
  onConnect?(): void;
  /** Bytes arrived. The buffer belongs to the receiver from now on and is never written again by the network, unless it is given back. */
  onData(chunk: Buffer): void;
  /** Where the network may put the next bytes, which then come to `onData` as a part of it; null for memory of its own. */
  roomForData?(): Buffer | null;
  /** Everything written so far was handed to the transport after `write` returned false. */
  onDrain?(): void;
  /** The connection is gone; called exactly once, last. `error` tells why, if it was not an orderly end. */
  onClose(error: Error | null): void;
}

/** One connection, as its owner sees it. */
export interface Socket {
  /** The other end. */
  readonly remoteAddress: Address;
  /** This end. */
  readonly localAddress: Address;
  /** Bytes accepted by `write` and not yet handed to the transport. */
  readonly bufferedBytes: number;
  /**
   * Queues the buffers, in order, as one write; they must not be changed before `whenSent` is called, which is when the socket is done
   * with them, or never. False asks to wait for `onDrain`.
   */
  write(buffers: readonly Buffer[], whenSent?: () => void): boolean;
  /** Said within `onData`: nothing refers to the chunk any more, and the network may read into its memory again. */
  giveBack?(chunk: Buffer): void;
  /** Stops and restarts the calls of `onData` (back-pressure). */
  pause(): void;
  /** Lets `onData` be called again. */
  resume(): void;
  /** Sends what is queued, then closes. */
  end(): void;
  /** Closes at once; what is queued is lost. */
  destroy(error?: Error): void;
}

/** An address that is listened on. */
export interface Listener {
  /** The address really bound (a port of 0 was resolved). */
  readonly address: Address;
  /** Stops accepting; connections that are open stay open. Resolves when the address is free. */
  close(): Promise<void>;
}

/** How a connection is made, beside its address. */
export interface ConnectOptions {
  /** Speaks TLS on the connection; `onConnect` then means that both sides have agreed on it. */
  readonly tls?: TlsSettings;
  /** The name behind `address.host`, where that is one of its IP addresses; TLS checks the certificate against it. */
  readonly hostName?: string;
}

/** Makes connections and accepts them: TCP, or within this process. */
export interface Network {
  /** Starts to accept connections; rejects with a typed error when the address cannot be bound. */
  listen(address: Address, accept: (socket: Socket) => SocketHandler): Promise<Listener>;
  /** Starts to connect and returns at once; success is `onConnect`, failure is `onClose` with the error. */
  connect(address: Address, handler: SocketHandler, options?: ConnectOptions): Socket;
  /** The IP addresses of a host name, in the order to try them. Absent: `connect` takes the name itself. */
  lookup?(host: string): Promise<readonly string[]>;
  /** Throws when the settings cannot be used, for example because a key does not fit its certificate. Absent: `connect` finds out. */
  checkTls?(settings: TlsSettings): void;
}
