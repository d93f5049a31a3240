// Corner cases 1 to 4: what a connection sees, on any cluster.
import { apis } from '../../src/protocol/api-keys.js';
import { ErrorCode } from '../../src/protocol/errors.js';
import { encodeRequest } from '../../src/protocol/framing.js';
import { uniqueName } from '../support/cluster.js';
import { CornerCluster, recentBatch } from './corner-cluster.js';

const software = { clientSoftwareName: 'corner', clientSoftwareVersion: '1' };

describe('connections', () => {
  let world: CornerCluster;
  beforeAll(async () => void (world = await CornerCluster.start()));
  afterAll(() => world.close());

  it('corner case 1: replies come in the order of five pipelined requests, though the first one waits', async () => {
    const { name } = await world.topic();
    const client = world.connect();
    const order: string[] = [];
    const noted = <Value>(what: string, promise: Promise<Value>): Promise<Value> =>
      promise.finally(() => order.push(what));
    const replies = Promise.all([
      noted('fetch', client.send(apis.fetch, 12, world.fetchRequest(name, 0, { maxWaitMs: 1_000 }))),
      noted('metadata', client.send(apis.metadata, 12, { topics: [] })),
      noted('offsets', client.send(apis.listOffsets, 7, { replicaId: -1, isolationLevel: 0, topics: [] })),
      noted('versions', client.send(apis.apiVersions, 3, software)),
      noted('cluster', client.send(apis.describeCluster, 0, { includeClusterAuthorizedOperations: false })),
    ]);
    await replies;
    expect(order).toEqual(['fetch', 'metadata', 'offsets', 'versions', 'cluster']);
    client.close();
  });

  it('corner case 2: ApiVersions 99 gets a version 0 body with 35, and the connection stays usable', async () => {
    const client = world.connect();
    const bytes = Buffer.concat([...encodeRequest(apis.apiVersions, 3, 7, 'corner', software)]);
    bytes.writeInt16BE(99, 6);
    const frame = await client.sendRaw(bytes, 7);
    expect(frame.readInt16BE(4)).toBe(ErrorCode.UNSUPPORTED_VERSION);
    expect(frame.readInt32BE(6)).toBe(1);
    // Key 18 from 0 to at least 4, and nothing behind it: version 0 has no throttle time.
    expect([frame.readInt16BE(10), frame.readInt16BE(12)]).toEqual([18, 0]);
    expect(frame.readInt16BE(14)).toBeGreaterThanOrEqual(4);
    expect(frame).toHaveLength(16);
    expect((await client.send(apis.apiVersions, 3, software)).errorCode).toBe(0);
    client.close();
  });

  it('corner case 3: Produce is named from version 0, and versions 0 to 2 are refused all the same', async () => {
    const { apiKeys } = await world.client.send(apis.apiVersions, 3, software);
    expect(apiKeys.find(({ apiKey }) => apiKey === apis.produce.key)).toMatchObject({ minVersion: 0 });
    const { name } = await world.topic();
    const client = world.connect();
    // In version 2 the body begins with acks: there is no transactional id before it.
    const request = {
      transactionalId: null,
      acks: 1,
      timeoutMs: 1_000,
      topicData: [{ name, partitionData: [{ index: 0, records: recentBatch(['a']) }] }],
    };
    const bytes = Buffer.concat([...encodeRequest(apis.produce, 3, 1, 'corner', request)]);
    bytes.writeInt16BE(2, 6);
    client.write(bytes);
    await client.closed;
    expect(client.receivedBytes).toBe(0);
    expect(await world.endOffset(name)).toBe(0);
  });

  it('corner case 4: acks=0 to an unknown topic closes the connection without a byte', async () => {
    const client = world.connect();
    client.sendOnly(apis.produce, 9, {
      transactionalId: null,
      acks: 0,
      timeoutMs: 1_000,
      topicData: [{ name: uniqueName('absent'), partitionData: [{ index: 0, records: recentBatch(['a']) }] }],
    });
    await client.closed;
    expect(client.receivedBytes).toBe(0);
  });
});
