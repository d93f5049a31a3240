// Corner cases 16 to 19, 26, 27, 29 to 31 and 35: what fetches and offsets by time answer, on any cluster.
import { zeroUuid } from '../../src/foundation/uuid.js';
import { apis } from '../../src/protocol/api-keys.js';
import { ErrorCode } from '../../src/protocol/errors.js';
import { createTopics, eventually } from '../support/cluster-client.js';
import { recordsIn, valuesIn } from '../support/record-batches.js';
import { CornerCluster, recentBatch } from './corner-cluster.js';

describe('fetch', () => {
  let world: CornerCluster;
  beforeAll(async () => void (world = await CornerCluster.start()));
  afterAll(() => world.close());

  it('corner case 16: a fetch at the end of the log waits max_wait and is empty, without an error', async () => {
    const { name } = await world.topic();
    await world.produce(name, recentBatch(['a']));
    const startedMs = performance.now();
    const { errorCode, records, highWatermark } = await world.fetch(name, 1, { maxWaitMs: 300 });
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(290);
    expect([errorCode, records?.length, highWatermark]).toEqual([0, 0, 1]);
  });

  it('corner case 17: at the end of the log is empty, one beyond is 1', async () => {
    const { name } = await world.topic();
    await world.produce(name, recentBatch(['a', 'b']));
    expect(await world.fetch(name, 2)).toMatchObject({ errorCode: 0, records: Buffer.alloc(0) });
    expect((await world.fetch(name, 3)).errorCode).toBe(ErrorCode.OFFSET_OUT_OF_RANGE);
    expect((await world.fetch(name, -1)).errorCode).toBe(ErrorCode.OFFSET_OUT_OF_RANGE);
  });

  it('corner case 18: max_bytes of 1 gives one whole batch, of the first partition that has data', async () => {
    const { name } = await world.topic({}, 3);
    await world.produce(name, recentBatch(['a', 'b']), { partition: 1 });
    await world.produce(name, recentBatch(['c']), { partition: 1 });
    await world.produce(name, recentBatch(['d']), { partition: 2 });
    const request = world.fetchRequest(name, 0, {
      partitions: [0, 1, 2],
      maxBytes: 1,
      partitionMaxBytes: 1,
      minBytes: 1,
    });
    const reply = await world.client.send(apis.fetch, 12, request);
    const told = reply.responses[0]!.partitions.map((each) => [each.partitionIndex, valuesIn(each.records)]);
    expect(told).toEqual([
      [0, []],
      [1, ['a', 'b']],
      [2, []],
    ]);
  });

  it('corner case 19: from the middle of a batch the whole batch is given', async () => {
    const { name } = await world.topic();
    await world.produce(name, recentBatch(['before']));
    await world.produce(name, recentBatch(['a', 'b', 'c']));
    const { records } = await world.fetch(name, 2);
    expect(recordsIn(records).map(({ offset, value }) => [offset, value])).toEqual([
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
    ]);
  });

  it('corner case 26: read_committed on an empty partition has an empty list, and records of zero bytes', async () => {
    const { name } = await world.topic();
    expect(await world.fetch(name, 0, { isolationLevel: 1 })).toMatchObject({
      errorCode: 0,
      abortedTransactions: [],
      records: Buffer.alloc(0),
      lastStableOffset: 0,
    });
    expect((await world.fetch(name, 0)).abortedTransactions).toBeNull();
  });

  it('corner case 27: a session leaves out what is unchanged, and a forgotten topic never returns', async () => {
    const [kept, forgotten] = [await world.topic(), await world.topic()];
    const ask = (sessionId: number, sessionEpoch: number, names: readonly string[], gone: string[] = []) =>
      world.client.send(apis.fetch, 12, {
        ...world.fetchRequest('', 0, { sessionId, sessionEpoch }),
        topics: names.map((topic) => ({
          topic,
          partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000_000 }],
        })),
        forgottenTopicsData: gone.map((topic) => ({ topic, partitions: [0] })),
      });
    const told = async (...args: Parameters<typeof ask>) =>
      (await ask(...args)).responses.map(({ topic, partitions }) => [
        topic,
        valuesIn(partitions[0]!.records),
      ]);
    const { sessionId, responses } = await ask(0, 0, [kept.name, forgotten.name]);
    expect(sessionId).toBeGreaterThan(0);
    expect(responses).toHaveLength(2);
    expect(await told(sessionId, 1, [])).toEqual([]);
    await world.produce(forgotten.name, recentBatch(['a']));
    expect(await told(sessionId, 2, [])).toEqual([[forgotten.name, ['a']]]);
    expect(await told(sessionId, 3, [], [forgotten.name])).toEqual([]);
    await world.produce(forgotten.name, recentBatch(['b']));
    expect(await told(sessionId, 4, [])).toEqual([]);
    await world.produce(kept.name, recentBatch(['c']));
    expect(await told(sessionId, 5, [])).toEqual([[kept.name, ['c']]]);
  });

  it('corner case 29: a topic deleted and made again has another id, begins anew, and its old id is 100', async () => {
    const { name, topicId } = await world.topic();
    await world.produce(name, recentBatch(['old', 'older']));
    const { responses } = await world.client.send(apis.deleteTopics, 6, {
      topics: [{ name, topicId: zeroUuid }],
      timeoutMs: 30_000,
    });
    expect(responses[0]!.errorCode).toBe(0);
    await eventually(
      () =>
        createTopics(world.client, [{ name }]).then(
          () => true,
          () => false,
        ),
      (isMade) => isMade,
    );
    await eventually(
      () => world.endOffset(name),
      (offset) => offset === 0,
    );
    expect(await world.produce(name, recentBatch(['new']))).toMatchObject({ errorCode: 0, baseOffset: 0 });
    const byId = await world.client.send(apis.fetch, 13, {
      ...world.fetchRequest('', 0),
      topics: [{ topicId, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000 }] }],
    });
    expect(byId.responses[0]!.partitions[0]!.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_ID);
    expect(valuesIn((await world.fetch(name, 0)).records)).toEqual(['new']);
  });

  it('corner case 30: by time the first record in log order that is late enough, where times fall', async () => {
    const { name } = await world.topic();
    const nowMs = Date.now() - 100_000;
    for (const [value, ms] of Object.entries({ a: 100, b: 300, c: 200, d: 400 }))
      await world.produce(name, recentBatch([{ value, timestamp: nowMs + ms }]));
    const found = async (ms: number) => {
      const { offset, timestamp } = await world.listOffset(name, nowMs + ms);
      return [offset, offset < 0 ? timestamp : timestamp - nowMs];
    };
    expect(await found(150)).toEqual([1, 300]);
    expect(await found(200)).toEqual([1, 300]);
    expect(await found(301)).toEqual([3, 400]);
    expect(await found(401)).toEqual([-1, -1]);
  });

  it('corner case 31: the largest timestamp of an empty log is -1 at -1', async () => {
    const { name } = await world.topic();
    expect(await world.listOffset(name, -3)).toMatchObject({ errorCode: 0, timestamp: -1, offset: -1 });
    const timestamp = Date.now();
    await world.produce(name, recentBatch([{ value: 'a', timestamp }]));
    await world.produce(name, recentBatch([{ value: 'b', timestamp: timestamp - 1 }]));
    expect(await world.listOffset(name, -3)).toMatchObject({ errorCode: 0, timestamp, offset: 0 });
  });

  it('corner case 35: DeleteRecords in the middle of a batch: the log starts there, the batch is given whole', async () => {
    const { name } = await world.topic();
    await world.produce(name, recentBatch(['a', 'b', 'c']));
    const { topics } = await world.client.send(apis.deleteRecords, 2, {
      topics: [{ name, partitions: [{ partitionIndex: 0, offset: 1 }] }],
      timeoutMs: 30_000,
    });
    expect(topics[0]!.partitions[0]).toMatchObject({ errorCode: 0, lowWatermark: 1 });
    expect((await world.listOffset(name, -2)).offset).toBe(1);
    expect((await world.fetch(name, 0)).errorCode).toBe(ErrorCode.OFFSET_OUT_OF_RANGE);
    const { records, logStartOffset } = await world.fetch(name, 1);
    expect(logStartOffset).toBe(1);
    expect(valuesIn(records)).toEqual(['a', 'b', 'c']);
  });
});
