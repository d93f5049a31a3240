import { ErrorCode } from '../../../../src/protocol/errors.js';
import { ConsumerClient } from '../consumer-client.js';
import { ReplayingContext } from '../replaying-context.js';
import { TestTopics } from '../test-topics.js';

function pair(): { context: ReplayingContext; a: ConsumerClient; b: ConsumerClient } {
  const context = new ReplayingContext({}, new TestTopics({ t: 4 }));
  const a = new ConsumerClient(context, 'a', { topics: ['t'] }).settle();
  const b = new ConsumerClient(context, 'b', { topics: ['t'] });
  b.heartbeat();
  return { context, a, b };
}

const stateOf = (context: ReplayingContext, memberId: string) =>
  context.consumerGroup().members.get(memberId)?.current.state;

describe('C21 reconciliation', () => {
  test('61: revokes first, then assigns, and waits for what others hold', () => {
    const { context, a, b } = pair();
    expect(b.owned).toEqual([]);
    expect(stateOf(context, 'b')).toBe('unreleased-partitions');
    expect(b.epoch).toBe(2);
    const call = a.send();
    expect(call.reply).toMatchObject({ memberEpoch: 1 });
    expect(call.reply.assignment?.topicPartitions[0]?.partitions).toHaveLength(2);
    expect(stateOf(context, 'a')).toBe('unrevoked-partitions');
    // Until the member says that they are gone, nobody else gets them.
    expect(b.heartbeat().assignment).toBeNull();
    a.take(call);
    expect(a.heartbeat()).toMatchObject({ memberEpoch: 2 });
    expect(stateOf(context, 'a')).toBe('stable');
    b.heartbeat();
    expect(stateOf(context, 'b')).toBe('stable');
    expect([...a.owned, ...b.owned].sort()).toEqual(['t-0', 't-1', 't-2', 't-3']);
  });

  test('a member that does not say what it owns still owns it', () => {
    const { context, a } = pair();
    a.send();
    expect(a.send({ topicPartitions: null }).reply.memberEpoch).toBe(1);
    expect(stateOf(context, 'a')).toBe('unrevoked-partitions');
  });

  test('a member that does not give up in its rebalance timeout is fenced', () => {
    const { context, a, b } = pair();
    a.send();
    for (let elapsedMs = 0; elapsedMs < 60_000; elapsedMs += 5_000) {
      expect(context.consumerGroup().members.has('a')).toBe(true);
      b.heartbeat();
      a.send({ topicPartitions: null });
      context.advance(5_000);
    }
    expect(context.consumerGroup().members.has('a')).toBe(false);
    expect(a.send().reply.errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
    expect(b.settle().owned).toHaveLength(4);
  });

  test('a member that gave up in time is not', () => {
    const { context, a, b } = pair();
    a.settle();
    for (let elapsedMs = 0; elapsedMs < 120_000; elapsedMs += 5_000) {
      a.heartbeat();
      b.heartbeat();
      context.advance(5_000);
    }
    expect(context.consumerGroup().members.size).toBe(2);
  });

  test('a session over 45 seconds without a heartbeat ends the membership', () => {
    const { context, a, b } = pair();
    a.settle();
    b.settle();
    context.advance(44_000);
    b.heartbeat();
    context.advance(999);
    expect(context.consumerGroup().members.has('a')).toBe(true);
    context.advance(1);
    expect(context.consumerGroup().members.has('a')).toBe(false);
    expect(b.settle().owned).toHaveLength(4);
  });

  test('sessions and waits for revocations start anew when the coordinator does', () => {
    const { context, a, b } = pair();
    a.send();
    context.advance(40_000);
    context.restart();
    context.advance(40_000);
    b.lose();
    expect(b.heartbeat().errorCode).toBe(0);
    expect(context.consumerGroup().members.has('a')).toBe(true);
    context.advance(5_000);
    expect(context.consumerGroup().members.has('a')).toBe(false);
    expect(b.settle().owned).toHaveLength(4);
  });

  test('all of it survives a restart', () => {
    const { context, a, b } = pair();
    a.settle();
    b.settle();
    const before = context.machine.describeConsumer('g');
    context.restart();
    expect(context.machine.describeConsumer('g')).toEqual(before);
    const written = context.log.length;
    expect(a.heartbeat().errorCode).toBe(0);
    expect(b.heartbeat().errorCode).toBe(0);
    expect(context.log.length).toBe(written);
  });
});

describe('C27 states', () => {
  test('Assigning while the target is behind, Reconciling while a member is, then Stable, then Empty', () => {
    const { context, a, b } = pair();
    const state = () => context.machine.describeConsumer('g').groupState;
    expect(state()).toBe('Reconciling');
    a.settle();
    b.settle();
    expect(state()).toBe('Stable');
    a.leave();
    expect(state()).toBe('Assigning');
    b.settle();
    expect(state()).toBe('Stable');
    b.leave();
    expect(state()).toBe('Empty');
  });
});

describe('C23 static members', () => {
  const subscription = { topics: ['t'], instanceId: 'i' };

  test('a live instance keeps its place', () => {
    const context = new ReplayingContext({}, new TestTopics({ t: 2 }));
    new ConsumerClient(context, 'a', subscription).settle();
    expect(new ConsumerClient(context, 'b', subscription).heartbeat()).toMatchObject({
      errorCode: ErrorCode.UNRELEASED_INSTANCE_ID,
    });
  });

  test('after a temporary leave the newcomer inherits the assignment without a rebalance', () => {
    const context = new ReplayingContext({}, new TestTopics({ t: 4 }));
    const a = new ConsumerClient(context, 'a', subscription).settle();
    const other = new ConsumerClient(context, 'x', { topics: ['t'] });
    other.heartbeat();
    a.settle();
    other.settle();
    const { owned } = a;
    const { epoch } = context.consumerGroup();
    expect(a.leave(-2)).toMatchObject({ errorCode: 0, memberEpoch: -2 });
    expect(other.settle().owned).toHaveLength(2);
    const b = new ConsumerClient(context, 'b', subscription);
    expect(b.heartbeat()).toMatchObject({ errorCode: 0, memberEpoch: epoch });
    expect(b.owned).toEqual(owned);
    expect(context.consumerGroup().epoch).toBe(epoch);
    expect([...context.consumerGroup().members.keys()].sort()).toEqual(['b', 'x']);
    expect(a.send({ memberEpoch: epoch }).reply.errorCode).toBe(ErrorCode.FENCED_INSTANCE_ID);
  });

  test('a static member that does not come back within its session is removed', () => {
    const context = new ReplayingContext({}, new TestTopics({ t: 2 }));
    const a = new ConsumerClient(context, 'a', subscription).settle();
    a.leave(-2);
    context.advance(44_999);
    expect(context.consumerGroup().members.size).toBe(1);
    context.advance(1);
    expect(context.consumerGroup().members.size).toBe(0);
    expect(context.consumerGroup().staticMembers.size).toBe(0);
  });

  test('a leave for good frees the instance; one under another id is fenced', () => {
    const context = new ReplayingContext({}, new TestTopics({ t: 2 }));
    const a = new ConsumerClient(context, 'a', subscription).settle();
    expect(new ConsumerClient(context, 'b', subscription).leave().errorCode).toBe(
      ErrorCode.FENCED_INSTANCE_ID,
    );
    expect(a.leave().errorCode).toBe(0);
    expect(a.leave().errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
    expect(new ConsumerClient(context, 'b', subscription).settle().owned).toHaveLength(2);
  });

  test('the same member may join again under its id', () => {
    const context = new ReplayingContext({}, new TestTopics({ t: 2 }));
    const a = new ConsumerClient(context, 'a', subscription).settle();
    a.abandon();
    expect(a.heartbeat().errorCode).toBe(0);
    a.leave(-2);
    a.abandon();
    expect(a.settle().owned).toHaveLength(2);
  });
});
