import fc from 'fast-check';

import type { Assignor, AssignorMember } from '../../../../src/machines/group/assignors/assignor.js';
import { rangeAssignor } from '../../../../src/machines/group/assignors/range-assignor.js';
import { uniformAssignor } from '../../../../src/machines/group/assignors/uniform-assignor.js';
import type { Assignment } from '../../../../src/machines/group/consumer/assignment.js';

interface Reader {
  readonly memberId: string;
  readonly topics: readonly string[];
  readonly instanceId?: string;
}

/** Assigns, on top of what was assigned before. */
function assign(
  assignor: Assignor,
  readers: readonly Reader[],
  partitions: Readonly<Record<string, number>>,
  before: ReadonlyMap<string, Assignment> = new Map(),
): Map<string, Assignment> {
  const shared = new Map<string, readonly string[]>();
  const members = readers.map(({ memberId, topics, instanceId }): AssignorMember => {
    const topicIds = shared.get(topics.join()) ?? topics;
    shared.set(topics.join(), topicIds);
    return { memberId, instanceId: instanceId ?? null, topicIds, target: before.get(memberId) ?? new Map() };
  });
  return assignor.assign({ members, partitionCount: (topicId) => partitions[topicId] ?? 0 });
}

function sizes(assignments: ReadonlyMap<string, Assignment>): number[] {
  return Array.from(assignments.values(), (assignment) =>
    [...assignment.values()].reduce((sum, partitions) => sum + partitions.size, 0),
  );
}

const numbers = (assignment: Assignment | undefined, topic: string): number[] =>
  [...(assignment?.get(topic)?.keys() ?? [])].sort((a, b) => a - b);

function moved(before: ReadonlyMap<string, Assignment>, after: ReadonlyMap<string, Assignment>): number {
  let count = 0;
  for (const [memberId, assignment] of before)
    for (const [topic, partitions] of assignment)
      for (const partition of partitions.keys())
        if (!after.get(memberId)?.get(topic)?.has(partition)) count++;
  return count;
}

const topicNames = ['a', 'b', 'c', 'd'];
const partitionCounts = fc.record(
  Object.fromEntries(topicNames.map((name) => [name, fc.integer({ min: 0, max: 9 })])),
) as fc.Arbitrary<Record<string, number>>;
const readersOf = (topics: fc.Arbitrary<string[]>): fc.Arbitrary<Reader[]> =>
  fc
    .array(topics, { minLength: 1, maxLength: 6 })
    .map((all) => all.map((chosen, index) => ({ memberId: `m${index}`, topics: chosen })));
const someTopics = fc.subarray(topicNames);

describe.each([uniformAssignor, rangeAssignor])('C27 $name', (assignor) => {
  test('gives every partition to exactly one member that reads its topic', () => {
    fc.assert(
      fc.property(readersOf(someTopics), readersOf(someTopics), partitionCounts, (first, second, counts) => {
        const before = assign(assignor, first, counts);
        const grown = Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, count + 1]));
        const after = assign(assignor, second, grown, before);
        expect([...after.keys()].sort()).toEqual(second.map(({ memberId }) => memberId).sort());
        for (const topic of topicNames) {
          const readers = second.filter(({ topics }) => topics.includes(topic));
          const given = [...after.values()]
            .flatMap((assignment) => numbers(assignment, topic))
            .sort((a, b) => a - b);
          const all = Array.from({ length: grown[topic]! }, (_unused, partition) => partition);
          expect(given).toEqual(readers.length === 0 ? [] : all);
          const others = second.filter(({ topics }) => !topics.includes(topic));
          expect(others.filter(({ memberId }) => after.get(memberId)?.has(topic))).toEqual([]);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('C27 uniform', () => {
  test('members with equal subscriptions are at most one partition apart, and keep what balance allows', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 8 }),
        partitionCounts,
        (one, other, counts) => {
          const group = (size: number): Reader[] =>
            Array.from({ length: size }, (_unused, index) => ({ memberId: `m${index}`, topics: topicNames }));
          const before = assign(uniformAssignor, group(one), counts);
          const after = assign(uniformAssignor, group(other), counts, before);
          const loads = sizes(after);
          expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1);
          // Nothing moves but what newcomers get, and what the members that left had.
          const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
          const newcomers = sizes(after)
            .slice(one)
            .reduce((sum, size) => sum + size, 0);
          const gone = sizes(before)
            .slice(other)
            .reduce((sum, size) => sum + size, 0);
          expect(moved(before, after)).toBeLessThanOrEqual(other >= one ? newcomers : gone);
          expect(sizes(after).reduce((sum, size) => sum + size, 0)).toBe(total);
          expect(assign(uniformAssignor, group(other), counts, after)).toEqual(after);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('who has one more keeps it', () => {
    const readers = ['a', 'b'].map((memberId) => ({ memberId, topics: ['t'] }));
    const before = new Map<string, Assignment>([
      ['a', new Map([['t', new Set([0])]])],
      ['b', new Map([['t', new Set([1, 2])]])],
    ]);
    expect(assign(uniformAssignor, readers, { t: 3 }, before)).toEqual(before);
  });

  test('different subscriptions are balanced as far as they go', () => {
    const readers = [
      { memberId: 'both', topics: ['a', 'b'] },
      { memberId: 'only-a', topics: ['a'] },
    ];
    expect(sizes(assign(uniformAssignor, readers, { a: 4, b: 2 }))).toEqual([3, 3]);
    expect(sizes(assign(uniformAssignor, readers, { a: 2, b: 6 }))).toEqual([6, 2]);
    const alone = assign(uniformAssignor, [readers[0]!], { a: 4, b: 2 });
    expect(sizes(assign(uniformAssignor, readers, { a: 4, b: 2 }, alone))).toEqual([3, 3]);
  });

  test('a large group is assigned in little time', () => {
    const readers = Array.from({ length: 1_000 }, (_unused, index) => ({
      memberId: `m${index}`,
      topics: index % 2 === 0 ? ['a', 'b'] : ['a'],
    }));
    const start = process.hrtime.bigint();
    const before = assign(uniformAssignor, readers.slice(0, 900), { a: 5_000, b: 5_000 });
    const after = assign(uniformAssignor, readers, { a: 5_000, b: 5_000 }, before);
    expect(Number(process.hrtime.bigint() - start) / 1e6).toBeLessThan(1_000);
    // Where subscriptions differ, a chain of moves could even out more; single moves cannot.
    const loads = sizes(after);
    expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(2);
  });
});

describe('C27 range', () => {
  test('gives neighbours of each topic, the first members one more, co-partitioned', () => {
    const readers = ['b', 'a', 'c'].map((memberId) => ({ memberId, topics: ['t', 'u'] }));
    const assignments = assign(rangeAssignor, readers, { t: 7, u: 7 });
    for (const topic of ['t', 'u']) {
      expect(numbers(assignments.get('a'), topic)).toEqual([0, 1, 2]);
      expect(numbers(assignments.get('b'), topic)).toEqual([3, 4]);
      expect(numbers(assignments.get('c'), topic)).toEqual([5, 6]);
    }
  });

  test('static members come first, by instance id', () => {
    const assignments = assign(
      rangeAssignor,
      [
        { memberId: 'a', topics: ['t'] },
        { memberId: 'z', topics: ['t'], instanceId: 'i2' },
        { memberId: 'y', topics: ['t'], instanceId: 'i1' },
      ],
      { t: 3 },
    );
    expect(['y', 'z', 'a'].map((memberId) => numbers(assignments.get(memberId), 't'))).toEqual([
      [0],
      [1],
      [2],
    ]);
  });

  test('more members than partitions leave the last ones without', () => {
    const readers = ['a', 'b', 'c'].map((memberId) => ({ memberId, topics: ['t'] }));
    expect(sizes(assign(rangeAssignor, readers, { t: 2 }))).toEqual([1, 1, 0]);
  });
});
