// A client of a few lines that speaks the protocol by the codecs alone, over any network.
import { encodeRequest, decodeResponse, FrameDecoder, correlationIdOf } from '../../src/protocol/framing.js';
import type { Api } from '../../src/protocol/api-keys.js';
import type { Address, Network, Socket, SocketHandler } from '../../src/ports/network.js';

interface Waiting {
  readonly correlationId: number;
  resolve(frame: Buffer): void;
  reject(error: Error): void;
}

export class RawClient implements SocketHandler {
  readonly socket: Socket;
  readonly clientId: string | null;
  /** Bytes received in all. */
  receivedBytes = 0;
  isClosed = false;
  readonly connected: Promise<void>;
  /** Resolves when the connection is gone, however. */
  readonly closed: Promise<void>;
  readonly #decoder = new FrameDecoder();
  readonly #waiting: Waiting[] = [];
  #nextCorrelationId = 1;
  #onConnected: () => void = () => undefined;
  #onClosed: () => void = () => undefined;

  constructor(network: Network, address: Address, clientId: string | null = 'raw-client') {
    this.clientId = clientId;
    this.connected = new Promise((resolve) => (this.#onConnected = resolve));
    this.closed = new Promise((resolve) => (this.#onClosed = resolve));
    this.socket = network.connect(address, this);
  }

  onConnect(): void {
    this.#onConnected();
  }

  onData(chunk: Buffer): void {
    this.receivedBytes += chunk.length;
    this.#decoder.push(chunk);
    for (let frame = this.#decoder.next(); frame !== null; frame = this.#decoder.next()) {
      const waiting = this.#waiting.shift();
      if (waiting === undefined) throw new Error('A reply came that nobody waits for');
      if (correlationIdOf(frame) === waiting.correlationId) waiting.resolve(frame);
      else waiting.reject(new Error(`Reply ${correlationIdOf(frame)} came before ${waiting.correlationId}`));
    }
  }

  onClose(): void {
    this.isClosed = true;
    for (const { reject } of this.#waiting.splice(0)) reject(new Error('The connection was closed'));
    this.#onClosed();
  }

  /** Sends a request; `replyVersion` says how to read the reply where it is not the request's version. */
  send<RequestInput, Response>(
    api: Api<RequestInput, Response>,
    version: number,
    body: RequestInput,
    replyVersion = version,
  ): Promise<Response> {
    const correlationId = this.#nextCorrelationId++;
    const reply = new Promise<Buffer>((resolve, reject) =>
      this.#waiting.push({ correlationId, resolve, reject }),
    );
    this.socket.write(encodeRequest(api, version, correlationId, this.clientId, body));
    return reply.then((frame) => decodeResponse(api, replyVersion, frame));
  }

  /** Sends a request that gets no reply. */
  sendOnly<RequestInput>(api: Api<RequestInput>, version: number, body: RequestInput): void {
    this.socket.write(encodeRequest(api, version, this.#nextCorrelationId++, this.clientId, body));
  }

  /** Sends bytes as they are and expects a frame back. */
  sendRaw(bytes: Buffer, correlationId: number): Promise<Buffer> {
    const reply = new Promise<Buffer>((resolve, reject) =>
      this.#waiting.push({ correlationId, resolve, reject }),
    );
    this.socket.write([bytes]);
    return reply;
  }

  write(bytes: Buffer): void {
    this.socket.write([bytes]);
  }

  close(): void {
    this.socket.destroy();
  }
}
