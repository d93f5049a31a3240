import {
  ConsumerGroupMembership,
  type Reconciliation,
} from '../../../src/machines/consumer/consumer-group-membership.js';
import type { HeartbeatSubscription } from '../../../src/machines/consumer/heartbeat-fields.js';
import { ErrorCode } from '../../../src/protocol/errors.js';
import type { ConsumerGroupHeartbeatResponse } from '../../../src/protocol/messages/68-consumer-group-heartbeat.js';

const names: Readonly<Record<string, string>> = { T: 'topic', U: 'other' };
const nameOf = (topicId: string): string | null => names[topicId] ?? null;
const topics: HeartbeatSubscription = { topics: ['topic'], regex: null };

function created(
  options: { groupInstanceId?: string; serverAssignor?: string } = {},
): ConsumerGroupMembership {
  return new ConsumerGroupMembership({
    groupId: 'g',
    memberId: 'me',
    groupInstanceId: options.groupInstanceId ?? null,
    rebalanceTimeoutMs: 300_000,
    serverAssignor: options.serverAssignor ?? null,
    rackId: 'r1',
  });
}

/** `T0` is partition 0 of the topic whose id is T. */
function assignmentOf(text: string): NonNullable<ConsumerGroupHeartbeatResponse['assignment']> {
  const topicPartitions = text
    .split(' ')
    .filter((one) => one !== '')
    .map((one) => ({ topicId: one.charAt(0), partitions: [Number(one.slice(1))] }));
  return { topicPartitions };
}

function replyOf(
  memberEpoch: number,
  assignment: string | null,
  errorCode = 0,
): ConsumerGroupHeartbeatResponse {
  return {
    throttleTimeMs: 0,
    errorCode,
    errorMessage: null,
    memberId: 'me',
    memberEpoch,
    heartbeatIntervalMs: 5000,
    assignment: assignment === null ? null : assignmentOf(assignment),
  };
}

function textOf(partitions: readonly { readonly topicId: string; readonly partition: number }[]): string {
  return partitions.map(({ topicId, partition }) => `${topicId}${partition}`).join(' ');
}

/** One heartbeat and its answer; gives what was sent. */
function beat(
  membership: ConsumerGroupMembership,
  reply: ConsumerGroupHeartbeatResponse,
  subscription = topics,
) {
  const { life, body } = membership.heartbeat(subscription);
  const outcome = membership.handleResponse(life, reply);
  return { sent: body(1), outcome };
}

function stepOf(membership: ConsumerGroupMembership): Reconciliation {
  const { reconciliation } = membership.plan(nameOf);
  if (reconciliation === null) throw new Error('there is nothing to do');
  return reconciliation;
}

/** Does what the coordinator wants, without telling it yet. */
function reconcile(membership: ConsumerGroupMembership): string {
  const step = stepOf(membership);
  membership.begin();
  expect(membership.release(step)).toBe(true);
  expect(membership.complete(step)).toBe(true);
  return `-${textOf(step.revoked)} +${textOf(step.added)} =${textOf(step.kept)}`;
}

function stable(options: Parameters<typeof created>[0] = {}, assignment = 'T0 T1'): ConsumerGroupMembership {
  const membership = created(options);
  membership.join();
  beat(membership, replyOf(1, assignment));
  reconcile(membership);
  beat(membership, replyOf(1, null));
  expect(membership.state).toBe('stable');
  return membership;
}

describe('joining', () => {
  test('C18: the first heartbeat says all, under epoch 0 and the id that the client chose', () => {
    const membership = created({ serverAssignor: 'range' });
    expect(membership.beats).toBe(false);
    membership.join();
    expect(membership.isUrgent(topics)).toBe(true);
    const { sent } = beat(membership, replyOf(1, 'T0'));
    expect(sent).toEqual({
      groupId: 'g',
      memberId: 'me',
      memberEpoch: 0,
      instanceId: null,
      rackId: 'r1',
      rebalanceTimeoutMs: 300_000,
      subscribedTopicNames: ['topic'],
      subscribedTopicRegex: null,
      serverAssignor: 'range',
      topicPartitions: [],
    });
    expect(membership).toMatchObject({ state: 'reconciling', isMember: true, memberEpoch: 1 });
  });

  test('C18: a coordinator of version 0 gives the member its id', () => {
    const membership = created();
    membership.join();
    const { life, body } = membership.heartbeat(topics);
    expect(body(0)).toMatchObject({ memberId: '', memberEpoch: 0 });
    membership.handleResponse(life, { ...replyOf(1, 'T0'), memberId: 'theirs' });
    expect(membership.heartbeat(topics).body(0)).toMatchObject({ memberId: 'theirs', memberEpoch: 1 });
  });

  test('an empty first assignment is an assignment too, once', () => {
    const membership = created();
    membership.join();
    beat(membership, replyOf(1, ''));
    expect(reconcile(membership)).toBe('- + =');
    expect(beat(membership, replyOf(1, '')).sent).toMatchObject({ topicPartitions: [] });
    expect(membership.state).toBe('stable');
    expect(membership.plan(nameOf).reconciliation).toBeNull();
  });

  test('C22: what did not change is not said again, what was lost on the way is', () => {
    const membership = stable();
    expect(membership.isUrgent(topics)).toBe(false);
    expect(beat(membership, replyOf(1, null)).sent).toMatchObject({
      memberEpoch: 1,
      rebalanceTimeoutMs: -1,
      subscribedTopicNames: null,
      topicPartitions: null,
      rackId: null,
    });
    const { life } = membership.heartbeat(topics);
    membership.handleLostHeartbeat(life);
    expect(membership.isUrgent(topics)).toBe(true);
    expect(membership.heartbeat(topics).body(1)).toMatchObject({
      rebalanceTimeoutMs: 300_000,
      subscribedTopicNames: ['topic'],
      topicPartitions: [{ topicId: 'T', partitions: [0, 1] }],
    });
  });

  test('C26: an expression is sent once, and taken back when names follow it', () => {
    const membership = stable();
    const regex = { topics: [], regex: 'to.*' };
    expect(membership.isUrgent(regex)).toBe(true);
    expect(beat(membership, replyOf(1, null), regex).sent).toMatchObject({
      subscribedTopicNames: [],
      subscribedTopicRegex: 'to.*',
    });
    expect(beat(membership, replyOf(1, null), regex).sent).toMatchObject({ subscribedTopicRegex: null });
    expect(beat(membership, replyOf(1, null)).sent).toMatchObject({
      subscribedTopicNames: ['topic'],
      subscribedTopicRegex: '',
    });
    expect(beat(membership, replyOf(1, null)).sent).toMatchObject({ subscribedTopicRegex: null });
  });
});

describe('reconciling (C21)', () => {
  test('gives up, takes, and says at once what it holds then', () => {
    const membership = stable();
    beat(membership, replyOf(1, 'T1 T2'));
    expect(reconcile(membership)).toBe('-T0 +T2 =T1');
    expect(membership.state).toBe('acknowledging');
    expect(membership.isUrgent(topics)).toBe(true);
    const { sent } = beat(membership, replyOf(2, null));
    expect(sent).toMatchObject({ memberEpoch: 1, topicPartitions: [{ topicId: 'T', partitions: [1, 2] }] });
    expect(membership).toMatchObject({ state: 'stable', memberEpoch: 2 });
  });

  test('heartbeats during it say what is still held', () => {
    const membership = stable();
    beat(membership, replyOf(1, 'T1'));
    const step = stepOf(membership);
    membership.begin();
    expect(membership.plan(nameOf).reconciliation).toBeNull();
    expect(beat(membership, replyOf(1, null)).sent).toMatchObject({ topicPartitions: null });
    membership.handleLostHeartbeat(membership.life);
    membership.release(step);
    expect(membership.heartbeat(topics).body(1)).toMatchObject({
      topicPartitions: [{ topicId: 'T', partitions: [1] }],
    });
    expect(membership.state).toBe('reconciling');
  });

  test('an assignment that comes meanwhile is the next step', () => {
    const membership = stable();
    beat(membership, replyOf(1, 'T1'));
    const step = stepOf(membership);
    membership.begin();
    beat(membership, replyOf(2, 'T1 T3'));
    expect(membership.release(step)).toBe(true);
    expect(membership.complete(step)).toBe(true);
    expect(beat(membership, replyOf(2, null)).sent).toMatchObject({
      topicPartitions: [{ topicId: 'T', partitions: [1] }],
    });
    expect(membership.state).toBe('reconciling');
    expect(reconcile(membership)).toBe('- +T3 =T1');
  });

  test('one that takes back what is being given up is reconciled by another step', () => {
    const membership = stable();
    beat(membership, replyOf(1, 'T1'));
    const step = stepOf(membership);
    membership.begin();
    beat(membership, replyOf(1, 'T0 T1'));
    expect(membership.state).toBe('reconciling');
    membership.release(step);
    membership.complete(step);
    beat(membership, replyOf(1, null));
    expect(reconcile(membership)).toBe('- +T0 =T1');
  });

  test('topics whose names are not known wait, the others do not', () => {
    const membership = stable();
    beat(membership, replyOf(1, 'T1 U0 X0'));
    expect(membership.plan(nameOf).unknownTopicIds).toEqual(['X']);
    expect(reconcile(membership)).toBe('-T0 +U0 =T1');
    beat(membership, replyOf(2, null));
    expect(membership.state).toBe('reconciling');
    expect(membership.plan(nameOf)).toEqual({ reconciliation: null, unknownTopicIds: ['X'] });
    expect(membership.plan(() => 'found').reconciliation).toMatchObject({
      added: [{ topic: 'found', partition: 0 }],
    });
  });

  test('a topic made anew is given up and taken', () => {
    const membership = stable();
    beat(membership, replyOf(1, 'V0'));
    const { reconciliation } = membership.plan(() => 'topic');
    expect(reconciliation).toMatchObject({
      revoked: [
        { topic: 'topic', topicId: 'T', partition: 0 },
        { topic: 'topic', topicId: 'T', partition: 1 },
      ],
      added: [{ topic: 'topic', topicId: 'V', partition: 0 }],
    });
  });
});

describe('what ends a membership', () => {
  test.each(['FENCED_MEMBER_EPOCH', 'UNKNOWN_MEMBER_ID', 'GROUP_ID_NOT_FOUND'] as const)(
    'C20, C25: %s: partitions are lost, and the member joins anew under its id',
    (code) => {
      const membership = stable();
      const { outcome } = beat(membership, replyOf(0, null, ErrorCode[code]));
      expect(outcome).toEqual({ kind: 'fenced' });
      expect(membership).toMatchObject({ state: 'fenced', beats: false, isMember: false });
      // C15: what was given under that epoch must not be committed as by nobody.
      expect(membership.lastMemberEpoch).toBeGreaterThan(0);
      membership.join();
      expect(beat(membership, replyOf(3, 'T0')).sent).toMatchObject({
        memberId: 'me',
        memberEpoch: 0,
        topicPartitions: [],
        subscribedTopicNames: ['topic'],
      });
      expect(reconcile(membership)).toBe('- +T0 =');
    },
  );

  test('a reconciliation that was under way then is void', () => {
    const membership = stable();
    beat(membership, replyOf(1, 'T1'));
    const step = stepOf(membership);
    membership.begin();
    beat(membership, replyOf(0, null, ErrorCode.FENCED_MEMBER_EPOCH));
    expect(membership.release(step)).toBe(false);
    membership.join();
    expect(membership.complete(step)).toBe(false);
    expect(membership.owned).toEqual([]);
  });

  test('a reply to an earlier life says nothing', () => {
    const membership = stable();
    const { life } = membership.heartbeat(topics);
    membership.leaveForSlowPoll();
    membership.join();
    expect(membership.handleResponse(life, replyOf(9, 'T5'))).toEqual({ kind: 'stale' });
    expect(membership).toMatchObject({ state: 'joining', memberEpoch: 0 });
  });

  test.each([
    ['NOT_COORDINATOR', { kind: 'retryLater', coordinatorLost: true }],
    ['COORDINATOR_NOT_AVAILABLE', { kind: 'retryLater', coordinatorLost: true }],
    ['COORDINATOR_LOAD_IN_PROGRESS', { kind: 'retryLater', coordinatorLost: false }],
  ] as const)('%s: the membership goes on, the next heartbeat says all', (code, outcome) => {
    const membership = stable();
    expect(beat(membership, replyOf(0, null, ErrorCode[code])).outcome).toEqual(outcome);
    expect(membership).toMatchObject({ state: 'stable', memberEpoch: 1 });
    expect(membership.heartbeat(topics).body(1)).toMatchObject({ rebalanceTimeoutMs: 300_000 });
  });

  test.each([
    'UNRELEASED_INSTANCE_ID',
    'FENCED_INSTANCE_ID',
    'UNSUPPORTED_ASSIGNOR',
    'INVALID_REGULAR_EXPRESSION',
    'GROUP_AUTHORIZATION_FAILED',
    'GROUP_MAX_SIZE_REACHED',
    'GROUP_ID_NOT_FOUND',
    'INVALID_REQUEST',
  ] as const)('%s: nothing is sent any more, not even a leave', (code) => {
    const membership = created({ groupInstanceId: 'i' });
    membership.join();
    expect(beat(membership, replyOf(0, null, ErrorCode[code])).outcome).toMatchObject({
      kind: 'fatal',
      errorCode: ErrorCode[code],
    });
    expect(membership.beats).toBe(false);
    membership.prepareLeave();
    expect(membership.beats).toBe(false);
    expect(membership.leave()).toBeNull();
    // After an unsubscribe it may begin anew.
    membership.join();
    expect(membership.state).toBe('joining');
  });

  test('TOPIC_AUTHORIZATION_FAILED is told, and tried again', () => {
    const membership = created();
    membership.join();
    expect(beat(membership, replyOf(0, null, ErrorCode.TOPIC_AUTHORIZATION_FAILED)).outcome).toMatchObject({
      kind: 'refused',
    });
    expect(membership.beats).toBe(true);
  });
});

describe('leaving', () => {
  test.each([
    [undefined, -1],
    ['i', -2],
  ] as const)('C18, C23: instance id %s leaves with epoch %i', (groupInstanceId, memberEpoch) => {
    const membership = stable(groupInstanceId === undefined ? {} : { groupInstanceId });
    membership.prepareLeave();
    // The partitions are given up first; the session must not end meanwhile.
    expect(membership.beats).toBe(true);
    expect(membership.isUrgent({ topics: ['other'], regex: null })).toBe(false);
    expect(membership.leave()).toEqual({
      groupId: 'g',
      memberId: 'me',
      memberEpoch,
      instanceId: groupInstanceId ?? null,
    });
    expect(membership).toMatchObject({ state: 'unsubscribed', isMember: false, owned: [] });
    expect(membership.leave()).toBeNull();
  });

  test('who leaves before the first answer is not joined by a heartbeat, and leaves all the same', () => {
    const membership = created();
    membership.join();
    const { life } = membership.heartbeat(topics);
    membership.prepareLeave();
    expect(membership.beats).toBe(false);
    expect(membership.handleResponse(life, replyOf(1, 'T0'))).toEqual({ kind: 'stale' });
    expect(membership.leave()).toMatchObject({ memberEpoch: -1 });
  });

  test('who is thrown out while it leaves has nothing to tell', () => {
    const membership = stable();
    membership.prepareLeave();
    expect(beat(membership, replyOf(0, null, ErrorCode.UNKNOWN_MEMBER_ID)).outcome).toEqual({
      kind: 'fenced',
    });
    expect(membership.beats).toBe(false);
    expect(membership.leave()).toBeNull();
  });

  test('CC5: a slow poll ends the membership; what was held is lost until the next poll has told so', () => {
    const membership = stable();
    expect(membership.leaveForSlowPoll()).toMatchObject({ memberEpoch: -1 });
    expect(membership).toMatchObject({ state: 'stale', beats: false, isMember: false });
    expect(textOf(membership.owned)).toBe('T0 T1');
    expect(membership.leaveForSlowPoll()).toBeNull();
    membership.join();
    expect(membership).toMatchObject({ state: 'joining', owned: [] });
  });
});
