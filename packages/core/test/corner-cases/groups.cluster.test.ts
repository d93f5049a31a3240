// Corner cases 43 to 46 and 53: classic groups and their offsets, and topics made by Metadata, on any cluster.
import { apis } from '../../src/protocol/api-keys.js';
import { ErrorCode } from '../../src/protocol/errors.js';
import type { JoinGroupRequestInput, JoinGroupResponse } from '../../src/protocol/messages/11-join-group.js';
import { consumerProtocolSubscription } from '../../src/protocol/messages/consumer-protocol.js';
import { encodeVersioned } from '../../src/protocol/versioned-message.js';
import { uniqueName } from '../support/cluster.js';
import { eventually } from '../support/cluster-client.js';
import type { RawClient } from '../support/raw-client.js';
import { CornerCluster } from './corner-cluster.js';

/** A cluster may wait three seconds for more members, and longer with a busy disk. */
jest.setTimeout(30_000);

describe('groups', () => {
  let world: CornerCluster;
  let groupId: string;
  let topic: string;
  let subscription: Buffer;
  const clients: RawClient[] = [];

  beforeAll(async () => {
    world = await CornerCluster.start();
    topic = (await world.topic()).name;
    subscription = encodeVersioned(consumerProtocolSubscription, 1, { topics: [topic], ownedPartitions: [] });
  });
  beforeEach(async () => {
    groupId = uniqueName('corner');
    await eventually(
      () => world.client.send(apis.findCoordinator, 6, { keyType: 0, coordinatorKeys: [groupId] }),
      ({ coordinators }) => coordinators[0]!.errorCode === 0,
    );
    await eventually(fetchOffset, ({ errorCode }) => errorCode === 0);
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
  });
  afterAll(() => world.close());

  function connect(): RawClient {
    const client = world.connect();
    clients.push(client);
    return client;
  }

  const join = (client: RawClient, more: Partial<JoinGroupRequestInput> = {}): Promise<JoinGroupResponse> =>
    client.send(apis.joinGroup, 9, {
      groupId,
      sessionTimeoutMs: 30_000,
      rebalanceTimeoutMs: 60_000,
      memberId: '',
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: subscription }],
      ...more,
    });

  /** A member of its own generation, whose assignment is not given yet. */
  async function joined(client: RawClient): Promise<JoinGroupResponse> {
    const { errorCode, memberId } = await join(client);
    expect(errorCode).toBe(ErrorCode.MEMBER_ID_REQUIRED);
    const member = await join(client, { memberId });
    expect(member).toMatchObject({ errorCode: 0, generationId: 1, leader: memberId });
    return member;
  }

  const sync = (
    client: RawClient,
    { memberId, generationId }: JoinGroupResponse,
    more: { groupInstanceId?: string; assignment?: string } = {},
  ) => {
    const { groupInstanceId = null, assignment } = more;
    const assignments = assignment === undefined ? [] : [{ memberId, assignment: Buffer.from(assignment) }];
    const protocol = { protocolType: 'consumer', protocolName: 'range' };
    const request = { groupId, generationId, memberId, groupInstanceId, assignments, ...protocol };
    return client.send(apis.syncGroup, 5, request);
  };

  const heartbeat = async (client: RawClient, memberId: string, groupInstanceId: string | null = null) =>
    (await client.send(apis.heartbeat, 4, { groupId, generationId: 1, memberId, groupInstanceId })).errorCode;

  async function commit(
    client: RawClient,
    { memberId, generationId }: { memberId: string; generationId: number },
    offset = 5,
  ): Promise<number> {
    const partition = {
      partitionIndex: 0,
      committedOffset: offset,
      committedLeaderEpoch: 0,
      committedMetadata: 'note',
    };
    const { topics } = await client.send(apis.offsetCommit, 9, {
      groupId,
      generationIdOrMemberEpoch: generationId,
      memberId,
      topics: [{ name: topic, partitions: [partition] }],
    });
    return topics[0]!.partitions[0]!.errorCode;
  }

  async function fetchOffset() {
    const { groups } = await world.client.send(apis.offsetFetch, 9, {
      groups: [{ groupId, topics: [{ name: topic, partitionIndexes: [0] }] }],
    });
    const group = groups[0]!;
    return { errorCode: group.errorCode, partition: group.topics[0]?.partitions[0] };
  }

  it('corner case 43: a commit is 27 while assignments are awaited, and taken while members are', async () => {
    const [first, second] = [connect(), connect()];
    const member = await joined(first);
    expect(await commit(first, member)).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
    expect(await sync(first, member, { assignment: 'all' })).toMatchObject({ errorCode: 0 });
    expect(await commit(first, member, 6)).toBe(0);
    const { memberId } = await join(second);
    const waiting = join(second, { memberId });
    await eventually(
      () => heartbeat(first, member.memberId),
      (errorCode) => errorCode === ErrorCode.REBALANCE_IN_PROGRESS,
    );
    expect(await commit(first, member, 7)).toBe(0);
    const again = await join(first, { memberId: member.memberId });
    expect([again.generationId, (await waiting).generationId]).toEqual([2, 2]);
    expect((await fetchOffset()).partition).toMatchObject({ committedOffset: 7 });
  });

  it('corner case 44: a static member that comes back has its assignment and generation, its zombie is 82', async () => {
    const groupInstanceId = 'instance';
    const [first, restarted] = [connect(), connect()];
    const member = await join(first, { groupInstanceId });
    expect(member).toMatchObject({ errorCode: 0, generationId: 1 });
    expect(await sync(first, member, { groupInstanceId, assignment: 'mine' })).toMatchObject({
      errorCode: 0,
    });
    const back = await join(restarted, { groupInstanceId });
    expect(back).toMatchObject({ errorCode: 0, generationId: 1, skipAssignment: true });
    expect(back.memberId).not.toBe(member.memberId);
    expect(await sync(restarted, back, { groupInstanceId })).toMatchObject({
      errorCode: 0,
      assignment: Buffer.from('mine'),
    });
    expect(await heartbeat(first, member.memberId, groupInstanceId)).toBe(ErrorCode.FENCED_INSTANCE_ID);
    expect(await heartbeat(restarted, back.memberId, groupInstanceId)).toBe(0);
  });

  it('corner case 45: a commit without a member to a group that has members is 25', async () => {
    const stranger = { memberId: '', generationId: -1 };
    expect(await commit(world.client, stranger, 3)).toBe(0);
    const client = connect();
    const member = await joined(client);
    await sync(client, member, { assignment: 'all' });
    expect(await commit(world.client, stranger, 4)).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
    expect((await fetchOffset()).partition).toMatchObject({ committedOffset: 3 });
  });

  it('corner case 46: an unknown group has offsets of -1 and no error; the leader epoch comes back', async () => {
    expect(await fetchOffset()).toMatchObject({
      errorCode: 0,
      partition: { committedOffset: -1, committedLeaderEpoch: -1, metadata: '', errorCode: 0 },
    });
    expect(await commit(world.client, { memberId: '', generationId: -1 }, 9)).toBe(0);
    expect((await fetchOffset()).partition).toEqual({
      partitionIndex: 0,
      committedOffset: 9,
      committedLeaderEpoch: 0,
      metadata: 'note',
      errorCode: 0,
    });
  });

  it('corner case 53: Metadata answers 3 and then has the topic; allow_auto_topic_creation=false never makes it', async () => {
    const ask = async (name: string, allowAutoTopicCreation: boolean) => {
      const { topics } = await world.client.send(apis.metadata, 12, {
        topics: [{ name }],
        allowAutoTopicCreation,
      });
      return topics[0]!.errorCode;
    };
    const [refused, made] = [uniqueName('never'), uniqueName('made')];
    expect(await ask(refused, false)).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    expect(await ask(made, true)).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    expect(
      await eventually(
        () => ask(made, false),
        (errorCode) => errorCode === 0,
      ),
    ).toBe(0);
    expect(await ask(refused, false)).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  });
});
