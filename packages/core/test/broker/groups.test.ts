import { apis } from '../../src/protocol/api-keys.js';
import { ErrorCode } from '../../src/protocol/errors.js';
import type { JoinGroupResponse } from '../../src/protocol/messages/11-join-group.js';
import type { RawClient } from '../support/raw-client.js';
import { TestBroker } from '../support/test-broker.js';

describe('groups', () => {
  let broker: TestBroker;

  beforeEach(async () => {
    broker = await new TestBroker().start();
  });
  afterEach(() => broker.stop());

  const findCoordinator = (client: RawClient) =>
    broker.settled(client.send(apis.findCoordinator, 6, { keyType: 0, coordinatorKeys: ['readers'] }));

  function join(client: RawClient, memberId: string): Promise<JoinGroupResponse> {
    return client.send(apis.joinGroup, 9, {
      groupId: 'readers',
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 60_000,
      memberId,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: Buffer.from(memberId) }],
    });
  }

  /** The id that a first attempt is given (C5). */
  async function memberIdFor(client: RawClient): Promise<string> {
    const refused = await broker.settled(join(client, ''));
    expect(refused).toMatchObject({ errorCode: ErrorCode.MEMBER_ID_REQUIRED });
    return refused.memberId;
  }

  async function lead(client: RawClient): Promise<JoinGroupResponse> {
    await findCoordinator(client);
    const joined = await broker.settled(join(client, await memberIdFor(client)));
    const { memberId, generationId } = joined;
    const synced = await broker.settled(
      client.send(apis.syncGroup, 5, {
        groupId: 'readers',
        generationId,
        memberId,
        protocolType: 'consumer',
        protocolName: 'range',
        assignments: [{ memberId, assignment: Buffer.from('all of it') }],
      }),
    );
    expect(synced).toMatchObject({ errorCode: 0, assignment: Buffer.from('all of it') });
    return joined;
  }

  const commit = (client: RawClient, member: JoinGroupResponse, offset: number) =>
    broker.settled(
      client.send(apis.offsetCommit, 9, {
        groupId: 'readers',
        generationIdOrMemberEpoch: member.generationId,
        memberId: member.memberId,
        topics: [
          {
            name: 'topic',
            partitions: [
              {
                partitionIndex: 0,
                committedOffset: offset,
                committedLeaderEpoch: 3,
                committedMetadata: 'note',
              },
            ],
          },
        ],
      }),
    );

  const committed = async (client: RawClient, groupId = 'readers') => {
    const reply = await broker.settled(
      client.send(apis.offsetFetch, 9, {
        groups: [{ groupId, topics: [{ name: 'topic', partitionIndexes: [0] }] }],
      }),
    );
    return reply.groups[0]!;
  };

  it('FindCoordinator names this node, in both shapes, and refuses what it does not coordinate', async () => {
    const client = broker.connect();
    const here = { nodeId: 1, host: 'memory', port: 9092, errorCode: 0 };
    expect((await findCoordinator(client)).coordinators).toMatchObject([{ key: 'readers', ...here }]);
    const single = (version: number, key: string, keyType?: number) =>
      broker.settled(client.send(apis.findCoordinator, version, { key, keyType }));
    expect(await single(0, 'readers')).toMatchObject(here);
    expect(await single(3, 'readers', 0)).toMatchObject(here);
    expect(await single(3, 'tx', 1)).toMatchObject(here);
    expect(await single(3, 'share', 2)).toMatchObject({ errorCode: ErrorCode.INVALID_REQUEST, nodeId: -1 });
    expect(await single(3, '', 1)).toMatchObject({ errorCode: ErrorCode.INVALID_REQUEST, nodeId: -1 });
    expect(await single(3, '')).toMatchObject({ errorCode: ErrorCode.INVALID_GROUP_ID });
    const metadata = await broker.settled(
      client.send(apis.metadata, 12, { topics: [{ name: '__consumer_offsets' }] }),
    );
    expect(metadata.topics[0]).toMatchObject({ isInternal: true });
    expect(metadata.topics[0]!.partitions).toHaveLength(3);
  });

  it('corner case 54: replicas that cannot be had give COORDINATOR_NOT_AVAILABLE again and again, and a log line', async () => {
    await broker.stop();
    broker = await new TestBroker({ offsetsTopicReplicationFactor: 3 }).start();
    const client = broker.connect();
    for (let attempt = 0; attempt < 2; attempt++) {
      const [coordinator] = (await findCoordinator(client)).coordinators;
      expect(coordinator!.errorCode).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    }
    expect(broker.warnings()[0]!.fields.reason).toContain('offsets.topic.replication.factor is 3');
  });

  it('C6, corner case 41: two consumers that start together share one rebalance, after the delay and its extension', async () => {
    const [first, second] = [broker.connect(), broker.connect()];
    await findCoordinator(first);
    const ids = [await memberIdFor(first), await memberIdFor(second)];
    const startedMs = broker.time.clock.monotonicMs();
    const joins = [join(first, ids[0]!), join(second, ids[1]!)];
    const replies = await broker.settled(Promise.all(joins));
    // The second one joined within the first three seconds, which adds three more.
    expect(broker.time.clock.monotonicMs() - startedMs).toBe(6000);
    expect(replies.map(({ errorCode, generationId }) => [errorCode, generationId])).toEqual([
      [0, 1],
      [0, 1],
    ]);
    const leader = replies.find(({ memberId, leader: id }) => memberId === id);
    expect(leader!.members.map(({ memberId }) => memberId).sort((a, b) => (a < b ? -1 : 1))).toEqual(
      [...ids].sort((a, b) => (a < b ? -1 : 1)),
    );
    expect(replies.filter(({ members }) => members.length > 0)).toHaveLength(1);
  });

  it('C14, corner case 46: an unknown group has offsets of -1 without an error, and the leader epoch comes back', async () => {
    const client = broker.connect();
    await broker.createTopic(client, 'topic');
    const member = await lead(client);
    expect(await committed(client, 'nobody')).toMatchObject({
      errorCode: 0,
      topics: [
        { partitions: [{ committedOffset: -1, committedLeaderEpoch: -1, metadata: '', errorCode: 0 }] },
      ],
    });
    expect((await commit(client, member, 42)).topics[0]!.partitions[0]!.errorCode).toBe(0);
    expect(await committed(client)).toMatchObject({
      topics: [
        { partitions: [{ committedOffset: 42, committedLeaderEpoch: 3, metadata: 'note', errorCode: 0 }] },
      ],
    });
  });

  it('corner case 47: offsets and the generation survive a restart', async () => {
    let client = broker.connect();
    await broker.createTopic(client, 'topic');
    const member = await lead(client);
    await commit(client, member, 7);
    await broker.restart();
    client = broker.connect();
    expect((await committed(client)).topics[0]!.partitions[0]!.committedOffset).toBe(7);
    const heartbeat = await broker.settled(
      client.send(apis.heartbeat, 4, {
        groupId: 'readers',
        generationId: member.generationId,
        memberId: member.memberId,
      }),
    );
    expect(heartbeat.errorCode).toBe(0);
    const described = await broker.settled(client.send(apis.describeGroups, 5, { groups: ['readers'] }));
    expect(described.groups).toMatchObject([
      { groupState: 'Stable', protocolType: 'consumer', protocolData: 'range' },
    ]);
    const listed = await broker.settled(
      client.send(apis.listGroups, 5, { statesFilter: [], typesFilter: [] }),
    );
    expect(listed.groups).toMatchObject([{ groupId: 'readers', groupState: 'Stable', groupType: 'classic' }]);
  });

  it('C10: a member whose session passes is gone', async () => {
    const client = broker.connect();
    const member = await lead(client);
    await broker.time.advance(10_001);
    const heartbeat = await broker.settled(
      client.send(apis.heartbeat, 4, {
        groupId: 'readers',
        generationId: member.generationId,
        memberId: member.memberId,
      }),
    );
    expect(heartbeat.errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
  });

  it('C12: a member that leaves is gone at once', async () => {
    const client = broker.connect();
    const { memberId } = await lead(client);
    const left = await broker.settled(
      client.send(apis.leaveGroup, 5, {
        groupId: 'readers',
        members: [{ memberId }, { memberId: 'stranger' }],
      }),
    );
    expect(left.members.map(({ errorCode }) => errorCode)).toEqual([0, ErrorCode.UNKNOWN_MEMBER_ID]);
    const described = await broker.settled(client.send(apis.describeGroups, 5, { groups: ['readers'] }));
    expect(described.groups[0]!.groupState).toBe('Empty');
  });

  it('C16: deleting a topic takes its offsets along', async () => {
    const client = broker.connect();
    await broker.createTopic(client, 'topic');
    await commit(client, await lead(client), 9);
    await broker.settled(client.send(apis.deleteTopics, 1, { topicNames: ['topic'], timeoutMs: 1000 }));
    await broker.createTopic(client, 'topic');
    expect((await committed(client)).topics[0]!.partitions[0]!.committedOffset).toBe(-1);
  });
});
