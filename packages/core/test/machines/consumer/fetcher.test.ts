import { createCompressors } from '../../../src/io/compression/compressors.js';
import type { Ready } from '../../../src/machines/consumer/fetch-buffer.js';
import { Fetcher, type FetcherOptions } from '../../../src/machines/consumer/fetcher.js';
import type { FetchPlan } from '../../../src/machines/consumer/fetch-plan.js';
import type { PartitionState } from '../../../src/machines/consumer/partition-state.js';
import { SubscriptionState } from '../../../src/machines/consumer/subscription-state.js';
import { ErrorCode } from '../../../src/protocol/errors.js';
import type { FetchResponse } from '../../../src/protocol/messages/01-fetch.js';
import { controlRecordKey, endTransactionValue } from '../../../src/protocol/records/control-record.js';
import {
  RecordBatchBuilder,
  type BatchCloseOptions,
} from '../../../src/protocol/records/record-batch-builder.js';
import { RecordBatch } from '../../../src/protocol/records/record-batch.js';
import { batchOf } from '../../support/record-batches.js';

const options: FetcherOptions = {
  fetchMinBytes: 1,
  fetchMaxBytes: 50 * 1024 * 1024,
  fetchMaxWaitMs: 500,
  maxPartitionFetchBytes: 1000,
  prefetchMaxBytes: 1_000_000,
  isolation: 'uncommitted',
  clientRack: '',
  retryBackoffMs: 100,
  retryBackoffMaxMs: 1000,
  metadataMaxAgeMs: 300_000,
  checkCrcs: true,
  decompressors: createCompressors(),
  maxExpandedBatchBytes: 1024 * 1024,
};

type PartitionData = FetchResponse['responses'][number]['partitions'][number];

function data(partition: number, fields: Partial<PartitionData> = {}): PartitionData {
  return {
    partitionIndex: partition,
    errorCode: 0,
    highWatermark: 100,
    lastStableOffset: 100,
    logStartOffset: 0,
    divergingEpoch: { epoch: -1, endOffset: -1 },
    currentLeader: { leaderId: -1, leaderEpoch: -1 },
    snapshotId: { endOffset: -1, epoch: -1 },
    abortedTransactions: null,
    preferredReadReplica: -1,
    records: Buffer.alloc(0),
    ...fields,
  };
}

function response(partitions: PartitionData[], topic = 'a'): FetchResponse {
  return {
    throttleTimeMs: 0,
    errorCode: 0,
    sessionId: 0,
    responses: [{ topic, topicId: 'AAAAAAAAAAAAAAAAAAAAAA', partitions }],
    nodeEndpoints: [],
  };
}

/** A batch as it lies in the log of a leader. */
function logged(baseOffset: number, values: readonly string[], close: BatchCloseOptions = {}): Buffer {
  const buffer = batchOf(values, { partitionLeaderEpoch: 3, ...close });
  new RecordBatch(buffer).setBaseOffset(baseOffset);
  return buffer;
}

function marker(baseOffset: number, type: 'commit' | 'abort', producerId: number): Buffer {
  const builder = new RecordBatchBuilder({ batchSizeBytes: 1024 });
  builder.tryAppend(0, controlRecordKey(type), endTransactionValue(0));
  const buffer = Buffer.from(
    builder.close({ isControl: true, isTransactional: true, producerId, producerEpoch: 0, baseSequence: -1 }),
  );
  new RecordBatch(buffer).setBaseOffset(baseOffset);
  return buffer;
}

const leaders = new Map<string, { nodeId: number; epoch: number }>();

function createFetcher(partitions = 1, overrides: Partial<FetcherOptions> = {}) {
  leaders.clear();
  const subscription = new SubscriptionState('earliest');
  subscription.assignByUser(
    Array.from({ length: partitions }, (_, partition) => ({ topic: 'a', partition })),
  );
  for (const state of subscription.partitions) {
    state.seek(0, -1);
    leaders.set(state.key, { nodeId: 1, epoch: 3 });
  }
  const fetcher = new Fetcher({ ...options, ...overrides }, subscription, {
    leaderOf: (topic, partition) => leaders.get(`${topic}-${partition}`) ?? null,
    topicIdOf: () => null,
  });
  return { fetcher, subscription, states: subscription.partitions as readonly PartitionState[] };
}

/** Reads everything that is ready, as a poll does. */
function drain(fetcher: Fetcher, limit = Infinity): string[] {
  const values: string[] = [];
  while (values.length < limit) {
    const ready: Ready | null = fetcher.next();
    if (ready === null) break;
    if (ready.kind === 'failure') {
      values.push(`!${ready.failure.kind}`);
      break;
    }
    const { cursor } = ready.batch;
    const { state } = ready;
    while (values.length < limit && cursor.next()) {
      if (cursor.offset < (state.position?.offset ?? 0)) continue;
      values.push(`${state.partition}:${cursor.offset}=${cursor.valueText}`);
      state.advance(cursor.offset + 1, ready.batch.leaderEpoch);
    }
  }
  return values;
}

function only(plans: FetchPlan[]): FetchPlan {
  expect(plans).toHaveLength(1);
  return plans[0]!;
}

describe('planning fetches', () => {
  test('one fetch in flight per broker; partitions without a leader or position, or paused, are left out', () => {
    const { fetcher, states } = createFetcher(5);
    leaders.set('a-1', { nodeId: 2, epoch: 3 });
    leaders.delete('a-2');
    states[3]!.paused = true;
    states[4]!.requestReset('earliest');
    const plans = fetcher.plan(0);
    expect(plans.map((plan) => [plan.nodeId, plan.partitions.map(({ state }) => state.key)])).toEqual([
      [1, ['a-0']],
      [2, ['a-1']],
    ]);
    expect(fetcher.plan(0)).toEqual([]);
    fetcher.handleResponse(plans[0]!, response([data(0)]), 0);
    expect(only(fetcher.plan(0)).nodeId).toBe(1);
  });

  test('F5: partitions that gave records go to the end of the next fetch, so that a small budget starves none', () => {
    const { fetcher } = createFetcher(3);
    const order = (plan: FetchPlan): string[] => plan.partitions.map(({ state }) => state.key);
    const first = only(fetcher.plan(0));
    expect(order(first)).toEqual(['a-0', 'a-1', 'a-2']);
    fetcher.handleResponse(first, response([data(0, { records: logged(0, ['x']) }), data(1), data(2)]), 0);
    const second = only(fetcher.plan(0));
    expect(order(second)).toEqual(['a-1', 'a-2', 'a-0']);
    fetcher.handleResponse(second, response([data(1, { records: logged(0, ['y']) })]), 0);
    expect(order(only(fetcher.plan(0)))).toEqual(['a-2', 'a-0', 'a-1']);
  });

  test('without a wait at the broker, fetches that find nothing keep a distance', () => {
    const { fetcher } = createFetcher(1, { fetchMaxWaitMs: 0 });
    fetcher.handleResponse(only(fetcher.plan(0)), response([data(0)]), 0);
    expect(fetcher.plan(5)).toEqual([]);
    expect(fetcher.nextRetryMs(5)).toBe(10);
    fetcher.handleResponse(only(fetcher.plan(10)), response([data(0, { records: logged(0, ['x']) })]), 10);
    expect(fetcher.plan(10)).toHaveLength(1);
  });

  test('a session that the broker forgot costs no back-off', () => {
    const { fetcher } = createFetcher(2);
    fetcher.handleResponse(only(fetcher.plan(0)), { ...response([data(0), data(1)]), sessionId: 5 }, 0);
    const second = only(fetcher.plan(0));
    expect(second.request).toMatchObject({ sessionId: 5, sessionEpoch: 1, topics: [] });
    const forgotten = { ...response([]), responses: [], errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND };
    expect(fetcher.handleResponse(second, forgotten, 0)).toBe(false);
    expect(only(fetcher.plan(0)).request).toMatchObject({
      sessionId: 0,
      sessionEpoch: 0,
      topics: [{ topic: 'a' }],
    });
  });

  test('KIP-951: a partition whose new leader the answer named is fetched there at once', () => {
    const { fetcher } = createFetcher();
    const first = only(fetcher.plan(0));
    leaders.set('a-0', { nodeId: 2, epoch: 4 });
    const moved = data(0, {
      errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER,
      currentLeader: { leaderId: 2, leaderEpoch: 4 },
    });
    expect(fetcher.handleResponse(first, response([moved]), 0)).toBe(false);
    expect(only(fetcher.plan(0)).nodeId).toBe(2);
  });

  test('the next fetch starts behind what is buffered, before anything was handed out (prefetch)', () => {
    const { fetcher } = createFetcher();
    const first = only(fetcher.plan(0));
    fetcher.handleResponse(first, response([data(0, { records: logged(0, ['x', 'y', 'z']) })]), 0);
    expect(only(fetcher.plan(0)).partitions[0]!.fetchOffset).toBe(3);
  });

  test('bound per partition: a full one is left out, and the poll for the others is short', () => {
    const { fetcher } = createFetcher(2, { maxPartitionFetchBytes: 100 });
    fetcher.handleResponse(
      only(fetcher.plan(0)),
      response([data(0, { records: logged(0, ['x'.repeat(200)]) }), data(1)]),
      0,
    );
    const plan = only(fetcher.plan(0));
    expect(plan.partitions.map(({ state }) => state.partition)).toEqual([1]);
    expect(plan.request.maxWaitMs).toBe(100);
  });

  test('bound per partition: an answer of exactly the size asked for is followed by one more, which arrives while it is read', () => {
    const records = logged(0, ['x'.repeat(200)]);
    const { fetcher } = createFetcher(1, { maxPartitionFetchBytes: records.length });
    fetcher.handleResponse(only(fetcher.plan(0)), response([data(0, { records })]), 0);
    const second = only(fetcher.plan(0));
    expect(second.partitions[0]!.fetchOffset).toBe(1);
    fetcher.handleResponse(second, response([data(0, { records: logged(1, ['y'.repeat(200)]) })]), 0);
    expect(fetcher.plan(0)).toEqual([]);
  });

  test('bound in all: nothing is asked for until the application has polled', () => {
    const { fetcher } = createFetcher(1, { prefetchMaxBytes: 250, maxPartitionFetchBytes: 10_000 });
    const plan = only(fetcher.plan(0));
    expect(plan.request.maxBytes).toBe(250);
    fetcher.handleResponse(plan, response([data(0, { records: logged(0, ['x'.repeat(400)]) })]), 0);
    expect(fetcher.plan(0)).toEqual([]);
    drain(fetcher);
    expect(fetcher.bufferedBytes).toBe(0);
    expect(fetcher.takeRoomMade()).toBe(true);
    only(fetcher.plan(0));
  });

  test('without topic ids the version stays at names', () => {
    const { fetcher } = createFetcher();
    expect(only(fetcher.plan(0)).versionCap).toBe(12);
  });

  test('CC7: a position from an older epoch is validated before it is fetched from', () => {
    const { fetcher, states } = createFetcher();
    states[0]!.seek(5, 2);
    expect(fetcher.plan(0)).toEqual([]);
    expect(states[0]!.phase).toBe('awaitingValidation');
    states[0]!.seek(5, 3);
    only(fetcher.plan(0));
  });

  test('a lost request backs off, longer each time', () => {
    const { fetcher } = createFetcher();
    expect(fetcher.handleFailure(only(fetcher.plan(0)), 0)).toBe(1);
    expect(fetcher.plan(99)).toEqual([]);
    expect(fetcher.nextRetryMs(0)).toBe(100);
    expect(fetcher.handleFailure(only(fetcher.plan(100)), 100)).toBe(2);
    expect(fetcher.nextRetryMs(100)).toBe(300);
  });
});

describe('handing out what came', () => {
  test('partitions in the order of their answers; the position follows the records', () => {
    const { fetcher, states } = createFetcher(2);
    const plan = only(fetcher.plan(0));
    fetcher.handleResponse(
      plan,
      response([data(1, { records: logged(0, ['b']) }), data(0, { records: logged(0, ['a', 'c']) })]),
      0,
    );
    expect(drain(fetcher)).toEqual(['1:0=b', '0:0=a', '0:1=c']);
    expect(states.map(({ position }) => position)).toEqual([
      { offset: 2, offsetEpoch: 3 },
      { offset: 1, offsetEpoch: 3 },
    ]);
  });

  test('F3: records before the position in the first batch are skipped', () => {
    const { fetcher, states } = createFetcher();
    states[0]!.seek(1, -1);
    fetcher.handleResponse(
      only(fetcher.plan(0)),
      response([data(0, { records: logged(0, ['x', 'y', 'z']) })]),
      0,
    );
    expect(drain(fetcher)).toEqual(['0:1=y', '0:2=z']);
  });

  test('a batch that was cut off at the end is fetched again whole', () => {
    const { fetcher } = createFetcher();
    const cut = logged(1, ['late']).subarray(0, 40);
    fetcher.handleResponse(
      only(fetcher.plan(0)),
      response([data(0, { records: Buffer.concat([logged(0, ['x']), cut]) })]),
      0,
    );
    expect(drain(fetcher)).toEqual(['0:0=x']);
    expect(only(fetcher.plan(0)).partitions[0]!.fetchOffset).toBe(1);
  });

  test('CC2: what is buffered for a paused partition is kept for later', () => {
    const { fetcher, states } = createFetcher();
    fetcher.handleResponse(only(fetcher.plan(0)), response([data(0, { records: logged(0, ['x', 'y']) })]), 0);
    expect(drain(fetcher, 1)).toEqual(['0:0=x']);
    states[0]!.paused = true;
    expect(drain(fetcher)).toEqual([]);
    expect(fetcher.hasReady).toBe(false);
    states[0]!.paused = false;
    expect(drain(fetcher)).toEqual(['0:1=y']);
  });

  test('CC2: a seek drops what is buffered and what is still on its way', () => {
    const { fetcher, states } = createFetcher();
    fetcher.handleResponse(only(fetcher.plan(0)), response([data(0, { records: logged(0, ['x']) })]), 0);
    const onItsWay = only(fetcher.plan(0));
    states[0]!.seek(10, -1);
    expect(drain(fetcher)).toEqual([]);
    fetcher.handleResponse(onItsWay, response([data(0, { records: logged(1, ['y']) })]), 0);
    expect(drain(fetcher)).toEqual([]);
    expect(only(fetcher.plan(0)).partitions[0]!.fetchOffset).toBe(10);
    expect(fetcher.bufferedBytes).toBe(0);
  });

  test('a seek within what is held needs no fetch, forwards or back to what was just handed out', () => {
    const { fetcher, states } = createFetcher();
    const first = only(fetcher.plan(0));
    fetcher.handleResponse(
      first,
      response([data(0, { records: Buffer.concat([logged(0, ['a', 'b']), logged(2, ['c'])]) })]),
      0,
    );
    fetcher.handleResponse(only(fetcher.plan(0)), response([data(0, { records: logged(3, ['d', 'e']) })]), 0);
    fetcher.beginPoll();
    expect(drain(fetcher, 1)).toEqual(['0:0=a']);
    expect(fetcher.reposition(states[0]!, 2)).toBe(true);
    expect(drain(fetcher)).toEqual(['0:2=c', '0:3=d', '0:4=e']);
    expect(fetcher.bufferedBytes).toBe(0);
    expect(fetcher.reposition(states[0]!, 1)).toBe(true);
    expect(drain(fetcher)).toEqual(['0:1=b', '0:2=c', '0:3=d', '0:4=e']);
    expect(fetcher.reposition(states[0]!, 4)).toBe(true);
    expect(drain(fetcher)).toEqual(['0:4=e']);
    expect(fetcher.bufferedBytes).toBe(0);
    expect(only(fetcher.plan(0)).partitions[0]!.fetchOffset).toBe(5);
    expect(fetcher.reposition(states[0]!, 9)).toBe(false);
    fetcher.beginPoll();
    expect(fetcher.reposition(states[0]!, 0)).toBe(false);
  });

  test('a partition that left drops what was on its way', () => {
    const { fetcher, subscription } = createFetcher();
    const plan = only(fetcher.plan(0));
    subscription.assignByUser([]);
    fetcher.handleResponse(plan, response([data(0, { records: logged(0, ['x']) })]), 0);
    expect(drain(fetcher)).toEqual([]);
    expect(fetcher.bufferedBytes).toBe(0);
  });

  test.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)('a batch in %s is expanded', (type) => {
    const { fetcher } = createFetcher();
    const compressor = createCompressors().get(type);
    fetcher.handleResponse(
      only(fetcher.plan(0)),
      response([data(0, { records: logged(4, ['x', 'y'], { compressor }) })]),
      0,
    );
    expect(drain(fetcher)).toEqual(['0:4=x', '0:5=y']);
  });

  test('a compressed batch that would expand past its bound is refused, what came before is handed out', () => {
    const { fetcher, states } = createFetcher(1, { maxExpandedBatchBytes: 100 });
    const bomb = logged(1, ['x'.repeat(5000)], { compressor: createCompressors().get('gzip') });
    fetcher.handleResponse(
      only(fetcher.plan(0)),
      response([data(0, { records: Buffer.concat([logged(0, ['x']), bomb]) })]),
      0,
    );
    expect(drain(fetcher)).toEqual(['0:0=x', '!corrupt']);
    expect(states[0]!.position?.offset).toBe(1);
  });

  test.each([
    [true, ['0:0=x', '!corrupt']],
    [false, ['0:0=x', '0:1=Y']],
  ])('check.crcs %s: a flipped byte', (checkCrcs, expected) => {
    const { fetcher } = createFetcher(1, { checkCrcs });
    const damaged = logged(1, ['y']);
    damaged[damaged.length - 2] = 'Y'.charCodeAt(0);
    fetcher.handleResponse(
      only(fetcher.plan(0)),
      response([data(0, { records: Buffer.concat([logged(0, ['x']), damaged]) })]),
      0,
    );
    expect(drain(fetcher)).toEqual(expected);
  });

  test('bytes that are no batch end the partition after what came before', () => {
    const { fetcher } = createFetcher();
    const records = Buffer.concat([logged(0, ['x']), Buffer.alloc(100, 7)]);
    fetcher.handleResponse(only(fetcher.plan(0)), response([data(0, { records })]), 0);
    expect(fetcher.plan(0)).toEqual([]);
    expect(drain(fetcher)).toEqual(['0:0=x', '!corrupt']);
  });
});

describe('errors of a partition (CC7)', () => {
  test('an offset out of range is told after the records before it', () => {
    const { fetcher } = createFetcher();
    fetcher.handleResponse(only(fetcher.plan(0)), response([data(0, { records: logged(0, ['x']) })]), 0);
    const next = only(fetcher.plan(0));
    expect(
      fetcher.handleResponse(next, response([data(0, { errorCode: ErrorCode.OFFSET_OUT_OF_RANGE })]), 0),
    ).toBe(false);
    expect(fetcher.plan(0)).toEqual([]);
    expect(drain(fetcher)).toEqual(['0:0=x', '!offsetOutOfRange']);
  });

  test.each([
    [ErrorCode.NOT_LEADER_OR_FOLLOWER, true],
    [ErrorCode.FENCED_LEADER_EPOCH, true],
    [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, true],
    [ErrorCode.UNKNOWN_TOPIC_ID, true],
    [ErrorCode.UNKNOWN_LEADER_EPOCH, false],
  ])('error %i is tried again after a back-off; newer metadata wanted: %s', (errorCode, wanted) => {
    const { fetcher } = createFetcher();
    expect(fetcher.handleResponse(only(fetcher.plan(0)), response([data(0, { errorCode })]), 0)).toBe(wanted);
    expect(fetcher.plan(99)).toEqual([]);
    only(fetcher.plan(100));
    expect(drain(fetcher)).toEqual([]);
  });

  test('a preferred replica is read from (KIP-392) until it is out of range', () => {
    const { fetcher } = createFetcher();
    fetcher.handleResponse(only(fetcher.plan(0)), response([data(0, { preferredReadReplica: 2 })]), 0);
    const plan = only(fetcher.plan(0));
    expect(plan.nodeId).toBe(2);
    expect(
      fetcher.handleResponse(plan, response([data(0, { errorCode: ErrorCode.OFFSET_OUT_OF_RANGE })]), 0),
    ).toBe(true);
    expect(only(fetcher.plan(1000)).nodeId).toBe(1);
  });
});

describe('read_committed (CC6)', () => {
  const transactional = (producerId: number, baseSequence: number): BatchCloseOptions => ({
    producerId,
    producerEpoch: 0,
    baseSequence,
    isTransactional: true,
  });

  function fetchAll(isolation: 'committed' | 'uncommitted', records: Buffer[], aborted: [number, number][]) {
    const made = createFetcher(1, { isolation });
    const abortedTransactions = aborted.map(([producerId, firstOffset]) => ({ producerId, firstOffset }));
    const partition = data(0, { records: Buffer.concat(records), abortedTransactions });
    made.fetcher.handleResponse(only(made.fetcher.plan(0)), response([partition]), 0);
    return { values: drain(made.fetcher), position: made.states[0]!.position?.offset };
  }

  const log = [
    logged(0, ['a0'], transactional(7, 0)),
    logged(1, ['plain']),
    logged(2, ['b2'], transactional(8, 0)),
    marker(3, 'abort', 7),
    logged(4, ['a4'], transactional(7, 1)),
    marker(5, 'commit', 7),
    marker(6, 'commit', 8),
    logged(7, ['a7'], transactional(7, 2)),
    marker(8, 'abort', 7),
  ];

  test('batches of aborted transactions are dropped until their marker, for each of one producer id', () => {
    const { values, position } = fetchAll('committed', log, [
      [7, 7],
      [7, 0],
    ]);
    expect(values).toEqual(['0:1=plain', '0:2=b2', '0:4=a4']);
    // Corner case 21: behind the last marker, not the last record.
    expect(position).toBe(9);
  });

  test('read_uncommitted sees all data, and no control records', () => {
    const { values, position } = fetchAll('uncommitted', log, []);
    expect(values).toEqual(['0:0=a0', '0:1=plain', '0:2=b2', '0:4=a4', '0:7=a7']);
    expect(position).toBe(9);
  });

  test('an abort marker that is not listed changes nothing', () => {
    expect(fetchAll('committed', log, [[7, 7]]).values).toEqual(['0:0=a0', '0:1=plain', '0:2=b2', '0:4=a4']);
  });

  test('the marker may come with a later fetch', () => {
    const { fetcher } = createFetcher(1, { isolation: 'committed' });
    const abortedTransactions = [{ producerId: 7, firstOffset: 0 }];
    fetcher.handleResponse(
      only(fetcher.plan(0)),
      response([data(0, { records: log[0]!, abortedTransactions })]),
      0,
    );
    fetcher.handleResponse(
      only(fetcher.plan(0)),
      response([data(0, { records: Buffer.concat(log.slice(1, 5)), abortedTransactions })]),
      0,
    );
    expect(drain(fetcher)).toEqual(['0:1=plain', '0:2=b2', '0:4=a4']);
  });
});
