import { GroupMembership } from '../../../src/machines/consumer/group-membership.js';
import { ErrorCode } from '../../../src/protocol/errors.js';
import type { JoinGroupResponse } from '../../../src/protocol/messages/11-join-group.js';

function createMembership(groupInstanceId: string | null = null): GroupMembership {
  return new GroupMembership({
    groupId: 'g',
    groupInstanceId,
    sessionTimeoutMs: 45_000,
    rebalanceTimeoutMs: 300_000,
  });
}

function joinResponse(fields: Partial<JoinGroupResponse>): JoinGroupResponse {
  return {
    throttleTimeMs: 0,
    errorCode: ErrorCode.NONE,
    generationId: 1,
    protocolType: 'consumer',
    protocolName: 'range',
    leader: 'm1',
    skipAssignment: false,
    memberId: 'm1',
    members: [],
    ...fields,
  };
}

function syncResponse(errorCode: number): Parameters<GroupMembership['handleSyncResponse']>[0] {
  return {
    throttleTimeMs: 0,
    errorCode,
    protocolType: 'consumer',
    protocolName: 'range',
    assignment: Buffer.from([1]),
  };
}

function stable(groupInstanceId: string | null = null): GroupMembership {
  const membership = createMembership(groupInstanceId);
  membership.joinRequest([]);
  membership.handleJoinResponse(joinResponse({}));
  membership.handleSyncResponse(syncResponse(ErrorCode.NONE), membership.identity);
  return membership;
}

describe('joining a classic group', () => {
  test('C5: the id that the coordinator requires is used at once in a second join', () => {
    const membership = createMembership();
    expect(membership.joinRequest([])).toMatchObject({
      memberId: '',
      groupInstanceId: null,
      protocolType: 'consumer',
    });
    const required = joinResponse({
      errorCode: ErrorCode.MEMBER_ID_REQUIRED,
      memberId: 'c-1',
      generationId: -1,
    });
    expect(membership.handleJoinResponse(required)).toEqual({ kind: 'retryNow' });
    expect(membership.joinRequest([])).toMatchObject({ memberId: 'c-1' });
  });

  test('the leader gets the members, a follower syncs without assignments', () => {
    const leader = createMembership();
    leader.joinRequest([]);
    const members = [{ memberId: 'm1', groupInstanceId: null, metadata: Buffer.alloc(0) }];
    expect(leader.handleJoinResponse(joinResponse({ members }))).toEqual({
      kind: 'lead',
      members,
      skipAssignment: false,
    });
    const follower = createMembership();
    follower.joinRequest([]);
    expect(follower.handleJoinResponse(joinResponse({ memberId: 'm2' }))).toEqual({ kind: 'follow' });
    expect(follower.syncRequest([])).toMatchObject({
      generationId: 1,
      memberId: 'm2',
      protocolName: 'range',
    });
  });

  test('a synced member is stable and need not join again', () => {
    const membership = stable();
    expect(membership).toMatchObject({
      state: 'stable',
      generationId: 1,
      memberId: 'm1',
      rejoinReason: null,
    });
  });

  test.each([
    [ErrorCode.UNKNOWN_MEMBER_ID, { kind: 'retryNow' }, ''],
    [ErrorCode.ILLEGAL_GENERATION, { kind: 'retryNow' }, 'm1'],
    [ErrorCode.REBALANCE_IN_PROGRESS, { kind: 'retryLater', coordinatorLost: false }, 'm1'],
    [ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, { kind: 'retryLater', coordinatorLost: false }, 'm1'],
    [ErrorCode.NOT_COORDINATOR, { kind: 'retryLater', coordinatorLost: true }, 'm1'],
    [ErrorCode.COORDINATOR_NOT_AVAILABLE, { kind: 'retryLater', coordinatorLost: true }, 'm1'],
    [ErrorCode.GROUP_AUTHORIZATION_FAILED, { kind: 'fatal' }, 'm1'],
    [ErrorCode.INCONSISTENT_GROUP_PROTOCOL, { kind: 'fatal' }, 'm1'],
    [ErrorCode.FENCED_INSTANCE_ID, { kind: 'fatal' }, ''],
  ])('a join refused with error %i', (errorCode, outcome, memberId) => {
    const membership = stable();
    membership.requestRejoin('test');
    membership.joinRequest([]);
    expect(membership.handleJoinResponse(joinResponse({ errorCode, memberId: '' }))).toMatchObject(outcome);
    expect(membership.memberId).toBe(memberId);
    expect(membership.state).toBe('unjoined');
  });

  test('a group of another protocol type is refused', () => {
    const membership = createMembership();
    membership.joinRequest([]);
    expect(membership.handleJoinResponse(joinResponse({ protocolType: 'connect' }))).toEqual({
      kind: 'fatal',
      errorCode: ErrorCode.INCONSISTENT_GROUP_PROTOCOL,
    });
  });

  test('a reply that comes after the member left is stale', () => {
    const membership = createMembership();
    membership.joinRequest([]);
    membership.reset('left', false);
    expect(membership.handleJoinResponse(joinResponse({}))).toEqual({ kind: 'stale' });
  });

  test.each([
    [ErrorCode.REBALANCE_IN_PROGRESS, 'retryNow', 1, 'm1'],
    [ErrorCode.UNKNOWN_MEMBER_ID, 'retryNow', -1, ''],
    [ErrorCode.ILLEGAL_GENERATION, 'retryNow', -1, ''],
    [ErrorCode.NOT_COORDINATOR, 'retryLater', 1, 'm1'],
    [ErrorCode.GROUP_AUTHORIZATION_FAILED, 'fatal', -1, 'm1'],
  ])('a sync refused with error %i is %s', (errorCode, kind, generationId, memberId) => {
    const membership = createMembership();
    membership.joinRequest([]);
    membership.handleJoinResponse(joinResponse({}));
    expect(membership.handleSyncResponse(syncResponse(errorCode), membership.identity).kind).toBe(kind);
    expect(membership).toMatchObject({ generationId, memberId, state: 'unjoined' });
    expect(membership.rejoinReason).not.toBeNull();
  });
});

describe('staying in a classic group', () => {
  test('C10: a heartbeat in a rebalance asks to join again, with the generation kept', () => {
    const membership = stable();
    expect(membership.handleHeartbeatResponse(ErrorCode.REBALANCE_IN_PROGRESS, membership.identity)).toEqual({
      kind: 'proceed',
    });
    expect(membership).toMatchObject({ generationId: 1, rejoinReason: 'the group is rebalancing' });
  });

  test.each([
    [ErrorCode.UNKNOWN_MEMBER_ID, ''],
    [ErrorCode.ILLEGAL_GENERATION, 'm1'],
  ])('CC4: after error %i the generation is lost', (errorCode, memberId) => {
    const membership = stable();
    membership.handleHeartbeatResponse(errorCode, membership.identity);
    expect(membership).toMatchObject({ generationId: -1, memberId, state: 'unjoined' });
  });

  test('an answer to a heartbeat of an earlier generation says nothing', () => {
    const membership = stable();
    const earlier = { memberId: 'm1', generationId: 0 };
    expect(membership.handleHeartbeatResponse(ErrorCode.UNKNOWN_MEMBER_ID, earlier)).toEqual({
      kind: 'stale',
    });
    expect(membership.state).toBe('stable');
  });

  test('CC8: a refused commit throws the member out, one in a rebalance makes it join again', () => {
    const fenced = stable();
    expect(fenced.handleCommitError(ErrorCode.UNKNOWN_MEMBER_ID, fenced.identity)).toBe(true);
    expect(fenced.generationId).toBe(-1);
    const rebalancing = stable();
    expect(rebalancing.handleCommitError(ErrorCode.REBALANCE_IN_PROGRESS, rebalancing.identity)).toBe(true);
    expect(rebalancing).toMatchObject({ generationId: 1, rejoinReason: 'a commit met a rebalance' });
    const other = stable();
    expect(other.handleCommitError(ErrorCode.OFFSET_METADATA_TOO_LARGE, other.identity)).toBe(false);
  });
});

describe('leaving a classic group', () => {
  test('the shape follows the version', () => {
    const request = stable().leaveRequest('done');
    expect(request?.(2)).toEqual({ groupId: 'g', memberId: 'm1' });
    expect(request?.(5)).toEqual({
      groupId: 'g',
      memberId: '',
      members: [{ memberId: 'm1', groupInstanceId: null, reason: 'done' }],
    });
  });

  test('CC5: a static member does not leave, nor one that never joined', () => {
    expect(stable('i1').leaveRequest('done')).toBeNull();
    expect(createMembership().leaveRequest('done')).toBeNull();
  });
});
