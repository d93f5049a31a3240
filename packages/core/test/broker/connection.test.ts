import { createBroker, type RunningBroker } from '../../src/composition/create-broker.js';
import { createTcpNetwork } from '../../src/io/node/tcp-network.js';
import { apis } from '../../src/protocol/api-keys.js';
import { ErrorCode } from '../../src/protocol/errors.js';
import { encodeRequest } from '../../src/protocol/framing.js';
import { RawClient } from '../support/raw-client.js';
import { batchOf } from '../support/record-batches.js';
import { fetchOf, type LoggedLine } from '../support/test-broker.js';

const software = { clientSoftwareName: 'raw', clientSoftwareVersion: '1.0' };

/** A request header as it lies on the wire, with whatever key and version. */
function rawRequest(apiKey: number, apiVersion: number, correlationId: number, body: Buffer): Buffer {
  const clientId = Buffer.from('stranger');
  const header = Buffer.alloc(14 + clientId.length);
  header.writeInt32BE(header.length - 4 + body.length, 0);
  header.writeInt16BE(apiKey, 4);
  header.writeInt16BE(apiVersion, 6);
  header.writeInt32BE(correlationId, 8);
  header.writeInt16BE(clientId.length, 12);
  clientId.copy(header, 14);
  return Buffer.concat([header, body]);
}

describe('connections over a real socket', () => {
  let broker: RunningBroker;
  let lines: LoggedLine[];
  let witness: RawClient;
  const clients: RawClient[] = [];

  function connect(clientId: string | null = 'raw-client'): RawClient {
    const client = new RawClient(createTcpNetwork(), broker.address, clientId);
    clients.push(client);
    return client;
  }

  beforeAll(async () => {
    lines = [];
    broker = await createBroker({
      listen: '127.0.0.1:0',
      config: { socketRequestMaxBytes: 1024 * 1024 },
      diagnostics: { log: (level, message, fields = {}) => void lines.push({ level, message, fields }) },
    });
    witness = connect('witness');
    const topic = { name: 'order', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] };
    await witness.send(apis.createTopics, 7, { topics: [topic], timeoutMs: 10_000 });
  });
  afterEach(() => void (lines.length = 0));
  afterAll(async () => {
    for (const client of clients) client.close();
    await broker.close();
  });

  it('G3, corner case 1: five pipelined requests are answered in order, though the first one waits', async () => {
    const client = connect();
    const order: string[] = [];
    const noted = <Value>(name: string, promise: Promise<Value>): Promise<Value> =>
      promise.finally(() => order.push(name));
    const replies = [
      noted('fetch', client.send(apis.fetch, 12, fetchOf('order', 0, { maxWaitMs: 60_000 }))),
      noted('metadata', client.send(apis.metadata, 12, { topics: [] })),
      noted('versions', client.send(apis.apiVersions, 4, software)),
      noted('offsets', client.send(apis.listOffsets, 7, { replicaId: -1, isolationLevel: 0, topics: [] })),
      noted('cluster', client.send(apis.describeCluster, 0, { includeClusterAuthorizedOperations: false })),
    ];
    // Another connection is not held up, and what it writes ends the wait of the first.
    const produced = await witness.send(apis.produce, 9, {
      acks: 1,
      timeoutMs: 1000,
      topicData: [{ name: 'order', partitionData: [{ index: 0, records: batchOf(['wakes the fetch']) }] }],
    });
    expect(produced.responses[0]!.partitionResponses[0]!.errorCode).toBe(0);
    await Promise.all(replies);
    expect(order).toEqual(['fetch', 'metadata', 'versions', 'offsets', 'cluster']);
  });

  it('G4, corner case 2: ApiVersions v99 gets a v0 body with error 35 and the connection stays usable', async () => {
    const client = connect();
    const frame = await client.sendRaw(rawRequest(18, 99, 7, Buffer.from([0, 1, 1, 2, 1, 0])), 7);
    // Correlation id, error code, and an array of the one entry for key 18; no throttle time (quirk 2).
    expect(frame.toString('hex')).toBe('00000007' + '0023' + '00000001' + '0012' + '0000' + '0004');
    const again = await client.send(apis.apiVersions, 0, {});
    expect(again.errorCode).toBe(0);
    expect(lines).toEqual([]);
  });

  it('ApiVersions v5, which only the codecs know, is answered like any version that is not served', async () => {
    const reply = await connect().send(apis.apiVersions, 5, software, 0);
    expect(reply.errorCode).toBe(ErrorCode.UNSUPPORTED_VERSION);
    expect(reply.apiKeys).toEqual([{ apiKey: 18, minVersion: 0, maxVersion: 4 }]);
  });

  it('corner case 3: ApiVersions names Produce from 0 and what Kafka 4.1 names of the APIs that are here', async () => {
    const { apiKeys } = await connect().send(apis.apiVersions, 3, software);
    const ranges = Object.fromEntries(
      apiKeys.map((each) => [each.apiKey, [each.minVersion, each.maxVersion]]),
    );
    expect(ranges).toEqual({
      0: [0, 13],
      1: [4, 18],
      2: [1, 11],
      3: [0, 13],
      8: [2, 10],
      9: [1, 10],
      10: [0, 6],
      11: [0, 9],
      12: [0, 4],
      13: [0, 5],
      14: [0, 5],
      15: [0, 6],
      16: [0, 5],
      18: [0, 4],
      19: [2, 7],
      20: [1, 6],
      21: [0, 2],
      22: [0, 5],
      23: [2, 4],
      24: [0, 5],
      25: [0, 4],
      26: [0, 5],
      27: [1, 2],
      28: [0, 5],
      32: [1, 4],
      33: [0, 2],
      35: [1, 4],
      37: [0, 3],
      42: [0, 2],
      43: [0, 2],
      44: [0, 1],
      45: [0, 1],
      46: [0, 0],
      47: [0, 0],
      55: [0, 2],
      57: [0, 2],
      60: [0, 2],
      61: [0, 0],
      65: [0, 0],
      66: [0, 2],
      68: [0, 1],
      69: [0, 1],
      74: [0, 1],
      75: [0, 0],
    });
  });

  it.each(['', '-starts-wrong', 'has space', 'ends.'])(
    'KIP-511: software name "%s" is INVALID_REQUEST',
    async (name) => {
      const reply = await connect().send(apis.apiVersions, 3, { ...software, clientSoftwareName: name });
      expect(reply.errorCode).toBe(ErrorCode.INVALID_REQUEST);
    },
  );

  const produceV2 = encodeRequest(apis.produce, 3, 1, 'stranger', { acks: 1, timeoutMs: 1, topicData: [] });
  const asVersion = (buffers: Buffer[], version: number): Buffer => {
    const bytes = Buffer.concat(buffers);
    bytes.writeInt16BE(version, 6);
    return bytes;
  };
  const bad: [what: string, bytes: Buffer, reason: RegExp, clientId: string | null][] = [
    [
      'an HTTP request',
      Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
      /1195725856 bytes and the limit/,
      null,
    ],
    ['a negative size', Buffer.from('ffffffff00120000', 'hex'), /negative size/, null],
    ['a size over the limit', Buffer.from('00100001', 'hex'), /1048577 bytes and the limit is 1048576/, null],
    ['a frame of no bytes', Buffer.from('00000000', 'hex'), /RequestHeader/, null],
    ['a header that ends early', Buffer.from('00000004' + '00120000', 'hex'), /RequestHeader/, null],
    [
      'a client id longer than the frame',
      Buffer.from('0000000a' + '0012000000000001' + '7fff', 'hex'),
      /RequestHeader/,
      null,
    ],
    ['an unknown API', rawRequest(999, 0, 1, Buffer.alloc(0)), /API key 999 is not served/, 'stranger'],
    ['a negative API', rawRequest(-1, 0, 1, Buffer.alloc(0)), /API key -1 is not served/, 'stranger'],
    [
      'an API that has no handler',
      rawRequest(17, 1, 1, Buffer.alloc(2)),
      /API key 17 is not served/,
      'stranger',
    ],
    [
      'a version beyond the last',
      rawRequest(3, 14, 1, Buffer.from([0])),
      /Metadata version 14 is not served/,
      'stranger',
    ],
    [
      'Produce v2, though it is advertised',
      asVersion(produceV2, 2),
      /Produce version 2 is not served/,
      'stranger',
    ],
    [
      'a body that ends early',
      rawRequest(3, 1, 1, Buffer.from('00000005', 'hex')),
      /MetadataRequest v1/,
      'stranger',
    ],
    [
      'an array longer than the frame',
      rawRequest(3, 1, 1, Buffer.from('7fffffff', 'hex')),
      /MetadataRequest v1/,
      'stranger',
    ],
  ];
  it.each(bad)(
    'G4: %s closes its connection with one line and disturbs nobody else',
    async (_what, bytes, reason, clientId) => {
      const waiting = connect('bystander');
      const parked = waiting.send(apis.fetch, 12, fetchOf('order', 1_000, { maxWaitMs: 50 }));
      const client = connect();
      await client.connected;
      client.write(bytes);
      await client.closed;
      expect(client.receivedBytes).toBe(0);
      const [line, ...others] = lines;
      expect(others).toEqual([]);
      expect(line).toMatchObject({ level: 'warn', message: 'Closed a connection', fields: { clientId } });
      expect(line?.fields.address).toMatch(/^127\.0\.0\.1:\d+$/);
      expect(line?.fields.reason).toMatch(reason);
      await expect(parked).resolves.toMatchObject({ errorCode: 0 });
      await expect(witness.send(apis.metadata, 12, { topics: [] })).resolves.toMatchObject({ errorCode: 0 });
    },
  );

  it('answers what came before a bad frame', async () => {
    const client = connect();
    const reply = client.send(apis.apiVersions, 0, {});
    client.write(Buffer.from('ffffffff', 'hex'));
    await expect(reply).resolves.toMatchObject({ errorCode: 0 });
    await client.closed;
    expect(lines).toHaveLength(1);
  });

  it('takes frames in pieces of one byte', async () => {
    const client = connect();
    const request = Buffer.concat(encodeRequest(apis.metadata, 12, 31, 'slow', { topics: [] }));
    const reply = client.sendRaw(request.subarray(0, 1), 31);
    for (let at = 1; at < request.length; at++) {
      client.write(request.subarray(at, at + 1));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await reply).readInt32BE(0)).toBe(31);
  });

  it('P3, corner case 4: acks=0 is never answered, and an error of it closes the connection without a byte', async () => {
    const client = connect('fire-and-forget');
    const produce = (name: string) => ({
      acks: 0,
      timeoutMs: 1000,
      topicData: [{ name, partitionData: [{ index: 0, records: batchOf(['unanswered']) }] }],
    });
    client.sendOnly(apis.produce, 9, produce('order'));
    // The next request's reply is the first bytes to come.
    const reply = client.sendRaw(Buffer.concat(encodeRequest(apis.apiVersions, 0, 9, null, {})), 9);
    expect((await reply).readInt32BE(0)).toBe(9);
    const seen = client.receivedBytes;
    client.sendOnly(apis.produce, 9, produce('no-such-topic'));
    await client.closed;
    expect(client.receivedBytes).toBe(seen);
    expect(lines).toMatchObject([
      {
        message: 'Closed a connection',
        fields: { clientId: 'fire-and-forget', reason: expect.stringContaining('no-such-topic-0') },
      },
    ]);
  });

  it('stops reading from a client that does not take its replies, and goes on when it does', async () => {
    const client = connect('slow-reader');
    await client.connected;
    client.socket.pause();
    const count = 4000;
    const replies = Array.from({ length: count }, () =>
      client.send(apis.describeConfigs, 4, {
        resources: [{ resourceType: 2, resourceName: 'order', configurationKeys: null }],
        includeSynonyms: true,
        includeDocumentation: true,
      }),
    );
    await expect(witness.send(apis.metadata, 12, { topics: [] })).resolves.toMatchObject({ errorCode: 0 });
    client.socket.resume();
    const all = await Promise.all(replies);
    expect(all).toHaveLength(count);
    expect(all.at(-1)?.results[0]?.errorCode).toBe(0);
  });
});
