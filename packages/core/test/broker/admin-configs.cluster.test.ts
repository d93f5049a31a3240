// Config changes by the wire: the same requests, the same answers, of our broker and of Apache Kafka.
import { apis } from '../../src/protocol/api-keys.js';
import { ErrorCode } from '../../src/protocol/errors.js';
import type { IncrementalAlterConfigsRequestInput } from '../../src/protocol/messages/44-incremental-alter-configs.js';
import { startTestCluster, uniqueName, type TestCluster } from '../support/cluster.js';
import { connectTo, createTopics, eventually } from '../support/cluster-client.js';
import type { RawClient } from '../support/raw-client.js';

type ResourceInput = IncrementalAlterConfigsRequestInput['resources'][number];
type Change = ResourceInput['configs'][number];

const topicType = 2;
const brokerType = 4;
const operations = { set: 0, delete: 1, append: 2, subtract: 3 };

const set = (name: string, value: string | null): Change => ({
  name,
  configOperation: operations.set,
  value,
});
const remove = (name: string): Change => ({ name, configOperation: operations.delete, value: null });
const append = (name: string, value: string): Change => ({ name, configOperation: operations.append, value });
const subtract = (name: string, value: string): Change => ({
  name,
  configOperation: operations.subtract,
  value,
});

describe('K24: configs', () => {
  let cluster: TestCluster;
  let client: RawClient;
  let topic: string;

  beforeAll(async () => {
    cluster = await startTestCluster();
    client = connectTo(cluster);
  });
  beforeEach(async () => {
    topic = uniqueName('configs');
    await createTopics(client, [{ name: topic }]);
  });
  afterAll(async () => {
    client.close();
    await cluster.close();
  });

  async function alterAll(resources: ResourceInput[], validateOnly = false) {
    const reply = await client.send(apis.incrementalAlterConfigs, 1, { resources, validateOnly });
    return reply.responses;
  }

  async function alter(resourceType: number, resourceName: string, configs: Change[], validateOnly = false) {
    const [answer] = await alterAll([{ resourceType, resourceName, configs }], validateOnly);
    return answer!;
  }

  async function describeAll(resourceType: number, resourceName: string) {
    const reply = await client.send(apis.describeConfigs, 4, {
      resources: [{ resourceType, resourceName, configurationKeys: null }],
      includeSynonyms: true,
    });
    const result = reply.results[0]!;
    return { errorCode: result.errorCode, configs: new Map(result.configs.map((each) => [each.name, each])) };
  }

  async function valueOf(name: string, resourceType = topicType, resourceName = topic) {
    return (await describeAll(resourceType, resourceName)).configs.get(name)?.value ?? null;
  }

  const becomes = async (
    name: string,
    value: string | null,
    resourceType = topicType,
    resourceName = topic,
  ) => {
    const found = await eventually(
      () => valueOf(name, resourceType, resourceName),
      (each) => each === value,
    );
    expect(found).toBe(value);
  };

  it('SET and DELETE change one config and leave the others', async () => {
    expect(await alter(topicType, topic, [set('retention.ms', '5000'), set('segment.ms', '7000')])).toEqual({
      errorCode: 0,
      errorMessage: null,
      resourceType: topicType,
      resourceName: topic,
    });
    await becomes('retention.ms', '5000');
    expect((await alter(topicType, topic, [remove('retention.ms')])).errorCode).toBe(0);
    await becomes('retention.ms', '604800000');
    expect(await valueOf('segment.ms')).toBe('7000');
  });

  it('DELETE of what was never set is no error, not even of a name that is no config', async () => {
    expect(
      (await alter(topicType, topic, [remove('retention.ms'), remove('no.such.config')])).errorCode,
    ).toBe(0);
  });

  it('APPEND begins with the default, adds each word once; SUBTRACT takes away', async () => {
    expect((await alter(topicType, topic, [append('cleanup.policy', 'compact')])).errorCode).toBe(0);
    await becomes('cleanup.policy', 'delete,compact');
    expect((await alter(topicType, topic, [append('cleanup.policy', 'compact')])).errorCode).toBe(0);
    expect((await alter(topicType, topic, [subtract('cleanup.policy', 'delete')])).errorCode).toBe(0);
    await becomes('cleanup.policy', 'compact');
  });

  const wrong: [what: string, changes: Change[], errorCode: number][] = [
    ['an unknown config', [set('no.such.config', '1')], ErrorCode.INVALID_CONFIG],
    ['a bad value', [set('retention.ms', 'soon')], ErrorCode.INVALID_CONFIG],
    ['a value out of range', [set('retention.ms', '-2')], ErrorCode.INVALID_CONFIG],
    ['a gzip level of 0', [set('compression.gzip.level', '0')], ErrorCode.INVALID_CONFIG],
    ['a zstd level of 23', [set('compression.zstd.level', '23')], ErrorCode.INVALID_CONFIG],
    ['APPEND to what is no list', [append('retention.ms', '1')], ErrorCode.INVALID_CONFIG],
    ['SUBTRACT from what is no list', [subtract('retention.ms', '1')], ErrorCode.INVALID_CONFIG],
    ['APPEND of a word that is no policy', [append('cleanup.policy', 'keep')], ErrorCode.INVALID_CONFIG],
    ['no value', [set('retention.ms', null)], ErrorCode.INVALID_REQUEST],
    ['a config named twice', [set('retention.ms', '1'), set('retention.ms', '2')], ErrorCode.INVALID_REQUEST],
    [
      'lags that contradict each other',
      [set('min.compaction.lag.ms', '10'), set('max.compaction.lag.ms', '9')],
      ErrorCode.INVALID_CONFIG,
    ],
  ];
  it.each(wrong)('%s rejects the resource whole, and no other', async (_what, changes, errorCode) => {
    const other = uniqueName('configs');
    await createTopics(client, [{ name: other }]);
    const answers = await alterAll([
      { resourceType: topicType, resourceName: topic, configs: [set('segment.ms', '7000'), ...changes] },
      { resourceType: topicType, resourceName: other, configs: [set('segment.ms', '7000')] },
    ]);
    const codes = new Map(answers.map((answer) => [answer.resourceName, answer.errorCode]));
    expect(codes.get(topic)).toBe(errorCode);
    expect(codes.get(other)).toBe(0);
    await becomes('segment.ms', '7000', topicType, other);
    expect(await valueOf('segment.ms')).toBe('604800000');
  });

  it('validate_only says what would be and changes nothing', async () => {
    expect((await alter(topicType, topic, [set('retention.ms', '5000')], true)).errorCode).toBe(0);
    expect((await alter(topicType, topic, [set('retention.ms', 'soon')], true)).errorCode).toBe(
      ErrorCode.INVALID_CONFIG,
    );
    expect((await alter(topicType, topic, [set('segment.ms', '7000')])).errorCode).toBe(0);
    await becomes('segment.ms', '7000');
    expect(await valueOf('retention.ms')).toBe('604800000');
  });

  const absent: [what: string, type: number, name: string, errorCode: number][] = [
    ['an unknown topic', topicType, 'no-such-topic', ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
    ['all topics', topicType, '', ErrorCode.INVALID_REQUEST],
    ['another broker', brokerType, '4711', ErrorCode.INVALID_REQUEST],
    ['a broker that is no number', brokerType, 'one', ErrorCode.INVALID_REQUEST],
    ['a type of resource that there is not', 99, 'x', ErrorCode.INVALID_REQUEST],
  ];
  it.each(absent)('%s is refused', async (_what, type, name, errorCode) => {
    const configs = [set('retention.ms', '1')];
    expect((await alter(type, name, configs)).errorCode).toBe(errorCode);
    const legacy = await client.send(apis.alterConfigs, 2, {
      resources: [
        { resourceType: type, resourceName: name, configs: [{ name: 'retention.ms', value: '1' }] },
      ],
      validateOnly: false,
    });
    expect(legacy.responses[0]!.errorCode).toBe(errorCode);
  });

  it('a resource named twice is INVALID_REQUEST', async () => {
    const resource = { resourceType: topicType, resourceName: topic, configs: [set('retention.ms', '1')] };
    const answers = await alterAll([resource, resource]);
    expect(answers.map(({ errorCode }) => errorCode)).toEqual([
      ErrorCode.INVALID_REQUEST,
      ErrorCode.INVALID_REQUEST,
    ]);
  });

  describe('AlterConfigs', () => {
    async function replace(configs: { name: string; value: string | null }[], validateOnly = false) {
      const reply = await client.send(apis.alterConfigs, 2, {
        resources: [{ resourceType: topicType, resourceName: topic, configs }],
        validateOnly,
      });
      return reply.responses[0]!.errorCode;
    }

    it('replaces all configs', async () => {
      expect(await replace([{ name: 'segment.ms', value: '7000' }])).toBe(0);
      await becomes('segment.ms', '7000');
      expect(await replace([{ name: 'retention.ms', value: '5000' }])).toBe(0);
      await becomes('retention.ms', '5000');
      expect(await valueOf('segment.ms')).toBe('604800000');
      expect(await replace([], true)).toBe(0);
      expect(await replace([])).toBe(0);
      await becomes('retention.ms', '604800000');
    });

    it('refuses what is no config and what has no value', async () => {
      expect(await replace([{ name: 'no.such.config', value: '1' }])).toBe(ErrorCode.INVALID_CONFIG);
      expect(await replace([{ name: 'retention.ms', value: null }])).toBe(ErrorCode.INVALID_REQUEST);
    });
  });

  describe('of brokers', () => {
    // Not used by topics of other tests in a shared cluster: theirs have records of kilobytes and little else.
    const name = 'log.index.interval.bytes';
    const broker = '1';
    afterEach(async () => {
      await alter(brokerType, broker, [remove(name)]);
      await alter(brokerType, '', [remove(name)]);
    });

    it('one broker wins over all brokers, both over the default, and a topic over all of them', async () => {
      const synonymsOf = async (): Promise<[value: string | null, source: number][]> => {
        const { configs } = await describeAll(topicType, topic);
        return configs.get('index.interval.bytes')!.synonyms.map(({ value, source }) => [value, source]);
      };
      const become = async (wanted: [string, number][]) => {
        const found = await eventually(synonymsOf, ({ length }) => length === wanted.length);
        expect(found).toEqual(wanted);
      };
      await become([['4096', 5]]);
      expect((await alter(brokerType, '', [set(name, '5000')])).errorCode).toBe(0);
      await become([
        ['5000', 3],
        ['4096', 5],
      ]);
      expect((await alter(brokerType, broker, [set(name, '6000')])).errorCode).toBe(0);
      await become([
        ['6000', 2],
        ['5000', 3],
        ['4096', 5],
      ]);
      expect((await alter(topicType, topic, [set('index.interval.bytes', '7000')])).errorCode).toBe(0);
      await become([
        ['7000', 1],
        ['6000', 2],
        ['5000', 3],
        ['4096', 5],
      ]);
      expect((await describeAll(brokerType, broker)).configs.get(name)).toMatchObject({
        value: '6000',
        configSource: 2,
        readOnly: false,
      });
      const ofAll = await describeAll(brokerType, '');
      expect(ofAll.configs.get(name)).toMatchObject({ value: '5000', configSource: 3, readOnly: false });
    });

    const refused: [name: string, value: string][] = [
      ['num.partitions', '3'],
      ['log.retention.hours', '1'],
      ['socket.request.max.bytes', '1000'],
      ['auto.create.topics.enable', 'false'],
      ['log.cleaner.enable', 'false'],
      ['log.initial.task.delay.ms', '1'],
      [name, 'many'],
      [name, '-1'],
    ];
    it.each(refused)('%s = %s cannot be set while the broker runs', async (config, value) => {
      for (const target of ['', broker]) {
        expect((await alter(brokerType, target, [set(config, value)])).errorCode).toBe(
          ErrorCode.INVALID_REQUEST,
        );
      }
    });

    it.each([
      ['log.cleaner.backoff.ms', '20000', '15000'],
      ['log.cleaner.dedupe.buffer.size', '200000000', '134217728'],
      ['log.cleaner.io.max.bytes.per.second', '1.5E7', '1.7976931348623157E308'],
    ])('%s can be set to %s, of one broker and of all', async (config, value, defaultValue) => {
      for (const target of ['', broker])
        expect((await alter(brokerType, target, [set(config, value)], true)).errorCode).toBe(0);
      expect(await valueOf(config, brokerType, broker)).toBe(defaultValue);
    });

    it('validate_only changes nothing', async () => {
      expect((await alter(brokerType, '', [set(name, '5000')], true)).errorCode).toBe(0);
      expect(await valueOf(name, brokerType, broker)).toBe('4096');
    });

    it('what cannot be changed is read-only', async () => {
      const { configs } = await describeAll(brokerType, broker);
      const readOnly = (config: string) => configs.get(config)!.readOnly;
      expect(['num.partitions', 'log.retention.hours', 'socket.request.max.bytes'].map(readOnly)).toEqual([
        true,
        true,
        true,
      ]);
      const dynamic = ['log.retention.ms', 'log.retention.bytes', 'message.max.bytes', 'log.cleanup.policy'];
      expect(dynamic.map(readOnly)).toEqual([false, false, false, false]);
    });
  });

  it('ListConfigResources names topics and brokers, and what there is no type for is 35', async () => {
    const list = (resourceTypes: number[], version = 1) =>
      client.send(apis.listConfigResources, version, { resourceTypes });
    const found = await eventually(
      () => list([topicType, brokerType]),
      ({ configResources }) => configResources.some(({ resourceName }) => resourceName === topic),
    );
    expect(found.errorCode).toBe(0);
    expect(found.configResources).toContainEqual({ resourceName: topic, resourceType: topicType });
    expect(found.configResources.filter(({ resourceType }) => resourceType === brokerType)).toEqual([
      { resourceName: '1', resourceType: brokerType },
    ]);
    const all = await list([]);
    expect(all.configResources).toContainEqual({ resourceName: topic, resourceType: topicType });
    expect(await list([], 0)).toMatchObject({ errorCode: 0, configResources: [] });
    expect(await list([99])).toMatchObject({ errorCode: ErrorCode.UNSUPPORTED_VERSION, configResources: [] });
  });
});
