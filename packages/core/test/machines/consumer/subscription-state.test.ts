import { completeJoin, commonProtocol, prepareJoin } from '../../../src/machines/consumer/rebalance.js';
import { CooperativeStickyAssignor } from '../../../src/machines/consumer/assignors/cooperative-sticky-assignor.js';
import { RangeAssignor } from '../../../src/machines/consumer/assignors/range-assignor.js';
import { SubscriptionState } from '../../../src/machines/consumer/subscription-state.js';

const tp = (topic: string, partition: number) => ({ topic, partition });

describe('the subscription', () => {
  test('a pattern follows the topics that exist, whatever flags it has', () => {
    const subscription = new SubscriptionState('latest');
    subscription.subscribeToPattern(/^flights\./g);
    expect(subscription.topics).toEqual([]);
    expect(subscription.matchPattern(['flights.b', 'other', 'flights.a'])).toBe(true);
    expect(subscription.topics).toEqual(['flights.a', 'flights.b']);
    expect(subscription.matchPattern(['flights.a', 'flights.b', 'new'])).toBe(false);
    expect(subscription.wants('flights.new')).toBe(true);
    expect(subscription.wants('other')).toBe(false);
  });

  test('partitions that stay keep position and pause, those that go are stale for ever', () => {
    const subscription = new SubscriptionState('latest');
    subscription.subscribeToTopics(['a']);
    subscription.assignFromGroup([tp('a', 0), tp('a', 1)]);
    const [kept, gone] = subscription.partitions;
    kept!.seek(7, 1);
    kept!.paused = true;
    const before = gone!.incarnation;
    expect(subscription.assignFromGroup([tp('a', 0), tp('a', 2)])).toEqual({
      added: [tp('a', 2)],
      removed: [tp('a', 1)],
    });
    expect(subscription.partition('a', 0)).toBe(kept);
    expect(kept).toMatchObject({ position: { offset: 7, offsetEpoch: 1 }, paused: true });
    expect(gone).toMatchObject({ assigned: false, fetchable: false });
    expect(gone!.incarnation).toBeGreaterThan(before);
    subscription.assignFromGroup([tp('a', 1)]);
    expect(subscription.partition('a', 1)).not.toBe(gone);
  });

  test.each([
    ['earliest', true, 'awaitingReset', 'earliest'],
    ['latest', true, 'awaitingReset', 'latest'],
    ['none', false, 'initializing', null],
  ] as const)('reset policy %s', (policy, applied, phase, resetTarget) => {
    const subscription = new SubscriptionState(policy);
    subscription.assignByUser([tp('a', 0)]);
    const [state] = subscription.partitions;
    expect(subscription.resetByPolicy(state!)).toBe(applied);
    expect(state).toMatchObject({ phase, resetTarget });
  });
});

describe('what a rebalance takes and gives (CC4)', () => {
  const owned = [tp('a', 0), tp('a', 1), tp('b', 0)];

  test('range among the assignors makes the member eager', () => {
    expect(commonProtocol([new RangeAssignor(), new CooperativeStickyAssignor()])).toBe('eager');
    expect(commonProtocol([new CooperativeStickyAssignor()])).toBe('cooperative');
  });

  test('eager gives everything up before the join', () => {
    expect(prepareJoin('eager', owned, () => true, false)).toEqual({
      kind: 'revoked',
      partitions: owned,
      kept: [],
    });
  });

  test('cooperative gives up only topics that are no longer wanted', () => {
    expect(prepareJoin('cooperative', owned, (topic) => topic === 'a', false)).toEqual({
      kind: 'revoked',
      partitions: [tp('b', 0)],
      kept: [tp('a', 0), tp('a', 1)],
    });
  });

  test.each(['eager', 'cooperative'] as const)('%s loses everything with its generation', (protocol) => {
    expect(prepareJoin(protocol, owned, () => true, true)).toEqual({
      kind: 'lost',
      partitions: owned,
      kept: [],
    });
  });

  test('cooperative revokes what is missing in the assignment, adds what is new, and joins again', () => {
    expect(completeJoin('cooperative', owned, [tp('a', 0), tp('c', 0)])).toEqual({
      revoked: [tp('a', 1), tp('b', 0)],
      added: [tp('c', 0)],
      rejoin: true,
    });
    expect(completeJoin('cooperative', owned, [...owned, tp('c', 0)])).toEqual({
      revoked: [],
      added: [tp('c', 0)],
      rejoin: false,
    });
  });
});
