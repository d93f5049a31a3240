// Partitions, leaders, log directories and producers by the wire: the same requests, the same answers, of our broker and of Apache Kafka.
import { zeroUuid } from '../../src/foundation/uuid.js';
import { apis } from '../../src/protocol/api-keys.js';
import { ErrorCode } from '../../src/protocol/errors.js';
import type { CreatePartitionsRequestInput } from '../../src/protocol/messages/37-create-partitions.js';
import { startTestCluster, uniqueName, type TestCluster } from '../support/cluster.js';
import { connectTo, createTopics, eventually } from '../support/cluster-client.js';
import type { RawClient } from '../support/raw-client.js';
import { batchOf, copyOf } from '../support/record-batches.js';

/** A batch that retention does not touch. */
const now = (values: string[], options: Parameters<typeof batchOf>[1] = {}) =>
  batchOf(
    values.map((value) => ({ value, timestamp: Date.now() })),
    options,
  );

type TopicToGrow = CreatePartitionsRequestInput['topics'][number];

describe('partitions of a cluster of one node', () => {
  let cluster: TestCluster;
  let client: RawClient;
  let topic: string;

  beforeAll(async () => {
    cluster = await startTestCluster();
    client = connectTo(cluster);
  });
  beforeEach(async () => {
    topic = uniqueName('partitions');
    await createTopics(client, [{ name: topic, numPartitions: 2 }]);
    await partitionsBecome(2);
  });
  afterAll(async () => {
    client.close();
    await cluster.close();
  });

  async function partitionCount(name = topic) {
    const reply = await client.send(apis.metadata, 12, { topics: [{ name }], allowAutoTopicCreation: false });
    return reply.topics[0]!.partitions.filter(({ leaderId }) => leaderId === 1).length;
  }

  const partitionsBecome = async (count: number) =>
    expect(await eventually(partitionCount, (found) => found === count)).toBe(count);

  async function produce(records: Buffer, partition = 0) {
    const ask = async () => {
      const reply = await client.send(apis.produce, 9, {
        transactionalId: null,
        acks: -1,
        timeoutMs: 30_000,
        topicData: [{ name: topic, partitionData: [{ index: partition, records: copyOf(records) }] }],
      });
      return reply.responses[0]!.partitionResponses[0]!.errorCode;
    };
    const notYet: number[] = [ErrorCode.NOT_LEADER_OR_FOLLOWER, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION];
    expect(await eventually(ask, (errorCode) => !notYet.includes(errorCode))).toBe(0);
  }

  describe('K22: CreatePartitions', () => {
    async function grow(topics: Partial<TopicToGrow>[], validateOnly = false) {
      const reply = await client.send(apis.createPartitions, 3, {
        topics: topics.map((each) => ({ name: topic, count: 4, assignments: null, ...each })),
        timeoutMs: 30_000,
        validateOnly,
      });
      return reply.results.map(({ name, errorCode }) => [name, errorCode]);
    }

    it('adds partitions that can be used', async () => {
      expect(await grow([{}])).toEqual([[topic, 0]]);
      await partitionsBecome(4);
      await produce(now(['to a new partition']), 3);
    });

    it('takes assignments, one for each partition that is added', async () => {
      const assignments = [{ brokerIds: [1] }, { brokerIds: [1] }];
      expect(await grow([{ assignments }])).toEqual([[topic, 0]]);
      await partitionsBecome(4);
    });

    it('validate_only adds none', async () => {
      expect(await grow([{}], true)).toEqual([[topic, 0]]);
      expect(await grow([{ count: 2 }], true)).toEqual([[topic, ErrorCode.INVALID_PARTITIONS]]);
      expect(await partitionCount()).toBe(2);
    });

    const wrong: [what: string, topic: Partial<TopicToGrow>, errorCode: number][] = [
      ['as many as there are', { count: 2 }, ErrorCode.INVALID_PARTITIONS],
      ['fewer', { count: 1 }, ErrorCode.INVALID_PARTITIONS],
      ['none', { count: 0 }, ErrorCode.INVALID_PARTITIONS],
      ['-1', { count: -1 }, ErrorCode.INVALID_PARTITIONS],
      ['an unknown topic', { name: 'no-such-topic' }, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
      ['too few assignments', { assignments: [{ brokerIds: [1] }] }, ErrorCode.INVALID_REPLICA_ASSIGNMENT],
      [
        'an unknown broker',
        { assignments: [{ brokerIds: [1] }, { brokerIds: [77] }] },
        ErrorCode.INVALID_REPLICA_ASSIGNMENT,
      ],
      [
        'another replication factor',
        { assignments: [{ brokerIds: [1] }, { brokerIds: [1, 2] }] },
        ErrorCode.INVALID_REPLICA_ASSIGNMENT,
      ],
      [
        'no replicas',
        { assignments: [{ brokerIds: [1] }, { brokerIds: [] }] },
        ErrorCode.INVALID_REPLICA_ASSIGNMENT,
      ],
    ];
    it.each(wrong)('refuses %s, and only that topic', async (_what, refused, errorCode) => {
      const other = uniqueName('partitions');
      await createTopics(client, [{ name: other }]);
      const answers = new Map((await grow([refused, { name: other, count: 2 }])) as [string, number][]);
      expect(answers.get(refused.name ?? topic)).toBe(errorCode);
      expect(await partitionCount()).toBe(2);
      expect(answers.get(other)).toBe(0);
    });

    it('a topic named twice is one INVALID_REQUEST', async () => {
      expect(await grow([{ count: 3 }, { count: 4 }])).toEqual([[topic, ErrorCode.INVALID_REQUEST]]);
    });
  });

  it('K17: ElectLeaders has nothing to do', async () => {
    const elect = (topicPartitions: { topic: string; partitions: number[] }[] | null, electionType = 0) =>
      client.send(apis.electLeaders, 2, { electionType, topicPartitions, timeoutMs: 30_000 });
    for (const electionType of [0, 1]) {
      const some = await elect(
        [
          { topic, partitions: [0, 1, 9] },
          { topic: 'no-such-topic', partitions: [0] },
        ],
        electionType,
      );
      expect(some.errorCode).toBe(0);
      const codes = some.replicaElectionResults.flatMap((each) =>
        each.partitionResult.map(({ partitionId, errorCode }) => [each.topic, partitionId, errorCode]),
      );
      expect(codes).toHaveLength(4);
      expect(codes).toEqual(
        expect.arrayContaining([
          [topic, 0, ErrorCode.ELECTION_NOT_NEEDED],
          [topic, 1, ErrorCode.ELECTION_NOT_NEEDED],
          [topic, 9, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
          ['no-such-topic', 0, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
        ]),
      );
    }
    const all = await elect(null);
    expect(all.errorCode).toBe(0);
    expect(all.replicaElectionResults.flatMap(({ partitionResult }) => partitionResult)).toEqual([]);
  });

  it('K23: partitions can be reassigned to where they are, and nowhere else', async () => {
    const reassign = async (partitionIndex: number, replicas: number[] | null, name = topic) => {
      const reply = await client.send(apis.alterPartitionReassignments, 0, {
        timeoutMs: 30_000,
        topics: [{ name, partitions: [{ partitionIndex, replicas }] }],
      });
      return [reply.errorCode, reply.responses[0]!.partitions[0]!.errorCode];
    };
    expect(await reassign(0, [1])).toEqual([0, 0]);
    expect(await reassign(0, null)).toEqual([0, ErrorCode.NO_REASSIGNMENT_IN_PROGRESS]);
    expect(await reassign(0, [77])).toEqual([0, ErrorCode.INVALID_REPLICA_ASSIGNMENT]);
    expect(await reassign(0, [])).toEqual([0, ErrorCode.INVALID_REPLICA_ASSIGNMENT]);
    expect(await reassign(0, [1, 1])).toEqual([0, ErrorCode.INVALID_REPLICA_ASSIGNMENT]);
    expect(await reassign(9, [1])).toEqual([0, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]);
    expect(await reassign(0, [1], 'no-such-topic')).toEqual([0, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]);
    for (const topics of [null, [{ name: topic, partitionIndexes: [0] }]]) {
      const moving = await client.send(apis.listPartitionReassignments, 0, { timeoutMs: 30_000, topics });
      expect(moving).toMatchObject({ errorCode: 0, topics: [] });
    }
  });

  it('L27: DeleteRecords moves the log start, within what there is', async () => {
    const deleteBefore = async (offset: number, partitionIndex = 0, name = topic) => {
      const reply = await client.send(apis.deleteRecords, 2, {
        topics: [{ name, partitions: [{ partitionIndex, offset }] }],
        timeoutMs: 30_000,
      });
      const { errorCode, lowWatermark } = reply.topics[0]!.partitions[0]!;
      return [errorCode, lowWatermark];
    };
    await produce(now(['0', '1', '2', '3', '4']));
    expect(await deleteBefore(2)).toEqual([0, 2]);
    expect(await deleteBefore(1)).toEqual([0, 2]);
    expect(await deleteBefore(6)).toEqual([ErrorCode.OFFSET_OUT_OF_RANGE, -1]);
    expect(await deleteBefore(-2)).toEqual([ErrorCode.OFFSET_OUT_OF_RANGE, -1]);
    expect(await deleteBefore(-1)).toEqual([0, 5]);
    expect(await deleteBefore(0, 9)).toEqual([ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1]);
    expect(await deleteBefore(0, 0, 'no-such-topic')).toEqual([ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1]);
    const compacted = uniqueName('partitions');
    await createTopics(client, [{ name: compacted, configs: { 'cleanup.policy': 'compact' } }]);
    const refused = await eventually(
      () => deleteBefore(0, 0, compacted),
      // The topic is new: its leader may not know of it yet, or not know that it leads.
      ([errorCode]) =>
        errorCode !== ErrorCode.UNKNOWN_TOPIC_OR_PARTITION && errorCode !== ErrorCode.NOT_LEADER_OR_FOLLOWER,
    );
    expect(refused).toEqual([ErrorCode.POLICY_VIOLATION, -1]);
  });

  it('KIP-113: DescribeLogDirs tells sizes, of what is asked for and there', async () => {
    await produce(now(['some bytes']));
    const describeDirs = (topics: { topic: string; partitions: number[] }[] | null, version = 4) =>
      client.send(apis.describeLogDirs, version, { topics });
    const some = await eventually(
      () =>
        describeDirs([
          { topic, partitions: [0, 1, 9] },
          { topic: 'no-such-topic', partitions: [0] },
        ]),
      ({ results }) => results[0]?.topics[0]?.partitions.length === 2,
    );
    expect(some.errorCode).toBe(0);
    expect(some.results).toHaveLength(1);
    const [directory] = some.results;
    expect(directory!.errorCode).toBe(0);
    expect(directory!.logDir).not.toBe('');
    expect(directory!.topics.map(({ name }) => name)).toEqual([topic]);
    const partitions = directory!.topics[0]!.partitions.toSorted(
      (a, b) => a.partitionIndex - b.partitionIndex,
    );
    expect(partitions).toEqual([
      { partitionIndex: 0, partitionSize: expect.any(Number), offsetLag: 0, isFutureKey: false },
      { partitionIndex: 1, partitionSize: 0, offsetLag: 0, isFutureKey: false },
    ]);
    expect(partitions[0]!.partitionSize).toBeGreaterThan(60);
    const all = await describeDirs(null, 2);
    expect(all.results[0]!.topics.find(({ name }) => name === topic)!.partitions).toHaveLength(2);
    expect(all.results[0]!.topics.map(({ name }) => name)).not.toContain('__cluster_metadata');
  });

  it('KIP-664: DescribeProducers tells the producers that a partition remembers', async () => {
    const { producerId, producerEpoch } = await client.send(apis.initProducerId, 4, {
      transactionalId: null,
      transactionTimeoutMs: 60_000,
      producerId: -1,
      producerEpoch: -1,
    });
    await produce(now(['a', 'b', 'c'], { producerId, producerEpoch, baseSequence: 0 }));
    const describeProducers = async (name: string, partitionIndexes: number[]) => {
      const reply = await client.send(apis.describeProducers, 0, { topics: [{ name, partitionIndexes }] });
      return reply.topics[0]!.partitions.toSorted((a, b) => a.partitionIndex - b.partitionIndex);
    };
    const described = await eventually(
      () => describeProducers(topic, [0, 1, 9]),
      (partitions) => partitions[1]!.errorCode === 0,
    );
    expect(described).toMatchObject([
      {
        partitionIndex: 0,
        errorCode: 0,
        activeProducers: [
          {
            producerId,
            producerEpoch,
            lastSequence: 2,
            lastTimestamp: expect.any(Number),
            coordinatorEpoch: -1,
            currentTxnStartOffset: -1,
          },
        ],
      },
      { partitionIndex: 1, errorCode: 0, activeProducers: [] },
      { partitionIndex: 9, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION },
    ]);
    expect(await describeProducers('no spaces', [0])).toMatchObject([
      { errorCode: ErrorCode.INVALID_TOPIC_EXCEPTION },
    ]);
  });

  describe('KIP-966: DescribeTopicPartitions', () => {
    const ask = (
      names: string[],
      responsePartitionLimit = 2000,
      cursor: { topicName: string; partitionIndex: number } | null = null,
    ) =>
      client.send(apis.describeTopicPartitions, 0, {
        topics: names.map((name) => ({ name })),
        responsePartitionLimit,
        cursor,
      });

    it('tells leaders and replicas, topics by name and each once, and what is unknown', async () => {
      const reply = await ask([topic, 'A-no-such-topic', topic]);
      expect(reply.nextCursor).toBeNull();
      expect(reply.topics).toMatchObject([
        { name: 'A-no-such-topic', errorCode: 3, topicId: zeroUuid, partitions: [] },
        { name: topic, errorCode: 0, isInternal: false },
      ]);
      expect(reply.topics[1]!.topicId).not.toBe(zeroUuid);
      expect(reply.topics[1]!.partitions).toMatchObject(
        [0, 1].map((partitionIndex) => ({
          errorCode: 0,
          partitionIndex,
          leaderId: 1,
          leaderEpoch: 0,
          replicaNodes: [1],
          isrNodes: [1],
          eligibleLeaderReplicas: [],
          lastKnownElr: [],
          offlineReplicas: [],
        })),
      );
    });

    it('pages by the cursor, over topics and within them', async () => {
      const prefix = uniqueName('pages');
      const names = [`${prefix}-a`, `${prefix}-b`, `${prefix}-c`];
      await createTopics(
        client,
        names.map((name) => ({ name, numPartitions: 2 })),
      );
      for (const name of names)
        await eventually(
          () => partitionCount(name),
          (count) => count === 2,
        );
      const pages: [string, number[]][][] = [];
      let cursor: { topicName: string; partitionIndex: number } | null = null;
      do {
        const reply = await ask(names, 3, cursor);
        pages.push(
          reply.topics.map((each) => [
            each.name!.slice(prefix.length),
            each.partitions.map(({ partitionIndex }) => partitionIndex),
          ]),
        );
        cursor = reply.nextCursor;
      } while (cursor !== null && pages.length < 9);
      expect(pages).toEqual([
        [
          ['-a', [0, 1]],
          ['-b', [0]],
        ],
        [
          ['-b', [1]],
          ['-c', [0, 1]],
        ],
      ]);
    });

    it('a limit that ends with a topic leaves a cursor at the next one', async () => {
      const other = `${topic}-z`;
      await createTopics(client, [{ name: other }]);
      await eventually(
        () => partitionCount(other),
        (count) => count === 1,
      );
      const reply = await ask([topic, other], 2);
      expect(reply.topics.map(({ name }) => name)).toEqual([topic]);
      expect(reply.nextCursor).toEqual({ topicName: other, partitionIndex: 0 });
    });

    it('without names it tells all topics, from the cursor on, and a limit below 1 is 1', async () => {
      const reply = await ask([], 0, { topicName: topic, partitionIndex: 1 });
      expect(reply.topics[0]).toMatchObject({ name: topic, partitions: [{ partitionIndex: 1 }] });
    });

    it('a cursor at a topic that is not named, or at a negative partition, is INVALID_REQUEST', async () => {
      const wrong = { name: topic, errorCode: ErrorCode.INVALID_REQUEST, partitions: [] };
      for (const cursor of [
        { topicName: 'A', partitionIndex: 1 },
        { topicName: `${topic}-z`, partitionIndex: 0 },
        { topicName: topic, partitionIndex: -1 },
      ]) {
        const reply = await ask([topic], 10, cursor);
        expect(reply.topics).toMatchObject([wrong]);
        expect(reply.nextCursor).toBeNull();
      }
      expect((await ask([], 10, { topicName: topic, partitionIndex: -1 })).topics).toEqual([]);
    });

    it('a cursor behind the last partition of its topic passes the topic over or tells none of it', async () => {
      const reply = await ask([topic], 10, { topicName: topic, partitionIndex: 2 });
      expect(reply.topics.flatMap(({ partitions }) => partitions)).toEqual([]);
      expect(reply.nextCursor).toBeNull();
    });

    it('tells authorized operations, of unknown topics too', async () => {
      const reply = await ask(['A-no-such-topic', topic]);
      expect(reply.topics.map((each) => each.topicAuthorizedOperations)).toEqual([3576, 3576]);
    });
  });

  it.each([0, 1, 2])('K7: DescribeQuorum %i: this node leads the metadata log', async (version) => {
    const reply = await client.send(apis.describeQuorum, version, {
      topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }],
    });
    expect(reply.errorCode).toBe(0);
    const partition = reply.topics[0]!.partitions[0]!;
    expect(partition).toMatchObject({ errorCode: 0, leaderId: 1 });
    expect(partition.highWatermark).toBeGreaterThan(0);
    expect(partition.currentVoters.map(({ replicaId }) => replicaId)).toEqual([1]);
    expect(partition.currentVoters[0]!.lastFetchTimestamp > 0).toBe(version >= 1);
    expect(reply.nodes.map(({ nodeId }) => nodeId)).toEqual(version >= 2 ? [1] : []);
  });
});
