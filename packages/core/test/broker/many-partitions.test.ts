// Decides that topics of many partitions come and go without holding up other requests, and whole, whatever comes in between.
import { apis } from '../../src/protocol/api-keys.js';
import { ErrorCode } from '../../src/protocol/errors.js';
import type { MemoryFileSystem } from '../../src/io/memory/memory-file-system.js';
import type { RawClient } from '../support/raw-client.js';
import { batchOf } from '../support/record-batches.js';
import { TestBroker } from '../support/test-broker.js';

const many = 300;

describe('K20: many partitions', () => {
  let broker: TestBroker;
  let client: RawClient;
  beforeEach(async () => {
    broker = await new TestBroker({ autoCreateTopicsEnable: false }).start();
    client = broker.connect();
  });
  afterEach(() => broker.stop());

  const create = (through = client, name = 'many') =>
    through.send(apis.createTopics, 7, {
      topics: [{ name, numPartitions: many, replicationFactor: 1, assignments: [], configs: [] }],
      timeoutMs: 30_000,
    });

  const remove = (through = client, name = 'many') =>
    through.send(apis.deleteTopics, 6, { topics: [{ name }], timeoutMs: 30_000 });

  const partitionCount = async (through = client) => {
    const reply = await broker.settled(through.send(apis.metadata, 12, { topics: [{ name: 'many' }] }));
    return reply.topics[0]!.partitions.length;
  };

  const directories = (suffix = /^many-\d+$/) =>
    broker.fileSystem.list('.').filter((name) => suffix.test(name)).length;

  /** Asks on another connection, again and again, how many partitions there are, while the topic is made; the counts. */
  async function createWatched(whenBegun: (other: RawClient) => void = () => undefined) {
    const other = broker.connect();
    const counts: number[] = [];
    let isCreated = false;
    const created = create().finally(() => (isCreated = true));
    const watch = async (): Promise<void> => {
      while (!isCreated) {
        const { topics } = await other.send(apis.metadata, 12, { topics: [{ name: 'many' }] });
        const count = topics[0]!.partitions.length;
        counts.push(count);
        if (count > 0 && count < many) whenBegun(other);
      }
    };
    const [reply] = await broker.settled(Promise.all([created, watch()]));
    return { counts, errorCode: reply.topics[0]!.errorCode };
  }

  it('another connection is served while they are made, and the reply comes when all are', async () => {
    const { counts, errorCode } = await createWatched();
    expect(errorCode).toBe(0);
    expect(counts.filter((count) => count > 0 && count < many).length).toBeGreaterThan(5);
    expect(await partitionCount()).toBe(many);
    expect((await broker.produce(client, 'many', batchOf(['a']), { partition: many - 1 })).errorCode).toBe(0);
  });

  it('a kill while they are made loses none: the next start makes the rest', async () => {
    const images: MemoryFileSystem[] = [];
    await createWatched(
      () => void images.push(broker.fileSystem.afterCrash((_path, _syncedBytes, sizeBytes) => sizeBytes)),
    );
    await broker.stop();
    broker.fileSystem = images[1]!;
    expect(directories()).toBeGreaterThan(0);
    expect(directories()).toBeLessThan(many);
    await broker.start();
    client = broker.connect();
    expect(await partitionCount()).toBe(many);
    expect(directories()).toBe(many);
  });

  it('a topic that is deleted while it is made leaves nothing, and its name is free', async () => {
    let removed: ReturnType<typeof remove> | null = null;
    await createWatched((other) => void (removed ??= remove(other)));
    const { responses } = await broker.settled(removed!);
    expect(responses[0]!.errorCode).toBe(0);
    await broker.time.runUntilIdle();
    expect(directories()).toBe(0);
    expect((await broker.settled(create())).topics[0]!.errorCode).toBe(0);
    expect(await partitionCount()).toBe(many);
  });

  it('L26: a deleted topic is gone at once, its directories in turns, and is made again meanwhile', async () => {
    await broker.settled(create());
    const { responses } = await broker.settled(remove());
    expect(responses[0]!.errorCode).toBe(0);
    const [again, refused] = [create(), broker.produce(client, 'many', batchOf(['a']), { partition: 200 })];
    expect((await broker.settled(again)).topics[0]!.errorCode).toBe(0);
    expect([0, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]).toContain((await refused).errorCode);
    expect([directories(), directories(/^many-\d+\.[0-9a-f]{32}-delete$/)]).toEqual([many, many]);
    await broker.time.advance(60_001);
    expect([directories(), directories(/-delete$/)]).toEqual([many, 0]);
    await broker.restart();
    client = broker.connect();
    expect(await partitionCount()).toBe(many);
  });
});
