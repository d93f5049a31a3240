// The same promises, kept by TCP and by the in-memory network.
import { createMemoryNetwork } from '../../../src/io/memory/memory-network.js';
import { createNodeTimers } from '../../../src/io/node/node-timers.js';
import { createTcpNetwork } from '../../../src/io/node/tcp-network.js';
import type { Network, Socket, SocketHandler } from '../../../src/ports/network.js';

class Recorder implements SocketHandler {
  readonly chunks: Buffer[] = [];
  readonly events: string[] = [];
  error: Error | null = null;
  bytes = 0;
  roomForData?: () => Buffer | null;
  #waiting: { condition: () => boolean; resolve: () => void }[] = [];

  onConnect(): void {
    this.#note('connect');
  }
  onData(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.bytes += chunk.length;
    this.#note('data');
  }
  onDrain(): void {
    this.#note('drain');
  }
  onClose(error: Error | null): void {
    this.error = error;
    this.#note('close');
  }
  #note(event: string): void {
    if (event !== 'data' || this.events.at(-1) !== 'data') this.events.push(event);
    this.#waiting = this.#waiting.filter(({ condition, resolve }) => {
      if (!condition()) return true;
      resolve();
      return false;
    });
  }
  until(condition: () => boolean): Promise<void> {
    if (condition()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ condition, resolve }));
  }
  event(name: string): Promise<void> {
    return this.until(() => this.events.includes(name));
  }
  get received(): Buffer {
    return Buffer.concat(this.chunks);
  }
}

const networks: [string, () => Network][] = [
  ['tcp', () => createTcpNetwork()],
  ['tcp without slabs', () => createTcpNetwork('events')],
  ['memory', () => createMemoryNetwork(createNodeTimers())],
];

describe.each(networks)('network over %s', (_name, create) => {
  const cleanups: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function pair(): Promise<{ client: Socket; near: Recorder; server: Socket; far: Recorder }> {
    const network = create();
    const far = new Recorder();
    let server: Socket | null = null;
    const listener = await network.listen({ host: '127.0.0.1', port: 0 }, (socket) => {
      server = socket;
      return far;
    });
    const near = new Recorder();
    const client = network.connect(listener.address, near);
    await Promise.all([near.event('connect'), far.event('connect')]);
    cleanups.push(
      () => listener.close(),
      () => client.destroy(),
      () => server?.destroy(),
    );
    return { client, near, server: server as unknown as Socket, far };
  }

  it('keeps the order of bytes both ways, small and large buffers mixed', async () => {
    const { client, near, server, far } = await pair();
    const sent: Buffer[] = [];
    for (let index = 0; index < 300; index++) {
      sent.push(Buffer.alloc(index % 7 === 0 ? 20_000 + index : 1 + (index % 50), index & 0xff));
    }
    const whole = Buffer.concat(sent);
    for (let index = 0; index < sent.length; index += 3) client.write(sent.slice(index, index + 3));
    await far.until(() => far.bytes === whole.length);
    expect(far.received.equals(whole)).toBe(true);
    server.write(sent);
    await near.until(() => near.bytes === whole.length);
    expect(near.received.equals(whole)).toBe(true);
  });

  it('hands over bytes that the reader may change and the writer keeps', async () => {
    const { client, far } = await pair();
    const sent = Buffer.from('unchanged');
    client.write([sent]);
    await far.until(() => far.bytes === sent.length);
    far.chunks[0]!.fill(0);
    expect(sent.toString()).toBe('unchanged');
    client.write([Buffer.from('second')]);
    await far.until(() => far.bytes === sent.length + 6);
    expect(far.chunks[0]!.every((byte) => byte === 0)).toBe(true);
  });

  it('says when it is done with what was written, and what came before may be read again into', async () => {
    const { client, server, far } = await pair();
    const received: Buffer[] = [];
    // A receiver that needs nothing of a chunk once it has looked at it.
    far.onData = (chunk) => {
      received.push(Buffer.from(chunk));
      server.giveBack?.(chunk);
      Recorder.prototype.onData.call(far, chunk);
    };
    const written = Array.from({ length: 40 }, (_unused, index) => Buffer.alloc(1 + index * 3_000, index));
    const expected = Buffer.concat(written);
    for (const buffer of written) {
      await new Promise<void>((resolve) => {
        client.write([buffer], () => {
          buffer.fill(0xff);
          resolve();
        });
      });
    }
    await far.until(() => far.bytes === expected.length);
    expect(Buffer.concat(received).equals(expected)).toBe(true);
  });

  it('may put what comes where the receiver says, and passes it on in order all the same', async () => {
    const { client, far } = await pair();
    const home = Buffer.alloc(400_000);
    let filled = 0;
    far.roomForData = () => (filled < home.length && filled % 3 === 0 ? home.subarray(filled) : null);
    const received: Buffer[] = [];
    far.onData = (chunk) => {
      received.push(Buffer.from(chunk));
      filled += chunk.length;
      Recorder.prototype.onData.call(far, chunk);
    };
    const sent = Buffer.from(Array.from({ length: 1_000_000 }, (_unused, index) => (index * 7) & 0xff));
    for (let at = 0; at < sent.length; at += 30_001) client.write([sent.subarray(at, at + 30_001)]);
    await far.until(() => far.bytes === sent.length);
    expect(Buffer.concat(received).equals(sent)).toBe(true);
  });

  it('asks a writer to wait while the reader is paused, and tells it when to go on', async () => {
    const { client, near, server, far } = await pair();
    server.pause();
    const block = Buffer.alloc(256 * 1024, 7);
    let written = 0;
    let accepted = true;
    while (accepted) {
      accepted = client.write([block]);
      written += block.length;
      // Lets the transport take what it can; a kernel buffers some megabytes before it refuses.
      await new Promise((resolve) => setImmediate(resolve));
      expect(written).toBeLessThan(256 * 1024 * 1024);
    }
    expect(client.bufferedBytes).toBeGreaterThanOrEqual(1024 * 1024);
    expect(near.events).not.toContain('drain');
    server.resume();
    await near.event('drain');
    await far.until(() => far.bytes === written);
  });

  it('ends in order: what was written arrives, then each end closes once without an error', async () => {
    const { client, near, far } = await pair();
    client.write([Buffer.from('last words')]);
    client.end();
    await Promise.all([near.event('close'), far.event('close')]);
    expect(far.received.toString()).toBe('last words');
    expect(far.events).toEqual(['connect', 'data', 'close']);
    expect([near.error, far.error]).toEqual([null, null]);
  });

  it('destroys at once, with the error that was given', async () => {
    const { server, near, far } = await pair();
    server.destroy(new Error('no more'));
    await Promise.all([near.event('close'), far.event('close')]);
    expect(far.error?.message).toBe('no more');
    expect(near.events.filter((event) => event === 'close')).toHaveLength(1);
  });

  it('never calls a handler from inside a call to the socket', async () => {
    const { client, near, far } = await pair();
    client.write([Buffer.alloc(2 * 1024 * 1024)]);
    client.destroy();
    expect(near.events).toEqual(['connect']);
    await Promise.all([near.event('close'), far.event('close')]);
    expect(near.events).toEqual(['connect', 'close']);
  });

  it('says that an address is taken', async () => {
    const network = create();
    const listener = await network.listen({ host: '127.0.0.1', port: 0 }, () => new Recorder());
    cleanups.push(() => listener.close());
    const second = network.listen(listener.address, () => new Recorder());
    await expect(second).rejects.toMatchObject({ name: 'ListenError', code: 'EADDRINUSE' });
  });

  it('reports a refused connection to the handler, and frees the address on close', async () => {
    const network = create();
    const listener = await network.listen({ host: '127.0.0.1', port: 0 }, () => new Recorder());
    await listener.close();
    const near = new Recorder();
    network.connect(listener.address, near);
    await near.event('close');
    expect(near.error).toMatchObject({ code: 'ECONNREFUSED' });
    const again = await network.listen(listener.address, () => new Recorder());
    await again.close();
  });

  it('keeps open connections when the listener closes', async () => {
    const network = create();
    const far = new Recorder();
    const listener = await network.listen({ host: '127.0.0.1', port: 0 }, () => far);
    const near = new Recorder();
    const client = network.connect(listener.address, near);
    await near.event('connect');
    await listener.close();
    client.write([Buffer.from('still here')]);
    await far.until(() => far.bytes === 10);
    client.end();
    await Promise.all([near.event('close'), far.event('close')]);
    expect(far.received.toString()).toBe('still here');
  });
});
