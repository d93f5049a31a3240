import { partitionForId } from '../../src/foundation/string-hash.js';
import { ByteReader } from '../../src/foundation/byte-reader.js';
import { ByteWriter } from '../../src/foundation/byte-writer.js';
import { codecFor } from '../../src/protocol/codec/codec.js';
import { ErrorCode } from '../../src/protocol/errors.js';
import { offsetCommitResponse } from '../../src/protocol/messages/08-offset-commit.js';
import { offsetFetchResponse } from '../../src/protocol/messages/09-offset-fetch.js';
import { joinGroupResponse } from '../../src/protocol/messages/11-join-group.js';
import { heartbeatResponse } from '../../src/protocol/messages/12-heartbeat.js';
import { leaveGroupResponse } from '../../src/protocol/messages/13-leave-group.js';
import { syncGroupResponse } from '../../src/protocol/messages/14-sync-group.js';
import { describeGroupsResponse } from '../../src/protocol/messages/15-describe-groups.js';
import { listGroupsResponse } from '../../src/protocol/messages/16-list-groups.js';
import type { Message } from '../../src/protocol/schema/message.js';
import type { InputOf, ShapeOf } from '../../src/protocol/schema/field.js';
import {
  commitTopic,
  context,
  CoordinatorHarness,
  joinRequest,
  syncRequest,
  zeroId,
} from './coordinator-harness.js';

/** The response as a client of that version reads it. */
function onTheWire<Shape>(message: Message<Shape>, version: number, body: InputOf<Shape>): ShapeOf<Shape> {
  const writer = new ByteWriter();
  const codec = codecFor(message, version);
  codec.write(writer, body);
  return codec.read(new ByteReader(writer.finishAsBuffer()));
}

function versionsOf(message: Message): number[] {
  const [first, last] = message.versions;
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

describe('G8 placement', () => {
  test('a group lives in the partition that its hash names', async () => {
    const harness = await CoordinatorHarness.open({ partitionCount: 50 });
    expect(harness.coordinator.partitionFor('my-group')).toBe(partitionForId('my-group', 50));
    void harness.commit({ groupId: 'my-group' });
    await harness.time.runUntilIdle();
    const written = harness.partitions.filter(({ logEndOffset }) => logEndOffset > 0);
    expect(written.map(({ partition }) => partition)).toEqual([partitionForId('my-group', 50)]);
  });

  test('while the offsets topic does not exist nobody coordinates', async () => {
    const harness = await CoordinatorHarness.open();
    harness.topicExists = false;
    expect(harness.coordinator.partitionFor('g')).toBeNull();
    expect((await harness.join()).errorCode).toBe(ErrorCode.NOT_COORDINATOR);
  });

  test('a closed coordinator is not available', async () => {
    const harness = await CoordinatorHarness.open();
    const { memberId } = await harness.join();
    const join = harness.join({ memberId });
    harness.coordinator.close();
    expect((await join).errorCode).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    expect((await harness.join()).errorCode).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE);
  });
});

describe('C3 records', () => {
  test('lie in the log in the form of Kafka: key type 1 and value version 3, key type 2 and value version 3', async () => {
    const harness = await CoordinatorHarness.open();
    await harness.time.until(
      harness.commit({
        topics: [commitTopic('t', [{ partition: 1, offset: 258, leaderEpoch: 4, metadata: 'm' }])],
      }),
    );
    await harness.stableMember('h');
    const bytes = Buffer.concat(harness.partition.batches().map((batch) => Buffer.from(batch.bytes)));
    const hex = bytes.toString('hex');
    expect(hex).toContain(`0001${'000167'}${'000174'}00000001`);
    expect(hex).toContain(`0003${'0000000000000102'}00000004${'00016d'}`);
    expect(hex).toContain(`0002${'000168'}`);
    const protocolType = Buffer.from('consumer').toString('hex');
    expect(hex).toContain(`00030008${protocolType}00000001${'0005'}${Buffer.from('range').toString('hex')}`);
  });

  test('case 47: offsets and the generation survive a crash of the broker', async () => {
    const harness = await CoordinatorHarness.open();
    const memberId = await harness.stableMember();
    const commit = harness.commit({ memberId, generationIdOrMemberEpoch: 1, offset: 42 });
    await harness.time.until(commit);
    await harness.crash();
    expect(await harness.committed()).toBe(42);
    const heartbeat = { groupId: 'g', generationId: 1, memberId, groupInstanceId: null };
    expect(await harness.coordinator.heartbeat(heartbeat)).toEqual({ errorCode: 0 });
    const sync = await harness.coordinator.syncGroup(syncRequest({ memberId }));
    expect(sync.assignment).toEqual(Buffer.from('mine'));
    expect(await harness.coordinator.listGroups({ statesFilter: [], typesFilter: [] })).toEqual({
      errorCode: 0,
      groups: [{ groupId: 'g', protocolType: 'consumer', groupState: 'Stable', groupType: 'classic' }],
    });
  });
});

describe('C4 the request itself', () => {
  test.each([5_999, 1_800_001])('a session timeout of %i ms is refused', async (sessionTimeoutMs) => {
    const harness = await CoordinatorHarness.open();
    expect((await harness.join({ sessionTimeoutMs })).errorCode).toBe(ErrorCode.INVALID_SESSION_TIMEOUT);
  });

  test('a group without a name has no members', async () => {
    const { coordinator } = await CoordinatorHarness.open();
    const nameless = { groupId: '', memberId: 'm', generationId: 1, groupInstanceId: null };
    const replies = [
      await coordinator.joinGroup(joinRequest({ groupId: '' }), context(9)),
      await coordinator.syncGroup(syncRequest({ groupId: '' })),
      await coordinator.heartbeat(nameless),
      await coordinator.leaveGroup({ ...nameless, members: [] }, context(5)),
    ];
    expect(replies.map(({ errorCode }) => errorCode)).toEqual(Array(4).fill(ErrorCode.INVALID_GROUP_ID));
  });

  test('but it may hold offsets', async () => {
    const harness = await CoordinatorHarness.open();
    await harness.time.until(harness.commit({ groupId: '', offset: 3 }));
    expect(await harness.committed('')).toBe(3);
  });
});

describe('versions: every reply can be written and read', () => {
  test.each(versionsOf(joinGroupResponse))('JoinGroup %i (quirk 9)', async (version) => {
    const harness = await CoordinatorHarness.open();
    const refused = await harness.join({ memberId: 'ghost' }, version);
    const wire = onTheWire(joinGroupResponse, version, refused);
    expect(wire).toMatchObject({
      errorCode: ErrorCode.UNKNOWN_MEMBER_ID,
      generationId: -1,
      memberId: 'ghost',
    });
    expect(wire.protocolName).toBe(version < 7 ? '' : null);
    const rebalanceTimeoutMs = version === 0 ? -1 : 60_000;
    const first = harness.join({ rebalanceTimeoutMs }, version);
    const joined =
      version < 4 ? first : harness.join({ rebalanceTimeoutMs, memberId: (await first).memberId }, version);
    const reply = onTheWire(joinGroupResponse, version, await harness.time.until(joined));
    expect(reply).toMatchObject({ errorCode: 0, generationId: 1, protocolName: 'range' });
    expect(reply.memberId).toMatch(
      /^client-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(reply.members).toMatchObject([{ memberId: reply.memberId }]);
    expect(reply.protocolType).toBe(version < 7 ? null : 'consumer');
  });

  test.each(versionsOf(syncGroupResponse))('SyncGroup %i', async (version) => {
    const harness = await CoordinatorHarness.open();
    const memberId = await harness.stableMember();
    const body = await harness.coordinator.syncGroup(syncRequest({ memberId }));
    expect(onTheWire(syncGroupResponse, version, body)).toMatchObject({
      errorCode: 0,
      assignment: Buffer.from('mine'),
      protocolName: version < 5 ? null : 'range',
    });
  });

  test.each(versionsOf(heartbeatResponse))('Heartbeat %i', async (version) => {
    const harness = await CoordinatorHarness.open();
    const memberId = await harness.stableMember();
    const request = { groupId: 'g', generationId: 1, memberId, groupInstanceId: null };
    const body = await harness.coordinator.heartbeat(request);
    expect(onTheWire(heartbeatResponse, version, body).errorCode).toBe(0);
  });

  test.each(versionsOf(leaveGroupResponse))('LeaveGroup %i (C12)', async (version) => {
    const harness = await CoordinatorHarness.open();
    const memberId = await harness.stableMember();
    const leave = async (leaving: string) =>
      onTheWire(
        leaveGroupResponse,
        version,
        await harness.coordinator.leaveGroup(
          {
            groupId: 'g',
            memberId: version < 3 ? leaving : '',
            members: version < 3 ? [] : [{ memberId: leaving, groupInstanceId: null, reason: null }],
          },
          context(version),
        ),
      );
    const unknown = ErrorCode.UNKNOWN_MEMBER_ID;
    const member = (id: string, errorCode: number) => ({ memberId: id, groupInstanceId: null, errorCode });
    const answer = (id: string, errorCode: number) =>
      version < 3
        ? { throttleTimeMs: 0, errorCode, members: [] }
        : { throttleTimeMs: 0, errorCode: 0, members: [member(id, errorCode)] };
    expect(await leave('ghost')).toEqual(answer('ghost', unknown));
    expect(await leave(memberId)).toEqual(answer(memberId, 0));
  });

  test.each(versionsOf(describeGroupsResponse))('DescribeGroups %i', async (version) => {
    const harness = await CoordinatorHarness.open({ partitionCount: 3 });
    await harness.stableMember();
    const body = await harness.coordinator.describeGroups(
      { groups: ['nope', 'g'], includeAuthorizedOperations: false },
      context(version),
    );
    const { groups } = onTheWire(describeGroupsResponse, version, body);
    expect(groups).toMatchObject([
      {
        groupId: 'nope',
        groupState: 'Dead',
        errorCode: version < 6 ? 0 : ErrorCode.GROUP_ID_NOT_FOUND,
      },
      { groupId: 'g', groupState: 'Stable', members: [{ clientId: 'client', clientHost: '/127.0.0.1' }] },
    ]);
  });

  test.each(versionsOf(listGroupsResponse))('ListGroups %i', async (version) => {
    const harness = await CoordinatorHarness.open({ partitionCount: 3 });
    await harness.stableMember('one');
    await harness.time.until(harness.commit({ groupId: 'two' }));
    const body = await harness.coordinator.listGroups({ statesFilter: [], typesFilter: [] });
    const { groups } = onTheWire(listGroupsResponse, version, body);
    expect(groups.map(({ groupId }) => groupId).sort()).toEqual(['one', 'two']);
  });

  test.each(versionsOf(offsetCommitResponse))('OffsetCommit %i (C13, quirk 10)', async (version) => {
    const harness = await CoordinatorHarness.open();
    const known = harness.topics.get('t')!;
    const name = (topic: string) => (version < 10 ? topic : '');
    const partitions = [
      { partition: 0, offset: 1 },
      { partition: 2, offset: 1 },
    ];
    const topics = [
      commitTopic(name('t'), partitions, version < 10 ? zeroId : known.topicId),
      commitTopic(name('unknown'), partitions.slice(0, 1), version < 10 ? zeroId : 'zzzzzzzzzzzzzzzzzzzzzg'),
    ];
    const body = await harness.time.until(harness.commit({ topics }, version));
    const reply = onTheWire(offsetCommitResponse, version, body);
    expect(reply.topics.map((topic) => topic.partitions.map(({ errorCode }) => errorCode))).toEqual([
      [0, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
      [version < 10 ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.UNKNOWN_TOPIC_ID],
    ]);
    expect(reply.topics[0]).toMatchObject(version < 10 ? { name: 't' } : { topicId: known.topicId });
    expect(await harness.committed()).toBe(1);
  });

  const fetched = {
    partitionIndex: 0,
    committedOffset: 7,
    committedLeaderEpoch: 4,
    metadata: 'note',
    errorCode: 0,
  };
  const none = {
    partitionIndex: 1,
    committedOffset: -1,
    committedLeaderEpoch: -1,
    metadata: '',
    errorCode: 0,
  };
  const commitFetched = (harness: CoordinatorHarness) =>
    harness.time.until(
      harness.commit({
        topics: [commitTopic('t', [{ partition: 0, offset: 7, leaderEpoch: 4, metadata: 'note' }])],
      }),
    );

  test.each([1, 2, 3, 4, 5, 6, 7])('OffsetFetch %i (C14, quirk 10)', async (version) => {
    const harness = await CoordinatorHarness.open();
    await commitFetched(harness);
    const body = await harness.fetch({ topics: [{ name: 't', partitionIndexes: [0, 1] }] }, version);
    const committedLeaderEpoch = version < 5 ? -1 : 4;
    expect(onTheWire(offsetFetchResponse, version, body).topics).toEqual([
      { name: 't', partitions: [{ ...fetched, committedLeaderEpoch }, none] },
    ]);
  });

  test.each([8, 9, 10])('OffsetFetch %i, many groups (C14, quirk 10)', async (version) => {
    const harness = await CoordinatorHarness.open({ partitionCount: 3 });
    await commitFetched(harness);
    const topicId = harness.topics.get('t')?.topicId ?? '';
    const member = { memberId: null, memberEpoch: -1 };
    const topic = version < 10 ? { name: 't', topicId: zeroId } : { name: '', topicId };
    const groups = [
      { ...member, groupId: 'g', topics: [{ ...topic, partitionIndexes: [0, 1] }] },
      { ...member, groupId: 'g', topics: null },
      { ...member, groupId: 'nope', topics: [{ ...topic, partitionIndexes: [1] }] },
    ];
    const reply = onTheWire(
      offsetFetchResponse,
      version,
      await harness.fetch({ topics: [], groups }, version),
    );
    expect(reply.groups).toEqual([
      { groupId: 'g', topics: [{ ...topic, partitions: [fetched, none] }], errorCode: 0 },
      { groupId: 'g', topics: [{ ...topic, partitions: [fetched] }], errorCode: 0 },
      { groupId: 'nope', topics: [{ ...topic, partitions: [none] }], errorCode: 0 },
    ]);
  });
});

describe('C13 and C14 around topics', () => {
  test('a commit of which nothing can stand does not reach the group', async () => {
    const harness = await CoordinatorHarness.open();
    await harness.commit({ groupId: 'g', topics: [commitTopic('unknown', [{ partition: 0, offset: 1 }])] });
    expect((await harness.coordinator.listGroups({ statesFilter: [], typesFilter: [] })).groups).toEqual([]);
  });

  test.each([2, 7])('version %i fetches all with null topics', async (version) => {
    const harness = await CoordinatorHarness.open();
    await harness.time.until(harness.commit());
    expect((await harness.fetch({ topics: null }, version)).topics).toMatchObject([
      { name: 't', partitions: [{ partitionIndex: 0, committedOffset: 5 }] },
    ]);
  });

  test('case 46: the offsets of an unknown group are -1, without an error', async () => {
    const harness = await CoordinatorHarness.open();
    const reply = await harness.fetch({ groupId: 'nope' });
    expect(reply).toMatchObject({
      errorCode: 0,
      topics: [{ partitions: [{ committedOffset: -1, errorCode: 0 }] }],
    });
    expect(await harness.fetch({ groupId: 'nope', topics: null })).toMatchObject({
      errorCode: 0,
      topics: [],
    });
  });

  test('version 1 tells a failure in every partition, version 2 at the top', async () => {
    const harness = await CoordinatorHarness.open();
    harness.topicExists = false;
    const oldest = onTheWire(offsetFetchResponse, 1, await harness.fetch({}, 1));
    expect(oldest.topics).toMatchObject([{ partitions: [{ errorCode: ErrorCode.NOT_COORDINATOR }] }]);
    const newer = onTheWire(offsetFetchResponse, 2, await harness.fetch({}, 2));
    expect(newer).toMatchObject({ errorCode: ErrorCode.NOT_COORDINATOR, topics: [] });
  });

  test('version 10 cannot name topics that are gone: asked for they are unknown, in a list they are left out', async () => {
    const harness = await CoordinatorHarness.open();
    await harness.time.until(harness.commit());
    const { topicId } = harness.topics.get('t')!;
    harness.topics.clear();
    const member = { groupId: 'g', memberId: null, memberEpoch: -1 };
    const reply = await harness.fetch(
      {
        groups: [
          { ...member, topics: [{ name: '', topicId, partitionIndexes: [0] }] },
          { ...member, topics: null },
        ],
      },
      10,
    );
    expect(reply.groups?.[0]?.topics?.[0]?.partitions?.[0]?.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_ID);
    expect(reply.groups?.[1]?.topics).toEqual([]);
  });

  test('C16: with a topic go its offsets', async () => {
    const harness = await CoordinatorHarness.open({ partitionCount: 5 });
    const groupIds = ['a', 'b', 'c', 'd'];
    await Promise.all([
      ...groupIds.map((groupId) => harness.commit({ groupId })),
      harness.time.runUntilIdle(),
    ]);
    harness.coordinator.onTopicDeleted('t');
    for (const groupId of groupIds) expect(await harness.committed(groupId)).toBe(-1);
    await harness.crash();
    for (const groupId of groupIds) expect(await harness.committed(groupId)).toBe(-1);
  });
});
