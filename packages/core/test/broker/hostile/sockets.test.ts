// Clients that do not behave, over real sockets: half-open, silent, flooding, never reading. Others are served, and memory stays bounded.
import { createConnection, type Socket as NetSocket } from 'node:net';

import type { BrokerConfig } from '../../../src/composition/broker-options.js';
import { createBroker, type RunningBroker } from '../../../src/composition/create-broker.js';
import { apis } from '../../../src/protocol/api-keys.js';
import { encodeRequest } from '../../../src/protocol/framing.js';
import { RawClient } from '../../support/raw-client.js';
import { batchOf } from '../../support/record-batches.js';
import { fetchOf, type LoggedLine } from '../../support/test-broker.js';
import { WatchedNetwork } from '../../support/watched-network.js';

const software = { clientSoftwareName: 'raw', clientSoftwareVersion: '1.0' };
const mebibyte = 1024 * 1024;

describe('clients that do not behave', () => {
  let network: WatchedNetwork;
  let broker: RunningBroker;
  let lines: LoggedLine[];
  const cleanups: (() => unknown)[] = [];

  async function start(config: Partial<BrokerConfig> = {}): Promise<void> {
    network = new WatchedNetwork();
    lines = [];
    broker = await createBroker({
      listen: '127.0.0.1:0',
      config,
      diagnostics: { log: (level, message, fields = {}) => void lines.push({ level, message, fields }) },
      ports: { network },
    });
    cleanups.push(() => broker.close());
  }
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function connect(clientId = 'raw-client'): Promise<RawClient> {
    const client = new RawClient(network, broker.address, clientId);
    cleanups.push(() => client.close());
    await Promise.race([client.connected, client.closed]);
    return client;
  }

  /** A socket of Node's, for what the engine's own would not do. */
  async function plainSocket(localAddress = '127.0.0.1'): Promise<NetSocket> {
    const socket = createConnection({ ...broker.address, localAddress, allowHalfOpen: true });
    socket.on('error', () => undefined);
    cleanups.push(() => socket.destroy());
    await new Promise((resolve) => socket.once('connect', resolve));
    return socket;
  }

  const versions = (client: RawClient) => client.send(apis.apiVersions, 3, software);

  async function createTopic(client: RawClient, name: string): Promise<void> {
    const topic = { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] };
    const reply = await client.send(apis.createTopics, 7, { topics: [topic], timeoutMs: 10_000 });
    expect(reply.topics[0]!.errorCode).toBe(0);
  }

  const produceOf = (name: string, records: Buffer) => ({
    acks: 1,
    timeoutMs: 1000,
    topicData: [{ name, partitionData: [{ index: 0, records }] }],
  });

  it('a client that ends its side while its fetch waits is let go, with its wait', async () => {
    await start();
    const witness = await connect();
    await createTopic(witness, 'quiet');
    const socket = await plainSocket();
    const request = fetchOf('quiet', 0, { maxWaitMs: 2_147_483_647 });
    socket.write(Buffer.concat(encodeRequest(apis.fetch, 12, 1, 'half', request)));
    const server = network.accepted.at(-1)!;
    const ended = new Promise((resolve) => socket.once('end', resolve).resume());
    socket.end();
    await ended;
    await network.until(() => server.isClosed);
    expect(network.open).toHaveLength(1);
  });

  it('a reset in the middle of a frame disturbs nobody', async () => {
    await start();
    const witness = await connect();
    const socket = await plainSocket();
    socket.write(Buffer.from('00000fff0012', 'hex'));
    await versions(witness);
    socket.resetAndDestroy();
    await network.until(() => network.open.length === 1);
    expect((await versions(witness)).errorCode).toBe(0);
    expect(lines.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);
  });

  it('max.connections: one more is closed without a byte, and let in when another has left', async () => {
    await start({ maxConnections: 2 });
    const [first, second] = [await connect(), await connect()];
    await Promise.all([versions(first), versions(second)]);
    const third = await connect();
    await third.closed;
    expect(third.receivedBytes).toBe(0);
    expect(lines).toMatchObject([
      { level: 'debug' },
      {
        level: 'warn',
        message: 'Refused connections',
        fields: { address: '127.0.0.1', reason: 'max.connections allows 2', refused: 1 },
      },
    ]);
    // A flood of refusals is one line.
    for (let count = 0; count < 20; count++) await (await connect()).closed;
    expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
    first.close();
    await network.until(() => network.open.length === 1);
    expect((await versions(await connect())).errorCode).toBe(0);
    expect((await versions(second)).errorCode).toBe(0);
  });

  it('max.connections.per.ip counts addresses apart, and overrides name some', async () => {
    await start({ maxConnectionsPerIp: 2, maxConnectionsPerIpOverrides: ['127.0.0.2:1', '127.0.0.3:0'] });
    async function isLetIn(localAddress: string): Promise<boolean> {
      const socket = await plainSocket(localAddress);
      socket.write(Buffer.concat(encodeRequest(apis.apiVersions, 0, 1, null, {})));
      return new Promise((resolve) => {
        socket.once('data', () => resolve(true));
        socket.once('end', () => resolve(false));
        socket.once('error', () => resolve(false));
      });
    }
    const outcomes: boolean[] = [];
    for (const last of [1, 1, 1, 2, 2, 3, 4]) outcomes.push(await isLetIn(`127.0.0.${last}`));
    expect(outcomes).toEqual([true, true, false, true, false, false, true]);
  });

  it('refuses an override that is none', async () => {
    await expect(start({ maxConnectionsPerIpOverrides: ['10.0.0.1'] })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining('maxConnectionsPerIpOverrides'),
    });
  });

  it('G5: a silent connection is closed after connections.max.idle.ms, one whose fetch waits is not', async () => {
    await start({ connectionsMaxIdleMs: 200 });
    const [silent, waiting] = [await connect(), await connect()];
    await createTopic(waiting, 'quiet');
    const reply = waiting.send(apis.fetch, 12, fetchOf('quiet', 0, { maxWaitMs: 600 }));
    await silent.closed;
    await expect(reply).resolves.toMatchObject({ errorCode: 0 });
    await waiting.closed;
  });

  it('a client that never reads its replies is destroyed when its time is up, also after a bad frame', async () => {
    await start({ connectionsMaxIdleMs: 300 });
    const witness = await connect();
    await createTopic(witness, 'large');
    await witness.send(apis.produce, 9, produceOf('large', batchOf(['x'.repeat(1_000_000)])));
    const deaf = [await connect('deaf'), await connect('deaf and rude')];
    for (const client of deaf) {
      client.socket.pause();
      for (let count = 0; count < 40; count++)
        client.send(apis.fetch, 12, fetchOf('large', 0)).catch(() => undefined);
    }
    const ends = await Promise.all(deaf.map((client) => network.endOf(client.socket)));
    await network.until(() => ends.every(({ socket }) => socket.bufferedBytes >= mebibyte));
    for (const { socket } of ends) expect(socket.bufferedBytes).toBeLessThan(3 * mebibyte);
    deaf[1]!.write(Buffer.from('ffffffff', 'hex'));
    expect((await versions(witness)).errorCode).toBe(0);
    await network.until(() => ends.every(({ isClosed }) => isClosed));
  });

  it('clients that never read hold a bounded part of memory, and others are served meanwhile', async () => {
    await start();
    const witness = await connect();
    await createTopic(witness, 'large');
    const records = batchOf(['y'.repeat(500_000)]);
    for (let count = 0; count < 8; count++)
      await witness.send(apis.produce, 9, produceOf('large', Buffer.from(records)));
    const request = { ...fetchOf('large', 0, { partitionMaxBytes: 50_000_000 }) };
    const deaf = await Promise.all(Array.from({ length: 20 }, () => connect('deaf')));
    for (const client of deaf) {
      client.socket.pause();
      for (let count = 0; count < 100; count++) client.send(apis.fetch, 12, request).catch(() => undefined);
    }
    const ends = await Promise.all(deaf.map((client) => network.endOf(client.socket)));
    await network.until(() => ends.every(({ socket }) => socket.bufferedBytes >= mebibyte));
    expect((await versions(witness)).errorCode).toBe(0);
    const fetched = await witness.send(apis.fetch, 12, request);
    expect(fetched.responses[0]!.partitions[0]!.records!.length).toBe(8 * records.length);
    for (const { socket } of ends) expect(socket.bufferedBytes).toBeLessThan(mebibyte + 9 * records.length);
  });

  it('1,000 idle connections keep 4 KiB each for reading, also when each was used', async () => {
    await start();
    const clients = await Promise.all(Array.from({ length: 1000 }, () => connect('idle')));
    await Promise.all(clients.map((client) => versions(client)));
    expect(network.open).toHaveLength(1000);
    const retained = network.open.reduce((sum, { socket }) => sum + socket.readMemoryBytes, 0);
    expect(retained).toBeLessThanOrEqual(1000 * 4096);
    expect(network.open.reduce((sum, { socket }) => sum + socket.bufferedBytes, 0)).toBe(0);
  });

  it('1,000 connections that announce 100 MB each take none of it, and others are served', async () => {
    await start();
    const before = process.memoryUsage().arrayBuffers;
    const clients = await Promise.all(Array.from({ length: 1000 }, () => connect('boaster')));
    const start100MB = Buffer.alloc(1000);
    start100MB.writeInt32BE(100_000_000, 0);
    for (const client of clients) client.write(start100MB);
    const witness = await connect();
    await createTopic(witness, 'served');
    const produced = await witness.send(apis.produce, 9, produceOf('served', batchOf(['z'.repeat(50_000)])));
    expect(produced.responses[0]!.partitionResponses[0]!.errorCode).toBe(0);
    const retained = network.open.reduce((sum, { socket }) => sum + socket.readMemoryBytes, 0);
    expect(retained).toBeLessThanOrEqual(1001 * 16 * 1024);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(150 * mebibyte);
  });

  it('a connection that was busy once gives its memory for reading back', async () => {
    await start();
    const client = await connect();
    await createTopic(client, 'busy');
    const records = batchOf(['b'.repeat(900_000)]);
    const replies = Array.from({ length: 16 }, () =>
      client.send(apis.produce, 9, produceOf('busy', Buffer.from(records))),
    );
    await Promise.all(replies);
    const { socket } = await network.endOf(client.socket);
    expect(socket.readMemoryBytes).toBeGreaterThan(64 * 1024);
    for (let count = 0; count < 40; count++) await versions(client);
    expect(socket.readMemoryBytes).toBe(4096);
  });

  it('queued.max.request.bytes: a large request waits unread while others arrive; small ones and its own end go on', async () => {
    await start({ queuedMaxRequestBytes: mebibyte / 2 });
    const [slow, large, small] = [await connect('slow'), await connect('large'), await connect('small')];
    await createTopic(small, 'pooled');
    const request = produceOf('pooled', batchOf(['s'.repeat(1_000_000)]));
    const whole = Buffer.concat(encodeRequest(apis.produce, 9, 7, 'slow', request));
    slow.write(whole.subarray(0, 500_000));
    await versions(small);
    const order: string[] = [];
    const waiting = [
      large.send(apis.produce, 9, produceOf('pooled', batchOf(['l'.repeat(1_000_000)]))),
      large.send(apis.apiVersions, 0, {}),
    ].map((reply) =>
      reply.then(({ errorCode = 0 }: { errorCode?: number }) => order.push(`large ${errorCode}`)),
    );
    for (let count = 0; count < 50; count++) await versions(small);
    expect(order).toEqual([]);
    const ended = slow.sendRaw(whole.subarray(500_000), 7).then(() => order.push('slow'));
    await Promise.all([ended, ...waiting]);
    expect(order).toEqual(['slow', 'large 0', 'large 0']);
  });

  it('queued.max.request.bytes: a connection that goes gives its room to the next', async () => {
    await start({ queuedMaxRequestBytes: 1 });
    const [slow, large] = [await connect('slow'), await connect('large')];
    await createTopic(large, 'pooled');
    const boast = Buffer.alloc(200_000);
    boast.writeInt32BE(50_000_000, 0);
    slow.write(boast);
    await network.until(() => network.accepted.length === 2);
    const reply = large.send(apis.produce, 9, produceOf('pooled', batchOf(['l'.repeat(500_000)])));
    slow.close();
    expect((await reply).responses[0]!.partitionResponses[0]!.errorCode).toBe(0);
  });

  it('a flood of small requests does not keep another connection waiting', async () => {
    await start();
    const witness = await connect();
    const flooder = await connect('flooder');
    await createTopic(witness, 'flooded');
    const topics = [{ name: 'flooded', partitions: [{ partitionIndex: 0, timestamp: 1 }] }];
    const request = { replicaId: -1, isolationLevel: 0, topics };
    let answered = 0;
    const count = 20_000;
    const replies = Array.from({ length: count }, () =>
      flooder.send(apis.listOffsets, 7, request).then(() => answered++),
    );
    await versions(witness);
    expect(answered).toBeLessThan(count / 2);
    await Promise.all(replies);
    expect(answered).toBe(count);
  });
});
