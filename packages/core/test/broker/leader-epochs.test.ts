// Leader epochs as a log has them that was led by others before: the checkpoint of its epochs is edited between two starts.
import { apis } from '../../src/protocol/api-keys.js';
import { ErrorCode } from '../../src/protocol/errors.js';
import type { RawClient } from '../support/raw-client.js';
import { batchOf, valuesIn } from '../support/record-batches.js';
import { TestBroker } from '../support/test-broker.js';

const topic = 'led';
const noEpoch = -1;

describe('leader epochs', () => {
  const broker = new TestBroker();
  let client: RawClient;
  let topicId: string;

  beforeAll(async () => {
    await broker.start();
    client = broker.connect();
    topicId = await broker.createTopic(client, topic);
    await broker.produce(client, topic, batchOf(['a', 'b']));
    await broker.produce(client, topic, batchOf(['c', 'd']));
    await broker.stop();
    const path = `${topic}-0/leader-epoch-checkpoint`;
    broker.fileSystem.remove(path);
    broker.fileSystem.open(path, { create: true }).append([Buffer.from('0\n2\n0 0\n3 2\n')]);
    await broker.start();
    client = broker.connect();
  });
  afterAll(() => broker.stop());

  interface Ask {
    readonly fetchOffset: number;
    readonly currentLeaderEpoch?: number;
    readonly lastFetchedEpoch?: number;
  }

  async function fetch(ask: Ask, { version = 16, maxWaitMs = 0 } = {}) {
    const partition = {
      partition: 0,
      partitionMaxBytes: 1000,
      currentLeaderEpoch: noEpoch,
      lastFetchedEpoch: noEpoch,
      ...ask,
    };
    const name = version >= 13 ? { topicId } : { topic };
    const reply = await broker.settled(
      client.send(apis.fetch, version, {
        maxWaitMs,
        minBytes: 1,
        sessionEpoch: -1,
        topics: [{ ...name, partitions: [partition] }],
        forgottenTopicsData: [],
      }),
    );
    return { ...reply.responses[0]!.partitions[0]!, nodeEndpoints: reply.nodeEndpoints };
  }

  it('F9, corner case 59: an older epoch is 74, a newer one 75, its own and none are served', async () => {
    const codes = await Promise.all(
      [0, 2, 3, 4, noEpoch].map(
        async (currentLeaderEpoch) => (await fetch({ fetchOffset: 0, currentLeaderEpoch })).errorCode,
      ),
    );
    expect(codes).toEqual([
      ErrorCode.FENCED_LEADER_EPOCH,
      ErrorCode.FENCED_LEADER_EPOCH,
      0,
      ErrorCode.UNKNOWN_LEADER_EPOCH,
      0,
    ]);
  });

  it('F9, KIP-951: the leader is named in version 16, with its endpoint, and not before', async () => {
    const stale = { fetchOffset: 0, currentLeaderEpoch: 2 };
    expect(await fetch(stale)).toMatchObject({
      errorCode: ErrorCode.FENCED_LEADER_EPOCH,
      currentLeader: { leaderId: 1, leaderEpoch: 3 },
      nodeEndpoints: [{ nodeId: 1, host: 'memory', port: 9092 }],
    });
    for (const version of [9, 11, 12, 13, 15]) {
      expect(await fetch(stale, { version })).toMatchObject({
        errorCode: ErrorCode.FENCED_LEADER_EPOCH,
        currentLeader: { leaderId: -1, leaderEpoch: -1 },
        nodeEndpoints: [],
      });
    }
  });

  it('F9: the epoch is looked at before the offset, and an error does not wait', async () => {
    const startedMs = broker.time.clock.monotonicMs();
    const answer = await fetch({ fetchOffset: 99, currentLeaderEpoch: 2 }, { maxWaitMs: 5000 });
    expect(answer.errorCode).toBe(ErrorCode.FENCED_LEADER_EPOCH);
    expect(broker.time.clock.monotonicMs()).toBe(startedMs);
  });

  it('F10: a last fetched epoch that ends below the offset, or is none of ours, diverges, without records and at once', async () => {
    const startedMs = broker.time.clock.monotonicMs();
    const diverging = async (lastFetchedEpoch: number, fetchOffset: number) => {
      const { errorCode, divergingEpoch, records } = await fetch(
        { fetchOffset, lastFetchedEpoch },
        { maxWaitMs: 5000 },
      );
      return [errorCode, divergingEpoch.epoch, divergingEpoch.endOffset, records?.length];
    };
    expect(await diverging(0, 3)).toEqual([0, 0, 2, 0]);
    expect(await diverging(2, 2)).toEqual([0, 0, 2, 0]);
    expect(await diverging(3, 5)).toEqual([0, 3, 4, 0]);
    expect(broker.time.clock.monotonicMs()).toBe(startedMs);
  });

  it('F10: at or before the end of its epoch a reader goes on; an epoch nobody had is OFFSET_OUT_OF_RANGE', async () => {
    expect(valuesIn((await fetch({ fetchOffset: 2, lastFetchedEpoch: 0 })).records)).toEqual(['c', 'd']);
    expect(valuesIn((await fetch({ fetchOffset: 3, lastFetchedEpoch: 3 })).records)).toEqual(['c', 'd']);
    expect((await fetch({ fetchOffset: 3, lastFetchedEpoch: 7 })).errorCode).toBe(
      ErrorCode.OFFSET_OUT_OF_RANGE,
    );
  });

  it('F14: ListOffsets gives the epoch of what it found, and checks the one the client believes in', async () => {
    const list = async (timestamp: number, currentLeaderEpoch = noEpoch) => {
      const partitions = [{ partitionIndex: 0, currentLeaderEpoch, timestamp }];
      const reply = await broker.settled(
        client.send(apis.listOffsets, 7, {
          replicaId: -1,
          isolationLevel: 0,
          topics: [{ name: topic, partitions }],
        }),
      );
      const { errorCode, offset, leaderEpoch } = reply.topics[0]!.partitions[0]!;
      return [errorCode, offset, leaderEpoch];
    };
    expect(await list(-1)).toEqual([0, 4, 3]);
    expect(await list(0)).toEqual([0, 0, 0]);
    expect(await list(-1, 2)).toEqual([ErrorCode.FENCED_LEADER_EPOCH, -1, -1]);
    expect(await list(-1, 4)).toEqual([ErrorCode.UNKNOWN_LEADER_EPOCH, -1, -1]);
  });

  it('F15: OffsetForLeaderEpoch gives the end of the epoch, or of the next lower one', async () => {
    const ask = async (leaderEpoch: number, currentLeaderEpoch = noEpoch) => {
      const partitions = [{ partition: 0, currentLeaderEpoch, leaderEpoch }];
      const reply = await broker.settled(
        client.send(apis.offsetForLeaderEpoch, 4, { topics: [{ topic, partitions }] }),
      );
      const answer = reply.topics[0]!.partitions[0]!;
      return [answer.errorCode, answer.leaderEpoch, answer.endOffset];
    };
    expect(await ask(0)).toEqual([0, 0, 2]);
    expect(await ask(1)).toEqual([0, 0, 2]);
    expect(await ask(3)).toEqual([0, 3, 4]);
    expect(await ask(4)).toEqual([0, -1, -1]);
    expect(await ask(3, 2)).toEqual([ErrorCode.FENCED_LEADER_EPOCH, -1, -1]);
  });

  it('Metadata names the epoch', async () => {
    const reply = await broker.settled(client.send(apis.metadata, 12, { topics: [{ name: topic }] }));
    expect(reply.topics[0]!.partitions[0]!.leaderEpoch).toBe(3);
  });
});
