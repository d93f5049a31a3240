import type { Timer, Timers } from '../../src/ports/timers.js';
import { ErrorCode } from '../../src/protocol/errors.js';
import { controlRecordKey, endTransactionValue } from '../../src/protocol/records/control-record.js';
import {
  RecordBatchBuilder,
  type BatchCloseOptions,
} from '../../src/protocol/records/record-batch-builder.js';
import { CoordinatorTimers } from '../../src/runtime/coordinator-timers.js';
import { groupRecordSerde } from '../../src/runtime/group-record-serde.js';
import { compressors } from '../machines/log/log-fixtures.js';
import { commitTopic, CoordinatorHarness, type HeldPartition } from './coordinator-harness.js';

/** What a promise came to, once everything that can happen now has happened. */
async function settled<Value>(harness: CoordinatorHarness, promise: Promise<Value>): Promise<Value | 'open'> {
  await harness.time.runUntilIdle();
  return Promise.race([promise, Promise.resolve('open' as const)]);
}

const codes = (response: { topics: readonly { partitions: readonly { errorCode: number }[] }[] }): number[] =>
  response.topics.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode));

function appendBatch(
  partition: HeldPartition,
  records: readonly { key: Buffer; value: Buffer | null }[],
  options: BatchCloseOptions = {},
): void {
  const builder = new RecordBatchBuilder({ batchSizeBytes: 1_000_000 });
  for (const { key, value } of records) builder.tryAppend(1_000, key, value);
  const result = partition.append(builder.close(options), { origin: 'coordinator', nowMs: 1_000 });
  expect(result.kind).toBe('appended');
}

const offsetRecord = (offset: number, partition = 0) =>
  groupRecordSerde.encode({
    kind: 'offset',
    groupId: 'g',
    topic: 't',
    partition,
    value: { offset, leaderEpoch: 3, metadata: 'note', commitTimestampMs: 9, expireTimestampMs: -1 },
  });

describe('C1 replies', () => {
  test('wait until their records are below the high watermark, and so do reads of what they wrote', async () => {
    const harness = await CoordinatorHarness.open();
    harness.partition.hold();
    const commit = harness.commit({ offset: 7 });
    const read = harness.committed();
    expect(await settled(harness, commit)).toBe('open');
    expect(await settled(harness, read)).toBe('open');
    harness.partition.release();
    expect(codes(await commit)).toEqual([0]);
    expect(await read).toBe(7);
  });

  test('keep their order', async () => {
    const harness = await CoordinatorHarness.open();
    harness.partition.hold();
    const order: number[] = [];
    const all = [0, 1, 2, 3].map((index) =>
      (index % 2 === 0 ? harness.commit() : harness.fetch()).then(() => order.push(index)),
    );
    await harness.time.runUntilIdle();
    harness.partition.release();
    await Promise.all(all);
    expect(order).toEqual([0, 1, 2, 3]);
  });

  test('are given up when the records are not committed within offsets.commit.timeout.ms', async () => {
    const harness = await CoordinatorHarness.open();
    harness.partition.hold();
    const commit = harness.commit();
    await harness.time.advance(4_999);
    expect(await settled(harness, commit)).toBe('open');
    await harness.time.advance(1);
    expect(codes(await commit)).toEqual([ErrorCode.COORDINATOR_NOT_AVAILABLE]);
  });

  test('of a partition that is led elsewhere now name that', async () => {
    const harness = await CoordinatorHarness.open();
    await harness.time.until(harness.commit());
    harness.coordinator.onPartitionResigned(0);
    const timersOfLog = harness.time.armedTimers;
    const { memberId } = await harness.join();
    const join = harness.join({ memberId });
    harness.partition.hold();
    const commit = harness.commit({ groupId: 'other' });
    await harness.time.runUntilIdle();
    harness.coordinator.onPartitionResigned(0);
    expect((await join).errorCode).toBe(ErrorCode.NOT_COORDINATOR);
    expect(codes(await commit)).toEqual([ErrorCode.NOT_COORDINATOR]);
    expect(harness.time.armedTimers).toBe(timersOfLog);
  });
});

describe('C1 loading', () => {
  async function loading() {
    const harness = await CoordinatorHarness.open({ limits: { loadChunkBytes: 512 } });
    for (let index = 0; index < 40; index++) {
      await harness.time.until(harness.commit({ offset: index }));
      await harness.time.until(harness.commit({ groupId: `group-${index}`, offset: index }));
    }
    harness.coordinator.close();
    harness.reload();
    return harness;
  }

  test('goes in steps; until the last one requests are told so, and heartbeats that all is well', async () => {
    const harness = await loading();
    const { coordinator } = harness;
    expect(codes(await harness.commit())).toEqual([ErrorCode.COORDINATOR_LOAD_IN_PROGRESS]);
    expect((await harness.join()).errorCode).toBe(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
    expect((await harness.fetch()).errorCode).toBe(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
    expect(await coordinator.listGroups({ statesFilter: [], typesFilter: [] })).toEqual({
      errorCode: ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
      groups: [],
    });
    const heartbeat = { groupId: 'g', generationId: 1, memberId: 'm', groupInstanceId: null };
    expect(await coordinator.heartbeat(heartbeat)).toEqual({ errorCode: 0 });
    await harness.time.runUntilIdle();
    expect(await harness.committed()).toBe(39);
    expect(await harness.committed('group-17')).toBe(17);
    expect((await coordinator.heartbeat(heartbeat)).errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
  });

  test('remembers the topics that are deleted meanwhile', async () => {
    const harness = await loading();
    harness.coordinator.onTopicDeleted('t');
    await harness.time.runUntilIdle();
    expect(await harness.committed()).toBe(-1);
  });

  test('passes over records of unknown types, with one line per type', async () => {
    const harness = await CoordinatorHarness.open();
    const key = (type: number) => Buffer.from([0, type, 0, 1, 0x67]);
    appendBatch(harness.partition, [
      { key: key(9), value: Buffer.from([0, 0]) },
      { key: key(9), value: null },
      { key: key(17), value: null },
      offsetRecord(11),
    ]);
    harness.reload();
    expect(await harness.committed()).toBe(11);
    const lines = harness.log.lines.filter(({ message }) => message.includes('passes over'));
    expect(lines.map(({ level, message }) => `${level}: ${message}`)).toEqual([
      'warn: The coordinator passes over records of type 9, which it does not know',
      'warn: The coordinator passes over records of type 17, which it does not know',
    ]);
  });

  test('fails on a damaged record, says where, and serves nothing', async () => {
    const harness = await CoordinatorHarness.open();
    appendBatch(harness.partition, [
      offsetRecord(1),
      { key: offsetRecord(2).key, value: Buffer.from([0, 3, 9]) },
    ]);
    harness.reload();
    expect(codes(await harness.commit())).toEqual([ErrorCode.NOT_COORDINATOR]);
    const line = harness.log.lines.find(({ level }) => level === 'error');
    expect(line?.message).toContain('__consumer_offsets-0 holds a damaged record at offset 1');
  });

  test('reads compressed batches, as Kafka may have written them', async () => {
    const harness = await CoordinatorHarness.open();
    appendBatch(harness.partition, [offsetRecord(11), offsetRecord(12, 1)], {
      compressor: compressors.get('gzip'),
    });
    harness.reload();
    expect([await harness.committed(), await harness.committed('g', 1)]).toEqual([11, 12]);
  });

  test('C15, case 48: applies transactions by their markers', async () => {
    const harness = await CoordinatorHarness.open();
    const producer = { producerId: 5, producerEpoch: 0, isTransactional: true };
    const marker = (type: 'commit' | 'abort') => [
      { key: controlRecordKey(type), value: endTransactionValue(0) },
    ];
    appendBatch(harness.partition, [offsetRecord(1)]);
    appendBatch(harness.partition, [offsetRecord(2)], { ...producer, baseSequence: 0 });
    appendBatch(harness.partition, marker('abort'), { ...producer, isControl: true });
    harness.reload();
    expect(await harness.committed()).toBe(1);
    appendBatch(harness.partition, [offsetRecord(3)], { ...producer, baseSequence: 1 });
    harness.reload();
    expect(await harness.committed()).toBe(1);
    const stable = await harness.fetch({ requireStable: true });
    expect(stable.topics?.[0]?.partitions).toEqual([
      {
        partitionIndex: 0,
        committedOffset: -1,
        committedLeaderEpoch: -1,
        metadata: '',
        errorCode: ErrorCode.UNSTABLE_OFFSET_COMMIT,
      },
    ]);
    appendBatch(harness.partition, marker('commit'), { ...producer, isControl: true });
    harness.reload();
    expect(await harness.committed()).toBe(3);
  });
});

describe('C2 appends that fail', () => {
  test.each([
    [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.COORDINATOR_NOT_AVAILABLE],
    [ErrorCode.NOT_ENOUGH_REPLICAS, ErrorCode.COORDINATOR_NOT_AVAILABLE],
    [ErrorCode.REQUEST_TIMED_OUT, ErrorCode.COORDINATOR_NOT_AVAILABLE],
    [ErrorCode.NOT_LEADER_OR_FOLLOWER, ErrorCode.NOT_COORDINATOR],
    [ErrorCode.KAFKA_STORAGE_ERROR, ErrorCode.NOT_COORDINATOR],
    [ErrorCode.MESSAGE_TOO_LARGE, ErrorCode.UNKNOWN_SERVER_ERROR],
    [ErrorCode.RECORD_LIST_TOO_LARGE, ErrorCode.UNKNOWN_SERVER_ERROR],
  ])('with %i are answered with %i, and nothing is applied', async (appendError, replyError) => {
    const harness = await CoordinatorHarness.open();
    await harness.time.until(harness.commit({ offset: 1 }));
    harness.partition.rejection = appendError;
    expect(codes(await harness.time.until(harness.commit({ offset: 2 })))).toEqual([replyError]);
    expect((await harness.join({ groupId: 'new' })).errorCode).toBe(replyError);
    harness.partition.rejection = null;
    expect(await harness.committed()).toBe(1);
    const { groups } = await harness.coordinator.listGroups({ statesFilter: [], typesFilter: [] });
    expect(groups.map(({ groupId }) => groupId)).toEqual(['g']);
  });

  test('make the members of a group whose assignment is lost rebalance', async () => {
    const harness = await CoordinatorHarness.open();
    const { memberId } = await harness.join();
    await harness.time.until(harness.join({ memberId }));
    harness.partition.rejection = ErrorCode.NOT_ENOUGH_REPLICAS;
    const sync = { groupId: 'g', generationId: 1, memberId, groupInstanceId: null, protocolType: null };
    const reply = await harness.coordinator.syncGroup({ ...sync, protocolName: null, assignments: [] });
    expect(reply.errorCode).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    const heartbeat = { groupId: 'g', generationId: 1, memberId, groupInstanceId: null };
    expect((await harness.coordinator.heartbeat(heartbeat)).errorCode).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
  });
});

describe('batches', () => {
  test('the commits of one turn share one', async () => {
    const harness = await CoordinatorHarness.open();
    const commits = Array.from({ length: 50 }, (_, index) =>
      harness.commit({ groupId: `g${index % 5}`, offset: index }),
    );
    await harness.time.runUntilIdle();
    for (const commit of commits) expect(codes(await commit)).toEqual([0]);
    expect(harness.partition.batches().map(({ recordCount }) => recordCount)).toEqual([50]);
    expect(await harness.committed('g3')).toBe(48);
  });

  test('a request that may look at their offsets appends them first', async () => {
    const harness = await CoordinatorHarness.open();
    const commit = harness.commit({ offset: 9 });
    expect(await harness.committed()).toBe(9);
    expect(codes(await commit)).toEqual([0]);
  });

  test('hold whole commits, and no more than the log takes', async () => {
    const harness = await CoordinatorHarness.open({ limits: { maxBatchBytes: 1_000 } });
    const topics = [
      commitTopic('t', [
        { partition: 0, offset: 1, metadata: 'x'.repeat(150) },
        { partition: 1, offset: 1, metadata: 'x'.repeat(150) },
      ]),
    ];
    await Promise.all([
      ...Array.from({ length: 5 }, (_, index) => harness.commit({ groupId: `g${index}`, topics })),
      harness.time.runUntilIdle(),
    ]);
    const batches = harness.partition.batches();
    expect(batches.map(({ recordCount }) => recordCount)).toEqual([4, 4, 2]);
    for (const batch of batches) expect(batch.sizeBytes).toBeLessThanOrEqual(1_000);
  });

  test('so many records as may wait are appended without waiting', async () => {
    const harness = await CoordinatorHarness.open({ limits: { coalescedRecords: 3 } });
    void harness.commit();
    void harness.commit();
    expect(harness.partition.logEndOffset).toBe(0);
    void harness.commit();
    expect(harness.partition.logEndOffset).toBe(3);
  });

  test('tombstones of many groups may take several', async () => {
    const harness = await CoordinatorHarness.open({ limits: { maxBatchBytes: 500 } });
    const commits = Array.from({ length: 30 }, (_, index) => harness.commit({ groupId: `group-${index}` }));
    await harness.time.runUntilIdle();
    await Promise.all(commits);
    const before = harness.partition.batches().length;
    harness.coordinator.onTopicDeleted('t');
    const after = harness.partition.batches().slice(before);
    expect(after.reduce((sum, { recordCount }) => sum + recordCount, 0)).toBe(30);
    for (const batch of after) expect(batch.sizeBytes).toBeLessThanOrEqual(500);
    expect(await harness.committed('group-29')).toBe(-1);
  });
});

describe('timers', () => {
  function handTimers() {
    const callbacks: (() => void)[] = [];
    const turns: (() => void)[] = [];
    const timers: Timers = {
      after(_, callback): Timer {
        callbacks.push(callback);
        return { cancel: () => void callbacks.splice(callbacks.indexOf(callback), 1) };
      },
      soon: (callback) => void turns.push(callback),
    };
    return { callbacks, turns, timers };
  }

  test('a session that ran out is judged after the input that already waits', () => {
    const { callbacks, turns, timers } = handTimers();
    const fired: string[] = [];
    const armed = new CoordinatorTimers<string>(timers, (event) => fired.push(event));
    armed.apply([{ kind: 'set', key: 'k', delayMs: 1, event: 'first' }]);
    callbacks[0]!();
    expect(fired).toEqual([]);
    armed.apply([{ kind: 'set', key: 'k', delayMs: 1, event: 'second' }]);
    turns.shift()!();
    expect(fired).toEqual([]);
    callbacks.at(-1)!();
    turns.shift()!();
    expect(fired).toEqual(['second']);
  });

  test('a cancelled or cleared one never fires', () => {
    const { callbacks, turns, timers } = handTimers();
    const fired: string[] = [];
    const armed = new CoordinatorTimers<string>(timers, (event) => fired.push(event));
    armed.apply([
      { kind: 'set', key: 'a', delayMs: 1, event: 'a' },
      { kind: 'set', key: 'b', delayMs: 1, event: 'b' },
    ]);
    callbacks[1]!();
    armed.apply([{ kind: 'cancel', key: 'a' }]);
    armed.clear();
    for (const turn of turns) turn();
    expect(fired).toEqual([]);
  });
});
