import { ErrorCode } from '../../../../src/protocol/errors.js';
import { ConsumerClient } from '../consumer-client.js';
import { ReplayingContext } from '../replaying-context.js';
import { TestTopics } from '../test-topics.js';

const join = {
  memberId: 'm',
  memberEpoch: 0,
  rebalanceTimeoutMs: 60_000,
  subscribedTopicNames: ['t'],
  topicPartitions: [],
};

function contextWith(topics: Record<string, number> = { t: 4 }, config = {}): ReplayingContext {
  return new ReplayingContext(config, new TestTopics(topics));
}

describe('C18 joining and staying', () => {
  test.each([
    ['no rebalance timeout', { rebalanceTimeoutMs: -1 }],
    ['unknown owned partitions', { topicPartitions: null }],
    ['owned partitions', { topicPartitions: [{ topicId: 'AAAAAAAAAAAAAAAAAAAAAA', partitions: [0] }] }],
    ['no subscription', { subscribedTopicNames: null }],
    ['an empty group id', { groupId: ' ' }],
    ['an empty instance id', { instanceId: '' }],
    ['an empty rack', { rackId: '' }],
    ['no member id in version 1', { memberId: '' }],
    ['an epoch below -2', { memberEpoch: -3 }],
    ['a temporary leave without an instance id', { memberEpoch: -2 }],
  ])('%s is an invalid request', (_what, change) => {
    const { errorCode, errorMessage } = contextWith().consumerHeartbeat({ ...join, ...change });
    expect(errorCode).toBe(ErrorCode.INVALID_REQUEST);
    expect(errorMessage).toMatch(/./);
  });

  test('an assignor that is not there is named with those that are', () => {
    expect(contextWith().consumerHeartbeat({ ...join, serverAssignor: 'magic' })).toMatchObject({
      errorCode: ErrorCode.UNSUPPORTED_ASSIGNOR,
      errorMessage: 'ServerAssignor magic is not supported. Supported assignors: uniform, range.',
    });
  });

  test('version 0 gets a member id from the coordinator', () => {
    const context = contextWith();
    expect(context.consumerHeartbeat({ ...join, memberId: '', apiVersion: 0 })).toMatchObject({
      errorCode: 0,
      memberId: 'uuid1',
      memberEpoch: 1,
    });
  });

  test('the first member gets everything at once, and the interval to heartbeat in', () => {
    const context = contextWith();
    expect(context.consumerHeartbeat(join)).toEqual({
      throttleTimeMs: 0,
      errorCode: 0,
      memberId: 'm',
      memberEpoch: 1,
      heartbeatIntervalMs: 5_000,
      assignment: { topicPartitions: [{ topicId: context.topics.id('t'), partitions: [0, 1, 2, 3] }] },
    });
    expect(context.consumerGroup().state).toBe('Stable');
  });

  test('an unknown group is no place to stay or leave', () => {
    const context = contextWith();
    for (const memberEpoch of [1, -1])
      expect(context.consumerHeartbeat({ memberId: 'm', memberEpoch }).errorCode).toBe(
        ErrorCode.GROUP_ID_NOT_FOUND,
      );
    expect(context.machine.group('g')).toBeUndefined();
  });

  test('a member that leaves is gone at once, and its partitions are free', () => {
    const context = contextWith();
    const a = new ConsumerClient(context, 'a', { topics: ['t'] }).settle();
    const b = new ConsumerClient(context, 'b', { topics: ['t'] });
    b.heartbeat();
    a.settle();
    b.settle();
    expect([a.owned.length, b.owned.length]).toEqual([2, 2]);
    expect(a.leave()).toMatchObject({ errorCode: 0, memberId: 'a', memberEpoch: -1 });
    expect(b.settle().owned).toEqual(['t-0', 't-1', 't-2', 't-3']);
  });

  test('a group that nobody is in any more is empty, and others may not join beyond the bound', () => {
    const context = contextWith({ t: 4 }, { groupConsumerMaxSize: 1 });
    const a = new ConsumerClient(context, 'a', { topics: ['t'] }).settle();
    expect(context.consumerHeartbeat({ ...join, memberId: 'b' }).errorCode).toBe(
      ErrorCode.GROUP_MAX_SIZE_REACHED,
    );
    a.leave();
    expect(context.consumerGroup().state).toBe('Empty');
    expect(context.consumerHeartbeat({ ...join, memberId: 'b' }).errorCode).toBe(0);
  });

  test('an append that fails leaves no group behind, and the next join makes one', () => {
    const context = contextWith();
    context.appendError = ErrorCode.COORDINATOR_NOT_AVAILABLE;
    expect(context.tryConsumerHeartbeat(join).failedWith).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    expect(context.machine.group('g')).toBeUndefined();
    context.appendError = null;
    expect(context.consumerHeartbeat(join).errorCode).toBe(0);
  });
});

describe('C19 epochs', () => {
  test('rise with members, subscriptions and topics, and no more than needed', () => {
    const context = contextWith({ t: 2, u: 2, other: 1 });
    const a = new ConsumerClient(context, 'a', { topics: ['t'] }).settle();
    const epoch = (): number => context.consumerGroup().epoch;
    expect(epoch()).toBe(1);
    context.topics.create('unrelated', 3);
    a.settle();
    expect(epoch()).toBe(1);
    const b = new ConsumerClient(context, 'b', { topics: ['t'] });
    b.heartbeat();
    expect(epoch()).toBe(2);
    a.settle();
    b.settle();
    expect(epoch()).toBe(2);
    context.topics.grow('t', 3);
    a.settle();
    b.settle();
    expect(epoch()).toBe(3);
    expect([...a.owned, ...b.owned].sort()).toEqual(['t-0', 't-1', 't-2']);
    a.subscription = { topics: ['t', 'u'] };
    a.lose();
    a.settle();
    b.settle();
    expect(epoch()).toBe(4);
    expect(a.settle().owned).toContain('u-1');
  });

  test('a topic that appears is given out, one that is deleted is taken back', () => {
    const context = contextWith({});
    const a = new ConsumerClient(context, 'a', { topics: ['late'] }).settle();
    expect(a.owned).toEqual([]);
    context.topics.create('late', 2);
    expect(a.settle().owned).toEqual(['late-0', 'late-1']);
    context.topics.delete('late');
    a.settle();
    expect(context.consumerGroup().target('a').size).toBe(0);
  });

  test('the assignor with the most votes is used, the first one without', () => {
    const context = contextWith({ t: 4, u: 4 });
    const assignorOf = (): string => context.machine.describeConsumer('g').assignorName;
    const a = new ConsumerClient(context, 'a', { topics: ['t', 'u'] }).settle();
    expect(assignorOf()).toBe('uniform');
    const b = new ConsumerClient(context, 'b', { topics: ['t', 'u'], assignor: 'range' });
    b.heartbeat();
    expect(assignorOf()).toBe('range');
    a.settle();
    b.settle();
    expect(a.settle().owned).toEqual(['t-0', 't-1', 'u-0', 'u-1']);
    expect(b.settle().owned).toEqual(['t-2', 't-3', 'u-2', 'u-3']);
  });

  test('the target assignment is appended with the heartbeat that needs it, and only what differs', () => {
    const context = contextWith({ t: 4 });
    const a = new ConsumerClient(context, 'a', { topics: ['t'] }).settle();
    const before = context.log.length;
    new ConsumerClient(context, 'b', { topics: ['t'] }).heartbeat();
    expect(context.log.slice(before).map(({ kind }) => kind)).toEqual([
      'consumer-member',
      'consumer-group',
      'member-target',
      'member-target',
      'target-epoch',
      'member-current',
    ]);
    const steady = context.log.length;
    expect(a.context.log.length).toBe(steady);
  });
});

describe('C20 epochs of members', () => {
  test('an epoch from the future, or from long ago, is fenced', () => {
    const context = contextWith();
    const a = new ConsumerClient(context, 'a', { topics: ['t'] }).settle();
    for (let other = 0; other < 3; other++) {
      new ConsumerClient(context, `b${other}`, { topics: ['t'] }).heartbeat();
      a.settle();
    }
    expect(a.epoch).toBe(4);
    expect(a.send({ memberEpoch: 5 }).reply.errorCode).toBe(ErrorCode.FENCED_MEMBER_EPOCH);
    expect(a.send({ memberEpoch: 2 }).reply).toMatchObject({
      errorCode: ErrorCode.FENCED_MEMBER_EPOCH,
      errorMessage: expect.stringContaining('smaller member epoch (2)'),
    });
  });

  test('61: a heartbeat that is repeated after a lost reply is not fenced', () => {
    const context = contextWith();
    const a = new ConsumerClient(context, 'a', { topics: ['t'] }).settle();
    const b = new ConsumerClient(context, 'b', { topics: ['t'] });
    b.heartbeat();
    a.settle();
    // Three replies in a row are lost, while the group moves on twice.
    b.send();
    b.lose();
    new ConsumerClient(context, 'c', { topics: ['t'] }).heartbeat();
    a.settle();
    b.send();
    b.lose();
    b.send();
    b.lose();
    expect(b.heartbeat().errorCode).toBe(0);
    expect(b.epoch).toBe(3);
  });

  test('the previous epoch with partitions that are not assigned any more is fenced', () => {
    const context = contextWith();
    const a = new ConsumerClient(context, 'a', { topics: ['t'] }).settle();
    const old = a.epoch;
    new ConsumerClient(context, 'b', { topics: ['t'] }).heartbeat();
    a.settle();
    const all = [{ topicId: context.topics.id('t'), partitions: [0, 1, 2, 3] }];
    expect(a.send({ memberEpoch: old, topicPartitions: all }).reply.errorCode).toBe(
      ErrorCode.FENCED_MEMBER_EPOCH,
    );
    expect(a.send({ memberEpoch: old, topicPartitions: [] }).reply.errorCode).toBe(0);
  });

  test('an unknown member is told so', () => {
    const context = contextWith();
    new ConsumerClient(context, 'a', { topics: ['t'] }).settle();
    expect(context.consumerHeartbeat({ memberId: 'x', memberEpoch: 1 }).errorCode).toBe(
      ErrorCode.UNKNOWN_MEMBER_ID,
    );
  });

  test('a member may join again with the id it has', () => {
    const context = contextWith();
    const a = new ConsumerClient(context, 'a', { topics: ['t'] }).settle();
    a.abandon();
    expect(a.heartbeat()).toMatchObject({ errorCode: 0, memberEpoch: 1 });
    expect(a.owned).toHaveLength(4);
  });
});

describe('C22 replies', () => {
  test('carry the assignment when it changed or the request says all, else not', () => {
    const context = contextWith();
    const a = new ConsumerClient(context, 'a', { topics: ['t'] });
    expect(a.heartbeat().assignment).toBeDefined();
    expect(a.heartbeat().assignment).toBeNull();
    a.lose();
    expect(a.heartbeat().assignment?.topicPartitions[0]?.partitions).toEqual([0, 1, 2, 3]);
    new ConsumerClient(context, 'b', { topics: ['t'] }).heartbeat();
    expect(a.heartbeat().assignment?.topicPartitions[0]?.partitions).toHaveLength(2);
  });

  test('what a heartbeat does not say has not changed', () => {
    const context = contextWith();
    const a = new ConsumerClient(context, 'a', { topics: ['t'], regex: 'u.*' }).settle();
    const before = context.consumerGroup().members.get('a')!.metadata;
    a.heartbeat();
    expect(context.consumerGroup().members.get('a')!.metadata).toBe(before);
    expect(before).toMatchObject({ subscribedTopicNames: ['t'], subscribedTopicRegex: 'u.*' });
  });
});
