// Small requests must not make large work or large replies, and large ones must stay within a bound.
import { apis, type Api } from '../../../src/protocol/api-keys.js';
import { ErrorCode } from '../../../src/protocol/errors.js';
import { decodeRequest, encodeRequest } from '../../../src/protocol/framing.js';
import type { RawClient } from '../../support/raw-client.js';
import { batchOf, valuesIn } from '../../support/record-batches.js';
import { fetchOf, TestBroker } from '../../support/test-broker.js';

const many = 5_000;

function times<Value>(count: number, make: (index: number) => Value): Value[] {
  return Array.from({ length: count }, (_unused, index) => make(index));
}

describe('requests that name very much', () => {
  const broker = new TestBroker({ autoCreateTopicsEnable: false });
  let client: RawClient;
  beforeAll(async () => {
    await broker.start();
    client = broker.connect();
    await broker.createTopic(client, 'wide', 100);
    await broker.produce(client, 'wide', batchOf(['only']));
  });
  afterAll(() => broker.stop());

  /** The answer, and the bytes it came in. */
  async function ask<Input, Response>(api: Api<Input, Response>, version: number, body: Input) {
    const before = client.receivedBytes;
    const reply = await broker.settled(client.send(api, version, body));
    return { reply, bytes: client.receivedBytes - before };
  }

  it('Metadata describes a topic once, however often it is named', async () => {
    const { reply, bytes } = await ask(apis.metadata, 12, { topics: times(many, () => ({ name: 'wide' })) });
    expect(reply.topics.map(({ name, partitions }) => [name, partitions.length])).toEqual([['wide', 100]]);
    expect(bytes).toBeLessThan(10_000);
  });

  it('DescribeConfigs describes a resource once', async () => {
    const resource = { resourceType: 2, resourceName: 'wide', configurationKeys: null };
    const resources = [...times(many, () => resource), { ...resource, resourceType: 4, resourceName: '1' }];
    const { reply } = await ask(apis.describeConfigs, 4, { resources, includeDocumentation: true });
    expect(reply.results.map(({ resourceName }) => resourceName)).toEqual(['wide', '1']);
  });

  it('DescribeGroups and OffsetFetch describe a group once', async () => {
    await ask(apis.findCoordinator, 4, { keyType: 0, coordinatorKeys: ['crowd'] });
    const described = await ask(apis.describeGroups, 5, { groups: times(many, () => 'crowd') });
    expect(described.reply.groups).toHaveLength(1);
    const groups = [
      ...times(many, () => ({ groupId: 'crowd', topics: null })),
      { groupId: 'crowd', topics: [{ name: 'wide', partitionIndexes: [3] }] },
    ];
    const fetched = await ask(apis.offsetFetch, 8, { groups });
    expect(fetched.reply.groups.map(({ topics }) => topics.length)).toEqual([0, 1]);
  });

  it('DescribeProducers and ConsumerGroupDescribe describe each once', async () => {
    const topics = times(many, () => ({ name: 'wide', partitionIndexes: [0, 0, 1] }));
    const producers = await ask(apis.describeProducers, 0, { topics });
    expect(producers.reply.topics.map(({ name, partitions }) => [name, partitions.length])).toEqual([
      ['wide', 2],
    ]);
    const groupIds = times(many, () => 'crowd');
    const described = await ask(apis.consumerGroupDescribe, 1, {
      groupIds,
      includeAuthorizedOperations: false,
    });
    expect(described.reply.groups).toHaveLength(1);
  });

  it('F14: ListOffsets searches no partition that is named twice, also not in two places', async () => {
    const topics = times(many, () => ({ name: 'wide', partitions: [{ partitionIndex: 0, timestamp: 1 }] }));
    const { reply } = await ask(apis.listOffsets, 7, { replicaId: -1, topics });
    const codes = reply.topics.map(({ partitions }) => partitions[0]!.errorCode);
    expect(codes).toHaveLength(many);
    expect(new Set(codes)).toEqual(new Set([ErrorCode.INVALID_REQUEST]));
  });

  it('Fetch reads a partition once, however often it is named', async () => {
    const partitions = times(many, () => ({ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }));
    const { reply } = await ask(apis.fetch, 12, {
      ...fetchOf('wide', 0),
      topics: [
        { topic: 'wide', partitions },
        { topic: 'wide', partitions },
      ],
    });
    const answers = reply.responses.flatMap((topic) => topic.partitions);
    expect(answers).toHaveLength(1);
    expect(valuesIn(answers[0]!.records)).toEqual(['only']);
  });

  it('Produce and Fetch answer each of many partitions that do not exist', async () => {
    const absent = times(many, (index) => 1000 + index);
    const produced = await ask(apis.produce, 11, {
      acks: 1,
      timeoutMs: 1000,
      topicData: [{ name: 'wide', partitionData: absent.map((index) => ({ index, records: null })) }],
    });
    const codes = new Set(produced.reply.responses[0]!.partitionResponses.map(({ errorCode }) => errorCode));
    expect(codes).toEqual(new Set([ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]));
    const partitions = absent.map((partition) => ({ partition, fetchOffset: 0, partitionMaxBytes: 1000 }));
    const fetched = await ask(apis.fetch, 12, {
      ...fetchOf('wide', 0, { maxWaitMs: 60_000 }),
      topics: [{ topic: 'wide', partitions }],
    });
    expect(fetched.reply.responses[0]!.partitions).toHaveLength(many);
  });

  it('CreateTopics refuses more than 10,000 partitions in one request, as Kafka does', async () => {
    const topic = (name: string, numPartitions: number) => ({ name, numPartitions, replicationFactor: 1 });
    const bare = { assignments: [], configs: [] };
    const topics = [
      { ...topic('large-a', 9_000), ...bare },
      { ...topic('large-b', 1_001), ...bare },
    ];
    const { reply } = await ask(apis.createTopics, 7, { topics, timeoutMs: 1000 });
    expect(reply.topics.map(({ name, errorCode }) => [name, errorCode])).toEqual([
      ['large-a', ErrorCode.POLICY_VIOLATION],
      ['large-b', ErrorCode.POLICY_VIOLATION],
    ]);
    const listed = await ask(apis.metadata, 12, { topics: null });
    expect(listed.reply.topics.map(({ name }) => name)).not.toContain('large-b');
  });

  it('refuses a request of half a million elements and more, before they are objects', () => {
    const bodyOf = (count: number): Buffer => {
      const topics = times(count, () => ({ name: '' }));
      return Buffer.concat(encodeRequest(apis.metadata, 1, 1, null, { topics })).subarray(14);
    };
    expect(decodeRequest(apis.metadata, 1, bodyOf(500_000), 0).topics).toHaveLength(500_000);
    expect(() => decodeRequest(apis.metadata, 1, bodyOf(500_001), 0)).toThrow(
      /1 more elements than one message may have/,
    );
    // Once more by the emitted reader, and with a count that only nested arrays reach.
    for (let round = 0; round < 3; round++)
      expect(() => decodeRequest(apis.metadata, 1, bodyOf(500_001), 0)).toThrow('more elements');
    const nested = times(800, () => ({ name: 'n', partitionIndexes: times(700, (index) => index) }));
    const frame = Buffer.concat(
      encodeRequest(apis.offsetFetch, 5, 1, null, { groupId: 'g', topics: nested }),
    );
    expect(() => decodeRequest(apis.offsetFetch, 5, frame, 14)).toThrow('more elements');
  });
});
