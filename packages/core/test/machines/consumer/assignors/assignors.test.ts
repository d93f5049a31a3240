import fc from 'fast-check';
import { CooperativeStickyAssignor } from '../../../../src/machines/consumer/assignors/cooperative-sticky-assignor.js';
import { RangeAssignor } from '../../../../src/machines/consumer/assignors/range-assignor.js';
import { RoundRobinAssignor } from '../../../../src/machines/consumer/assignors/round-robin-assignor.js';
import {
  decodeOwnership,
  encodeOwnership,
  StickyAssignor,
} from '../../../../src/machines/consumer/assignors/sticky-assignor.js';
import type { GroupMember, PartitionAssignor } from '../../../../src/machines/consumer/assignors/assignor.js';
import type { TopicPartition } from '../../../../src/machines/consumer/topic-partition.js';

// A failure names its seed: OTTLA_SEED=<seed> npm test -- packages/core/test/machines/consumer/assignors runs it again.
const replay = process.env.OTTLA_SEED === undefined ? {} : { seed: Number(process.env.OTTLA_SEED) };

interface MemberShape {
  readonly id: string;
  readonly topics: readonly string[];
  readonly owned?: readonly string[];
  readonly generationId?: number;
  readonly instance?: string;
}

const name = ({ topic, partition }: TopicPartition): string => `${topic}-${partition}`;

function parse(text: string): TopicPartition {
  const cut = text.lastIndexOf('-');
  return { topic: text.slice(0, cut), partition: Number(text.slice(cut + 1)) };
}

function member({ id, topics, owned = [], generationId = -1, instance }: MemberShape): GroupMember {
  return {
    memberId: id,
    groupInstanceId: instance ?? null,
    topics,
    userData: null,
    ownedPartitions: owned.map(parse),
    generationId,
    rackId: null,
  };
}

function assign(
  assignor: PartitionAssignor,
  topics: Record<string, number>,
  members: readonly MemberShape[],
): Record<string, string[]> {
  const assignment = assignor.assign(new Map(Object.entries(topics)), members.map(member));
  return Object.fromEntries([...assignment].map(([id, { partitions }]) => [id, partitions.map(name)]));
}

describe('range', () => {
  test.each([
    [
      'as Java: the first members get one more',
      { a: 4, b: 3 },
      [
        { id: 'm1', topics: ['a', 'b'] },
        { id: 'm2', topics: ['a', 'b'] },
        { id: 'm3', topics: ['a', 'b'] },
      ],
      { m1: ['a-0', 'a-1', 'b-0'], m2: ['a-2', 'b-1'], m3: ['a-3', 'b-2'] },
    ],
    [
      'more members than partitions',
      { a: 1 },
      [
        { id: 'm2', topics: ['a'] },
        { id: 'm1', topics: ['a'] },
      ],
      { m1: ['a-0'], m2: [] },
    ],
    [
      'different subscriptions, and a topic that does not exist',
      { a: 2, b: 2 },
      [
        { id: 'm1', topics: ['a', 'gone'] },
        { id: 'm2', topics: ['a', 'b'] },
      ],
      { m1: ['a-0'], m2: ['a-1', 'b-0', 'b-1'] },
    ],
    [
      'static members come first, by instance id, whatever their member ids',
      { a: 3 },
      [
        { id: 'z', topics: ['a'], instance: 'i1' },
        { id: 'a', topics: ['a'] },
        { id: 'y', topics: ['a'], instance: 'i2' },
      ],
      { z: ['a-0'], y: ['a-1'], a: ['a-2'] },
    ],
  ])('%s', (_title, topics, members, expected) => {
    expect(assign(new RangeAssignor(), topics as Record<string, number>, members)).toEqual(expected);
  });
});

describe('roundrobin', () => {
  test.each([
    [
      'as Java: partitions of all topics are dealt in a row',
      { a: 3, b: 3 },
      [
        { id: 'm1', topics: ['a', 'b'] },
        { id: 'm2', topics: ['a', 'b'] },
      ],
      { m1: ['a-0', 'a-2', 'b-1'], m2: ['a-1', 'b-0', 'b-2'] },
    ],
    [
      'as Java: who does not want a topic is passed over',
      { a: 1, b: 2, c: 3 },
      [
        { id: 'm1', topics: ['a'] },
        { id: 'm2', topics: ['a', 'b'] },
        { id: 'm3', topics: ['a', 'b', 'c'] },
      ],
      { m1: ['a-0'], m2: ['b-0'], m3: ['b-1', 'c-0', 'c-1', 'c-2'] },
    ],
    [
      'static members first; topics that nobody wants, or that do not exist, are left out',
      { a: 2, z: 4 },
      [
        { id: 'm1', topics: ['a', 'gone'] },
        { id: 'm2', topics: ['a'], instance: 'i' },
      ],
      { m1: ['a-1'], m2: ['a-0'] },
    ],
  ])('%s', (_title, topics, members, expected) => {
    expect(assign(new RoundRobinAssignor(), topics as Record<string, number>, members)).toEqual(expected);
  });
});

describe('sticky', () => {
  const told = (id: string, owned: readonly string[], generationId: number): GroupMember => ({
    ...member({ id, topics: ['a'] }),
    userData: encodeOwnership({ partitions: owned.map(parse), generationId }),
  });
  const handOut = (count: number, members: readonly GroupMember[]): Record<string, string[]> =>
    Object.fromEntries(
      [...new StickyAssignor().assign(new Map([['a', count]]), members)].map(([id, { partitions }]) => [
        id,
        partitions.map(name),
      ]),
    );

  test('the user data are those of Java: topics with partitions, then the generation', () => {
    const bytes = encodeOwnership({ partitions: ['a-0', 'a-5', 'bc-2'].map(parse), generationId: 7 });
    expect(bytes.toString('hex')).toBe(
      '00000002' +
        '000161' +
        '00000002' +
        '00000000' +
        '00000005' +
        '00026263' +
        '00000001' +
        '00000002' +
        '00000007',
    );
    expect(decodeOwnership(bytes)).toEqual({
      partitions: ['a-0', 'a-5', 'bc-2'].map(parse),
      generationId: 7,
    });
    // Version 0 ended before the generation.
    expect(decodeOwnership(bytes.subarray(0, -4))).toMatchObject({ generationId: -1 });
    expect(decodeOwnership(Buffer.from('7fffffff00', 'hex'))).toEqual({ partitions: [], generationId: -1 });
  });

  test('KIP-54: members keep what they had; what moves has its new owner in the same round', () => {
    expect(
      handOut(4, [told('m1', ['a-0', 'a-1', 'a-2', 'a-3'], 1), member({ id: 'm2', topics: ['a'] })]),
    ).toEqual({
      m1: ['a-0', 'a-1'],
      m2: ['a-2', 'a-3'],
    });
    expect(handOut(4, [told('m1', ['a-2', 'a-3'], 2)])).toEqual({ m1: ['a-0', 'a-1', 'a-2', 'a-3'] });
  });

  test('KIP-341: of two claims the newer generation wins', () => {
    expect(handOut(2, [told('m1', ['a-0', 'a-1'], 3), told('m2', ['a-1'], 5)])).toEqual({
      m1: ['a-0'],
      m2: ['a-1'],
    });
  });

  test('a member tells what it was assigned last', () => {
    const assignor = new StickyAssignor();
    expect(assignor.subscriptionUserData()).toBeNull();
    assignor.onAssignment({ partitions: ['a-1'].map(parse), userData: null }, 4);
    expect(decodeOwnership(assignor.subscriptionUserData() ?? Buffer.alloc(0))).toEqual({
      partitions: ['a-1'].map(parse),
      generationId: 4,
    });
  });
});

describe('cooperative-sticky', () => {
  const all = ['a', 'b'];

  test('a first assignment is that of Java', () => {
    const members = ['m1', 'm2', 'm3'].map((id) => ({ id, topics: all }));
    expect(assign(new CooperativeStickyAssignor(), { a: 4, b: 3 }, members)).toEqual({
      m1: ['a-0', 'a-3', 'b-2'],
      m2: ['a-1', 'b-0'],
      m3: ['a-2', 'b-1'],
    });
  });

  test('CC4: a moving partition goes to nobody in the first round, to its new owner in the second', () => {
    const assignor = new CooperativeStickyAssignor();
    const first = assign(assignor, { a: 4 }, [
      { id: 'm1', topics: ['a'], owned: ['a-0', 'a-1', 'a-2', 'a-3'], generationId: 1 },
      { id: 'm2', topics: ['a'] },
    ]);
    expect(first).toEqual({ m1: ['a-0', 'a-1'], m2: [] });
    const second = assign(assignor, { a: 4 }, [
      { id: 'm1', topics: ['a'], owned: first['m1'] ?? [], generationId: 2 },
      { id: 'm2', topics: ['a'], owned: [], generationId: 2 },
    ]);
    expect(second).toEqual({ m1: ['a-0', 'a-1'], m2: ['a-2', 'a-3'] });
  });

  test('a member that left leaves its partitions free at once', () => {
    const result = assign(new CooperativeStickyAssignor(), { a: 4 }, [
      { id: 'm1', topics: ['a'], owned: ['a-0', 'a-1'], generationId: 3 },
    ]);
    expect(result['m1']?.sort()).toEqual(['a-0', 'a-1', 'a-2', 'a-3']);
  });

  test('the newer generation of two claims wins, and the older claimant is nobody to wait for', () => {
    const result = assign(new CooperativeStickyAssignor(), { a: 2 }, [
      { id: 'm1', topics: ['a'], owned: ['a-0', 'a-1'], generationId: 3 },
      { id: 'm2', topics: ['a'], owned: ['a-1'], generationId: 5 },
    ]);
    expect(result).toEqual({ m1: ['a-0'], m2: ['a-1'] });
  });

  test('two claims of one generation cancel each other: nobody has the partition in this round', () => {
    const result = assign(new CooperativeStickyAssignor(), { a: 2 }, [
      { id: 'm1', topics: ['a'], owned: ['a-0', 'a-1'], generationId: 3 },
      { id: 'm2', topics: ['a'], owned: ['a-1'], generationId: 3 },
    ]);
    expect(result).toEqual({ m1: ['a-0'], m2: [] });
  });

  test('members older than version 2 of the subscription tell their generation in the user data', () => {
    const stale = Buffer.alloc(4);
    stale.writeInt32BE(2);
    const current = Buffer.alloc(4);
    current.writeInt32BE(4);
    const members = [
      { ...member({ id: 'm1', topics: ['a'], owned: ['a-0', 'a-1'] }), userData: stale },
      { ...member({ id: 'm2', topics: ['a'], owned: ['a-0'] }), userData: current },
    ];
    const assignment = new CooperativeStickyAssignor().assign(new Map([['a', 2]]), members);
    expect(assignment.get('m1')?.partitions.map(name)).toEqual(['a-1']);
    expect(assignment.get('m2')?.partitions.map(name)).toEqual(['a-0']);
  });

  const topicNames = ['a', 'b', 'c'];
  const groups = fc.record({
    counts: fc.tuple(fc.nat(7), fc.nat(7), fc.nat(7)),
    subscriptions: fc.array(fc.subarray(topicNames, { minLength: 1 }), { minLength: 1, maxLength: 6 }),
    later: fc.array(fc.subarray(topicNames, { minLength: 1 }), { maxLength: 3 }),
    leaving: fc.nat(5),
  });

  /** Rounds as a group of cooperative members runs them, until nothing is given up any more. */
  function settle(counts: Record<string, number>, start: readonly MemberShape[]): MemberShape[] {
    let members = [...start];
    for (let round = 0; round < 4; round++) {
      const assignment = assign(new CooperativeStickyAssignor(), counts, members);
      const claimed = Object.values(assignment).flat();
      expect(new Set(claimed).size).toBe(claimed.length);
      for (const { id, owned = [] } of members) {
        // Nobody is handed what another member of the round still owns.
        const others = new Set(
          members.filter((other) => other.id !== id).flatMap((other) => other.owned ?? []),
        );
        for (const partition of assignment[id] ?? []) {
          expect(others.has(partition) && !owned.includes(partition)).toBe(false);
        }
      }
      const gaveUp = members.some(({ id, owned = [] }) =>
        owned.some((one) => !(assignment[id] ?? []).includes(one)),
      );
      members = members.map((one) => ({ ...one, owned: assignment[one.id] ?? [], generationId: round + 1 }));
      if (!gaveUp) return members;
    }
    throw new Error('The group did not settle within four rounds');
  }

  function expectComplete(counts: Record<string, number>, members: readonly MemberShape[]): void {
    const assigned = members.flatMap(({ owned = [] }) => owned).sort();
    const wanted = Object.entries(counts)
      .filter(([topic]) => members.some(({ topics }) => topics.includes(topic)))
      .flatMap(([topic, count]) => Array.from({ length: count }, (_, partition) => `${topic}-${partition}`))
      .sort();
    expect(assigned).toEqual(wanted);
  }

  function expectBalanced(members: readonly MemberShape[]): void {
    for (const one of members) {
      for (const partition of one.owned ?? []) {
        const takers = members.filter(({ topics }) => topics.includes(parse(partition).topic));
        for (const taker of takers) {
          expect((one.owned ?? []).length).toBeLessThanOrEqual((taker.owned ?? []).length + 1);
        }
      }
    }
  }

  test('property: groups settle complete and balanced, partitions never have two owners, and unmoved ones stay', () => {
    fc.assert(
      fc.property(groups, ({ counts, subscriptions, later, leaving }) => {
        const topics = Object.fromEntries(topicNames.map((topic, index) => [topic, counts[index] ?? 0]));
        const start = subscriptions.map((wanted, index) => ({ id: `m${index}`, topics: wanted }));
        const settled = settle(topics, start);
        expectComplete(topics, settled);
        expectBalanced(settled);
        // Without a change nothing moves.
        expect(settle(topics, settled).map(({ owned }) => owned)).toEqual(settled.map(({ owned }) => owned));
        const stayed = settled.filter((_, index) => index !== leaving || settled.length === 1);
        const joined = later.map((wanted, index) => ({ id: `n${index}`, topics: wanted }));
        const changed = settle(topics, [...stayed, ...joined]);
        expectComplete(topics, changed);
        expectBalanced(changed);
      }),
      { ...replay, numRuns: 300 },
    );
  });

  test('property: when one of equal members leaves, the others keep all they had', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 6 }),
        fc.integer({ min: 1, max: 20 }),
        fc.nat(5),
        (size, count, leaving) => {
          const settled = settle(
            { a: count },
            Array.from({ length: size }, (_, index) => ({ id: `m${index}`, topics: ['a'] })),
          );
          const stayed = settled.filter((_, index) => index !== leaving % size);
          const after = settle({ a: count }, stayed);
          for (const [index, { owned = [] }] of stayed.entries()) {
            expect(after[index]?.owned).toEqual(expect.arrayContaining([...owned]));
          }
        },
      ),
      { ...replay, numRuns: 100 },
    );
  });
});
