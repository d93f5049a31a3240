import { ErrorCode } from '../../../src/protocol/errors.js';
import { ReplayingContext } from './replaying-context.js';

const protocol = (name: string, metadata = 'm') => ({ name, metadata: Buffer.from(metadata) });

describe('C4 join is refused', () => {
  test.each([
    ['an unknown group with a member id', { memberId: 'ghost' }, ErrorCode.UNKNOWN_MEMBER_ID],
    ['no protocol type', { protocolType: '' }, ErrorCode.INCONSISTENT_GROUP_PROTOCOL],
    ['no protocols', { protocols: [] }, ErrorCode.INCONSISTENT_GROUP_PROTOCOL],
  ])('for %s', (_, options, errorCode) => {
    const context = new ReplayingContext();
    expect(context.join(options).reply.errorCode).toBe(errorCode);
    expect(context.group()).toBeUndefined();
    expect(context.log).toEqual([]);
  });

  test.each([
    ['another protocol type', { protocolType: 'connect' }],
    ['protocols that not every member supports', { protocols: [protocol('sticky')] }],
  ])('by a group with members for %s', (_, options) => {
    const context = new ReplayingContext();
    context.stabilize(1);
    expect(context.join(options).reply.errorCode).toBe(ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
    expect(context.group()?.state).toBe('Stable');
  });

  test('by a full group, whose members stay', () => {
    const context = new ReplayingContext({ groupMaxSize: 2 });
    const members = context.stabilize(2);
    expect(context.join().reply.errorCode).toBe(ErrorCode.GROUP_MAX_SIZE_REACHED);
    expect([...context.group()!.members.keys()]).toEqual(members);
  });

  test('by a group whose open rebalance is full, even to an old member that comes late', () => {
    const context = new ReplayingContext({ groupMaxSize: 2, groupInitialRebalanceDelayMs: 0 });
    const [leader, follower] = context.stabilize(2);
    const rejoin = context.join({ memberId: leader });
    const newcomer = context.joinWithId();
    expect([rejoin.isOpen, newcomer.call.isOpen]).toEqual([true, true]);
    expect(context.join({ memberId: follower }).reply.errorCode).toBe(ErrorCode.GROUP_MAX_SIZE_REACHED);
    expect(rejoin.reply.members.map(({ memberId }) => memberId)).toEqual([leader, newcomer.memberId]);
  });
});

describe('C5 member ids', () => {
  test('version 4 and later must come back with the id they are given', () => {
    const context = new ReplayingContext();
    const first = context.join({ apiVersion: 4, clientId: 'c1' });
    expect(first.reply).toMatchObject({ errorCode: ErrorCode.MEMBER_ID_REQUIRED, memberId: 'c1-uuid1' });
    const second = context.join({ memberId: 'c1-uuid1' });
    context.advance(3_000);
    expect(second.reply).toMatchObject({ errorCode: 0, generationId: 1, leader: 'c1-uuid1' });
  });

  test.each([0, 1, 2, 3])('version %i joins in one step', (apiVersion) => {
    const context = new ReplayingContext();
    const join = context.join({ apiVersion });
    expect(join.isOpen).toBe(true);
    context.advance(3_000);
    expect(join.reply).toMatchObject({ errorCode: 0, generationId: 1 });
  });

  test('a static member joins in one step under its instance id', () => {
    const context = new ReplayingContext();
    const join = context.join({ groupInstanceId: 'i1' });
    context.advance(3_000);
    expect(join.reply).toMatchObject({ errorCode: 0, memberId: 'i1-uuid1' });
  });

  test('pending members block completion until they join or expire', () => {
    const context = new ReplayingContext({ groupInitialRebalanceDelayMs: 0 });
    const [leader] = context.stabilize(1);
    context.join({ sessionTimeoutMs: 6_000 });
    const rejoin = context.join({ memberId: leader });
    expect(rejoin.isOpen).toBe(true);
    context.advance(5_999);
    expect(rejoin.isOpen).toBe(true);
    context.advance(1);
    expect(rejoin.reply).toMatchObject({ errorCode: 0, generationId: 2 });
  });

  test('case 42: ids that were handed out and never used expire', () => {
    const context = new ReplayingContext();
    const { memberId } = context.join({ sessionTimeoutMs: 6_000 }).reply;
    expect(context.group()?.pendingMembers.size).toBe(1);
    context.advance(6_000);
    expect(context.group()?.pendingMembers.size).toBe(0);
    expect(context.join({ memberId }).reply.errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
  });

  test('a group hands out a bounded number of ids', () => {
    const context = new ReplayingContext({ groupMaxPendingMembers: 2 });
    expect(context.join().reply.errorCode).toBe(ErrorCode.MEMBER_ID_REQUIRED);
    expect(context.join().reply.errorCode).toBe(ErrorCode.MEMBER_ID_REQUIRED);
    expect(context.join().reply.errorCode).toBe(ErrorCode.GROUP_MAX_SIZE_REACHED);
  });
});

describe('C6 the join phase', () => {
  test('case 41: two consumers that start together share one rebalance', () => {
    const context = new ReplayingContext();
    const first = context.joinWithId();
    context.advance(1_000);
    const second = context.joinWithId();
    context.advance(2_000);
    expect([first.call.isOpen, second.call.isOpen]).toEqual([true, true]);
    context.advance(3_000);
    expect(first.call.reply.generationId).toBe(1);
    expect(second.call.reply.generationId).toBe(1);
    expect(first.call.reply.members).toHaveLength(2);
  });

  test('the delay is extended no further than the rebalance timeout', () => {
    const context = new ReplayingContext();
    const first = context.joinWithId({ rebalanceTimeoutMs: 7_000 });
    for (let elapsedMs = 0; elapsedMs < 7_000; elapsedMs += 1_000) {
      context.joinWithId({ rebalanceTimeoutMs: 7_000 });
      expect(first.call.isOpen).toBe(true);
      context.advance(1_000);
    }
    expect(first.call.reply.generationId).toBe(1);
  });

  test('a lone member waits the delay once', () => {
    const context = new ReplayingContext();
    const { call } = context.joinWithId();
    context.advance(2_999);
    expect(call.isOpen).toBe(true);
    context.advance(1);
    expect(call.isOpen).toBe(false);
  });

  test('laggard dynamic members go at the largest rebalance timeout, static ones stay', () => {
    const context = new ReplayingContext();
    const dynamic = [context.joinWithId({ rebalanceTimeoutMs: 20_000, sessionTimeoutMs: 60_000 })];
    dynamic.push(context.joinWithId({ rebalanceTimeoutMs: 20_000, sessionTimeoutMs: 60_000 }));
    const fixed = context.join({
      groupInstanceId: 'i1',
      rebalanceTimeoutMs: 30_000,
      sessionTimeoutMs: 60_000,
    });
    context.advance(20_000);
    context.syncAll([...dynamic.map(({ call }) => call), fixed]);
    const rejoin = context.join({
      memberId: dynamic[0]!.memberId,
      rebalanceTimeoutMs: 20_000,
      sessionTimeoutMs: 60_000,
    });
    context.advance(29_999);
    expect(rejoin.isOpen).toBe(true);
    context.advance(1);
    expect(rejoin.reply.generationId).toBe(2);
    expect([...context.group()!.members.keys()]).toEqual([dynamic[0]!.memberId, fixed.reply.memberId]);
  });

  test('when only static members are left and none rejoins, the phase goes on', () => {
    const context = new ReplayingContext();
    const leader = context.join({ groupInstanceId: 'i1', sessionTimeoutMs: 300_000 });
    const other = context.join({ groupInstanceId: 'i2', sessionTimeoutMs: 300_000 });
    context.advance(6_000);
    context.syncAll([leader, other]);
    const dynamic = context.joinWithId({ sessionTimeoutMs: 300_000 });
    context.leave({ memberId: dynamic.memberId });
    context.advance(120_000);
    expect(context.group()?.state).toBe('PreparingRebalance');
    const rejoin = context.join({ groupInstanceId: 'i2', memberId: other.reply.memberId });
    context.advance(60_000);
    expect(rejoin.reply).toMatchObject({ generationId: 2, leader: other.reply.memberId });
  });
});

describe('C7 a generation', () => {
  test('only the leader gets the members, with their metadata for the protocol chosen', () => {
    const context = new ReplayingContext();
    const first = context.joinWithId({ protocols: [protocol('a', '1a'), protocol('b', '1b')] });
    const second = context.joinWithId({ protocols: [protocol('b', '2b'), protocol('c', '2c')] });
    context.advance(6_000);
    expect(first.call.reply).toMatchObject({
      protocolType: 'consumer',
      protocolName: 'b',
      leader: first.memberId,
      skipAssignment: false,
      members: [
        { memberId: first.memberId, groupInstanceId: null, metadata: Buffer.from('1b') },
        { memberId: second.memberId, groupInstanceId: null, metadata: Buffer.from('2b') },
      ],
    });
    expect(second.call.reply).toMatchObject({ protocolName: 'b', leader: first.memberId, members: [] });
  });

  test('each member votes for its first protocol that all support', () => {
    const context = new ReplayingContext();
    const joins = [
      ['x', 'a', 'b'],
      ['b', 'a'],
      ['b', 'a', 'y'],
    ].map((names) => context.joinWithId({ protocols: names.map((name) => protocol(name)) }));
    context.advance(9_000);
    expect(joins.map(({ call }) => call.reply.protocolName)).toEqual(['b', 'b', 'b']);
  });

  test('a protocol offered twice counts once', () => {
    const context = new ReplayingContext();
    const first = context.joinWithId({ protocols: [protocol('a'), protocol('a')] });
    const second = context.joinWithId({ protocols: [protocol('a')] });
    context.advance(6_000);
    expect([first.call.reply.protocolName, second.call.reply.protocolName]).toEqual(['a', 'a']);
  });

  test('the leader is kept when it rejoined', () => {
    const context = new ReplayingContext();
    const [leader, follower] = context.stabilize(2);
    const changed = { protocols: [protocol('range', 'new')] };
    const second = context.join({ memberId: follower, ...changed });
    const first = context.join({ memberId: leader, ...changed });
    expect(second.reply).toMatchObject({ generationId: 2, leader });
    expect(first.reply.members).toHaveLength(2);
  });

  test('another member that rejoined leads when the leader did not', () => {
    const context = new ReplayingContext();
    const [leader, follower] = context.stabilize(2, { sessionTimeoutMs: 300_000 });
    const join = context.join({ memberId: follower, protocols: [protocol('range', 'new')] });
    context.advance(60_000);
    expect(join.reply).toMatchObject({ generationId: 2, leader: follower });
    expect(context.group()?.members.has(leader!)).toBe(false);
  });
});

describe('C9 a member joins again', () => {
  test('a leader rebalances a stable group, an unchanged follower does not', () => {
    const context = new ReplayingContext();
    const [leader, follower] = context.stabilize(2);
    const unchanged = context.join({ memberId: follower });
    expect(unchanged.reply).toMatchObject({ errorCode: 0, generationId: 1, leader, members: [] });
    expect(context.group()?.state).toBe('Stable');
    expect(context.join({ memberId: leader }).isOpen).toBe(true);
    expect(context.group()?.state).toBe('PreparingRebalance');
  });

  test('a follower with other metadata rebalances a stable group', () => {
    const context = new ReplayingContext();
    const [, follower] = context.stabilize(2);
    context.join({ memberId: follower, protocols: [protocol('range', 'other')] });
    expect(context.group()?.state).toBe('PreparingRebalance');
  });

  test('in CompletingRebalance the reply is repeated, to the leader with the members', () => {
    const context = new ReplayingContext();
    const { memberId } = context.joinWithId();
    context.advance(3_000);
    expect(context.group()?.state).toBe('CompletingRebalance');
    const again = context.join({ memberId });
    expect(again.reply).toMatchObject({ generationId: 1, leader: memberId });
    expect(again.reply.members).toHaveLength(1);
  });

  test('in CompletingRebalance other metadata starts over, and those who synced are told', () => {
    const context = new ReplayingContext();
    const joins = [context.joinWithId(), context.joinWithId()];
    context.advance(6_000);
    const [leader, follower] = joins.map(({ memberId }) => memberId);
    const sync = context.sync({ memberId: follower });
    context.join({ memberId: leader, protocols: [protocol('range', 'other')] });
    expect(sync.reply.errorCode).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
    expect(context.group()?.state).toBe('PreparingRebalance');
  });

  test('a second join of a member that waits answers the first one', () => {
    const context = new ReplayingContext();
    const { memberId, call } = context.joinWithId();
    const again = context.join({ memberId });
    expect(call.reply.errorCode).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
    context.advance(3_000);
    expect(again.reply.generationId).toBe(1);
  });
});

describe('C11 static members', () => {
  function stableStatic(context: ReplayingContext) {
    const leader = context.join({ groupInstanceId: 'i1' });
    const follower = context.join({ groupInstanceId: 'i2' });
    context.advance(6_000);
    context.syncAll([leader, follower]);
    return { leader: leader.reply.memberId, follower: follower.reply.memberId };
  }

  test('case 44: a restarted static member keeps its assignment and the generation; its zombie is fenced', () => {
    const context = new ReplayingContext();
    const { leader, follower } = stableStatic(context);
    const back = context.join({ groupInstanceId: 'i2' });
    expect(back.reply).toMatchObject({ errorCode: 0, generationId: 1, leader, skipAssignment: false });
    expect(back.reply.memberId).not.toBe(follower);
    const { memberId } = back.reply;
    const sync = context.sync({ memberId, groupInstanceId: 'i2' });
    expect(sync.reply).toMatchObject({ errorCode: 0, assignment: Buffer.from(follower) });
    const zombie = { groupInstanceId: 'i2' };
    expect(context.heartbeat(follower, 1, zombie)).toBe(ErrorCode.FENCED_INSTANCE_ID);
    expect(context.join({ ...zombie, memberId: follower }).reply.errorCode).toBe(
      ErrorCode.FENCED_INSTANCE_ID,
    );
    expect(context.sync({ ...zombie, memberId: follower }).reply.errorCode).toBe(
      ErrorCode.FENCED_INSTANCE_ID,
    );
    expect(context.commit({ ...zombie, memberId: follower, generation: 1 }).reply).toEqual({
      kind: 'refused',
      errorCode: ErrorCode.FENCED_INSTANCE_ID,
    });
    expect(context.group()?.state).toBe('Stable');
  });

  test('from version 9 on a returning leader is told to skip the assignment', () => {
    const context = new ReplayingContext();
    const { leader } = stableStatic(context);
    const back = context.join({ groupInstanceId: 'i1', apiVersion: 9 }).reply;
    expect(back).toMatchObject({ skipAssignment: true, leader: back.memberId });
    expect(back.members).toHaveLength(2);
    expect(back.leader).not.toBe(leader);
  });

  test('before version 9 a returning leader is told that its old id leads', () => {
    const context = new ReplayingContext();
    const { leader } = stableStatic(context);
    const back = context.join({ groupInstanceId: 'i1', apiVersion: 8 }).reply;
    expect(back).toMatchObject({ skipAssignment: false, leader, members: [] });
  });

  test('a returning member that changes the chosen protocol starts a rebalance', () => {
    const context = new ReplayingContext();
    const both = [protocol('a'), protocol('b')];
    const first = context.join({ groupInstanceId: 'i1', protocols: both });
    context.advance(3_000);
    context.syncAll([first]);
    const back = context.join({ groupInstanceId: 'i1', protocols: [protocol('b'), protocol('a')] });
    expect(back.reply).toMatchObject({ generationId: 2, protocolName: 'b' });
  });

  test('a new id survives a restart of the coordinator', () => {
    const context = new ReplayingContext();
    const { follower } = stableStatic(context);
    const { memberId } = context.join({ groupInstanceId: 'i2' }).reply;
    context.restart();
    expect(context.heartbeat(memberId, 1, { groupInstanceId: 'i2' })).toBe(0);
    expect(context.heartbeat(follower, 1, { groupInstanceId: 'i2' })).toBe(ErrorCode.FENCED_INSTANCE_ID);
    expect(context.sync({ memberId, groupInstanceId: 'i2' }).reply.assignment).toEqual(Buffer.from(follower));
  });

  test('a waiting join of the old id is fenced', () => {
    const context = new ReplayingContext();
    const first = context.join({ groupInstanceId: 'i1' });
    const second = context.join({ groupInstanceId: 'i1' });
    expect(first.reply.errorCode).toBe(ErrorCode.FENCED_INSTANCE_ID);
    context.advance(6_000);
    expect(second.reply).toMatchObject({ errorCode: 0, generationId: 1 });
  });

  test('an unknown instance with a member id is unknown', () => {
    const context = new ReplayingContext();
    const { leader } = stableStatic(context);
    const join = context.join({ groupInstanceId: 'i9', memberId: leader });
    expect(join.reply.errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
  });

  test('C7: a leader that came back under a new id still leads the next generation', () => {
    const context = new ReplayingContext();
    const { follower } = stableStatic(context);
    const { memberId } = context.join({ groupInstanceId: 'i1' }).reply;
    const other = { protocols: [protocol('range', 'new')] };
    const second = context.join({ groupInstanceId: 'i2', memberId: follower, ...other });
    const first = context.join({ groupInstanceId: 'i1', memberId });
    expect(second.reply).toMatchObject({ generationId: 2, leader: memberId, members: [] });
    expect(first.reply.members).toHaveLength(2);
  });

  test('when the new id cannot be stored, the member keeps its old one', () => {
    const context = new ReplayingContext();
    const { follower } = stableStatic(context);
    context.appendError = ErrorCode.NOT_COORDINATOR;
    const back = context.join({ groupInstanceId: 'i2', protocols: [protocol('range', 'new')] });
    expect(back.failedWith).toBe(ErrorCode.NOT_COORDINATOR);
    expect(context.heartbeat(follower, 1, { groupInstanceId: 'i2' })).toBe(0);
    expect(context.group()!.members.get(follower)!.metadata('range')).toEqual(Buffer.from('subscription'));
    context.advance(10_000);
    expect(context.group()!.members.has(follower)).toBe(false);
  });
});

describe('C2 a group that cannot be stored', () => {
  test('does not come into being, and whoever waits for it is told', () => {
    const context = new ReplayingContext();
    context.appendError = ErrorCode.COORDINATOR_NOT_AVAILABLE;
    expect(context.join({ apiVersion: 4 }).failedWith).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    expect(context.join({ apiVersion: 3 }).reply.errorCode).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    expect(context.group()).toBeUndefined();
    expect([...context.timers.keys()]).toEqual(['offset-expiry']);
  });
});
