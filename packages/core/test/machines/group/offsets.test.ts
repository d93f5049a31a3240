import { encodeVersioned } from '../../../src/protocol/versioned-message.js';
import { ErrorCode } from '../../../src/protocol/errors.js';
import { consumerProtocolSubscription } from '../../../src/protocol/messages/consumer-protocol.js';
import { ReplayingContext } from './replaying-context.js';

const refused = (errorCode: number) => ({ kind: 'refused', errorCode });
const done = (...errorCodes: number[]) => ({ kind: 'done', errorCodes });
const offsetOf = (context: ReplayingContext, topic = 't', partition = 0) =>
  context.machine.committedOffset('g', topic, partition)?.value.offset;

describe('C13 offset commit', () => {
  test('without a generation creates a simple group', () => {
    const context = new ReplayingContext();
    expect(context.commit({ offset: 7 }).reply).toEqual(done(0));
    expect(context.machine.committedOffset('g', 't', 0)).toEqual({
      value: {
        offset: 7,
        leaderEpoch: -1,
        metadata: '',
        commitTimestampMs: 1_000_000,
        expireTimestampMs: -1,
      },
      recordOffset: 0,
    });
    expect(context.group()).toMatchObject({ state: 'Empty', isSimple: true });
  });

  test.each([
    [8, ErrorCode.ILLEGAL_GENERATION],
    [9, ErrorCode.GROUP_ID_NOT_FOUND],
  ])('with a generation to an unknown group, version %i', (apiVersion, errorCode) => {
    const context = new ReplayingContext();
    expect(context.commit({ generation: 0, memberId: 'm', apiVersion }).reply).toEqual(refused(errorCode));
    expect(context.group()).toBeUndefined();
  });

  test('metadata beyond the limit is refused for its partition alone', () => {
    const context = new ReplayingContext();
    const offset = { topic: 't', offset: 1, leaderEpoch: -1 };
    const call = context.commit({
      offsets: [
        { ...offset, partition: 0, metadata: 'x'.repeat(4_097) },
        { ...offset, partition: 1, metadata: 'x'.repeat(4_096) },
      ],
    });
    expect(call.reply).toEqual(done(ErrorCode.OFFSET_METADATA_TOO_LARGE, 0));
    expect(offsetOf(context, 't', 0)).toBeUndefined();
    expect(offsetOf(context, 't', 1)).toBe(1);
  });

  test('case 43: refused in CompletingRebalance, accepted in PreparingRebalance', () => {
    const context = new ReplayingContext();
    const { memberId } = context.joinWithId();
    context.advance(3_000);
    const commit = { memberId, generation: 1 };
    expect(context.commit(commit).reply).toEqual(refused(ErrorCode.REBALANCE_IN_PROGRESS));
    context.sync({ memberId });
    context.joinWithId();
    expect(context.group()?.state).toBe('PreparingRebalance');
    expect(context.commit(commit).reply).toEqual(done(0));
  });

  test('case 45: without a member id to an active group is unknown', () => {
    const context = new ReplayingContext();
    context.stabilize(1);
    expect(context.commit().reply).toEqual(refused(ErrorCode.UNKNOWN_MEMBER_ID));
  });

  test('of a member needs its generation', () => {
    const context = new ReplayingContext();
    const [memberId] = context.stabilize(1);
    expect(context.commit({ memberId, generation: 0 }).reply).toEqual(refused(ErrorCode.ILLEGAL_GENERATION));
    expect(context.commit({ memberId, generation: -1 }).reply).toEqual(refused(ErrorCode.ILLEGAL_GENERATION));
    expect(context.commit({ memberId: 'ghost', generation: 1 }).reply).toEqual(
      refused(ErrorCode.UNKNOWN_MEMBER_ID),
    );
    expect(context.commit({ memberId, generation: 1, groupInstanceId: 'i' }).reply).toEqual(
      refused(ErrorCode.UNKNOWN_MEMBER_ID),
    );
    expect(context.commit({ memberId, generation: 1 }).reply).toEqual(done(0));
  });

  test('to an empty group needs no member', () => {
    const context = new ReplayingContext();
    const [memberId] = context.stabilize(1);
    context.leave({ memberId: memberId! });
    expect(context.commit().reply).toEqual(done(0));
    expect(context.commit({ memberId, generation: 2 }).reply).toEqual(refused(ErrorCode.UNKNOWN_MEMBER_ID));
  });

  test('renews the session', () => {
    const context = new ReplayingContext();
    const [memberId] = context.stabilize(1);
    for (let elapsedMs = 0; elapsedMs < 30_000; elapsedMs += 9_000) {
      context.advance(9_000);
      expect(context.commit({ memberId, generation: 1 }).reply).toEqual(done(0));
    }
  });

  test('that could not be appended changes nothing', () => {
    const context = new ReplayingContext();
    context.commit({ offset: 1 });
    context.appendError = ErrorCode.NOT_COORDINATOR;
    expect(context.commit({ offset: 2 }).failedWith).toBe(ErrorCode.NOT_COORDINATOR);
    expect(offsetOf(context)).toBe(1);
  });

  test('case 47: offsets and generation survive a restart', () => {
    const context = new ReplayingContext();
    const [memberId] = context.stabilize(1);
    context.commit({ memberId, generation: 1, offset: 42 });
    context.restart();
    expect(offsetOf(context)).toBe(42);
    expect(context.group()).toMatchObject({ state: 'Stable', generation: 1, leader: memberId });
    expect(context.heartbeat(memberId!, 1)).toBe(0);
  });
});

describe('C15 offsets of a transaction', () => {
  const value = { offset: 9, leaderEpoch: -1, metadata: '', commitTimestampMs: 0, expireTimestampMs: -1 };
  const record = { kind: 'offset', groupId: 'g', topic: 't', partition: 0, value } as const;

  test('wait for its end; a commit applies them', () => {
    const { machine } = new ReplayingContext();
    machine.replay(record, 10, 77);
    expect(machine.committedOffset('g', 't', 0)).toBeUndefined();
    expect(machine.isOffsetPending('g', 't', 0)).toBe(true);
    machine.replayEndTransaction(77, 'commit');
    expect(machine.committedOffset('g', 't', 0)).toEqual({ value, recordOffset: 10 });
    expect(machine.isOffsetPending('g', 't', 0)).toBe(false);
  });

  test('case 48: an abort drops them and leaves the earlier offset', () => {
    const { machine } = new ReplayingContext();
    machine.replay({ ...record, value: { ...value, offset: 3 } }, 9, -1);
    machine.replay(record, 10, 77);
    machine.replayEndTransaction(77, 'abort');
    expect(machine.committedOffset('g', 't', 0)?.value.offset).toBe(3);
  });

  test('a plain commit written later stands', () => {
    const { machine } = new ReplayingContext();
    machine.replay(record, 10, 77);
    machine.replay({ ...record, value: { ...value, offset: 3 } }, 11, -1);
    machine.replayEndTransaction(77, 'commit');
    expect(machine.committedOffset('g', 't', 0)?.value.offset).toBe(3);
  });
});

describe('C16 expiry', () => {
  const retentionMs = 7 * 24 * 3_600_000;
  const checkMs = 600_000;
  const subscription = (...topics: string[]) => [
    {
      name: 'range',
      metadata: encodeVersioned(consumerProtocolSubscription, 1, {
        topics,
        userData: null,
        ownedPartitions: [],
      }),
    },
  ];

  test("a simple group's offsets expire by their commit, and the group with the last of them", () => {
    const context = new ReplayingContext();
    context.commit();
    context.advance(retentionMs / 2);
    context.commit({ offsets: [{ topic: 't', partition: 1, offset: 1, leaderEpoch: -1, metadata: '' }] });
    context.advance(retentionMs / 2);
    expect([offsetOf(context, 't', 0), offsetOf(context, 't', 1)]).toEqual([undefined, 1]);
    context.advance(retentionMs / 2 + checkMs);
    expect(context.group()).toBeUndefined();
    expect(context.log.slice(-2)).toEqual([
      { kind: 'offset', groupId: 'g', topic: 't', partition: 1, value: null },
      { kind: 'group', groupId: 'g', value: null },
    ]);
    context.restart();
    expect(context.group()).toBeUndefined();
  });

  test("an empty group's offsets expire since it became empty", () => {
    const context = new ReplayingContext();
    const [memberId] = context.stabilize(1, { sessionTimeoutMs: 1_800_000 });
    context.commit({ memberId, generation: 1 });
    for (let elapsedMs = 0; elapsedMs < retentionMs; elapsedMs += 1_000_000) {
      context.advance(1_000_000);
      context.heartbeat(memberId!, 1);
    }
    context.leave({ memberId: memberId! });
    context.advance(retentionMs - checkMs);
    expect(offsetOf(context)).toBe(5);
    context.advance(2 * checkMs);
    expect(context.group()).toBeUndefined();
  });

  test('a stable consumer group loses only the offsets of topics it does not read', () => {
    const context = new ReplayingContext();
    const [memberId] = context.stabilize(1, {
      sessionTimeoutMs: 1_800_000,
      protocols: subscription('read'),
    });
    const offset = { partition: 0, offset: 1, leaderEpoch: -1, metadata: '' };
    context.commit({
      memberId,
      generation: 1,
      offsets: [
        { ...offset, topic: 'read' },
        { ...offset, topic: 'unread' },
      ],
    });
    for (let elapsedMs = 0; elapsedMs <= retentionMs; elapsedMs += 1_000_000) {
      context.advance(1_000_000);
      expect(context.heartbeat(memberId!, 1)).toBe(0);
    }
    context.advance(checkMs);
    expect([offsetOf(context, 'read'), offsetOf(context, 'unread')]).toEqual([1, undefined]);
  });

  test('a group whose subscription cannot be read loses nothing while it is active', () => {
    const context = new ReplayingContext();
    const [memberId] = context.stabilize(1, { sessionTimeoutMs: 1_800_000 });
    context.commit({ memberId, generation: 1 });
    for (let elapsedMs = 0; elapsedMs <= retentionMs; elapsedMs += 1_000_000) {
      context.advance(1_000_000);
      context.heartbeat(memberId!, 1);
    }
    context.advance(checkMs);
    expect(offsetOf(context)).toBe(5);
  });

  test('a retention named by the commit (versions 2 to 4) comes before the broker’s', () => {
    const context = new ReplayingContext();
    context.commit({ retentionTimeMs: 1_000 });
    expect(context.machine.committedOffset('g', 't', 0)?.value.expireTimestampMs).toBe(1_001_000);
    context.advance(checkMs);
    expect(offsetOf(context)).toBeUndefined();
  });

  test('the offsets of a deleted topic are tombstoned in every group', () => {
    const context = new ReplayingContext();
    context.commit();
    context.commit({ groupId: 'h' });
    context.commit({ offsets: [{ topic: 'kept', partition: 0, offset: 1, leaderEpoch: -1, metadata: '' }] });
    context.deleteTopic('t');
    expect(offsetOf(context)).toBeUndefined();
    expect(context.machine.committedOffset('h', 't', 0)).toBeUndefined();
    expect(offsetOf(context, 'kept')).toBe(1);
    context.restart();
    expect([offsetOf(context), offsetOf(context, 'kept')]).toEqual([undefined, 1]);
  });
});
