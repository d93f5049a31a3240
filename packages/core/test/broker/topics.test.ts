import { zeroUuid } from '../../src/foundation/uuid.js';
import { apis } from '../../src/protocol/api-keys.js';
import { ErrorCode } from '../../src/protocol/errors.js';
import type { CreateTopicsRequestInput } from '../../src/protocol/messages/19-create-topics.js';
import type { RawClient } from '../support/raw-client.js';
import { batchOf, valuesIn } from '../support/record-batches.js';
import { fetchOf, TestBroker } from '../support/test-broker.js';

type TopicInput = CreateTopicsRequestInput['topics'][number];

describe('topics', () => {
  let broker: TestBroker;
  let client: RawClient;

  beforeEach(async () => {
    broker = await new TestBroker({ numPartitions: 2 }).start();
    client = broker.connect();
  });
  afterEach(() => broker.stop());

  async function metadata(names: string[] | null, options: { allow?: boolean; version?: number } = {}) {
    const { allow = true, version = 12 } = options;
    return broker.settled(
      client.send(apis.metadata, version, {
        topics: names === null ? null : names.map((name) => ({ name })),
        allowAutoTopicCreation: allow,
      }),
    );
  }

  async function create(topics: Partial<TopicInput>[], options: { validateOnly?: boolean } = {}) {
    const reply = await broker.settled(
      client.send(apis.createTopics, 7, {
        topics: topics.map((topic) => ({
          name: 'unnamed',
          numPartitions: -1,
          replicationFactor: -1,
          assignments: [],
          configs: [],
          ...topic,
        })),
        timeoutMs: 10_000,
        validateOnly: options.validateOnly ?? false,
      }),
    );
    return reply.topics;
  }

  describe('Metadata', () => {
    it('P14, corner case 53: answers 3 first and then has the topic', async () => {
      const first = await metadata(['wanted']);
      expect(first.topics).toMatchObject([
        { name: 'wanted', errorCode: 3, topicId: zeroUuid, partitions: [] },
      ]);
      const second = await metadata(['wanted']);
      expect(second.topics[0]).toMatchObject({ errorCode: 0, isInternal: false });
      expect(second.topics[0]!.partitions).toMatchObject([
        { partitionIndex: 0, leaderId: 1, replicaNodes: [1], isrNodes: [1], offlineReplicas: [] },
        { partitionIndex: 1, leaderId: 1 },
      ]);
      expect(second.topics[0]!.topicId).not.toBe(zeroUuid);
    });

    it('P14, corner case 53: allow_auto_topic_creation=false never creates', async () => {
      await metadata(['unwanted'], { allow: false });
      await broker.time.advance(1000);
      expect((await metadata(['unwanted'], { allow: false })).topics[0]!.errorCode).toBe(3);
      expect((await metadata(null)).topics).toEqual([]);
    });

    it('P14: nor does a broker whose auto.create.topics.enable is off', async () => {
      await broker.stop();
      broker = await new TestBroker({ autoCreateTopicsEnable: false }).start();
      client = broker.connect();
      await metadata(['unwanted']);
      expect((await metadata(['unwanted'])).topics[0]!.errorCode).toBe(3);
    });

    it.each(['', '.', '..', 'a b', 'a/b', 'x'.repeat(250)])(
      'G7: "%s" is INVALID_TOPIC_EXCEPTION and creates nothing',
      async (name) => {
        expect((await metadata([name])).topics[0]!.errorCode).toBe(ErrorCode.INVALID_TOPIC_EXCEPTION);
        expect((await metadata(null)).topics).toEqual([]);
      },
    );

    it('quirk 6: an empty list is all topics in version 0 and none later, where null is all', async () => {
      await create([{ name: 'one' }, { name: 'two' }]);
      const names = async (topics: string[] | null, version: number) =>
        (await metadata(topics, { version })).topics.map(({ name }) => name);
      expect(await names([], 0)).toEqual(['one', 'two']);
      expect(await names([], 1)).toEqual([]);
      expect(await names(null, 1)).toEqual(['one', 'two']);
      expect(await names(null, 13)).toEqual(['one', 'two']);
    });

    it('KIP-516: asks by id from version 12', async () => {
      const [created] = await create([{ name: 'one' }]);
      const byId = (topicId: string) =>
        broker.settled(client.send(apis.metadata, 12, { topics: [{ name: null, topicId }] }));
      expect((await byId(created!.topicId)).topics).toMatchObject([{ errorCode: 0, name: 'one' }]);
      const unknown = await byId('AAAAAAAAAAAAAAAAAAAAAg');
      expect(unknown.topics).toMatchObject([{ errorCode: ErrorCode.UNKNOWN_TOPIC_ID, name: null }]);
    });

    it('KIP-430: authorized operations are all of them where asked for', async () => {
      await create([{ name: 'one' }]);
      const ask = (included: boolean) =>
        broker.settled(
          client.send(apis.metadata, 10, {
            topics: [{ name: 'one' }],
            includeTopicAuthorizedOperations: included,
            includeClusterAuthorizedOperations: included,
          }),
        );
      expect(await ask(false)).toMatchObject({ clusterAuthorizedOperations: -2147483648 });
      const all = await ask(true);
      expect(all.clusterAuthorizedOperations).toBe(8096);
      expect(all.topics[0]!.topicAuthorizedOperations).toBe(3576);
    });

    it('names this node as broker and controller, and the cluster by the id that DescribeCluster has', async () => {
      const reply = await metadata([]);
      const { clusterId } = broker.running;
      expect(reply).toMatchObject({
        clusterId,
        controllerId: 1,
        brokers: [{ nodeId: 1, host: 'memory', port: 9092 }],
      });
      const described = await broker.settled(
        client.send(apis.describeCluster, 2, {
          includeClusterAuthorizedOperations: false,
          includeFencedBrokers: true,
        }),
      );
      expect(described).toMatchObject({ errorCode: 0, clusterId, controllerId: 1 });
      expect(described.brokers).toEqual([
        { brokerId: 1, host: 'memory', port: 9092, rack: null, isFenced: false },
      ]);
    });
  });

  describe('CreateTopics', () => {
    it('K20: makes what is asked, with defaults for -1, and tells what it made', async () => {
      const [asked, byDefault] = await create([
        {
          name: 'asked',
          numPartitions: 3,
          replicationFactor: 1,
          configs: [{ name: 'retention.ms', value: '5000' }],
        },
        { name: 'default' },
      ]);
      expect(asked).toMatchObject({ errorCode: 0, numPartitions: 3, replicationFactor: 1 });
      expect(asked!.configs).toContainEqual({
        name: 'retention.ms',
        value: '5000',
        readOnly: false,
        configSource: 1,
        isSensitive: false,
      });
      expect(byDefault).toMatchObject({ errorCode: 0, numPartitions: 2 });
    });

    const wrong: [what: string, topic: Partial<TopicInput>, errorCode: number][] = [
      ['an existing name', { name: 'there.is' }, ErrorCode.TOPIC_ALREADY_EXISTS],
      ['a colliding name', { name: 'there_is' }, ErrorCode.INVALID_TOPIC_EXCEPTION],
      ['a bad name', { name: 'no spaces' }, ErrorCode.INVALID_TOPIC_EXCEPTION],
      ['the metadata log', { name: '__cluster_metadata' }, ErrorCode.INVALID_TOPIC_EXCEPTION],
      ['no partitions', { numPartitions: 0 }, ErrorCode.INVALID_PARTITIONS],
      ['-2 partitions', { numPartitions: -2 }, ErrorCode.INVALID_PARTITIONS],
      ['no replicas', { replicationFactor: 0 }, ErrorCode.INVALID_REPLICATION_FACTOR],
      ['more replicas than brokers', { replicationFactor: 2 }, ErrorCode.INVALID_REPLICATION_FACTOR],
      [
        'counts and assignments',
        { numPartitions: 1, assignments: [{ partitionIndex: 0, brokerIds: [1] }] },
        ErrorCode.INVALID_REQUEST,
      ],
      [
        'an unknown broker',
        { assignments: [{ partitionIndex: 0, brokerIds: [2] }] },
        ErrorCode.INVALID_REPLICA_ASSIGNMENT,
      ],
      [
        'a gap in the assignments',
        { assignments: [{ partitionIndex: 1, brokerIds: [1] }] },
        ErrorCode.INVALID_REPLICA_ASSIGNMENT,
      ],
      ['a null config', { configs: [{ name: 'retention.ms', value: null }] }, ErrorCode.INVALID_CONFIG],
      ['an unknown config', { configs: [{ name: 'retention', value: '1' }] }, ErrorCode.INVALID_CONFIG],
      ['a bad config', { configs: [{ name: 'retention.ms', value: 'long' }] }, ErrorCode.INVALID_CONFIG],
      [
        'an inherited property as config',
        { configs: [{ name: 'constructor', value: 'x' }] },
        ErrorCode.INVALID_CONFIG,
      ],
      [
        'tiered storage',
        { configs: [{ name: 'remote.storage.enable', value: 'true' }] },
        ErrorCode.INVALID_CONFIG,
      ],
      [
        'a compaction lag that contradicts itself',
        {
          configs: [
            { name: 'min.compaction.lag.ms', value: '10' },
            { name: 'max.compaction.lag.ms', value: '9' },
          ],
        },
        ErrorCode.INVALID_CONFIG,
      ],
    ];
    it.each(wrong)('K20, G7: refuses %s', async (_what, topic, errorCode) => {
      await create([{ name: 'there.is' }]);
      const [answer] = await create([topic]);
      expect(answer).toMatchObject({ errorCode });
      expect(answer!.errorMessage).not.toBe('');
      expect((await metadata(null)).topics.map(({ name }) => name)).toEqual(['there.is']);
    });

    it('K20: a name given twice is one INVALID_REQUEST, beside topics that are made', async () => {
      const answers = await create([{ name: 'twice' }, { name: 'once' }, { name: 'twice' }]);
      expect(answers.map(({ name, errorCode }) => [name, errorCode])).toEqual([
        ['twice', 42],
        ['once', 0],
      ]);
    });

    it('K20: validate_only writes nothing', async () => {
      const [answer] = await create([{ name: 'checked', numPartitions: 5 }], { validateOnly: true });
      expect(answer).toMatchObject({ errorCode: 0, numPartitions: 5, topicId: zeroUuid });
      expect((await metadata(['checked'], { allow: false })).topics[0]!.errorCode).toBe(3);
    });

    it('takes assignments by hand', async () => {
      const assignments = [1, 0].map((partitionIndex) => ({ partitionIndex, brokerIds: [1] }));
      expect(await create([{ name: 'by-hand', assignments }])).toMatchObject([
        { errorCode: 0, numPartitions: 2 },
      ]);
    });
  });

  describe('DeleteTopics', () => {
    const remove = (topics: { name?: string | null; topicId?: string }[]) =>
      broker.settled(
        client.send(apis.deleteTopics, 6, {
          topics: topics.map(({ name = null, topicId = zeroUuid }) => ({ name, topicId })),
          timeoutMs: 10_000,
        }),
      );

    it('K21: by name and by id', async () => {
      const [first, second] = await create([{ name: 'first' }, { name: 'second' }]);
      const reply = await remove([{ name: 'first' }, { topicId: second!.topicId }]);
      expect(reply.responses).toMatchObject([
        { name: 'first', topicId: first!.topicId, errorCode: 0 },
        { name: 'second', topicId: second!.topicId, errorCode: 0 },
      ]);
      expect((await metadata(null)).topics).toEqual([]);
    });

    it('K21: unknown names and ids, both or neither, and the same topic twice are refused', async () => {
      const [one] = await create([{ name: 'one' }]);
      const reply = await remove([
        { name: 'absent' },
        { topicId: 'AAAAAAAAAAAAAAAAAAAAAg' },
        { name: 'one', topicId: one!.topicId },
        {},
        { name: 'one' },
        { topicId: one!.topicId },
      ]);
      expect(reply.responses.map(({ errorCode }) => errorCode)).toEqual([3, 100, 42, 42, 42, 42]);
      expect((await metadata(['one'])).topics[0]!.errorCode).toBe(0);
    });

    it('K21: a broker whose delete.topic.enable is off refuses', async () => {
      await broker.stop();
      broker = await new TestBroker({ deleteTopicEnable: false }).start();
      client = broker.connect();
      await create([{ name: 'kept' }]);
      expect((await remove([{ name: 'kept' }])).responses[0]!.errorCode).toBe(
        ErrorCode.TOPIC_DELETION_DISABLED,
      );
    });
  });

  describe('DescribeConfigs', () => {
    const describeOne = async (resourceType: number, resourceName: string, keys: string[] | null = null) => {
      const reply = await broker.settled(
        client.send(apis.describeConfigs, 4, {
          resources: [{ resourceType, resourceName, configurationKeys: keys }],
          includeSynonyms: true,
          includeDocumentation: true,
        }),
      );
      return reply.results[0]!;
    };

    it('K24: a topic has every config with value, source, type and synonyms in order', async () => {
      await broker.stop();
      broker = await new TestBroker({ logRetentionMinutes: 10, messageMaxBytes: 2000 }).start();
      client = broker.connect();
      await create([{ name: 'one', configs: [{ name: 'max.message.bytes', value: '1000' }] }]);
      const result = await describeOne(2, 'one');
      expect(result.errorCode).toBe(0);
      const configs = new Map(result.configs.map((config) => [config.name, config]));
      expect(configs.get('max.message.bytes')).toMatchObject({
        value: '1000',
        configSource: 1,
        configType: 3,
        readOnly: false,
        synonyms: [
          { name: 'max.message.bytes', value: '1000', source: 1 },
          { name: 'message.max.bytes', value: '2000', source: 4 },
          { name: 'message.max.bytes', value: '1048588', source: 5 },
        ],
      });
      expect(configs.get('retention.ms')).toMatchObject({
        value: '600000',
        configSource: 4,
        configType: 5,
        synonyms: [
          { name: 'log.retention.minutes', value: '10', source: 4 },
          { name: 'log.retention.hours', value: '168', source: 5 },
        ],
      });
      expect(configs.get('max.compaction.lag.ms')).toMatchObject({
        value: '9223372036854775807',
        configSource: 5,
      });
      expect(configs.get('cleanup.policy')).toMatchObject({ value: 'delete', configType: 7 });
      expect(configs.get('cleanup.policy')!.documentation).not.toBe('');
      expect(configs.size).toBe(28);
    });

    it('answers for the keys asked, for the broker, and with errors for what is not there', async () => {
      await create([{ name: 'one' }]);
      const some = await describeOne(2, 'one', ['segment.bytes', 'no.such.config']);
      expect(some.configs.map(({ name, value }) => [name, value])).toEqual([['segment.bytes', '1073741824']]);
      const ofBroker = await describeOne(4, '1', ['num.partitions']);
      expect(ofBroker.configs).toMatchObject([{ value: '2', configSource: 4, readOnly: true }]);
      expect((await describeOne(4, '')).errorCode).toBe(0);
      expect((await describeOne(4, '7')).errorCode).toBe(ErrorCode.INVALID_REQUEST);
      expect((await describeOne(8, 'x')).errorCode).toBe(ErrorCode.INVALID_REQUEST);
      expect((await describeOne(2, 'absent')).errorCode).toBe(3);
    });
  });

  it('leaves directories alone that no topic owns, and makes no topic over them', async () => {
    await broker.stop();
    broker.fileSystem.makeDirectory('foreign-0');
    const metadataFile = broker.fileSystem.open('foreign-0/partition.metadata', { create: true });
    metadataFile.append([Buffer.from('version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAg')]);
    metadataFile.close();
    await broker.start();
    client = broker.connect();
    expect(broker.warnings()).toMatchObject([{ fields: { topic: 'foreign' } }]);
    expect((await create([{ name: 'foreign' }]))[0]).toMatchObject({
      errorCode: ErrorCode.TOPIC_ALREADY_EXISTS,
      errorMessage: expect.stringContaining('move them away'),
    });
    expect(broker.fileSystem.exists('foreign-0/partition.metadata')).toBe(true);
  });

  it('a restart keeps topics, ids, configs and records, and forgets what was deleted', async () => {
    const [kept] = await create([
      { name: 'kept', numPartitions: 3, configs: [{ name: 'max.message.bytes', value: '777' }] },
      { name: 'gone' },
    ]);
    await broker.produce(client, 'kept', batchOf(['before']), { partition: 2 });
    await broker.settled(client.send(apis.deleteTopics, 1, { topicNames: ['gone'], timeoutMs: 10_000 }));
    const { clusterId } = broker.running;
    for (let round = 0; round < 2; round++) {
      await broker.restart();
      client = broker.connect();
      expect(broker.running.clusterId).toBe(clusterId);
      const all = await metadata(null);
      expect(all.topics).toMatchObject([{ name: 'kept', topicId: kept!.topicId }]);
      expect(all.topics[0]!.partitions).toHaveLength(3);
      const fetched = await broker.settled(client.send(apis.fetch, 12, fetchOf('kept', 0, { partition: 2 })));
      expect(valuesIn(fetched.responses[0]!.partitions[0]!.records)).toEqual(['before']);
      const tooLarge = await broker.produce(client, 'kept', batchOf(['x'.repeat(800)]));
      expect(tooLarge.errorCode).toBe(ErrorCode.MESSAGE_TOO_LARGE);
    }
    expect(broker.warnings()).toEqual([]);
  });
});
