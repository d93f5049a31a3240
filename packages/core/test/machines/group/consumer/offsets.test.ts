import { groupFilter } from '../../../../src/machines/group/group-views.js';
import { ErrorCode } from '../../../../src/protocol/errors.js';
import { ConsumerClient } from '../consumer-client.js';
import { ReplayingContext } from '../replaying-context.js';
import { TestTopics } from '../test-topics.js';

const refused = (errorCode: number) => ({ kind: 'refused', errorCode });
const done = (...errorCodes: number[]) => ({ kind: 'done', errorCodes });

function member(config = {}): { context: ReplayingContext; a: ConsumerClient } {
  const context = new ReplayingContext(config, new TestTopics({ t: 2 }));
  return { context, a: new ConsumerClient(context, 'a', { topics: ['t'] }).settle() };
}

describe('C24 member epochs', () => {
  test('a commit carries the epoch: a stale one is 113, an unknown member 25, an older version 35', () => {
    const { context } = member();
    const commit = (generation: number, memberId = 'a', apiVersion = 9) =>
      context.commit({ memberId, generation, apiVersion }).reply;
    expect(commit(1)).toEqual(done(0));
    expect(commit(0)).toEqual(refused(ErrorCode.STALE_MEMBER_EPOCH));
    expect(commit(2)).toEqual(refused(ErrorCode.STALE_MEMBER_EPOCH));
    expect(commit(1, 'x')).toEqual(refused(ErrorCode.UNKNOWN_MEMBER_ID));
    expect(commit(-1, '')).toEqual(refused(ErrorCode.UNKNOWN_MEMBER_ID));
    expect(commit(1, 'a', 8)).toEqual(refused(ErrorCode.UNSUPPORTED_VERSION));
  });

  test('a commit that crosses the reply of an epoch stands for partitions that the member had already', () => {
    const { context, a } = member();
    const b = new ConsumerClient(context, 'b', { topics: ['t'] });
    b.heartbeat();
    const call = a.send();
    // The member is asked to give one up and has not said that it did; then it moves on with the other.
    const commit = (partition: number, memberId: string, generation: number) =>
      context.commit({
        memberId,
        generation,
        offsets: [{ topic: 't', partition, offset: 1, leaderEpoch: -1, metadata: '' }],
      }).reply;
    expect([commit(0, 'a', 1), commit(1, 'a', 1)]).toEqual([done(0), done(0)]);
    a.take(call);
    a.settle();
    b.settle();
    const [kept] = a.owned.map((name) => Number(name.at(-1)));
    expect(a.epoch).toBe(2);
    expect(commit(kept!, 'a', 1)).toEqual(done(0));
    expect(commit(1 - kept!, 'a', 1)).toEqual(refused(ErrorCode.STALE_MEMBER_EPOCH));
    expect(commit(1 - kept!, 'b', 1)).toEqual(refused(ErrorCode.STALE_MEMBER_EPOCH));
    context.restart();
    expect(commit(kept!, 'a', 1)).toEqual(done(0));
  });

  test('an outsider commits to an empty group only', () => {
    const { context, a } = member();
    a.leave();
    expect(context.commit({ generation: -1 }).reply).toEqual(done(0));
    expect(context.consumerGroup().state).toBe('Empty');
  });

  test('a fetch that names a member must name its epoch', () => {
    const { machine } = member().context;
    expect(machine.validateFetch('g', 'a', 1)).toBe(0);
    expect(machine.validateFetch('g', null, -1)).toBe(0);
    expect(machine.validateFetch('g', 'a', 0)).toBe(ErrorCode.STALE_MEMBER_EPOCH);
    expect(machine.validateFetch('g', 'x', 1)).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
    expect(machine.validateFetch('nope', 'x', 1)).toBe(0);
  });
});

describe('C16 expiry in consumer groups', () => {
  test('topics that are read keep their offsets, others lose them, and an empty group goes at last', () => {
    const { context, a } = member({ offsetsRetentionMs: 1_000, offsetsRetentionCheckIntervalMs: 10_000 });
    const topics = ['t', 'unread'].map((topic) => ({
      topic,
      partition: 0,
      offset: 3,
      leaderEpoch: -1,
      metadata: '',
    }));
    expect(context.commit({ memberId: 'a', generation: 1, offsets: topics }).reply).toEqual(done(0, 0));
    context.advance(10_000);
    expect([...context.machine.committedOffsets('g')!.keys()]).toEqual(['t']);
    a.leave();
    context.advance(10_000);
    expect(context.machine.committedOffsets('g')).toBeUndefined();
    expect(context.machine.group('g')).toBeUndefined();
    context.restart();
    expect(context.machine.group('g')).toBeUndefined();
  });
});

describe('C17 deletion', () => {
  test('a group with members stays, an unknown one is not found, an empty one goes with its offsets', () => {
    const { context, a } = member();
    context.commit({ memberId: 'a', generation: 1 });
    expect(context.deleteGroup()).toBe(ErrorCode.NON_EMPTY_GROUP);
    expect(context.deleteGroup('nope')).toBe(ErrorCode.GROUP_ID_NOT_FOUND);
    a.leave();
    expect(context.deleteGroup()).toBe(0);
    expect(context.machine.group('g')).toBeUndefined();
    expect(context.machine.committedOffsets('g')).toBeUndefined();
    context.restart();
    expect(context.machine.group('g')).toBeUndefined();
    expect(context.deleteGroup()).toBe(ErrorCode.GROUP_ID_NOT_FOUND);
  });

  test('the same holds for classic groups, and for those known by their offsets alone', () => {
    const context = new ReplayingContext();
    const [memberId] = context.stabilize(1);
    expect(context.deleteGroup()).toBe(ErrorCode.NON_EMPTY_GROUP);
    context.leave({ memberId: memberId! });
    expect(context.deleteGroup()).toBe(0);
    context.commit({ groupId: 'simple' });
    expect(context.deleteGroup('simple')).toBe(0);
    context.restart();
    expect(context.machine.list(groupFilter([], []))).toEqual([]);
  });

  test('offsets of topics that are read stay; others go, and those that are not there are gone', () => {
    const { context } = member();
    const unread = { topic: 'unread', partition: 0, offset: 3, leaderEpoch: -1, metadata: '' };
    context.commit({ memberId: 'a', generation: 1, offsets: [unread, { ...unread, topic: 't' }] });
    const toDelete = [
      { topic: 't', partition: 0 },
      { topic: 'unread', partition: 0 },
      { topic: 'unread', partition: 9 },
    ];
    expect(context.deleteOffsets(toDelete)).toEqual(done(ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC, 0, 0));
    expect([...context.machine.committedOffsets('g')!.keys()]).toEqual(['t']);
    expect(context.deleteOffsets(toDelete, 'nope')).toEqual(refused(ErrorCode.GROUP_ID_NOT_FOUND));
  });

  test('an active group of another protocol type must be empty first', () => {
    const context = new ReplayingContext();
    const [memberId] = context.stabilize(1, { protocolType: 'connect' });
    const toDelete = [{ topic: 't', partition: 0 }];
    expect(context.deleteOffsets(toDelete)).toEqual(refused(ErrorCode.NON_EMPTY_GROUP));
    context.leave({ memberId: memberId! });
    context.commit({ generation: -1 });
    expect(context.deleteOffsets(toDelete)).toEqual(done(0));
    expect(context.machine.committedOffsets('g')).toBeUndefined();
  });
});

describe('C17 views', () => {
  test('both types are listed, and filtered by type and state', () => {
    const { context } = member();
    context.stabilize(1, { groupId: 'classic' });
    const ids = (states: string[], types: string[]) =>
      context.machine.list(groupFilter(states, types)).map(({ groupId }) => groupId);
    expect(context.machine.list(groupFilter([], []))).toEqual([
      { groupId: 'g', protocolType: 'consumer', groupState: 'Stable', groupType: 'consumer' },
      { groupId: 'classic', protocolType: 'consumer', groupState: 'Stable', groupType: 'classic' },
    ]);
    expect(ids([], ['Consumer'])).toEqual(['g']);
    expect(ids(['assigning'], [])).toEqual([]);
  });

  test('each is described by its own API alone', () => {
    const { context } = member();
    context.stabilize(1, { groupId: 'classic' });
    expect(context.machine.describe('g', 6)).toMatchObject({
      errorCode: ErrorCode.GROUP_ID_NOT_FOUND,
      errorMessage: 'Group g is not a classic group.',
    });
    expect(context.machine.describe('g', 5)).toMatchObject({ errorCode: 0, groupState: 'Dead' });
    expect(context.machine.describeConsumer('classic')).toMatchObject({
      errorCode: ErrorCode.GROUP_ID_NOT_FOUND,
      errorMessage: 'Group classic is not a consumer group.',
    });
    expect(context.machine.describeConsumer('nope').errorCode).toBe(ErrorCode.GROUP_ID_NOT_FOUND);
    const assignment = {
      topicPartitions: [{ topicId: context.topics.id('t'), topicName: 't', partitions: [0, 1] }],
    };
    expect(context.machine.describeConsumer('g')).toEqual({
      errorCode: 0,
      groupId: 'g',
      groupState: 'Stable',
      groupEpoch: 1,
      assignmentEpoch: 1,
      assignorName: 'uniform',
      members: [
        {
          memberId: 'a',
          instanceId: null,
          rackId: null,
          memberEpoch: 1,
          clientId: 'client',
          clientHost: '/127.0.0.1',
          subscribedTopicNames: ['t'],
          subscribedTopicRegex: '',
          assignment,
          targetAssignment: assignment,
          memberType: 1,
        },
      ],
    });
  });
});
