import { ErrorCode } from '../../../src/protocol/errors.js';
import { ReplayingContext } from './replaying-context.js';

describe('C8 sync', () => {
  function completing(context = new ReplayingContext()) {
    const joins = [context.joinWithId(), context.joinWithId()];
    context.advance(6_000);
    const [leader, follower] = joins.map(({ memberId }) => memberId) as [string, string];
    return { context, leader, follower };
  }

  test("all wait for the leader's assignments, which are persisted before anyone is answered", () => {
    const { context, leader, follower } = completing();
    const waiting = context.sync({ memberId: follower });
    expect(waiting.isOpen).toBe(true);
    const lead = context.sync({
      memberId: leader,
      protocolType: 'consumer',
      protocolName: 'range',
      assignments: [
        { memberId: leader, assignment: Buffer.from('L') },
        { memberId: follower, assignment: Buffer.from('F') },
      ],
    });
    expect(lead.reply).toMatchObject({ errorCode: 0, protocolName: 'range', assignment: Buffer.from('L') });
    expect(waiting.reply).toMatchObject({
      errorCode: 0,
      protocolType: 'consumer',
      assignment: Buffer.from('F'),
    });
    expect(context.group()?.state).toBe('Stable');
    expect(context.log.at(-1)).toMatchObject({
      kind: 'group',
      groupId: 'g',
      value: {
        protocolType: 'consumer',
        generation: 1,
        protocol: 'range',
        leader,
        members: [
          { memberId: leader, clientHost: '/127.0.0.1', subscription: Buffer.from('subscription') },
          { memberId: follower, assignment: Buffer.from('F'), sessionTimeoutMs: 10_000 },
        ],
      },
    });
  });

  test('a member that the leader forgot gets empty bytes', () => {
    const { context, leader, follower } = completing();
    const waiting = context.sync({ memberId: follower });
    context.sync({ memberId: leader, assignments: [{ memberId: leader, assignment: Buffer.from('L') }] });
    expect(waiting.reply).toMatchObject({ errorCode: 0, assignment: Buffer.alloc(0) });
  });

  test('a late follower gets its assignment from the stable group', () => {
    const { context, leader, follower } = completing();
    context.sync({ memberId: leader, assignments: [{ memberId: follower, assignment: Buffer.from('F') }] });
    expect(context.sync({ memberId: follower }).reply.assignment).toEqual(Buffer.from('F'));
  });

  test.each([
    ['an unknown member', { memberId: 'ghost' }, ErrorCode.UNKNOWN_MEMBER_ID],
    ['an unknown group', { groupId: 'other' }, ErrorCode.UNKNOWN_MEMBER_ID],
    ['another generation', { generationId: 7 }, ErrorCode.ILLEGAL_GENERATION],
    ['another protocol type', { protocolType: 'connect' }, ErrorCode.INCONSISTENT_GROUP_PROTOCOL],
    ['another protocol', { protocolName: 'sticky' }, ErrorCode.INCONSISTENT_GROUP_PROTOCOL],
  ])('refuses %s', (_, options, errorCode) => {
    const { context, leader } = completing();
    expect(context.sync({ memberId: leader, ...options }).reply.errorCode).toBe(errorCode);
  });

  test('during PreparingRebalance says so', () => {
    const context = new ReplayingContext();
    const [leader, follower] = context.stabilize(2);
    context.join({ memberId: leader });
    expect(context.sync({ memberId: follower }).reply.errorCode).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
  });

  test('members that never sync within the rebalance timeout are removed and the others rebalance', () => {
    const { context, leader, follower } = completing();
    const sync = context.sync({ memberId: follower });
    for (let elapsedMs = 0; elapsedMs < 60_000; elapsedMs += 5_000) {
      expect(context.heartbeat(leader, 1)).toBe(0);
      expect(sync.isOpen).toBe(true);
      context.advance(5_000);
    }
    expect(sync.reply.errorCode).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
    expect([...context.group()!.members.keys()]).toEqual([follower]);
    expect(context.group()?.state).toBe('PreparingRebalance');
  });

  test('when the assignments cannot be stored, all are told and the group rebalances', () => {
    const { context, leader, follower } = completing();
    const waiting = context.sync({ memberId: follower });
    const appended = context.log.length;
    context.appendError = ErrorCode.COORDINATOR_NOT_AVAILABLE;
    const lead = context.sync({ memberId: leader, assignments: [] });
    expect(lead.failedWith).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    expect(waiting.failedWith).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    expect(context.log).toHaveLength(appended);
    expect(context.group()).toMatchObject({ state: 'PreparingRebalance', generation: 1 });
    context.appendError = null;
    const joins = [context.join({ memberId: leader }), context.join({ memberId: follower })];
    const [again] = context.syncAll(joins);
    expect(again?.reply.errorCode).toBe(0);
    expect(context.group()).toMatchObject({ state: 'Stable', generation: 2 });
  });
});

describe('C10 heartbeat', () => {
  test.each([
    ['an unknown group', 'ghost', 1, { groupId: 'other' }, ErrorCode.UNKNOWN_MEMBER_ID],
    ['an unknown member', 'ghost', 1, {}, ErrorCode.UNKNOWN_MEMBER_ID],
    ['an unknown instance', 'ghost', 1, { groupInstanceId: 'i' }, ErrorCode.UNKNOWN_MEMBER_ID],
  ])('of %s', (_, memberId, generation, options, errorCode) => {
    const context = new ReplayingContext();
    context.stabilize(1);
    expect(context.heartbeat(memberId, generation, options)).toBe(errorCode);
  });

  test('of another generation is refused', () => {
    const context = new ReplayingContext();
    const [member] = context.stabilize(1);
    expect(context.heartbeat(member!, 0)).toBe(ErrorCode.ILLEGAL_GENERATION);
    expect(context.heartbeat(member!, 1)).toBe(0);
  });

  test('in an empty group is unknown', () => {
    const context = new ReplayingContext();
    const [member] = context.stabilize(1);
    context.leave({ memberId: member! });
    expect(context.group()?.state).toBe('Empty');
    expect(context.heartbeat(member!, 2)).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
  });

  test('during a rebalance says so and still renews the session', () => {
    const context = new ReplayingContext();
    const [leader, follower] = context.stabilize(2);
    context.join({ memberId: leader });
    for (let elapsedMs = 0; elapsedMs < 50_000; elapsedMs += 9_000) {
      context.advance(9_000);
      expect(context.heartbeat(follower!, 1)).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
    }
  });

  test('keeps a member alive; without it the member goes after its session timeout', () => {
    const context = new ReplayingContext();
    const [leader, follower] = context.stabilize(2);
    context.advance(9_999);
    expect(context.heartbeat(leader!, 1)).toBe(0);
    expect(context.group()?.state).toBe('Stable');
    context.advance(1);
    expect(context.group()?.members.has(follower!)).toBe(false);
    expect(context.heartbeat(leader!, 1)).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
  });

  test('moves no timer: one session costs one timer per timeout', () => {
    const context = new ReplayingContext();
    const [member] = context.stabilize(1);
    const before = JSON.stringify([...context.timers]);
    for (let beat = 0; beat < 3; beat++) {
      context.advance(100);
      context.heartbeat(member!, 1);
    }
    expect(JSON.stringify([...context.timers])).toBe(before);
  });

  test('a member that waits for its join or sync does not expire', () => {
    const context = new ReplayingContext();
    const [leader, follower] = context.stabilize(2, { rebalanceTimeoutMs: 100_000 });
    const join = context.join({ memberId: leader, rebalanceTimeoutMs: 100_000 });
    for (let elapsedMs = 0; elapsedMs < 45_000; elapsedMs += 9_000) {
      context.advance(9_000);
      context.heartbeat(follower!, 1);
    }
    expect(join.isOpen).toBe(true);
    expect(context.group()?.members.has(leader!)).toBe(true);
  });

  test('a brand-new member that waits expires after five minutes', () => {
    const context = new ReplayingContext();
    const [leader] = context.stabilize(1, { sessionTimeoutMs: 1_800_000, rebalanceTimeoutMs: 1_000_000 });
    const newcomer = context.joinWithId();
    context.advance(299_999);
    expect(newcomer.call.isOpen).toBe(true);
    context.advance(1);
    expect(newcomer.call.reply.errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
    expect([...context.group()!.members.keys()]).toEqual([leader]);
  });

  test('after a restart every member has its whole session again', () => {
    const context = new ReplayingContext();
    const [member] = context.stabilize(1);
    context.advance(9_000);
    context.restart();
    context.advance(9_999);
    expect(context.group()?.members.has(member!)).toBe(true);
    context.advance(1);
    expect(context.group()?.state).toBe('Empty');
  });
});

describe('C12 leave', () => {
  test('every member has its own result', () => {
    const context = new ReplayingContext();
    const [leader, follower] = context.stabilize(2);
    const fixed = context.join({ groupInstanceId: 'i1' });
    const { reply } = context.leave(
      { memberId: leader! },
      { memberId: 'ghost' },
      { memberId: '', groupInstanceId: 'i1' },
      { memberId: '', groupInstanceId: 'i9' },
      { memberId: follower!, groupInstanceId: 'i1' },
    );
    expect(reply.map(({ errorCode }) => errorCode)).toEqual([
      0,
      ErrorCode.UNKNOWN_MEMBER_ID,
      0,
      ErrorCode.UNKNOWN_MEMBER_ID,
      ErrorCode.UNKNOWN_MEMBER_ID,
    ]);
    expect(fixed.reply.errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
    expect([...context.group()!.members.keys()]).toEqual([follower]);
  });

  test('an unknown group knows none of them', () => {
    const context = new ReplayingContext();
    expect(context.leaveGroup('nowhere', { memberId: 'a' }, { groupInstanceId: 'i' }).reply).toEqual([
      { memberId: 'a', groupInstanceId: null, errorCode: ErrorCode.UNKNOWN_MEMBER_ID },
      { memberId: '', groupInstanceId: 'i', errorCode: ErrorCode.UNKNOWN_MEMBER_ID },
    ]);
  });

  test('a fenced member id is told so', () => {
    const context = new ReplayingContext();
    const first = context.join({ groupInstanceId: 'i1' });
    context.advance(3_000);
    context.syncAll([first]);
    context.join({ groupInstanceId: 'i1' });
    const { reply } = context.leave({ memberId: first.reply.memberId, groupInstanceId: 'i1' });
    expect(reply[0]?.errorCode).toBe(ErrorCode.FENCED_INSTANCE_ID);
  });

  test('a pending id leaves, and with it what it blocked', () => {
    const context = new ReplayingContext();
    const [leader] = context.stabilize(1);
    const { memberId } = context.join().reply;
    const rejoin = context.join({ memberId: leader });
    expect(rejoin.isOpen).toBe(true);
    context.leave({ memberId });
    expect(rejoin.reply.generationId).toBe(2);
  });

  test('the last member leaves an empty generation behind, persisted', () => {
    const context = new ReplayingContext();
    const members = context.stabilize(2);
    const call = context.leave(...members.map((memberId) => ({ memberId })));
    expect(call.reply.map(({ errorCode }) => errorCode)).toEqual([0, 0]);
    expect(context.group()).toMatchObject({
      state: 'Empty',
      generation: 2,
      protocolName: null,
      leader: null,
    });
    expect(context.log.at(-1)).toMatchObject({
      kind: 'group',
      value: { protocolType: 'consumer', generation: 2, protocol: null, leader: null, members: [] },
    });
    expect([...context.timers.keys()]).toEqual(['offset-expiry']);
  });
});
