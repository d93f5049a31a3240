import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from '../../../src/machines/consumer/consumer-protocol-payload.js';
import { CooperativeStickyAssignor } from '../../../src/machines/consumer/assignors/cooperative-sticky-assignor.js';

// Bytes made by kafka-clients 4.3.1 (ConsumerProtocol, CooperativeStickyAssignor) from the same values.
const java = {
  subscription:
    '0003000000020008616972706f7274730007666c69676874730000000400000005000000020008616972706f72747300000001000000000007666c69676874730000000200000000000000020000000500027231',
  minimalSubscription: '0003000000010007666c6967687473ffffffff00000000ffffffffffff',
  subscriptions: [
    '0000000000020008616972706f7274730007666c69676874730000000400000005',
    '0001000000020008616972706f7274730007666c69676874730000000400000005000000020008616972706f72747300000001000000000007666c6967687473000000020000000000000002',
    '0002000000020008616972706f7274730007666c69676874730000000400000005000000020008616972706f72747300000001000000000007666c696768747300000002000000000000000200000005',
  ],
  assignment:
    '0003000000020007666c69676874730000000200000002000000000008616972706f7274730000000100000000000000020102',
  minimalAssignment:
    '0003000000020007666c69676874730000000200000002000000000008616972706f7274730000000100000000ffffffff',
};

const owned = [
  { topic: 'flights', partition: 2 },
  { topic: 'airports', partition: 0 },
  { topic: 'flights', partition: 0 },
];
const userData = Buffer.from('00000005', 'hex');
const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');

describe('what group members exchange', () => {
  test('a subscription has the bytes of Java', () => {
    const encoded = encodeSubscription({
      topics: ['flights', 'airports'],
      userData,
      ownedPartitions: owned,
      generationId: 5,
      rackId: 'r1',
    });
    expect(encoded.toString('hex')).toBe(java.subscription);
  });

  test('a first subscription has the bytes of Java', () => {
    const encoded = encodeSubscription({
      topics: ['flights'],
      userData: null,
      ownedPartitions: [],
      generationId: -1,
      rackId: null,
    });
    expect(encoded.toString('hex')).toBe(java.minimalSubscription);
  });

  test('the order of topics and owned partitions does not change the bytes, so that a rejoin is seen as unchanged (C9)', () => {
    const encode = (turned: boolean): string =>
      encodeSubscription({
        topics: turned ? ['airports', 'flights'] : ['flights', 'airports'],
        userData,
        ownedPartitions: turned ? [...owned].reverse() : owned,
        generationId: 5,
        rackId: null,
      }).toString('hex');
    expect(encode(true)).toBe(encode(false));
  });

  test.each([
    [0, [], -1],
    [1, ['airports-0', 'flights-0', 'flights-2'], -1],
    [2, ['airports-0', 'flights-0', 'flights-2'], 5],
  ])('a subscription of version %i from an older client is read', (version, partitions, generationId) => {
    const decoded = decodeSubscription(bytes(java.subscriptions[version] ?? ''));
    expect(decoded.topics).toEqual(['airports', 'flights']);
    expect(decoded.userData).toEqual(userData);
    expect(decoded.ownedPartitions.map(({ topic, partition }) => `${topic}-${partition}`)).toEqual(
      partitions,
    );
    expect(decoded.generationId).toBe(generationId);
    expect(decoded.rackId).toBeNull();
  });

  test('a version from the future is read as the newest known one', () => {
    const future = Buffer.concat([bytes('0009'), bytes(java.subscription).subarray(2), bytes('cafe')]);
    expect(decodeSubscription(future)).toMatchObject({ topics: ['airports', 'flights'], rackId: 'r1' });
  });

  test('an assignment has the bytes of Java and is read back', () => {
    const assignment = { partitions: owned, userData: bytes('0102') };
    expect(encodeAssignment(assignment).toString('hex')).toBe(java.assignment);
    expect(encodeAssignment({ partitions: owned, userData: null }).toString('hex')).toBe(
      java.minimalAssignment,
    );
    const decoded = decodeAssignment(bytes(java.assignment));
    expect(decoded.userData).toEqual(bytes('0102'));
    expect(decoded.partitions).toEqual([
      { topic: 'flights', partition: 2 },
      { topic: 'flights', partition: 0 },
      { topic: 'airports', partition: 0 },
    ]);
  });

  test('a member that the leader left out has no partitions (C8)', () => {
    expect(decodeAssignment(Buffer.alloc(0))).toEqual({ partitions: [], userData: null });
  });

  test('garbage is refused with a typed error', () => {
    expect(() => decodeSubscription(bytes('0003000000ff'))).toThrow(
      expect.objectContaining({ name: expect.stringMatching(/Malformed/) }),
    );
  });

  test('cooperative-sticky tells its generation as Java does (KIP-429)', () => {
    const assignor = new CooperativeStickyAssignor();
    expect(assignor.subscriptionUserData()?.toString('hex')).toBe('ffffffff');
    assignor.onAssignment({ partitions: [], userData: null }, 5);
    expect(assignor.subscriptionUserData()?.toString('hex')).toBe('00000005');
  });
});
