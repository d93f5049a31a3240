import type { Random } from '../../../src/ports/random.js';
import {
  FetchSession,
  nextSessionEpoch,
  type PartitionAnswer,
  type RequestedPartition,
  SessionPartition,
} from '../../../src/machines/fetch/fetch-session.js';
import { FetchSessions, type SessionRequest } from '../../../src/machines/fetch/fetch-sessions.js';
import { createSeededRandom } from '../../../src/io/memory/seeded-random.js';
import { ErrorCode } from '../../../src/protocol/errors.js';

const noId = 'AAAAAAAAAAAAAAAAAAAAAA';

function asked(partition: number, fetchOffset = 0, topic = 't'): RequestedPartition {
  const epochs = { currentLeaderEpoch: -1, lastFetchedEpoch: -1 };
  return { topic, topicId: noId, partition, fetchOffset, maxBytes: 1000, ...epochs };
}

function answer(change: Partial<PartitionAnswer> = {}): PartitionAnswer {
  const base = { errorCode: 0, highWatermark: 10, logStartOffset: 0, recordBytes: 0, diverges: false };
  return { ...base, ...change };
}

function wanted(size: number, { isPrivileged = false } = {}) {
  const partitions = Array.from({ length: size }, (_unused, index) => ({
    request: asked(index),
    answer: answer(),
  }));
  return { isPrivileged, usesTopicIds: false, partitions };
}

function request(change: Partial<SessionRequest>): SessionRequest {
  return { sessionId: 0, sessionEpoch: 0, usesTopicIds: false, requested: [], forgotten: [], ...change };
}

const evictionMs = 120_000;

describe('F7: fetch sessions', () => {
  const limits = { slots: 3, evictionMs, partitions: 100 };
  let sessions: FetchSessions;
  beforeEach(() => void (sessions = new FetchSessions(createSeededRandom(7), limits)));

  function partitionsOf(session: FetchSession): number[] {
    return [...session.partitions()].map((each) => each.request.partition);
  }

  it('epoch 0 may begin a session, -1 never does, and both end the session they name', () => {
    const id = sessions.create(wanted(2), 0);
    expect(sessions.begin(request({ sessionId: id, sessionEpoch: 0 }), 0)).toMatchObject({
      kind: 'full',
      mayHaveSession: true,
    });
    expect(sessions.size).toBe(0);
    const second = sessions.create(wanted(2), 0);
    expect(sessions.begin(request({ sessionId: second, sessionEpoch: -1 }), 0)).toMatchObject({
      kind: 'full',
      mayHaveSession: false,
    });
    expect([sessions.size, sessions.partitionCount]).toEqual([0, 0]);
  });

  it('an unknown id is 70, a wrong epoch 71, a change between names and ids 106; the session stays', () => {
    const id = sessions.create(wanted(1), 0);
    const refused = (change: Partial<SessionRequest>) => sessions.begin(request(change), 0);
    const code = (errorCode: number) => ({ kind: 'refused', errorCode });
    expect(refused({ sessionId: id + 1, sessionEpoch: 1 })).toEqual(
      code(ErrorCode.FETCH_SESSION_ID_NOT_FOUND),
    );
    for (const sessionEpoch of [2, -2, 0x7fffffff])
      expect(refused({ sessionId: id, sessionEpoch })).toEqual(code(ErrorCode.INVALID_FETCH_SESSION_EPOCH));
    expect(refused({ sessionId: id, sessionEpoch: 1, usesTopicIds: true })).toEqual(
      code(ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR),
    );
    expect(refused({ sessionId: id, sessionEpoch: 1 })).toMatchObject({ kind: 'incremental', epoch: 2 });
    // The same request again, as after a lost reply.
    expect(refused({ sessionId: id, sessionEpoch: 1 })).toEqual(code(ErrorCode.INVALID_FETCH_SESSION_EPOCH));
  });

  it('after the last epoch comes 1', () => {
    expect([1, 0x7ffffffe, 0x7fffffff].map(nextSessionEpoch)).toEqual([2, 0x7fffffff, 1]);
  });

  it('an incremental request adds, changes and forgets; what is named and forgotten is forgotten', () => {
    const id = sessions.create(wanted(2), 0);
    const context = sessions.begin(
      request({
        sessionId: id,
        sessionEpoch: 1,
        requested: [asked(1, 77), asked(2), asked(3)],
        forgotten: [{ topic: 't', topicId: noId, partition: 3 }],
      }),
      0,
    );
    if (context.kind !== 'incremental') throw new Error(context.kind);
    expect(partitionsOf(context.session)).toEqual([0, 1, 2]);
    expect([...context.session.partitions()][1]!.request.fetchOffset).toBe(77);
    expect(sessions.partitionCount).toBe(3);
  });

  it('a session that has forgotten everything is closed', () => {
    const id = sessions.create(wanted(1), 0);
    const forgotten = [{ topic: 't', topicId: noId, partition: 0 }];
    expect(sessions.begin(request({ sessionId: id, sessionEpoch: 1, forgotten }), 0)).toEqual({
      kind: 'full',
      requested: [],
      mayHaveSession: false,
    });
    expect([sessions.size, sessions.partitionCount]).toEqual([0, 0]);
  });

  it('a partition number and a topic name do not run into each other', () => {
    const session = new FetchSession({ id: 1, isPrivileged: false, usesTopicIds: false, nowMs: 0 });
    session.update([asked(1, 0, 'a:'), asked(-1, 0, 'a'), asked(1, 0, 'a'), asked(11, 0, 'a')], []);
    expect(session.size).toBe(4);
  });

  describe('a full cache', () => {
    it('gives no session while all are young, whatever their size', () => {
      for (let count = 0; count < 3; count++) expect(sessions.create(wanted(1), 0)).toBeGreaterThan(0);
      expect(sessions.create(wanted(50), evictionMs)).toBe(0);
      expect(sessions.size).toBe(3);
    });

    it('evicts a session that was not used for 120 s, the one that was not used longest first', () => {
      const ids = [0, 1, 2].map((atMs) => sessions.create(wanted(1), atMs));
      sessions.begin(request({ sessionId: ids[0]!, sessionEpoch: 1 }), 3);
      const id = sessions.create(wanted(1), evictionMs + 2);
      expect(id).toBeGreaterThan(0);
      const codes = ids.map((each) => sessions.begin(request({ sessionId: each, sessionEpoch: 9 }), 4));
      expect(codes.map((each) => each.kind === 'refused' && each.errorCode)).toEqual([71, 70, 71]);
    });

    it('lets a larger one take the place of the smallest that has lived for 120 s', () => {
      const ids = [5, 2, 4].map((size) => sessions.create(wanted(size), 0));
      for (const id of ids) sessions.begin(request({ sessionId: id, sessionEpoch: 1 }), evictionMs + 1);
      expect(sessions.create(wanted(2), evictionMs + 2)).toBe(0);
      expect(sessions.create(wanted(3), evictionMs + 2)).toBeGreaterThan(0);
      expect(sessions.begin(request({ sessionId: ids[1]!, sessionEpoch: 2 }), 0)).toMatchObject({
        errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND,
      });
      expect(sessions.partitionCount).toBe(5 + 4 + 3);
    });

    it('lets a replica take any consumer session, and no consumer a replica one', () => {
      const ids = [9, 8].map((size) => sessions.create(wanted(size), 0));
      const replica = sessions.create(wanted(1, { isPrivileged: true }), 0);
      expect(sessions.create(wanted(1, { isPrivileged: true }), 1)).toBeGreaterThan(0);
      expect(sessions.begin(request({ sessionId: ids[1]!, sessionEpoch: 1 }), 1)).toMatchObject({
        errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND,
      });
      // The replicas' have lived, and the consumer's too: a consumer may only have the consumer's.
      sessions.begin(request({ sessionId: replica, sessionEpoch: 1 }), evictionMs + 1);
      sessions.begin(request({ sessionId: ids[0]!, sessionEpoch: 1 }), evictionMs + 1);
      expect(sessions.create(wanted(10), evictionMs + 1)).toBeGreaterThan(0);
      expect(sessions.begin(request({ sessionId: replica, sessionEpoch: 2 }), evictionMs + 2)).toMatchObject({
        kind: 'incremental',
      });
    });

    it('counts the partitions of all sessions: one too many is no session, or the end of the one that grows', () => {
      const id = sessions.create(wanted(60), 0);
      expect(sessions.create(wanted(41), 0)).toBe(0);
      expect(sessions.create(wanted(40), 0)).toBeGreaterThan(0);
      expect(sessions.begin(request({ sessionId: id, sessionEpoch: 1, requested: [asked(60)] }), 0)).toEqual({
        kind: 'refused',
        errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND,
      });
      expect([sessions.size, sessions.partitionCount]).toEqual([1, 40]);
    });

    it('with no slots gives no session', () => {
      const none = new FetchSessions(createSeededRandom(1), { ...limits, slots: 0 });
      expect(none.create(wanted(1), 0)).toBe(0);
    });
  });

  it('draws ids until one is free, and never 0', () => {
    const draws = [5, 5, 0];
    const random: Random = { nextInteger: () => draws.shift() ?? 0, nextBytes: Buffer.alloc };
    const drawn = new FetchSessions(random, limits);
    expect([drawn.create(wanted(1), 0), drawn.create(wanted(1), 0)]).toEqual([6, 1]);
  });

  describe('what is news', () => {
    it('records, a high watermark, a log start, an error and a divergence; nothing else', () => {
      const partition = new SessionPartition(asked(0));
      partition.tell(answer());
      expect(partition.isNews(answer())).toBe(false);
      expect(partition.isNews(answer({ recordBytes: 1 }))).toBe(true);
      expect(partition.isNews(answer({ highWatermark: 11 }))).toBe(true);
      expect(partition.isNews(answer({ logStartOffset: 1 }))).toBe(true);
      expect(partition.isNews(answer({ errorCode: 6 }))).toBe(true);
      expect(partition.isNews(answer({ diverges: true }))).toBe(true);
    });

    it('after an error the same high watermark is news again', () => {
      const partition = new SessionPartition(asked(0));
      partition.tell(answer());
      partition.tell(answer({ errorCode: 6 }));
      expect(partition.isNews(answer())).toBe(true);
      partition.tell(answer());
      expect(partition.isNews(answer())).toBe(false);
    });

    it('a partition that gave records goes to the back', () => {
      const session = new FetchSession({ id: 1, isPrivileged: false, usesTopicIds: false, nowMs: 0 });
      session.update([asked(0), asked(1), asked(2)], []);
      session.moveToBack([...session.partitions()][0]!);
      expect(partitionsOf(session)).toEqual([1, 2, 0]);
      session.update([asked(1, 5)], []);
      expect(partitionsOf(session)).toEqual([1, 2, 0]);
    });
  });
});
