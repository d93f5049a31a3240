import { apis } from '../../src/protocol/api-keys.js';
import { ErrorCode } from '../../src/protocol/errors.js';
import type {
  ConsumerGroupHeartbeatRequestInput,
  ConsumerGroupHeartbeatResponse,
} from '../../src/protocol/messages/68-consumer-group-heartbeat.js';
import type { RawClient } from '../support/raw-client.js';
import { TestBroker } from '../support/test-broker.js';

describe('consumer groups', () => {
  let broker: TestBroker;
  let client: RawClient;
  let topicId: string;

  beforeEach(async () => {
    broker = await new TestBroker().start();
    client = broker.connect();
    await broker.settled(client.send(apis.findCoordinator, 6, { keyType: 0, coordinatorKeys: ['g'] }));
    const created = await broker.settled(
      client.send(apis.createTopics, 7, {
        topics: [{ name: 'reads', numPartitions: 2, replicationFactor: 1, assignments: [], configs: [] }],
        timeoutMs: 1_000,
      }),
    );
    topicId = created.topics[0]!.topicId;
  });
  afterEach(() => broker.stop());

  const heartbeat = (
    request: Partial<ConsumerGroupHeartbeatRequestInput>,
    version = 1,
  ): Promise<ConsumerGroupHeartbeatResponse> =>
    broker.settled(
      client.send(apis.consumerGroupHeartbeat, version, {
        groupId: 'g',
        memberId: 'm',
        memberEpoch: 0,
        ...request,
      }),
    );

  const join = { rebalanceTimeoutMs: 60_000, subscribedTopicNames: ['reads'], topicPartitions: [] };

  const commit = (memberEpoch: number, offset: number) =>
    broker.settled(
      client.send(apis.offsetCommit, 9, {
        groupId: 'g',
        generationIdOrMemberEpoch: memberEpoch,
        memberId: 'm',
        topics: [
          {
            name: 'reads',
            partitions: [{ partitionIndex: 0, committedOffset: offset, committedMetadata: '' }],
          },
        ],
      }),
    );

  const fetch = (memberId: string | null, memberEpoch: number) =>
    broker.settled(
      client.send(apis.offsetFetch, 9, {
        groups: [{ groupId: 'g', memberId, memberEpoch, topics: [{ name: 'reads', partitionIndexes: [0] }] }],
      }),
    );

  const describe69 = async () =>
    (
      await broker.settled(
        client.send(apis.consumerGroupDescribe, 1, { groupIds: ['g'], includeAuthorizedOperations: false }),
      )
    ).groups[0]!;

  it('C18, C24: a member joins, commits and fetches with its epoch, and leaves', async () => {
    expect(await heartbeat(join)).toMatchObject({
      errorCode: 0,
      memberId: 'm',
      memberEpoch: 1,
      heartbeatIntervalMs: 5_000,
      assignment: { topicPartitions: [{ topicId, partitions: [0, 1] }] },
    });
    expect((await heartbeat({ memberEpoch: 1 })).assignment).toBeNull();
    expect((await commit(1, 7)).topics[0]!.partitions[0]!.errorCode).toBe(0);
    expect((await commit(9, 8)).topics[0]!.partitions[0]!.errorCode).toBe(ErrorCode.STALE_MEMBER_EPOCH);
    expect((await fetch('m', 1)).groups[0]).toMatchObject({
      errorCode: 0,
      topics: [{ partitions: [{ committedOffset: 7 }] }],
    });
    expect((await fetch('m', 9)).groups[0]!.errorCode).toBe(ErrorCode.STALE_MEMBER_EPOCH);
    expect((await fetch(null, -1)).groups[0]!.errorCode).toBe(0);
    expect(await describe69()).toMatchObject({
      groupState: 'Stable',
      groupEpoch: 1,
      assignorName: 'uniform',
      members: [{ memberId: 'm', clientHost: expect.stringMatching(/^\//), memberType: 1 }],
    });
    expect(await heartbeat({ memberEpoch: -1 })).toMatchObject({ errorCode: 0, memberEpoch: -1 });
    expect((await describe69()).groupState).toBe('Empty');
  });

  it('version 0 makes the member id', async () => {
    const { memberId } = await heartbeat({ ...join, memberId: '' }, 0);
    expect(memberId).toMatch(/^[\w-]{22}$/);
  });

  it('C26: topics by regular expression', async () => {
    const joined = await heartbeat({ ...join, subscribedTopicNames: [], subscribedTopicRegex: 're.*' });
    expect(joined.assignment!.topicPartitions).toEqual([]);
    await broker.time.advance(1);
    const { assignment } = await heartbeat({ memberEpoch: joined.memberEpoch });
    expect(assignment!.topicPartitions).toEqual([{ topicId, partitions: [0, 1] }]);
    expect(await heartbeat({ ...join, memberId: 'x', subscribedTopicRegex: '(' })).toMatchObject({
      errorCode: ErrorCode.INVALID_REGULAR_EXPRESSION,
    });
  });

  it('C17: DeleteGroups and OffsetDelete', async () => {
    await heartbeat(join);
    await commit(1, 7);
    const remove = async (...groupsNames: string[]) =>
      (await broker.settled(client.send(apis.deleteGroups, 2, { groupsNames }))).results.map(
        ({ groupId, errorCode }) => [groupId, errorCode],
      );
    const removeOffsets = (topic: string, groupId = 'g') =>
      broker.settled(
        client.send(apis.offsetDelete, 0, {
          groupId,
          topics: [{ name: topic, partitions: [{ partitionIndex: 0 }] }],
        }),
      );
    expect(await remove('g', 'nope', '', 'g')).toEqual([
      ['g', ErrorCode.NON_EMPTY_GROUP],
      ['nope', ErrorCode.GROUP_ID_NOT_FOUND],
      ['', ErrorCode.INVALID_GROUP_ID],
    ]);
    const errorOf = async (topic: string) => (await removeOffsets(topic)).topics[0]!.partitions[0]!.errorCode;
    expect(await errorOf('reads')).toBe(ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC);
    expect(await errorOf('unknown')).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    expect((await removeOffsets('reads', 'nope')).errorCode).toBe(ErrorCode.GROUP_ID_NOT_FOUND);
    expect((await removeOffsets('reads', '')).errorCode).toBe(ErrorCode.INVALID_GROUP_ID);
    await heartbeat({ memberEpoch: -1 });
    expect(await errorOf('reads')).toBe(0);
    expect((await fetch(null, -1)).groups[0]).toMatchObject({
      topics: [{ partitions: [{ committedOffset: -1 }] }],
    });
    expect(await remove('g')).toEqual([['g', 0]]);
    expect((await describe69()).errorCode).toBe(ErrorCode.GROUP_ID_NOT_FOUND);
  });

  it('Java clients ask Metadata by id with an empty name', async () => {
    const reply = await broker.settled(
      client.send(apis.metadata, 12, {
        topics: [
          { topicId, name: '' },
          { topicId: 'c0TMwP7jSs2xA1JieCZpdw', name: '' },
        ],
      }),
    );
    expect(reply.topics.map(({ name, errorCode }) => [name, errorCode])).toEqual([
      ['reads', 0],
      [null, ErrorCode.UNKNOWN_TOPIC_ID],
    ]);
  });
});

describe('C21: consumer.session.timeout.ms of a group', () => {
  it('decides when a silent member is gone, also after a restart', async () => {
    const broker = await new TestBroker({ groupConsumerMinSessionTimeoutMs: 1_000 }).start();
    let client = broker.connect();
    const heartbeat = async (groupId: string, memberEpoch: number) => {
      const isJoin = memberEpoch === 0;
      const reply = await broker.settled(
        client.send(apis.consumerGroupHeartbeat, 1, {
          groupId,
          memberId: 'm',
          memberEpoch,
          rebalanceTimeoutMs: isJoin ? 60_000 : -1,
          subscribedTopicNames: isJoin ? ['reads'] : null,
          topicPartitions: isJoin ? [] : null,
        }),
      );
      return reply.errorCode;
    };
    const change = { name: 'consumer.session.timeout.ms', configOperation: 0, value: '10000' };
    const altered = await broker.settled(
      client.send(apis.incrementalAlterConfigs, 1, {
        resources: [{ resourceType: 32, resourceName: 'short', configs: [change] }],
        validateOnly: false,
      }),
    );
    expect(altered.responses[0]!.errorCode).toBe(0);
    await broker.settled(client.send(apis.findCoordinator, 6, { keyType: 0, coordinatorKeys: ['short'] }));
    const joinBoth = async () => [await heartbeat('short', 0), await heartbeat('long', 0)];
    expect(await joinBoth()).toEqual([0, 0]);
    await broker.time.advance(10_001);
    expect([await heartbeat('short', 1), await heartbeat('long', 1)]).toEqual([
      ErrorCode.UNKNOWN_MEMBER_ID,
      0,
    ]);
    expect(await heartbeat('short', 0)).toBe(0);
    await broker.restart();
    client = broker.connect();
    await broker.time.advance(10_001);
    expect(await heartbeat('short', 2)).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
    await broker.stop();
  });
});
