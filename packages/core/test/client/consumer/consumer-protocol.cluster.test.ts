import type { ConsumerOptions } from '../../../src/client/consumer/consumer-options.js';
import { SubscriptionPattern } from '../../../src/client/consumer/subscription-pattern.js';
import { CommitFailedError, IllegalStateError } from '../../../src/client/errors.js';
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
  what: { topics: string[] } | { pattern: RegExp | SubscriptionPattern },
): Member {
  return new Member(kafka, { groupProtocol: 'consumer', ...options }, what);
}

function topicOf(numPartitions: number, prefix = 'modern'): Promise<string> {
  return createTopic(cluster.clientOptions, { prefix, numPartitions });
}

/** The assignor and the number of members, as an admin sees them. */
async function seen(groupId: string): Promise<{ assignor: string; members: number }> {
  const { members, protocol } = (await kafka.admin().describeGroups([groupId])).get(groupId);
  return { assignor: protocol, members: members.length };
}

describe('a group of the consumer protocol', () => {
  test('C19, C21: members share the partitions one by one, who leaves hands them on, and no record is lost or repeated', async () => {
    const topic = await topicOf(4);
    const groupId = uniqueName('group');
    const first = memberOf({ groupId }, { topics: [topic] });
    await settle([first], [4], 4);
    await produce(kafka, topic, 20, 4);
    const before = await pollCount(first.consumer, 20);
    const second = memberOf({ groupId }, { topics: [topic] });
    await settle([first, second], [2, 2], 4);
    expect(first.moves[0]).toBe('+0,1,2,3');
    // Only what moves is given up.
    expect(first.events.filter((event) => event.startsWith('-')).join()).toMatch(/^-\d,\d$/);
    expect(second.events.join()).not.toContain('-');
    expect(await seen(groupId)).toEqual({ assignor: 'uniform', members: 2 });
    await produce(kafka, topic, 40, 4);
    const shared = await pollCount(consumersOf([first, second]), 40);
    await second.consumer.close();
    await settle([first], [4], 4);
    await produce(kafka, topic, 20, 4);
    const rest = await pollCount(first.consumer, 20);
    const read = [...before, ...shared, ...rest].map(({ partition, offset }) => `${partition}@${offset}`);
    expect(read).toHaveLength(80);
    expect(new Set(read).size).toBe(80);
    await first.consumer.close();
    expect(await seen(groupId)).toMatchObject({ members: 0 });
  });

  test('offsets are committed and found under the member epoch (C24)', async () => {
    const topic = await topicOf(2);
    const groupId = uniqueName('group');
    await produce(kafka, topic, 20, 2);
    const member = memberOf({ groupId, enableAutoCommit: false }, { topics: [topic] });
    const read = await pollCount(member.consumer, 20);
    expect(read).toHaveLength(20);
    const { generationId, memberId } = member.consumer.groupMetadata();
    expect(generationId).toBeGreaterThan(0);
    expect(memberId).toHaveLength(22);
    await member.consumer.commit([{ topic, partition: 0, offset: 4, metadata: 'here' }]);
    await member.consumer.commit([{ topic, partition: 1, offset: 10 }]);
    expect(
      await member.consumer.committed([
        { topic, partition: 0 },
        { topic, partition: 1 },
      ]),
    ).toMatchObject([{ offset: 4, metadata: 'here' }, { offset: 10 }]);
    await member.consumer.close();
    const next = memberOf({ groupId, enableAutoCommit: false }, { topics: [topic] });
    const again = await pollCount(next.consumer, 6);
    expect(again.map(({ partition, offset }) => `${partition}@${offset}`)).toEqual(
      [4, 5, 6, 7, 8, 9].map((offset) => `0@${offset}`),
    );
    await next.consumer.close();
  });

  test('CC3: revoked partitions are committed first, so that the next owner goes on behind them', async () => {
    const topic = await topicOf(2);
    const groupId = uniqueName('group');
    await produce(kafka, topic, 20, 2);
    const first = memberOf({ groupId, autoCommitIntervalMs: 3_600_000 }, { topics: [topic] });
    await pollCount(first.consumer, 20);
    const second = memberOf({ groupId, autoCommitIntervalMs: 3_600_000 }, { topics: [topic] });
    const repeated = await pollUntil(consumersOf([first, second]), () => second.owned.length === 1);
    expect(repeated).toEqual([]);
    await produce(kafka, topic, 2, 2);
    const rest = await pollCount(consumersOf([first, second]), 2);
    expect(rest.map(({ offset }) => offset)).toEqual([10, 10]);
    await Promise.all([first.consumer.close(), second.consumer.close()]);
  });

  test('records can be committed in onPartitionsRevoked, at the end too', async () => {
    const topic = await topicOf(1);
    const groupId = uniqueName('group');
    await produce(kafka, topic, 10, 1);
    const consumer = kafka.consumer({
      groupId,
      groupProtocol: 'consumer',
      enableAutoCommit: false,
      autoOffsetReset: 'earliest',
    });
    consumer.subscribe({ topics: [topic], listener: { onPartitionsRevoked: () => consumer.commit() } });
    await pollCount(consumer, 10);
    await consumer.close();
    const next = kafka.consumer({ groupId });
    expect(await next.committed([{ topic, partition: 0 }])).toMatchObject([{ offset: 10 }]);
    await next.close();
  });

  test('C19: a member votes for an assignor of the brokers with groupRemoteAssignor', async () => {
    const topic = await topicOf(4);
    const groupId = uniqueName('group');
    const options = { groupId, groupRemoteAssignor: 'range' };
    const members = [memberOf(options, { topics: [topic] }), memberOf(options, { topics: [topic] })];
    await settle(members, [2, 2], 4);
    expect(await seen(groupId)).toEqual({ assignor: 'range', members: 2 });
    const owned = members.map((member) => member.owned.map((name) => name.slice(-1)).join());
    expect(owned.sort()).toEqual(['0,1', '2,3']);
    await Promise.all(consumersOf(members).map((consumer) => consumer.close()));
  });

  test('C18: an assignor that the brokers do not have is refused in poll(), until the application unsubscribes', async () => {
    const topic = await topicOf(1);
    const { consumer } = memberOf(
      { groupId: uniqueName('group'), groupRemoteAssignor: 'dice' },
      { topics: [topic] },
    );
    const refusal = { code: 'UNSUPPORTED_ASSIGNOR', message: expect.stringContaining('dice') as string };
    await expect(pollUntil(consumer, () => false)).rejects.toMatchObject(refusal);
    await expect(consumer.poll(0)).rejects.toMatchObject(refusal);
    await consumer.unsubscribe();
    await consumer.close();
  });

  test('C26: topics are matched by the coordinator, those that come later too', async () => {
    const prefix = uniqueName('matched');
    const early = await topicOf(1, `${prefix}-1`);
    await topicOf(1, uniqueName('other'));
    const member = memberOf(
      { groupId: uniqueName('group'), metadataMaxAgeMs: 300 },
      { pattern: new SubscriptionPattern(`${prefix}-[0-9].*`) },
    );
    await settle([member], [1], 1);
    expect(member.consumer.subscription()).toEqual([early]);
    await produce(kafka, early, 3, 1);
    expect(await pollCount(member.consumer, 3)).toHaveLength(3);
    const late = await topicOf(2, `${prefix}-2`);
    await settle([member], [3], 3);
    await produce(kafka, late, 4, 2);
    expect((await pollCount(member.consumer, 4)).map(({ topic }) => topic)).toEqual(Array(4).fill(late));
    // By name again: the coordinator forgets the expression.
    member.consumer.subscribe({ topics: [early], listener: member });
    await settle([member], [1], 1);
    await member.consumer.close();
  });

  test('C26: an expression that is none is refused; a classic consumer takes none', async () => {
    const { consumer } = memberOf(
      { groupId: uniqueName('group') },
      { pattern: new SubscriptionPattern('(') },
    );
    await expect(pollUntil(consumer, () => false)).rejects.toMatchObject({
      code: 'INVALID_REGULAR_EXPRESSION',
    });
    await consumer.close();
    expect(() =>
      memberOf(
        { groupId: uniqueName('group'), groupProtocol: 'classic' },
        { pattern: new SubscriptionPattern('a.*') },
      ),
    ).toThrow(IllegalStateError);
  });

  test('a RegExp is matched here, and takes in topics that appear later', async () => {
    const prefix = uniqueName('pattern');
    const early = await topicOf(1, `${prefix}-early`);
    const member = memberOf(
      { groupId: uniqueName('group'), metadataMaxAgeMs: 300 },
      { pattern: new RegExp(`^${prefix}`) },
    );
    await settle([member], [1], 1);
    const late = await topicOf(2, `${prefix}-late`);
    await settle([member], [3], 3);
    expect(member.consumer.subscription()).toEqual([early, late]);
    await member.consumer.close();
  });

  test('the subscription can change, and end, and begin again', async () => {
    const [one, two] = [await topicOf(1), await topicOf(2)];
    const member = memberOf({ groupId: uniqueName('group') }, { topics: [one] });
    await settle([member], [1], 1);
    member.consumer.subscribe({ topics: [two], listener: member });
    await settle([member], [2], 2);
    // As with Kafka's own consumer, each step ends with a call for what came, be it nothing.
    expect(member.moves).toEqual(['+0', '-0', '+0,1']);
    const given = member.consumer.groupMetadata();
    await member.consumer.unsubscribe();
    expect(member.consumer.assignment()).toEqual([]);
    expect(member.consumer.groupMetadata()).toEqual(given);
    member.consumer.subscribe({ topics: [one], listener: member });
    await settle([member], [1], 1);
    expect(member.moves.slice(-2)).toEqual(['-0,1', '+0']);
    await member.consumer.close();
  });

  test('C23: a static member that comes back has its partitions again, the others notice nothing, a twin is refused', async () => {
    const topic = await topicOf(2);
    const groupId = uniqueName('group');
    const staying = memberOf({ groupId, groupInstanceId: 'i1' }, { topics: [topic] });
    const leaving = memberOf({ groupId, groupInstanceId: 'i2' }, { topics: [topic] });
    await settle([staying, leaving], [1, 1], 2);
    const twin = memberOf({ groupId, groupInstanceId: 'i2' }, { topics: [topic] });
    await expect(pollUntil(twin.consumer, () => false)).rejects.toMatchObject({
      code: 'UNRELEASED_INSTANCE_ID',
    });
    await twin.consumer.close();
    const events = [...staying.events];
    const had = leaving.owned;
    await leaving.consumer.close();
    const back = memberOf({ groupId, groupInstanceId: 'i2' }, { topics: [topic] });
    await settle([staying, back], [1, 1], 2);
    expect(back.owned).toEqual(had);
    expect(staying.events).toEqual(events);
    await staying.consumer.close();
    await back.consumer.close();
  });

  test('CC5: a member that does not poll leaves; it is told of the loss and joins again at its next poll', async () => {
    const topic = await topicOf(2);
    const groupId = uniqueName('group');
    const slow = memberOf({ groupId, maxPollIntervalMs: 2000, enableAutoCommit: false }, { topics: [topic] });
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

  test('C25: an empty classic group becomes one of the consumer protocol, and goes on at its offsets', async () => {
    const topic = await topicOf(2);
    const groupId = uniqueName('group');
    await produce(kafka, topic, 10, 2);
    const classic = new Member(kafka, { groupId, sessionTimeoutMs: 10_000 }, { topics: [topic] });
    await pollCount(classic.consumer, 10);
    await classic.consumer.close();
    const member = memberOf({ groupId }, { topics: [topic] });
    await settle([member], [2], 2);
    await produce(kafka, topic, 2, 2);
    expect((await pollCount(member.consumer, 2)).map(({ offset }) => offset)).toEqual([5, 5]);
    await member.consumer.close();
  });

  test('a topic that does not exist yet is read once it does', async () => {
    const topic = uniqueName('later');
    const member = memberOf(
      { groupId: uniqueName('group'), metadataMaxAgeMs: 300, allowAutoCreateTopics: false },
      { topics: [topic] },
    );
    await pollUntil(member.consumer, () => member.events.length > 0);
    expect(member.events).toEqual(['+']);
    (await kafka.admin().createTopics([{ name: topic, numPartitions: 1, replicationFactor: 1 }])).orThrow();
    await settle([member], [1], 1);
    await member.consumer.close();
  });
});
