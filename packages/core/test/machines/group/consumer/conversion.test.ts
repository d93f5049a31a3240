import { ErrorCode } from '../../../../src/protocol/errors.js';
import {
  consumerProtocolAssignment,
  consumerProtocolSubscription,
} from '../../../../src/protocol/messages/consumer-protocol.js';
import { decodeVersioned, encodeVersioned } from '../../../../src/protocol/versioned-message.js';
import type { GroupConfig } from '../../../../src/machines/group/group-config.js';
import { ConsumerClient } from '../consumer-client.js';
import { ReplayingContext, type Call } from '../replaying-context.js';
import { TestTopics } from '../test-topics.js';
import type { SyncGroupResponseInput } from '../../../../src/protocol/messages/14-sync-group.js';

const subscription = encodeVersioned(consumerProtocolSubscription, 1, { topics: ['t'], ownedPartitions: [] });
const protocols = [{ name: 'range', metadata: subscription }];

/** A stable classic group of one that has all four partitions. */
function classicGroup(config: Partial<GroupConfig> = {}): { context: ReplayingContext; memberId: string } {
  const context = new ReplayingContext(
    { groupInitialRebalanceDelayMs: 0, ...config },
    new TestTopics({ t: 4 }),
  );
  const { memberId, call } = context.joinWithId({ protocols });
  context.advance(0);
  const assignment = encodeVersioned(consumerProtocolAssignment, 1, {
    assignedPartitions: [{ topic: 't', partitions: [0, 1, 2, 3] }],
  });
  context.sync({
    memberId,
    generationId: call.reply.generationId ?? -1,
    assignments: [{ memberId, assignment }],
  });
  return { context, memberId };
}

function partitionsOf(call: Call<SyncGroupResponseInput>): readonly number[] {
  const { assignment } = call.reply;
  const { assignedPartitions } = decodeVersioned(consumerProtocolAssignment, assignment, 'refused');
  return assignedPartitions.flatMap(({ partitions }) => partitions);
}

describe('C25 conversion', () => {
  test('62: a join of the consumer protocol upgrades the group in place; 27 makes classic members rejoin', () => {
    const { context, memberId } = classicGroup();
    const modern = new ConsumerClient(context, 'modern', { topics: ['t'] });
    expect(modern.heartbeat()).toMatchObject({ errorCode: 0, memberEpoch: 2 });
    expect(modern.owned).toEqual([]);
    expect(context.consumerGroup()).toMatchObject({ epoch: 2, state: 'Reconciling' });
    expect(context.machine.describeConsumer('g').members.map(({ memberType }) => memberType)).toEqual([0, 1]);
    expect(context.heartbeat(memberId, 1)).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
    const rejoin = context.join({ memberId, protocols });
    expect(rejoin.reply).toMatchObject({ errorCode: 0, generationId: 2, protocolName: 'range', leader: '' });
    const sync = context.sync({ memberId, generationId: 2, protocolType: 'consumer', protocolName: 'range' });
    expect(partitionsOf(sync)).toHaveLength(2);
    expect(modern.settle().owned).toHaveLength(2);
    expect(context.heartbeat(memberId, 2)).toBe(0);
    expect(context.consumerGroup().state).toBe('Stable');
  });

  test('62: when the last member of the consumer protocol leaves, the group goes back and rebalances', () => {
    const { context, memberId } = classicGroup();
    const modern = new ConsumerClient(context, 'modern', { topics: ['t'] }).settle();
    context.join({ memberId, protocols });
    context.sync({ memberId, generationId: 2 });
    modern.settle();
    modern.leave();
    context.advance(0);
    expect(context.group()).toMatchObject({
      generation: 2,
      state: 'PreparingRebalance',
      protocolName: 'range',
    });
    expect(context.heartbeat(memberId, 2)).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
    const rejoin = context.join({ memberId, protocols });
    expect(rejoin.reply).toMatchObject({ errorCode: 0, generationId: 3, leader: memberId });
    context.restart();
    expect(context.group()?.state).toBe('Stable');
    expect([...context.group()!.members.keys()]).toEqual([memberId]);
  });

  test('a member of the consumer protocol whose session ends is the last one, too', () => {
    const { context, memberId } = classicGroup();
    new ConsumerClient(context, 'modern', { topics: ['t'] }).settle();
    for (let elapsedMs = 0; elapsedMs < 46_000; elapsedMs += 2_000) {
      const { epoch } = context.consumerGroup();
      if (context.heartbeat(memberId, epoch) !== 0) {
        context.join({ memberId, protocols });
        context.sync({ memberId, generationId: epoch });
      }
      context.advance(2_000);
      if (context.machine.group('g')?.kind === 'classic') break;
    }
    expect(context.group()?.members.size).toBe(1);
  });

  test('a classic member that does not rejoin, or sync, in time is removed', () => {
    const { context, memberId } = classicGroup();
    const modern = new ConsumerClient(context, 'modern', { topics: ['t'] }).settle();
    for (let elapsedMs = 0; elapsedMs < 60_000; elapsedMs += 5_000) {
      expect(context.heartbeat(memberId, 1)).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
      modern.heartbeat();
      context.advance(5_000);
    }
    expect(modern.settle().owned).toHaveLength(4);
    expect(context.heartbeat(memberId, 1)).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
  });

  test.each<[string, Partial<GroupConfig>]>([
    ['the policy does not allow it', { groupConsumerMigrationPolicy: 'downgrade' }],
    ['the group would be too large', { groupConsumerMaxSize: 0 }],
  ])('no upgrade when %s: 69', (_why, config) => {
    const { context, memberId } = classicGroup(config);
    const modern = new ConsumerClient(context, 'modern', { topics: ['t'] });
    expect(modern.heartbeat()).toMatchObject({
      errorCode: ErrorCode.GROUP_ID_NOT_FOUND,
      errorMessage: 'Group g is not a consumer group.',
    });
    expect(context.heartbeat(memberId, 1)).toBe(0);
  });

  test('no upgrade of a group that is not of consumers, or whose bytes cannot be read', () => {
    for (const options of [{ protocolType: 'connect' }, {}]) {
      const context = new ReplayingContext({}, new TestTopics({ t: 4 }));
      context.stabilize(1, options);
      const modern = new ConsumerClient(context, 'modern', { topics: ['t'] });
      expect(modern.heartbeat().errorCode).toBe(ErrorCode.GROUP_ID_NOT_FOUND);
      expect(context.group()?.state).toBe('Stable');
    }
  });

  test('no downgrade when the policy does not allow it', () => {
    const { context } = classicGroup({ groupConsumerMigrationPolicy: 'upgrade' });
    const modern = new ConsumerClient(context, 'modern', { topics: ['t'] }).settle();
    modern.leave();
    context.advance(0);
    expect(context.consumerGroup().members.size).toBe(1);
  });

  test('who waits for a rebalance of the classic group is told to come again', () => {
    const { context, memberId } = classicGroup();
    const waiting = context.joinWithId({ protocols }).call;
    expect(waiting.isOpen).toBe(true);
    new ConsumerClient(context, 'modern', { topics: ['t'] }).heartbeat();
    expect(waiting.reply.errorCode).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
    expect(context.heartbeat(memberId, 1)).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
    expect(context.openCalls).toBe(0);
  });

  test('an upgrade that cannot be stored leaves the classic group alive', () => {
    const { context, memberId } = classicGroup();
    context.appendError = ErrorCode.COORDINATOR_NOT_AVAILABLE;
    const modern = new ConsumerClient(context, 'modern', { topics: ['t'] });
    expect(modern.send().failedWith).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    context.appendError = null;
    expect(context.heartbeat(memberId, 1)).toBe(0);
    modern.lose();
    expect(modern.heartbeat().errorCode).toBe(0);
  });

  test('empty groups convert freely, either way, and keep their offsets', () => {
    const { context, memberId } = classicGroup();
    context.commit({ memberId, generation: 1, offset: 42 });
    context.leave({ memberId });
    const modern = new ConsumerClient(context, 'modern', { topics: ['t'] }).settle();
    expect(modern.owned).toHaveLength(4);
    expect(context.machine.committedOffset('g', 't', 0)?.value.offset).toBe(42);
    modern.leave();
    context.joinWithId({ protocols });
    context.advance(0);
    expect(context.group()?.members.size).toBe(1);
    expect(context.machine.committedOffset('g', 't', 0)?.value.offset).toBe(42);
    context.restart();
    expect(context.machine.group('g')?.kind).toBe('classic');
  });

  test('an empty consumer group stands when the classic one in its place could not be stored', () => {
    const context = new ReplayingContext({}, new TestTopics({ t: 1 }));
    new ConsumerClient(context, 'modern', { topics: ['t'] }).settle().leave();
    context.appendError = ErrorCode.COORDINATOR_NOT_AVAILABLE;
    context.join({ protocols });
    expect(context.consumerGroup().state).toBe('Empty');
  });

  test('a static member that changes its protocol takes its own place, in both directions', () => {
    const context = new ReplayingContext({ groupInitialRebalanceDelayMs: 0 }, new TestTopics({ t: 4 }));
    const modern = new ConsumerClient(context, 'modern', { topics: ['t'], instanceId: 'i' }).settle();
    modern.leave(-2);
    const join = context.join({ groupInstanceId: 'i', protocols });
    expect(join.reply).toMatchObject({ errorCode: 0, generationId: 1 });
    const { memberId } = join.reply;
    context.advance(0);
    expect(context.group()).toMatchObject({ generation: 1, state: 'Stable' });
    const sync = context.sync({ memberId, generationId: 1, groupInstanceId: 'i' });
    expect(partitionsOf(sync)).toEqual([0, 1, 2, 3]);
    const again = new ConsumerClient(context, 'again', { topics: ['t'], instanceId: 'i' });
    expect(again.heartbeat().errorCode).toBe(0);
    expect(again.settle().owned).toHaveLength(4);
    expect([...context.consumerGroup().members.keys()]).toEqual(['again']);
  });

  test('classic requests to members of the consumer protocol, or with wrong generations and protocols, are refused', () => {
    const { context, memberId } = classicGroup();
    new ConsumerClient(context, 'modern', { topics: ['t'] }).settle();
    expect(context.heartbeat('modern', 2)).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
    expect(context.heartbeat('nobody', 2)).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
    expect(context.heartbeat(memberId, 7)).toBe(ErrorCode.ILLEGAL_GENERATION);
    expect(context.sync({ memberId, generationId: 1 }).reply.errorCode).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
    const other = [{ name: 'else', metadata: subscription }];
    expect(context.join({ memberId: 'x', protocols: other }).reply.errorCode).toBe(
      ErrorCode.INCONSISTENT_GROUP_PROTOCOL,
    );
    expect(context.join({ memberId, protocols }).reply.errorCode).toBe(0);
    const sync = context.sync({ memberId, generationId: 2, protocolName: 'else' });
    expect(sync.reply.errorCode).toBe(ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
    expect(
      context.leave({ memberId: 'modern' }, { memberId }).reply.map(({ errorCode }) => errorCode),
    ).toEqual([ErrorCode.UNKNOWN_MEMBER_ID, 0]);
  });
});
