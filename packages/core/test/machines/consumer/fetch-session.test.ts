import { FetchPlan } from '../../../src/machines/consumer/fetch-plan.js';
import { FetchSession } from '../../../src/machines/consumer/fetch-session.js';
import { PartitionState } from '../../../src/machines/consumer/partition-state.js';
import { ErrorCode } from '../../../src/protocol/errors.js';

const idA = 'aaaaaaaaaaaaaaaaaaaaaQ';
const idB = 'bbbbbbbbbbbbbbbbbbbbbQ';

/** `topic-partition@offset`, and the topic's id where it has one. */
function planOf(names: readonly string[], ids: Readonly<Record<string, string>> = { a: idA }): FetchPlan {
  const plan = new FetchPlan(1);
  for (const name of names) {
    const [, topic = '', partition = '', offset = ''] = /^(\w+)-(\d+)@(\d+)$/.exec(name) ?? [];
    const state = new PartitionState(topic, Number(partition));
    plan.add({
      state,
      incarnation: 0,
      fetchOffset: Number(offset),
      leaderEpoch: 0,
      topicId: ids[topic] ?? null,
    });
  }
  return plan;
}

function asked(session: FetchSession, plan: FetchPlan): string {
  const { sessionId, sessionEpoch, topics, forgottenTopicsData } = session.begin(plan, 1000);
  const wanted = topics.flatMap(({ topic, partitions }) =>
    partitions.map(({ partition, fetchOffset }) => `${topic}-${partition}@${fetchOffset}`),
  );
  const forgotten = (forgottenTopicsData ?? []).flatMap(({ topic, partitions }) =>
    (partitions ?? []).map((partition) => `!${topic}-${partition}`),
  );
  return [`${sessionId}/${sessionEpoch}`, ...wanted, ...forgotten].join(' ');
}

describe('fetch sessions (KIP-227)', () => {
  let session: FetchSession;

  beforeEach(() => {
    session = new FetchSession();
  });

  test('F4: after a full fetch only what changed is named, and what went is forgotten', () => {
    expect(asked(session, planOf(['a-0@0', 'a-1@0', 'a-2@5']))).toBe('0/0 a-0@0 a-1@0 a-2@5');
    expect(session.handleResponse(ErrorCode.NONE, 77)).toBe('taken');
    expect(asked(session, planOf(['a-0@3', 'a-1@0', 'a-2@5']))).toBe('77/1 a-0@3');
    session.handleResponse(ErrorCode.NONE, 77);
    expect(asked(session, planOf(['a-0@3', 'a-2@5']))).toBe('77/2 !a-1');
    session.handleResponse(ErrorCode.NONE, 77);
    expect(asked(session, planOf(['a-0@3', 'a-1@0', 'a-2@5']))).toBe('77/3 a-1@0');
    session.handleResponse(ErrorCode.NONE, 77);
    expect(asked(session, planOf(['a-0@3', 'a-1@0', 'a-2@5']))).toBe('77/4');
  });

  test('a broker that keeps no session is asked in full each time', () => {
    asked(session, planOf(['a-0@0']));
    session.handleResponse(ErrorCode.NONE, 0);
    expect(asked(session, planOf(['a-0@0']))).toBe('0/0 a-0@0');
  });

  test('a session that the broker forgot is begun anew at once; one that it refuses is ended with the next', () => {
    asked(session, planOf(['a-0@0']));
    session.handleResponse(ErrorCode.NONE, 77);
    asked(session, planOf(['a-0@1']));
    expect(session.handleResponse(ErrorCode.FETCH_SESSION_ID_NOT_FOUND, 0)).toBe('again');
    expect(asked(session, planOf(['a-0@1']))).toBe('0/0 a-0@1');
    session.handleResponse(ErrorCode.NONE, 78);
    asked(session, planOf(['a-0@1']));
    expect(session.handleResponse(ErrorCode.INVALID_FETCH_SESSION_EPOCH, 0)).toBe('again');
    expect(asked(session, planOf(['a-0@1']))).toBe('78/0 a-0@1');
    // A full fetch that is refused too would be refused for ever: it waits.
    expect(session.handleResponse(ErrorCode.INVALID_FETCH_SESSION_EPOCH, 0)).toBe('failed');
  });

  test('after a lost answer nobody knows what the broker remembers: all is named', () => {
    asked(session, planOf(['a-0@0', 'a-1@0']));
    session.handleResponse(ErrorCode.NONE, 77);
    asked(session, planOf(['a-0@4', 'a-1@0']));
    session.handleFailure();
    expect(asked(session, planOf(['a-0@4', 'a-1@0']))).toBe('77/0 a-0@4 a-1@0');
  });

  test('a topic that was created again is forgotten under its old id and named under the new one', () => {
    asked(session, planOf(['a-0@9']));
    session.handleResponse(ErrorCode.NONE, 77);
    const { topics, forgottenTopicsData } = session.begin(planOf(['a-0@0'], { a: idB }), 1000);
    expect(topics).toMatchObject([{ topicId: idB, partitions: [{ partition: 0, fetchOffset: 0 }] }]);
    expect(forgottenTopicsData).toEqual([{ topic: 'a', topicId: idA, partitions: [0] }]);
  });

  test('names and ids do not mix in a session', () => {
    asked(session, planOf(['a-0@0']));
    session.handleResponse(ErrorCode.NONE, 77);
    expect(asked(session, planOf(['a-0@0', 'b-0@0']))).toBe('77/0 a-0@0 b-0@0');
  });

  test('F7: the end of a session names it once, and there is none to end where the broker kept none', () => {
    expect(session.end()).toBeNull();
    session.begin(planOf(['a-0@0']), 1000);
    session.handleResponse(ErrorCode.NONE, 77);
    expect(session.end()).toEqual({
      sessionId: 77,
      sessionEpoch: -1,
      topics: [],
      forgottenTopicsData: [],
    });
    expect(session.end()).toBeNull();
    expect(asked(session, planOf(['a-0@0']))).toBe('0/0 a-0@0');
  });
});
