// Corner cases 41, 42, 47 and 54: what time and restarts do to groups, of a whole broker.
import { apis } from '../../src/protocol/api-keys.js';
import { ErrorCode } from '../../src/protocol/errors.js';
import type { JoinGroupResponse } from '../../src/protocol/messages/11-join-group.js';
import type { RawClient } from '../support/raw-client.js';
import { TestBroker } from '../support/test-broker.js';

const groupId = 'readers';
const sessionTimeoutMs = 10_000;

describe('groups of a whole broker', () => {
  let broker: TestBroker;
  beforeEach(async () => void (broker = await new TestBroker().start()));
  afterEach(() => broker.stop());

  const findCoordinator = async (client: RawClient) => {
    const ask = client.send(apis.findCoordinator, 6, { keyType: 0, coordinatorKeys: [groupId] });
    return (await broker.settled(ask)).coordinators[0]!.errorCode;
  };

  const join = (client: RawClient, memberId: string): Promise<JoinGroupResponse> =>
    client.send(apis.joinGroup, 9, {
      groupId,
      sessionTimeoutMs,
      rebalanceTimeoutMs: 60_000,
      memberId,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: Buffer.from('subscription') }],
    });

  async function memberIdFor(client: RawClient): Promise<string> {
    const { errorCode, memberId } = await broker.settled(join(client, ''));
    expect(errorCode).toBe(ErrorCode.MEMBER_ID_REQUIRED);
    return memberId;
  }

  const heartbeat = async (client: RawClient, { memberId, generationId }: JoinGroupResponse) =>
    (await broker.settled(client.send(apis.heartbeat, 4, { groupId, generationId, memberId }))).errorCode;

  it('corner case 41: two consumers that start within three seconds share one rebalance', async () => {
    const [first, second] = [broker.connect(), broker.connect()];
    expect(await findCoordinator(first)).toBe(0);
    const ids = [await memberIdFor(first), await memberIdFor(second)];
    const joins = [join(first, ids[0]!)];
    await broker.time.advance(2_000);
    joins.push(join(second, ids[1]!));
    const replies = await broker.settled(Promise.all(joins));
    expect(replies.map(({ errorCode, generationId }) => [errorCode, generationId])).toEqual([
      [0, 1],
      [0, 1],
    ]);
    const leader = replies.find(({ memberId, leader: leaderId }) => memberId === leaderId)!;
    expect(leader.members.map(({ memberId }) => memberId).toSorted()).toEqual(ids.toSorted());
    expect(replies.filter(({ members }) => members.length > 0)).toEqual([leader]);
  });

  it('corner case 42: an id that was given and never used expires, and does not hold up the group', async () => {
    const [first, second, absent] = [broker.connect(), broker.connect(), broker.connect()];
    await findCoordinator(first);
    const ids = [await memberIdFor(first), await memberIdFor(second), await memberIdFor(absent)];
    const startedMs = broker.time.clock.monotonicMs();
    const replies = await broker.settled(Promise.all([join(first, ids[0]!), join(second, ids[1]!)]));
    // Pending ids block completion until their session has passed, and no longer.
    expect(broker.time.clock.monotonicMs() - startedMs).toBeLessThanOrEqual(sessionTimeoutMs);
    expect(replies.map(({ errorCode, generationId }) => [errorCode, generationId])).toEqual([
      [0, 1],
      [0, 1],
    ]);
    await broker.time.advance(sessionTimeoutMs);
    expect((await broker.settled(join(absent, ids[2]!))).errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
  });

  it.each(['restart', 'kill'] as const)(
    'corner case 47: offsets, the generation and its members are there after a %s',
    async (how) => {
      let client = broker.connect();
      await broker.createTopic(client, 'topic');
      await findCoordinator(client);
      const member = await broker.settled(join(client, await memberIdFor(client)));
      const { memberId, generationId } = member;
      const synced = await broker.settled(
        client.send(apis.syncGroup, 5, {
          groupId,
          generationId,
          memberId,
          protocolType: 'consumer',
          protocolName: 'range',
          assignments: [{ memberId, assignment: Buffer.from('all of it') }],
        }),
      );
      expect(synced.errorCode).toBe(0);
      const committed = {
        partitionIndex: 0,
        committedOffset: 7,
        committedLeaderEpoch: 0,
        committedMetadata: 'note',
      };
      const commit = await broker.settled(
        client.send(apis.offsetCommit, 9, {
          groupId,
          generationIdOrMemberEpoch: generationId,
          memberId,
          topics: [{ name: 'topic', partitions: [committed] }],
        }),
      );
      expect(commit.topics[0]!.partitions[0]!.errorCode).toBe(0);
      await broker[how]();
      client = broker.connect();
      const { groups } = await broker.settled(
        client.send(apis.offsetFetch, 9, {
          groups: [{ groupId, topics: [{ name: 'topic', partitionIndexes: [0] }] }],
        }),
      );
      expect(groups[0]!.topics[0]!.partitions[0]).toMatchObject({ committedOffset: 7, metadata: 'note' });
      expect(await heartbeat(client, member)).toBe(0);
      expect(await heartbeat(client, { ...member, generationId: generationId + 1 })).toBe(
        ErrorCode.ILLEGAL_GENERATION,
      );
    },
  );

  it('corner case 54: three replicas on one broker give 15 again and again, and a log line that names the config', async () => {
    await broker.stop();
    broker = await new TestBroker({ offsetsTopicReplicationFactor: 3 }).start();
    const client = broker.connect();
    for (let attempt = 0; attempt < 3; attempt++)
      expect(await findCoordinator(client)).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    expect(broker.warnings().map(({ fields }) => fields.reason)).toContainEqual(
      expect.stringContaining('offsets.topic.replication.factor'),
    );
  });
});
