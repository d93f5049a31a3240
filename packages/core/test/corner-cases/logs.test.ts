// Corner cases 9, 20, 28, 32 to 34, 36 to 40 and 59: what restarts, crashes, time and compaction leave of a log, of a whole broker.
import { apis } from '../../src/protocol/api-keys.js';
import { ErrorCode } from '../../src/protocol/errors.js';
import { batchesOf } from '../../src/protocol/records/record-batch.js';
import type { RawClient } from '../support/raw-client.js';
import { batchOf, recordsIn, valuesIn, type TestRecord } from '../support/record-batches.js';
import { fetchOf, TestBroker } from '../support/test-broker.js';
import { checkIndexes } from '../runtime/log/check-indexes.js';

const dayMs = 86_400_000;
const cleanerBackoffMs = 15_000;
const retentionCheckMs = 300_000;
const segmentMs = 3_600_000;
const topic = 'corner';
const directory = `${topic}-0`;

const segmentName = (baseOffset: number) => `${directory}/${String(baseOffset).padStart(20, '0')}.log`;

describe('logs of a whole broker', () => {
  let broker: TestBroker;
  let client: RawClient;
  beforeEach(async () => {
    broker = await new TestBroker({
      maxIncrementalFetchSessionCacheSlots: 1,
      connectionsMaxIdleMs: -1,
    }).start();
    client = broker.connect();
  });
  afterEach(() => broker.stop());

  const nowMs = () => broker.time.clock.nowMs();

  async function reconnectAfter(change: Promise<void>): Promise<void> {
    await change;
    client = broker.connect();
  }

  /** Appends records of now, or of the time they say; the base offset. */
  async function append(
    records: readonly TestRecord[],
    options: Parameters<typeof batchOf>[1] = {},
  ): Promise<number> {
    const timestamp = nowMs();
    const batch = batchOf(
      records.map((record) => ({ timestamp, ...record })),
      options,
    );
    const { errorCode, baseOffset } = await broker.produce(client, topic, batch);
    expect(errorCode).toBe(0);
    return baseOffset;
  }

  async function fetch(offset: number, version = 12) {
    const reply = await broker.settled(client.send(apis.fetch, version, fetchOf(topic, offset)));
    return reply.responses[0]!.partitions[0]!;
  }

  async function offsetAt(timestamp: number): Promise<number> {
    const reply = await broker.settled(
      client.send(apis.listOffsets, 7, {
        replicaId: -1,
        isolationLevel: 0,
        topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp }] }],
      }),
    );
    return reply.topics[0]!.partitions[0]!.offset;
  }
  const endOffset = () => offsetAt(-1);
  const startOffset = () => offsetAt(-2);

  /** All records from the log's start to its end, in fetches as they come. */
  async function allRecords() {
    const found = [];
    const end = await endOffset();
    for (let offset = await startOffset(); offset < end;) {
      const { errorCode, records } = await fetch(offset);
      expect(errorCode).toBe(0);
      for (const record of recordsIn(records)) if (record.offset >= offset) found.push(record);
      for (const batch of batchesOf(records ?? Buffer.alloc(0))) offset = batch.nextOffset;
      if (records?.length === 0) break;
    }
    return found;
  }

  const texts = async () => (await allRecords()).map(({ offset, key, value }) => `${offset} ${key}=${value}`);
  const segments = () =>
    broker.fileSystem
      .list(directory)
      .filter((name) => name.endsWith('.log'))
      .toSorted();

  const sequenced = (baseSequence: number) => ({ producerId: 4_000, producerEpoch: 0, baseSequence });

  it.each(['restart', 'kill'] as const)(
    'corner case 9: after a %s the last idempotent batch is known again',
    async (how) => {
      await broker.createTopic(client, topic);
      await append([{ value: 'a' }, { value: 'b' }], sequenced(0));
      expect(await append([{ value: 'c' }], sequenced(2))).toBe(2);
      await reconnectAfter(broker[how]());
      expect(await append([{ value: 'c' }], sequenced(2))).toBe(2);
      expect(await endOffset()).toBe(3);
      expect(await append([{ value: 'd' }], sequenced(3))).toBe(3);
    },
  );

  /** A compacted topic of small segments. */
  const compacted = (configs: Readonly<Record<string, string>> = {}) =>
    broker.createTopic(client, topic, 1, {
      'cleanup.policy': 'compact',
      'min.cleanable.dirty.ratio': '0',
      'segment.bytes': '200',
      ...configs,
    });
  const padding = 'x'.repeat(80);
  const put = (key: string, value: string | null, options?: Parameters<typeof batchOf>[1]) =>
    append([{ key, value: value === null ? null : value + padding }], options);
  const compact = () => broker.time.advance(cleanerBackoffMs + 1);
  const keys = async () => (await allRecords()).map(({ offset, key }) => `${offset} ${key}`);

  it('corner case 20: a fetch in a gap that compaction left gives the next batch', async () => {
    await compacted();
    for (const value of ['1', '2', '3']) await put('k', value);
    await put('other', '4');
    await compact();
    expect(await keys()).toEqual(['2 k', '3 other']);
    for (const offset of [0, 1]) {
      const { errorCode, records } = await fetch(offset);
      expect([errorCode, recordsIn(records).map((record) => record.offset)[0]]).toEqual([0, 2]);
    }
  });

  it('corner case 28: an evicted session is 70, and a whole fetch loses nothing', async () => {
    await broker.createTopic(client, topic);
    const ask = (sessionId: number, sessionEpoch: number) =>
      broker.settled(
        client.send(apis.fetch, 12, {
          ...fetchOf(topic, 0),
          ...(sessionEpoch > 0 ? { topics: [] } : {}),
          sessionId,
          sessionEpoch,
        }),
      );
    const { sessionId } = await ask(0, 0);
    expect(sessionId).toBeGreaterThan(0);
    expect((await ask(0, 0)).sessionId).toBe(0);
    await broker.time.advance(120_001);
    expect((await ask(0, 0)).sessionId).toBeGreaterThan(0);
    await append([{ value: 'meanwhile' }]);
    expect((await ask(sessionId, 1)).errorCode).toBe(ErrorCode.FETCH_SESSION_ID_NOT_FOUND);
    const again = await ask(0, 0);
    expect(valuesIn(again.responses[0]!.partitions[0]!.records)).toEqual(['meanwhile']);
  });

  it('corner case 32: retention.ms takes the active segment too, and offsets go on', async () => {
    await broker.createTopic(client, topic, 1, { 'retention.ms': '60000' });
    await append([{ value: 'a' }, { value: 'b' }]);
    await broker.time.advance(60_000 + retentionCheckMs);
    expect([await startOffset(), await endOffset()]).toEqual([2, 2]);
    expect(await append([{ value: 'c' }])).toBe(2);
    expect((await allRecords()).map(({ value }) => value)).toEqual(['c']);
  });

  it('corner case 33: a record dated 2100 keeps its segment, whatever retention.ms', async () => {
    await broker.createTopic(client, topic, 1, {
      'retention.ms': '60000',
      'message.timestamp.after.max.ms': '9223372036854775807',
    });
    await append([{ value: 'a' }, { value: 'late', timestamp: Date.UTC(2100, 0, 1) }]);
    await broker.time.advance(dayMs);
    expect((await allRecords()).map(({ value }) => value)).toEqual(['a', 'late']);
  });

  it('corner case 34: segments roll by the time of records, and not without traffic', async () => {
    await broker.createTopic(client, topic, 1, { 'segment.ms': String(segmentMs), 'retention.ms': '-1' });
    const firstMs = nowMs();
    await append([{ value: 'a', timestamp: firstMs }]);
    await broker.time.advance(3 * segmentMs);
    expect(segments()).toHaveLength(1);
    // Hours later by the wall clock, and not by the records.
    await append([{ value: 'b', timestamp: firstMs + segmentMs }]);
    expect(segments()).toHaveLength(1);
    await append([{ value: 'c', timestamp: firstMs + segmentMs + 1 }]);
    expect(segments().map((name) => Number(name.slice(0, 20)))).toEqual([0, 2]);
  });

  it('corner case 36: killed in the middle of a batch, the log opens cut off behind the last whole one, its files agreeing', async () => {
    await broker.createTopic(client, topic, 1, { 'index.interval.bytes': '50' });
    for (const value of ['a', 'b', 'c']) await append([{ value: value + padding }]);
    const half = broker.fileSystem.readFile(segmentName(0)).length;
    await append([{ value: `torn${padding}` }, { value: padding }]);
    await reconnectAfter(broker.kill((path, sizeBytes) => (path === segmentName(0) ? half + 70 : sizeBytes)));
    expect(await endOffset()).toBe(3);
    expect(broker.fileSystem.readFile(segmentName(0))).toHaveLength(half);
    checkIndexes(broker.fileSystem, directory);
    expect(await append([{ value: 'after' }])).toBe(3);
    expect((await allRecords()).map(({ value }) => value?.[0])).toEqual(['a', 'b', 'c', 'a']);
    checkIndexes(broker.fileSystem, directory);
  });

  it('corner case 37: after a clean stop a corrupt middle segment is not scanned', async () => {
    await broker.createTopic(client, topic, 1, { 'segment.bytes': '200' });
    for (const value of ['a', 'b', 'c', 'd', 'e', 'f']) await append([{ value: value + padding }]);
    expect(segments().length).toBeGreaterThan(3);
    await broker.stop();
    const middle = `${directory}/${segments()[1]}`;
    const bytes = broker.fileSystem.readFile(middle);
    bytes[bytes.length - 5]! ^= 1;
    broker.fileSystem.remove(middle);
    broker.fileSystem.open(middle, { create: true }).append([bytes]);
    await reconnectAfter(broker.start().then(() => undefined));
    expect(await endOffset()).toBe(6);
    expect((await fetch(5)).errorCode).toBe(0);
    expect(broker.warnings()).toEqual([]);
  });

  it('corner case 38: compaction leaves the active segment alone, and the sequences of what it keeps, so that 9 still holds', async () => {
    await compacted();
    for (const [sequence, value] of ['1', '2', '3', '4'].entries())
      await put('k', value, sequenced(sequence));
    await append([{ key: 'k', value: 'active' }], sequenced(4));
    await append([{ key: 'k', value: 'active too' }], sequenced(5));
    await compact();
    expect((await texts()).filter((text) => text.includes('active'))).toEqual([
      '4 k=active',
      '5 k=active too',
    ]);
    expect((await allRecords()).length).toBeLessThan(6);
    await reconnectAfter(broker.restart());
    expect(await append([{ key: 'k', value: 'active too' }], sequenced(5))).toBe(5);
    expect(await endOffset()).toBe(6);
  });

  it('corner case 39: a tombstone survives the first pass, and delete.retention.ms more', async () => {
    await compacted({ 'delete.retention.ms': String(dayMs) });
    await put('k', 'gone soon');
    await put('k', null);
    await put('other', 'rolls');
    await put('other', 'rolls again');
    await compact();
    expect((await keys())[0]).toBe('1 k');
    await broker.time.advance(dayMs - 2 * cleanerBackoffMs);
    // Something to clean, or there is no pass.
    await put('other', 'later');
    await put('other', 'and later');
    await compact();
    expect((await keys())[0]).toBe('1 k');
    await broker.time.advance(dayMs);
    await put('other', 'last');
    await put('other', 'and last');
    await compact();
    expect((await keys()).filter((text) => text.endsWith(' k'))).toEqual([]);
  });

  it('corner case 40: when compaction leaves no record, the header of the last batch stays and offsets are not reset', async () => {
    await broker.createTopic(client, topic, 1, { 'segment.bytes': '200', 'min.cleanable.dirty.ratio': '0' });
    // Records without a key are nothing to a compacted topic.
    for (let at = 0; at < 3; at++) await append([{ value: 'keyless' }, { value: padding }]);
    await append([{ key: 'k', value: 'active' }]);
    const config = { name: 'cleanup.policy', configOperation: 0, value: 'compact' };
    const { responses } = await broker.settled(
      client.send(apis.incrementalAlterConfigs, 1, {
        resources: [{ resourceType: 2, resourceName: topic, configs: [config] }],
        validateOnly: false,
      }),
    );
    expect(responses[0]!.errorCode).toBe(0);
    await compact();
    const left = [
      { lastOffset: 5, recordCount: 0 },
      { lastOffset: 6, recordCount: 1 },
    ];
    const batches = () =>
      segments()
        .flatMap((name) => [...batchesOf(broker.fileSystem.readFile(`${directory}/${name}`))])
        .map(({ lastOffset, recordCount }) => ({ lastOffset, recordCount }));
    expect(batches()).toEqual(left);
    for (const how of ['restart', 'kill'] as const) {
      await reconnectAfter(broker[how]());
      expect([await startOffset(), await endOffset()]).toEqual([0, 7]);
      expect(batches()).toEqual(left);
    }
    expect(await append([{ key: 'k', value: 'next' }])).toBe(7);
  });

  it('corner case 59: a fetch with an older leader epoch is 74 and names the leader', async () => {
    const topicId = await broker.createTopic(client, topic);
    await append([{ value: 'a' }]);
    await broker.stop();
    // As a log has it that others led before.
    const checkpoint = `${directory}/leader-epoch-checkpoint`;
    broker.fileSystem.remove(checkpoint);
    broker.fileSystem.open(checkpoint, { create: true }).append([Buffer.from('0\n1\n3 0\n')]);
    await broker.start();
    client = broker.connect();
    const ask = async (currentLeaderEpoch: number) => {
      const partition = { partition: 0, currentLeaderEpoch, fetchOffset: 0, partitionMaxBytes: 1_000 };
      const reply = await broker.settled(
        client.send(apis.fetch, 16, { ...fetchOf('', 0), topics: [{ topicId, partitions: [partition] }] }),
      );
      const { errorCode, currentLeader } = reply.responses[0]!.partitions[0]!;
      return { errorCode, currentLeader, nodes: reply.nodeEndpoints.map(({ nodeId }) => nodeId) };
    };
    expect(await ask(2)).toEqual({
      errorCode: ErrorCode.FENCED_LEADER_EPOCH,
      currentLeader: { leaderId: 1, leaderEpoch: 3 },
      nodes: [1],
    });
    expect(await ask(3)).toMatchObject({ errorCode: 0 });
  });
});
