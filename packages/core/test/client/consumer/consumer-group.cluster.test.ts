import type { ConsumerOptions } from '../../../src/client/consumer/consumer-options.js';
import { CommitFailedError } from '../../../src/client/errors.js';
import type {
  GroupMember as AssignorMember,
  PartitionAssignor,
} from '../../../src/machines/consumer/assignors/assignor.js';
import type { Kafka } from '../../../src/client/kafka.js';
import { createKafka } from '../../../src/composition/create-kafka.js';
import { createTopic, startTestCluster, uniqueName, type TestCluster } from '../../support/cluster.js';
import { pollCount, pollUntil } from '../../support/consuming.js';
import { consumersOf, Member, produce, settle } from '../../support/group-member.js';

jest.setTimeout(90_000);

let cluster: TestCluster;
let kafka: Kafka;
const lines: string[] = [];

beforeAll(async () => {
  cluster = await startTestCluster();
  kafka = createKafka({
    ...cluster.clientOptions,
    diagnostics: { log: (_level, message) => void lines.push(message) },
  });
});

afterAll(async () => {
  await kafka.close();
  await cluster.close();
});

function memberOf(
  options: ConsumerOptions<string, string>,
  what: { topics: string[] } | { pattern: RegExp },
): Member {
  return new Member(kafka, { heartbeatIntervalMs: 100, sessionTimeoutMs: 10_000, ...options }, what);
}

async function topicOf(numPartitions: number, prefix = 'group'): Promise<string> {
  return createTopic(cluster.clientOptions, { prefix, numPartitions });
}

describe('a classic group', () => {
  test('CC4: eager members share the partitions; who leaves hands them on, and no record is lost or repeated', async () => {
    const topic = await topicOf(4);
    const groupId = uniqueName('group');
    const first = memberOf({ groupId }, { topics: [topic] });
    await settle([first], [4], 4);
    const second = memberOf({ groupId }, { topics: [topic] });
    await settle([first, second], [2, 2], 4);
    expect(first.moves).toEqual(['+0,1,2,3', '-0,1,2,3', expect.stringMatching(/^\+(0,1|2,3)$/)]);
    await produce(kafka, topic, 40, 4);
    const shared = await pollCount(consumersOf([first, second]), 40);
    expect(shared).toHaveLength(40);
    await second.consumer.close();
    expect(second.events.at(-1)).toMatch(/^-(0,1|2,3)$/);
    await settle([first], [4], 4);
    await produce(kafka, topic, 20, 4);
    const rest = await pollCount(first.consumer, 20);
    expect(new Set([...shared, ...rest].map(({ partition, offset }) => `${partition}@${offset}`)).size).toBe(
      60,
    );
    await first.consumer.close();
  });

  test('CC4: cooperative members keep what stays and give up only what moves', async () => {
    const topic = await topicOf(4);
    const groupId = uniqueName('group');
    const options = { groupId, partitionAssignmentStrategy: ['cooperative-sticky'] as const };
    const first = memberOf(options, { topics: [topic] });
    await settle([first], [4], 4);
    const second = memberOf(options, { topics: [topic] });
    await settle([first, second], [2, 2], 4);
    expect(first.moves.slice(0, 2)).toEqual(['+0,1,2,3', '-2,3']);
    expect(second.moves).toEqual(['+2,3']);
    await produce(kafka, topic, 40, 4);
    await pollCount(consumersOf([first, second]), 40);
    await second.consumer.close();
    await settle([first], [4], 4);
    expect(first.events.filter((event) => event.startsWith('-'))).toEqual(['-2,3']);
    expect((await first.consumer.poll(200)).isEmpty).toBe(true);
    await first.consumer.close();
  });

  test.each([
    ['roundrobin', ['+0,1,2,3', '-0,1,2,3', '+0,2'], ['+1,3']],
    // The member that was there keeps what it can.
    ['sticky', ['+0,1,2,3', '-0,1,2,3', '+0,1'], ['+2,3']],
  ] as const)('%s: partitions are dealt out as Java does', async (strategy, firstEvents, secondEvents) => {
    const topic = await topicOf(4);
    const groupId = uniqueName('group');
    // Static members have an order; that of dynamic ones is chance.
    const optionsOf = (groupInstanceId: string) => ({
      groupId,
      groupInstanceId,
      partitionAssignmentStrategy: [strategy],
    });
    const first = memberOf(optionsOf('one'), { topics: [topic] });
    await settle([first], [4], 4);
    const second = memberOf(optionsOf('two'), { topics: [topic] });
    await settle([first, second], [2, 2], 4);
    expect(first.moves).toEqual(firstEvents);
    expect(second.moves).toEqual(secondEvents);
    await Promise.all([first.consumer.close(), second.consumer.close()]);
  });

  test('an assignor of the application is told what members say, assigns, and hears of its assignment', async () => {
    const topic = await topicOf(3);
    const groupId = uniqueName('group');
    const heard: string[] = [];
    /** Everything goes to the member whose weight is greatest. */
    const heaviest = (weight: number): PartitionAssignor => ({
      name: 'heaviest',
      supportedProtocols: ['eager'],
      subscriptionUserData: () => Buffer.from([weight]),
      onAssignment: ({ partitions, userData }) =>
        void heard.push(`${weight}: ${partitions.length} ${userData?.toString()}`),
      assign: (partitionCounts, members) => {
        const weightOf = ({ userData }: AssignorMember): number => userData?.[0] ?? 0;
        const sorted = [...members].sort((left, right) => weightOf(right) - weightOf(left));
        const all = [...partitionCounts].flatMap(([name, count]) =>
          Array.from({ length: count }, (_, partition) => ({ topic: name, partition })),
        );
        return new Map(
          sorted.map(({ memberId }, index) => [
            memberId,
            { partitions: index === 0 ? all : [], userData: Buffer.from('from the leader') },
          ]),
        );
      },
    });
    const light = memberOf({ groupId, partitionAssignmentStrategy: [heaviest(1)] }, { topics: [topic] });
    await settle([light], [3], 3);
    const heavy = memberOf({ groupId, partitionAssignmentStrategy: [heaviest(2)] }, { topics: [topic] });
    await settle([light, heavy], [0, 3], 3);
    expect(light.events.at(-2)).toBe('-0,1,2');
    expect(heard).toEqual(
      expect.arrayContaining(['1: 3 from the leader', '1: 0 from the leader', '2: 3 from the leader']),
    );
    await Promise.all([light.consumer.close(), heavy.consumer.close()]);
  });

  test('records can be committed in onPartitionsRevoked', async () => {
    const topic = await topicOf(1);
    const groupId = uniqueName('group');
    await produce(kafka, topic, 10, 1);
    const consumer = kafka.consumer({ groupId, enableAutoCommit: false, autoOffsetReset: 'earliest' });
    consumer.subscribe({ topics: [topic], listener: { onPartitionsRevoked: () => consumer.commit() } });
    await pollCount(consumer, 10);
    await consumer.close();
    const next = kafka.consumer({ groupId });
    expect(await next.committed([{ topic, partition: 0 }])).toMatchObject([{ offset: 10 }]);
    await next.close();
  });

  test('a pattern takes in topics that appear later', async () => {
    const prefix = uniqueName('pattern');
    const early = await topicOf(1, `${prefix}-early`);
    const member = memberOf(
      { groupId: uniqueName('group'), metadataMaxAgeMs: 300 },
      { pattern: new RegExp(`^${prefix}`) },
    );
    await settle([member], [1], 1);
    expect(member.consumer.subscription()).toEqual([early]);
    const late = await topicOf(2, `${prefix}-late`);
    await settle([member], [3], 3);
    expect(member.consumer.subscription()).toEqual([early, late]);
    await member.consumer.close();
  });

  test('the subscription can change, and end', async () => {
    const [one, two] = [await topicOf(1), await topicOf(2)];
    const member = memberOf({ groupId: uniqueName('group') }, { topics: [one] });
    await settle([member], [1], 1);
    member.consumer.subscribe({ topics: [two], listener: member });
    await settle([member], [2], 2);
    expect(member.moves).toEqual(['+0', '-0', '+0,1']);
    await member.consumer.unsubscribe();
    expect(member.consumer.assignment()).toEqual([]);
    expect(member.events.at(-1)).toBe('-0,1');
    await member.consumer.close();
  });

  test('C11: a static member that comes back has its partitions again, and the others notice nothing', async () => {
    const topic = await topicOf(2);
    const groupId = uniqueName('group');
    const staying = memberOf({ groupId, groupInstanceId: 'i1' }, { topics: [topic] });
    const leaving = memberOf({ groupId, groupInstanceId: 'i2' }, { topics: [topic] });
    await settle([staying, leaving], [1, 1], 2);
    const before = { events: [...staying.events], metadata: staying.consumer.groupMetadata() };
    const had = leaving.owned;
    await leaving.consumer.close();
    const back = memberOf({ groupId, groupInstanceId: 'i2' }, { topics: [topic] });
    await settle([staying, back], [1, 1], 2);
    expect(back.owned).toEqual(had);
    expect(staying.events).toEqual(before.events);
    expect(staying.consumer.groupMetadata()).toEqual(before.metadata);
    await staying.consumer.close();
    await back.consumer.close();
  });

  test('CC5: a member that does not poll leaves; it is told of the loss and joins again at its next poll', async () => {
    const topic = await topicOf(2);
    const groupId = uniqueName('group');
    const slow = memberOf({ groupId, maxPollIntervalMs: 1500, enableAutoCommit: false }, { topics: [topic] });
    const quick = memberOf({ groupId, enableAutoCommit: false }, { topics: [topic] });
    await settle([slow, quick], [1, 1], 2);
    // Only the quick one polls on, until it has everything.
    await pollUntil(quick.consumer, () => quick.owned.length === 2);
    expect(lines.filter((line) => line.includes('maxPollIntervalMs'))).toHaveLength(1);
    await expect(slow.consumer.commit([{ topic, partition: 0, offset: 0 }])).rejects.toThrow(
      CommitFailedError,
    );
    await settle([slow, quick], [1, 1], 2);
    expect(slow.events.filter((event) => event.startsWith('lost'))).toHaveLength(1);
    await slow.consumer.close();
    await quick.consumer.close();
  });
});
