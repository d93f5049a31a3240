import { zeroUuid } from '../../src/foundation/uuid.js';
import { apis } from '../../src/protocol/api-keys.js';
import { ErrorCode } from '../../src/protocol/errors.js';
import type { FetchResponse } from '../../src/protocol/messages/01-fetch.js';
import type { RawClient } from '../support/raw-client.js';
import { batchOf, valuesIn } from '../support/record-batches.js';
import { TestBroker } from '../support/test-broker.js';

interface Ask {
  readonly sessionId?: number;
  readonly sessionEpoch?: number;
  readonly partitions?: readonly { readonly partition: number; readonly fetchOffset: number }[];
  readonly forgotten?: readonly number[];
  readonly maxWaitMs?: number;
  readonly minBytes?: number;
  readonly maxBytes?: number;
}

const partitionMaxBytes = 1_000_000;
const unset = { currentLeaderEpoch: -1, lastFetchedEpoch: -1 };

describe('F7: fetch sessions of a whole broker', () => {
  const broker = new TestBroker({ maxIncrementalFetchSessionCacheSlots: 3 });
  let client: RawClient;
  let other: RawClient;
  let topic: string;
  let topicId: string;
  let topicCount = 0;
  beforeAll(() => broker.start());
  beforeEach(async () => {
    await broker.restart();
    client = broker.connect();
    other = broker.connect();
    topic = `topic-${++topicCount}`;
    topicId = await broker.createTopic(client, topic, 3);
  });
  afterAll(() => broker.stop());

  function send(version: number, ask: Ask, through = client): Promise<FetchResponse> {
    const { sessionId = 0, sessionEpoch = 0, partitions = [], forgotten = [] } = ask;
    const name = version >= 13 ? { topicId } : { topic };
    const asked = partitions.map((each) => ({ ...unset, ...each, partitionMaxBytes }));
    return through.send(apis.fetch, version, {
      maxWaitMs: ask.maxWaitMs ?? 0,
      minBytes: ask.minBytes ?? 1,
      maxBytes: ask.maxBytes ?? 50_000_000,
      sessionId,
      sessionEpoch,
      topics: asked.length === 0 ? [] : [{ ...name, partitions: asked }],
      forgottenTopicsData: forgotten.length === 0 ? [] : [{ ...name, partitions: [...forgotten] }],
    });
  }

  const fetch = (version: number, ask: Ask) => broker.settled(send(version, ask));
  const allAt = (fetchOffset: number) => [0, 1, 2].map((partition) => ({ partition, fetchOffset }));

  function told({ responses }: FetchResponse): [partition: number, values: (string | null)[]][] {
    return responses.flatMap(({ partitions }) =>
      partitions.map(({ partitionIndex, records }): [number, (string | null)[]] => [
        partitionIndex,
        valuesIn(records),
      ]),
    );
  }

  it.each([7, 12, 13, 18])(
    'corner case 27: version %i begins one, omits what is unchanged, and a forgotten partition never returns',
    async (version) => {
      const first = await fetch(version, { partitions: allAt(0) });
      expect(first).toMatchObject({ errorCode: 0 });
      const { sessionId } = first;
      expect(sessionId).toBeGreaterThan(0);
      expect(told(first)).toEqual([
        [0, []],
        [1, []],
        [2, []],
      ]);
      const nothing = await fetch(version, { sessionId, sessionEpoch: 1 });
      expect(nothing).toMatchObject({ errorCode: 0, sessionId, responses: [] });
      await broker.produce(other, topic, batchOf(['a']), { partition: 1 });
      await broker.produce(other, topic, batchOf(['b']), { partition: 2 });
      const changed = await fetch(version, { sessionId, sessionEpoch: 2, forgotten: [2] });
      expect(told(changed)).toEqual([[1, ['a']]]);
      expect(changed.responses[0]!.topicId).toBe(version >= 13 ? topicId : zeroUuid);
      // The position moves on: nothing is new any more, but the high watermark was told already.
      const moved = [{ partition: 1, fetchOffset: 1 }];
      const quiet = await fetch(version, { sessionId, sessionEpoch: 3, partitions: moved });
      expect(quiet.responses).toEqual([]);
    },
  );

  it('a position that does not move gives the same records again', async () => {
    await broker.produce(other, topic, batchOf(['again']));
    const { sessionId } = await fetch(12, { partitions: allAt(0) });
    for (const sessionEpoch of [1, 2])
      expect(told(await fetch(12, { sessionId, sessionEpoch }))).toEqual([[0, ['again']]]);
  });

  it('an incremental fetch waits for any of its partitions, and takes up what is added', async () => {
    const { sessionId } = await fetch(12, { partitions: allAt(0).slice(0, 1) });
    const waiting = send(12, {
      sessionId,
      sessionEpoch: 1,
      partitions: [{ partition: 2, fetchOffset: 0 }],
      maxWaitMs: 60_000,
    });
    await broker.time.runUntilIdle();
    const startedMs = broker.time.clock.monotonicMs();
    await broker.produce(other, topic, batchOf(['late']), { partition: 2 });
    expect(told(await broker.settled(waiting))).toEqual([[2, ['late']]]);
    expect(broker.time.clock.monotonicMs()).toBe(startedMs);
  });

  it('an empty incremental fetch answers after max_wait with no partitions at all', async () => {
    const { sessionId } = await fetch(12, { partitions: allAt(0) });
    const startedMs = broker.time.clock.monotonicMs();
    const reply = await fetch(12, { sessionId, sessionEpoch: 1, maxWaitMs: 500 });
    expect(reply).toMatchObject({ errorCode: 0, sessionId, responses: [] });
    expect(broker.time.clock.monotonicMs() - startedMs).toBe(500);
  });

  it('errors: 70 for an id nobody has, 71 for an epoch out of turn, 106 for ids instead of names', async () => {
    const { sessionId } = await fetch(12, { partitions: allAt(0) });
    const refused = async (version: number, ask: Ask) => {
      const reply = await fetch(version, ask);
      expect(reply).toMatchObject({ sessionId: 0, responses: [] });
      return reply.errorCode;
    };
    expect(await refused(12, { sessionId: sessionId ^ 1, sessionEpoch: 1 })).toBe(70);
    expect(await refused(12, { sessionId, sessionEpoch: 2 })).toBe(71);
    expect(await refused(13, { sessionId, sessionEpoch: 1 })).toBe(106);
    expect((await fetch(12, { sessionId, sessionEpoch: 1 })).errorCode).toBe(0);
  });

  it('the same incremental request while the first one waits: one of the two is 71, and the epoch goes on', async () => {
    const { sessionId } = await fetch(12, { partitions: allAt(0) });
    const waiting = send(12, { sessionId, sessionEpoch: 1, maxWaitMs: 60_000 });
    await broker.time.runUntilIdle();
    const next = send(12, { sessionId, sessionEpoch: 2, maxWaitMs: 60_000 }, other);
    await broker.time.runUntilIdle();
    await broker.produce(broker.connect(), topic, batchOf(['x']));
    expect(await broker.settled(waiting)).toMatchObject({ errorCode: 71, sessionId, responses: [] });
    expect(told(await broker.settled(next))).toEqual([[0, ['x']]]);
  });

  it('an error is told every time, and once it is gone the partition is told anew', async () => {
    const { sessionId } = await fetch(12, { partitions: allAt(0) });
    const beyond = [{ partition: 0, fetchOffset: 99 }];
    const outOfRange = await fetch(12, { sessionId, sessionEpoch: 1, partitions: beyond });
    expect(outOfRange.responses[0]!.partitions).toMatchObject([
      { partitionIndex: 0, errorCode: ErrorCode.OFFSET_OUT_OF_RANGE },
    ]);
    const again = await fetch(12, { sessionId, sessionEpoch: 2, maxWaitMs: 60_000 });
    expect(again.responses[0]!.partitions[0]!.errorCode).toBe(ErrorCode.OFFSET_OUT_OF_RANGE);
    const back = [{ partition: 0, fetchOffset: 0 }];
    const fine = await fetch(12, { sessionId, sessionEpoch: 3, partitions: back });
    expect(fine.responses[0]!.partitions).toMatchObject([
      { partitionIndex: 0, errorCode: 0, highWatermark: 0 },
    ]);
    expect((await fetch(12, { sessionId, sessionEpoch: 4 })).responses).toEqual([]);
  });

  it('corner case 29: a topic that is deleted ends the wait with 100, and made anew under its name stays 100', async () => {
    const { sessionId } = await fetch(13, { partitions: allAt(0).slice(0, 1) });
    const waiting = send(13, { sessionId, sessionEpoch: 1, maxWaitMs: 60_000 });
    await broker.time.runUntilIdle();
    await broker.settled(other.send(apis.deleteTopics, 6, { topics: [{ name: topic }], timeoutMs: 1000 }));
    const ended = await broker.settled(waiting);
    expect(ended.responses[0]!.partitions[0]!.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_ID);
    await broker.createTopic(other, topic, 3);
    const stale = await fetch(13, { sessionId, sessionEpoch: 2 });
    expect(stale.responses[0]!).toMatchObject({
      topicId,
      partitions: [{ errorCode: ErrorCode.UNKNOWN_TOPIC_ID }],
    });
  });

  it('by name, a topic made anew is read from its beginning', async () => {
    const { sessionId } = await fetch(12, { partitions: allAt(0).slice(0, 1) });
    await broker.settled(other.send(apis.deleteTopics, 6, { topics: [{ name: topic }], timeoutMs: 1000 }));
    const gone = await fetch(12, { sessionId, sessionEpoch: 1 });
    expect(gone.responses[0]!.partitions[0]!.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    await broker.createTopic(other, topic, 1);
    await broker.produce(other, topic, batchOf(['second life']));
    expect(told(await fetch(12, { sessionId, sessionEpoch: 2 }))).toEqual([[0, ['second life']]]);
  });

  it('F4: partitions that gave records go to the back, so that a byte limit starves nobody', async () => {
    const value = 'x'.repeat(1000);
    const batch = batchOf([value]);
    const offsets = [0, 0, 0];
    for (let round = 0; round < 9; round++)
      for (const partition of [0, 1, 2])
        await broker.produce(other, topic, Buffer.from(batch), { partition });
    const maxBytes = batch.length;
    const first = await fetch(12, { partitions: allAt(0), maxBytes });
    const { sessionId } = first;
    const served = [
      told(first)
        .filter(([, values]) => values.length > 0)
        .map(([partition]) => partition),
    ];
    for (let sessionEpoch = 1; sessionEpoch < 10; sessionEpoch++) {
      const moved = served.at(-1)!.map((partition) => ({ partition, fetchOffset: ++offsets[partition]! }));
      const reply = await fetch(12, { sessionId, sessionEpoch, partitions: moved, maxBytes });
      served.push(told(reply).flatMap(([partition, values]) => (values.length > 0 ? [partition] : [])));
    }
    // The full reply that began the session came before there was an order to turn.
    expect(served.flat()).toEqual([0, 0, 1, 2, 0, 1, 2, 0, 1, 2]);
  });

  it('F4: without a session, once the limit is reached later partitions appear empty, with their offsets', async () => {
    const batch = batchOf(['y'.repeat(500)]);
    for (const partition of [0, 1, 2]) await broker.produce(other, topic, Buffer.from(batch), { partition });
    const reply = await fetch(12, { sessionEpoch: -1, partitions: allAt(0), maxBytes: batch.length });
    expect(reply.sessionId).toBe(0);
    expect(reply.responses[0]!.partitions).toMatchObject([
      { errorCode: 0, highWatermark: 1, records: expect.objectContaining({ length: batch.length }) },
      { errorCode: 0, highWatermark: 1, records: Buffer.alloc(0) },
      { errorCode: 0, highWatermark: 1, records: Buffer.alloc(0) },
    ]);
    const beyond = [...allAt(0).slice(0, 2), { partition: 2, fetchOffset: 9 }];
    const failing = await fetch(12, { sessionEpoch: -1, partitions: beyond, maxBytes: 1 });
    expect(failing.responses[0]!.partitions.map(({ errorCode }) => errorCode)).toEqual([0, 0, 1]);
  });

  it('corner case 28: with the cache full there is no session and a whole reply; an evicted session is 70 and loses nothing', async () => {
    const begin = () => fetch(12, { partitions: allAt(0) });
    const first = await begin();
    await begin();
    await begin();
    const refused = await begin();
    expect([refused.sessionId, told(refused).length]).toEqual([0, 3]);
    await broker.time.advance(120_001);
    const replacing = await begin();
    expect(replacing.sessionId).toBeGreaterThan(0);
    await broker.produce(other, topic, batchOf(['kept']));
    const evicted = await fetch(12, { sessionId: first.sessionId, sessionEpoch: 1 });
    expect(evicted.errorCode).toBe(ErrorCode.FETCH_SESSION_ID_NOT_FOUND);
    expect(told(await begin())[0]).toEqual([0, ['kept']]);
  });

  it('versions 4 to 6 know no sessions', async () => {
    for (const version of [4, 6])
      expect((await fetch(version, { sessionEpoch: -1, partitions: allAt(0) })).sessionId).toBe(0);
  });

  it('a session begun with epoch 0 and its id takes the place of the old one', async () => {
    const { sessionId } = await fetch(12, { partitions: allAt(0) });
    const again = await fetch(12, { sessionId, sessionEpoch: 0, partitions: allAt(0).slice(0, 1) });
    expect(told(again)).toEqual([[0, []]]);
    expect((await fetch(12, { sessionId, sessionEpoch: 1 })).errorCode).toBe(70);
    expect((await fetch(12, { sessionId: again.sessionId, sessionEpoch: -1 })).sessionId).toBe(0);
    expect((await fetch(12, { sessionId: again.sessionId, sessionEpoch: 1 })).errorCode).toBe(70);
  });
});
