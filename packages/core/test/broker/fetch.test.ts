import { leaderEpochProblem } from '../../src/broker/leader-epoch.js';
import { apis } from '../../src/protocol/api-keys.js';
import { ErrorCode } from '../../src/protocol/errors.js';
import type { RawClient } from '../support/raw-client.js';
import { batchOf, recordsIn, someTimeMs, valuesIn } from '../support/record-batches.js';
import { fetchOf, TestBroker } from '../support/test-broker.js';

describe('Fetch', () => {
  const broker = new TestBroker();
  let client: RawClient;
  let other: RawClient;
  let topicCount = 0;

  beforeAll(() => broker.start());
  beforeEach(() => {
    client = broker.connect();
    other = broker.connect();
  });
  afterAll(() => broker.stop());

  async function newTopic(partitions = 1): Promise<string> {
    const name = `topic-${++topicCount}`;
    await broker.createTopic(client, name, partitions);
    return name;
  }

  async function fetchOne(...args: Parameters<typeof fetchOf>) {
    const reply = await broker.settled(client.send(apis.fetch, 12, fetchOf(...args)));
    return reply.responses[0]!.partitions[0]!;
  }

  it('F5, corner case 16: at the end of the log it waits max_wait and answers empty without an error', async () => {
    const topic = await newTopic();
    const startedMs = broker.time.clock.monotonicMs();
    const partition = await fetchOne(topic, 0, { maxWaitMs: 500 });
    expect(broker.time.clock.monotonicMs() - startedMs).toBe(500);
    expect(partition).toMatchObject({ errorCode: 0, highWatermark: 0, logStartOffset: 0 });
    // F13: zero bytes, not null.
    expect(partition.records).toHaveLength(0);
  });

  it('F5: a record ends the wait at once, on every connection that waits', async () => {
    const topic = await newTopic();
    const startedMs = broker.time.clock.monotonicMs();
    const waiting = [client, other].map((each) =>
      each.send(apis.fetch, 12, fetchOf(topic, 0, { maxWaitMs: 30_000 })),
    );
    await broker.time.runUntilIdle();
    await broker.produce(broker.connect(), topic, batchOf(['now']));
    for (const reply of await broker.settled(Promise.all(waiting))) {
      expect(valuesIn(reply.responses[0]!.partitions[0]!.records)).toEqual(['now']);
    }
    expect(broker.time.clock.monotonicMs()).toBe(startedMs);
  });

  it('F5: it waits for min_bytes, summed over partitions', async () => {
    const topic = await newTopic(2);
    const batch = batchOf(['x'.repeat(100)]);
    const partition = (index: number) => ({ partition: index, fetchOffset: 0, partitionMaxBytes: 1_000_000 });
    let replied = false;
    const waiting = client
      .send(apis.fetch, 12, {
        ...fetchOf(topic, 0, { maxWaitMs: 30_000, minBytes: batch.length + 1 }),
        topics: [{ topic, partitions: [partition(0), partition(1)] }],
      })
      .finally(() => (replied = true));
    await broker.time.runUntilIdle();
    await broker.produce(other, topic, Buffer.from(batch), { partition: 0 });
    await broker.time.advance(100);
    expect(replied).toBe(false);
    await broker.produce(other, topic, Buffer.from(batch), { partition: 1 });
    await broker.time.runUntilIdle();
    expect(replied).toBe(true);
    const reply = await waiting;
    expect(reply.responses[0]!.partitions.map(({ records }) => records?.length)).toEqual([
      batch.length,
      batch.length,
    ]);
  });

  it.each([
    ['max_wait 0', { maxWaitMs: 0, minBytes: 1000 }],
    ['a negative max_wait', { maxWaitMs: -1, minBytes: 1000 }],
    ['min_bytes 0', { maxWaitMs: 5000, minBytes: 0 }],
    ['negative min_bytes', { maxWaitMs: 5000, minBytes: -5 }],
  ])('F5: %s is answered at once', async (_what, options) => {
    const topic = await newTopic();
    const startedMs = broker.time.clock.monotonicMs();
    expect(await fetchOne(topic, 0, options)).toMatchObject({ errorCode: 0, records: Buffer.alloc(0) });
    expect(broker.time.clock.monotonicMs()).toBe(startedMs);
  });

  it('F5: a fetch of no partitions is answered at once', async () => {
    const startedMs = broker.time.clock.monotonicMs();
    const reply = await broker.settled(
      client.send(apis.fetch, 12, { ...fetchOf('x', 0, { maxWaitMs: 5000 }), topics: [], sessionEpoch: -1 }),
    );
    expect(reply).toMatchObject({ errorCode: 0, responses: [] });
    expect(broker.time.clock.monotonicMs()).toBe(startedMs);
  });

  it('F5: what is not enough is answered when max_wait has passed', async () => {
    const topic = await newTopic();
    const startedMs = broker.time.clock.monotonicMs();
    const waiting = client.send(apis.fetch, 12, fetchOf(topic, 0, { maxWaitMs: 400, minBytes: 1_000_000 }));
    await broker.produce(other, topic, batchOf(['too little']));
    const reply = await broker.settled(waiting);
    expect(valuesIn(reply.responses[0]!.partitions[0]!.records)).toEqual(['too little']);
    expect(broker.time.clock.monotonicMs() - startedMs).toBe(400);
  });

  it('F5: one byte more than is there waits; the limit of the partition, when it is smaller, is never enough', async () => {
    const topic = await newTopic();
    const batch = batchOf(['x'.repeat(100)]);
    let isAnswered = false;
    const waiting = client
      .send(apis.fetch, 12, fetchOf(topic, 0, { maxWaitMs: 60_000, minBytes: 2 * batch.length + 1 }))
      .finally(() => (isAnswered = true));
    for (let count = 0; count < 2; count++) await broker.produce(other, topic, Buffer.from(batch));
    await broker.time.advance(50);
    expect(isAnswered).toBe(false);
    await broker.produce(other, topic, Buffer.from(batch));
    expect(recordsIn((await waiting).responses[0]!.partitions[0]!.records)).toHaveLength(3);
    const startedMs = broker.time.clock.monotonicMs();
    const small = { maxWaitMs: 300, minBytes: 10_000, partitionMaxBytes: batch.length };
    expect(recordsIn((await fetchOne(topic, 0, small)).records)).toHaveLength(1);
    expect(broker.time.clock.monotonicMs() - startedMs).toBe(300);
  });

  it.each([0, -1, -2_147_483_648])('F4: limits of %i bytes still give the first batch', async (bytes) => {
    const topic = await newTopic();
    await broker.produce(client, topic, batchOf(['first']));
    await broker.produce(client, topic, batchOf(['second']));
    const answer = await fetchOne(topic, 0, { maxBytes: bytes, partitionMaxBytes: bytes });
    expect(valuesIn(answer.records)).toEqual(['first']);
  });

  it('F4: the limit of each partition holds beside that of the request', async () => {
    const topic = await newTopic(2);
    const batch = batchOf(['z'.repeat(100)]);
    for (const partition of [0, 0, 0, 1, 1, 1])
      await broker.produce(client, topic, Buffer.from(batch), { partition });
    const asked = (partition: number, batches: number) => ({
      partition,
      fetchOffset: 0,
      partitionMaxBytes: batches * batch.length,
    });
    const reply = await broker.settled(
      client.send(apis.fetch, 12, {
        ...fetchOf(topic, 0, { maxBytes: 3 * batch.length }),
        topics: [{ topic, partitions: [asked(0, 2), asked(1, 3)] }],
      }),
    );
    const counts = reply.responses[0]!.partitions.map(({ records }) => recordsIn(records).length);
    expect(counts).toEqual([2, 1]);
  });

  it('F5: an error in one partition is answered at once', async () => {
    const topic = await newTopic();
    const startedMs = broker.time.clock.monotonicMs();
    const partition = await fetchOne(topic, 99, { maxWaitMs: 500 });
    expect(partition.errorCode).toBe(ErrorCode.OFFSET_OUT_OF_RANGE);
    expect(broker.time.clock.monotonicMs()).toBe(startedMs);
  });

  it('F2, corner case 17: at the end of the log is empty, one beyond is OFFSET_OUT_OF_RANGE', async () => {
    const topic = await newTopic();
    await broker.produce(client, topic, batchOf(['a', 'b']));
    expect(await fetchOne(topic, 2)).toMatchObject({
      errorCode: 0,
      records: Buffer.alloc(0),
      highWatermark: 2,
    });
    expect((await fetchOne(topic, 3)).errorCode).toBe(ErrorCode.OFFSET_OUT_OF_RANGE);
    expect((await fetchOne(topic, -1)).errorCode).toBe(ErrorCode.OFFSET_OUT_OF_RANGE);
  });

  it('F4, corner case 18: max_bytes=1 still gives one whole batch, of the first partition with data only', async () => {
    const topic = await newTopic(3);
    for (const partition of [1, 2]) {
      await broker.produce(client, topic, batchOf([`p${partition}-first`]), { partition });
      await broker.produce(client, topic, batchOf([`p${partition}-second`]), { partition });
    }
    const reply = await broker.settled(
      client.send(apis.fetch, 12, {
        ...fetchOf(topic, 0, { maxBytes: 1 }),
        topics: [
          {
            topic,
            partitions: [0, 1, 2].map((partition) => ({ partition, fetchOffset: 0, partitionMaxBytes: 1 })),
          },
        ],
      }),
    );
    const partitions = reply.responses[0]!.partitions;
    expect(partitions.map(({ errorCode }) => errorCode)).toEqual([0, 0, 0]);
    expect(partitions.map(({ records }) => valuesIn(records))).toEqual([[], ['p1-first'], []]);
  });

  it('F3, corner case 19: from the middle of a batch it gives the whole batch', async () => {
    const topic = await newTopic();
    await broker.produce(client, topic, batchOf(['a', 'b', 'c']));
    expect(valuesIn((await fetchOne(topic, 2)).records)).toEqual(['a', 'b', 'c']);
  });

  it('F6, F13, corner case 26: read_committed on an empty partition has an empty list and zero-length records', async () => {
    const topic = await newTopic();
    const committed = await fetchOne(topic, 0, { isolationLevel: 1 });
    expect(committed).toMatchObject({ errorCode: 0, abortedTransactions: [], records: Buffer.alloc(0) });
    expect((await fetchOne(topic, 0)).abortedTransactions).toBeNull();
  });

  it('F8: from version 13 topics come by id', async () => {
    const name = `topic-${++topicCount}`;
    const topicId = await broker.createTopic(client, name);
    await broker.produce(client, name, batchOf(['a']));
    const send = (id: string, version: number) =>
      broker.settled(
        client.send(apis.fetch, version, {
          ...fetchOf('', 0),
          topics: [
            { topicId: id, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000_000 }] },
          ],
        }),
      );
    for (const version of [13, 16, 18]) {
      const known = await send(topicId, version);
      expect(known.responses[0]!.topicId).toBe(topicId);
      expect(valuesIn(known.responses[0]!.partitions[0]!.records)).toEqual(['a']);
    }
    const unknown = await send('AAAAAAAAAAAAAAAAAAAAAg', 17);
    expect(unknown.responses[0]!.partitions[0]!.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_ID);
  });

  it('F9, KIP-951: a newer leader epoch is refused, with the leader in version 16', async () => {
    const topicId = await broker.createTopic(client, `topic-${++topicCount}`);
    const partition = { partition: 0, fetchOffset: 0, partitionMaxBytes: 1000, currentLeaderEpoch: 1 };
    const reply = await broker.settled(
      client.send(apis.fetch, 16, { ...fetchOf('', 0), topics: [{ topicId, partitions: [partition] }] }),
    );
    expect(reply.responses[0]!.partitions[0]!).toMatchObject({
      errorCode: ErrorCode.UNKNOWN_LEADER_EPOCH,
      currentLeader: { leaderId: 1, leaderEpoch: 0 },
    });
    expect(reply.nodeEndpoints).toMatchObject([{ nodeId: 1, host: 'memory', port: 9092 }]);
  });

  it('F9: older epochs are fenced, newer ones unknown, none is not checked', () => {
    const codes = [2, 3, 4, -1].map((believed) => leaderEpochProblem({ leaderEpoch: 3 }, believed));
    expect(codes).toEqual([ErrorCode.FENCED_LEADER_EPOCH, 0, ErrorCode.UNKNOWN_LEADER_EPOCH, 0]);
  });

  it('F10: an epoch the log never had, or that ended earlier, is told as a divergence', async () => {
    const topic = await newTopic();
    await broker.produce(client, topic, batchOf(['a']));
    const reply = await broker.settled(
      client.send(apis.fetch, 12, {
        ...fetchOf(topic, 0),
        topics: [
          {
            topic,
            partitions: [{ partition: 0, fetchOffset: 5, lastFetchedEpoch: 0, partitionMaxBytes: 1000 }],
          },
        ],
      }),
    );
    const partition = reply.responses[0]!.partitions[0]!;
    expect(partition).toMatchObject({ errorCode: 0, divergingEpoch: { epoch: 0, endOffset: 1 } });
    expect(partition.records).toHaveLength(0);
  });

  it('answers a follower that this cluster does not have with NOT_LEADER_OR_FOLLOWER', async () => {
    const topic = await newTopic();
    const reply = await broker.settled(client.send(apis.fetch, 12, { ...fetchOf(topic, 0), replicaId: 2 }));
    expect(reply.responses[0]!.partitions[0]!.errorCode).toBe(ErrorCode.NOT_LEADER_OR_FOLLOWER);
  });

  it('corner case 29: a deleted topic ends the wait, its old id stays unknown and a new one starts at 0', async () => {
    const name = `topic-${++topicCount}`;
    const oldId = await broker.createTopic(client, name);
    await broker.produce(client, name, batchOf(['old']));
    const byId = (topicId: string, fetchOffset: number) => ({
      ...fetchOf('', 0, { maxWaitMs: 60_000 }),
      topics: [{ topicId, partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: 1_000_000 }] }],
    });
    const startedMs = broker.time.clock.monotonicMs();
    const waiting = client.send(apis.fetch, 13, byId(oldId, 1));
    await broker.time.runUntilIdle();
    const deleted = await broker.settled(
      other.send(apis.deleteTopics, 6, { topics: [{ name }], timeoutMs: 10_000 }),
    );
    expect(deleted.responses).toMatchObject([{ name, topicId: oldId, errorCode: 0 }]);
    const ended = await broker.settled(waiting);
    expect(broker.time.clock.monotonicMs()).toBe(startedMs);
    expect(ended.responses[0]!.partitions[0]!.errorCode).not.toBe(0);
    const newId = await broker.createTopic(client, name);
    expect(newId).not.toBe(oldId);
    expect(await broker.produce(client, name, batchOf(['new']))).toMatchObject({
      errorCode: 0,
      baseOffset: 0,
    });
    const stale = await broker.settled(client.send(apis.fetch, 13, byId(oldId, 0)));
    expect(stale.responses[0]!.partitions[0]!.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_ID);
    const fresh = await broker.settled(client.send(apis.fetch, 13, byId(newId, 0)));
    expect(valuesIn(fresh.responses[0]!.partitions[0]!.records)).toEqual(['new']);
  });

  it('forgets a wait whose connection is gone', async () => {
    const topic = await newTopic();
    const before = broker.time.armedTimers;
    const leaver = broker.connect();
    const waiting = leaver.send(apis.fetch, 12, fetchOf(topic, 0, { maxWaitMs: 3_600_000 }));
    await broker.time.runUntilIdle();
    expect(broker.time.armedTimers).toBe(before + 1);
    leaver.close();
    const [failed] = await Promise.all([
      waiting.catch((error: Error) => error.message),
      broker.time.runUntilIdle(),
    ]);
    expect(failed).toContain('closed');
    expect(broker.time.armedTimers).toBe(before);
  });

  describe('ListOffsets', () => {
    async function offsets(topic: string, timestamps: number[], version = 11) {
      const reply = await broker.settled(
        client.send(apis.listOffsets, version, {
          replicaId: -1,
          isolationLevel: 0,
          topics: [
            {
              name: topic,
              partitions: timestamps.map((timestamp, partitionIndex) => ({ partitionIndex, timestamp })),
            },
          ],
        }),
      );
      return reply.topics[0]!.partitions;
    }

    it('F14, corner case 30: by time it gives the first record in log order that is late enough', async () => {
      const topic = await newTopic(2);
      const at = (deltas: number[]) =>
        batchOf(deltas.map((delta) => ({ value: 'v', timestamp: someTimeMs + delta })));
      await broker.produce(client, topic, at([10, 50]));
      await broker.produce(client, topic, at([20, 30, 60]));
      const find = async (delta: number) => (await offsets(topic, [someTimeMs + delta]))[0]!;
      expect(await find(0)).toMatchObject({ offset: 0, timestamp: someTimeMs + 10 });
      expect(await find(15)).toMatchObject({ offset: 1, timestamp: someTimeMs + 50 });
      expect(await find(55)).toMatchObject({ offset: 4, timestamp: someTimeMs + 60 });
      expect(await find(61)).toMatchObject({ errorCode: 0, offset: -1, timestamp: -1 });
    });

    it('F14, corner case 31: the special times, on an empty log and on one with records', async () => {
      const topic = await newTopic(6);
      const specials = [-1, -2, -3, -4, -5, -6];
      const empty = await offsets(topic, specials);
      expect(empty.map(({ offset }) => offset)).toEqual([0, 0, -1, 0, -1, -1]);
      expect(empty[2]).toMatchObject({ errorCode: 0, offset: -1, timestamp: -1 });
      const records = batchOf(['a', { value: 'b', timestamp: someTimeMs + 7 }, 'c']);
      for (let partition = 0; partition < 6; partition++) {
        await broker.produce(client, topic, Buffer.from(records), { partition });
      }
      const filled = await offsets(topic, specials);
      expect(filled.map(({ offset }) => offset)).toEqual([3, 0, 1, 0, -1, -1]);
      expect(filled[2]!.timestamp).toBe(someTimeMs + 7);
    });

    it('F14: a special time that the version lacks is UNSUPPORTED_VERSION, as is one that nobody knows', async () => {
      const topic = await newTopic(4);
      const codes = async (version: number) =>
        (await offsets(topic, [-3, -4, -5, -7], version)).map(({ errorCode }) => errorCode);
      expect(await codes(6)).toEqual([35, 35, 35, 35]);
      expect(await codes(8)).toEqual([0, 0, 35, 35]);
      expect(await codes(11)).toEqual([0, 0, 0, 35]);
    });

    it('F14: a partition named twice is INVALID_REQUEST, an unknown one is 3', async () => {
      const topic = await newTopic();
      const reply = await broker.settled(
        client.send(apis.listOffsets, 7, {
          replicaId: -1,
          isolationLevel: 0,
          topics: [
            {
              name: topic,
              partitions: [0, 0, 1].map((partitionIndex) => ({ partitionIndex, timestamp: -1 })),
            },
          ],
        }),
      );
      expect(reply.topics[0]!.partitions.map(({ errorCode }) => errorCode)).toEqual([42, 42, 3]);
    });

    it('F15: OffsetForLeaderEpoch gives the end of the epoch', async () => {
      const topic = await newTopic();
      await broker.produce(client, topic, batchOf(['a', 'b']));
      const reply = await broker.settled(
        client.send(apis.offsetForLeaderEpoch, 4, {
          topics: [
            {
              topic,
              partitions: [
                { partition: 0, leaderEpoch: 0 },
                { partition: 0, leaderEpoch: 9 },
                { partition: 5, leaderEpoch: 0 },
              ],
            },
          ],
        }),
      );
      expect(reply.topics[0]!.partitions).toMatchObject([
        { errorCode: 0, leaderEpoch: 0, endOffset: 2 },
        { errorCode: 0, leaderEpoch: -1, endOffset: -1 },
        { errorCode: 3, endOffset: -1 },
      ]);
    });
  });
});
