import { groupFilter } from '../../../src/machines/group/group-views.js';
import { ErrorCode } from '../../../src/protocol/errors.js';
import { ReplayingContext } from './replaying-context.js';

describe('C17 describe', () => {
  test('an unknown group is dead; from version 6 on that is an error', () => {
    const { machine } = new ReplayingContext();
    expect(machine.describe('nope', 5)).toMatchObject({ errorCode: 0, groupId: 'nope', groupState: 'Dead' });
    expect(machine.describe('nope', 6)).toMatchObject({
      errorCode: ErrorCode.GROUP_ID_NOT_FOUND,
      errorMessage: 'Group nope not found.',
      groupState: 'Dead',
    });
  });

  test('a stable group shows what its members offered and got', () => {
    const context = new ReplayingContext();
    const [memberId] = context.stabilize(1);
    expect(context.machine.describe('g', 6)).toEqual({
      errorCode: 0,
      groupId: 'g',
      groupState: 'Stable',
      protocolType: 'consumer',
      protocolData: 'range',
      members: [
        {
          memberId,
          groupInstanceId: null,
          clientId: 'client',
          clientHost: '/127.0.0.1',
          memberMetadata: Buffer.from('subscription'),
          memberAssignment: Buffer.from(memberId!),
        },
      ],
    });
  });

  test('before that the protocol is not shown', () => {
    const context = new ReplayingContext();
    context.joinWithId();
    expect(context.machine.describe('g', 6)).toMatchObject({
      groupState: 'PreparingRebalance',
      protocolData: '',
      members: [{ memberMetadata: Buffer.alloc(0) }],
    });
    context.advance(3_000);
    expect(context.machine.describe('g', 6)).toMatchObject({ groupState: 'CompletingRebalance' });
  });
});

test.each([
  [[], [], ['active', 'simple']],
  [['stable'], [], ['active']],
  [[' EMPTY '], [], ['simple']],
  [['Stable', 'Empty'], ['Classic'], ['active', 'simple']],
  [[], ['consumer'], []],
  [['Dead'], [], []],
])('ListGroups filters by states %j and types %j', (states, types, expected) => {
  const context = new ReplayingContext();
  context.stabilize(1, { groupId: 'active' });
  context.commit({ groupId: 'simple' });
  const listed = context.machine.list(groupFilter(states, types));
  expect(listed.map(({ groupId }) => groupId)).toEqual(expected);
});

test('ListGroups shows protocol type, state and type', () => {
  const context = new ReplayingContext();
  context.commit({ groupId: 'simple' });
  expect(context.machine.list(groupFilter([], []))).toEqual([
    { groupId: 'simple', protocolType: '', groupState: 'Empty', groupType: 'classic' },
  ]);
});
