// Configs of groups by the wire (KIP-848): the same requests, the same answers, of our broker and of Apache Kafka.
import { apis } from '../../src/protocol/api-keys.js';
import { ErrorCode } from '../../src/protocol/errors.js';
import { startTestCluster, uniqueName, type TestCluster } from '../support/cluster.js';
import { connectTo, eventually } from '../support/cluster-client.js';
import type { RawClient } from '../support/raw-client.js';

const groupType = 32;
const [setOperation, deleteOperation, appendOperation] = [0, 1, 2];
const session = 'consumer.session.timeout.ms';
const heartbeat = 'consumer.heartbeat.interval.ms';
const groupSource = 8;
const defaultSource = 5;

describe('K24: configs of groups', () => {
  let cluster: TestCluster;
  let client: RawClient;
  let group: string;

  beforeAll(async () => {
    cluster = await startTestCluster();
    client = connectTo(cluster);
  });
  beforeEach(() => void (group = uniqueName('configured')));
  afterAll(async () => {
    client.close();
    await cluster.close();
  });

  async function alter(
    name: string,
    value: string | null,
    { resourceName = group, configOperation = setOperation } = {},
  ): Promise<number> {
    const resource = { resourceType: groupType, resourceName, configs: [{ name, configOperation, value }] };
    const request = { resources: [resource], validateOnly: false };
    return (await client.send(apis.incrementalAlterConfigs, 1, request)).responses[0]!.errorCode;
  }

  async function describeGroup(resourceName = group) {
    const resources = [{ resourceType: groupType, resourceName, configurationKeys: [session, heartbeat] }];
    const reply = await client.send(apis.describeConfigs, 4, {
      resources,
      includeSynonyms: true,
      includeDocumentation: false,
    });
    const { errorCode, configs } = reply.results[0]!;
    return { errorCode, configs: new Map(configs.map((config) => [config.name, config])) };
  }

  const becomes = async (name: string, value: string) => {
    const found = await eventually(
      async () => (await describeGroup()).configs.get(name)?.value,
      (now) => now === value,
    );
    expect(found).toBe(value);
  };

  it('a group that nobody knows has those of the broker', async () => {
    const { errorCode, configs } = await describeGroup();
    expect(errorCode).toBe(0);
    expect(configs.get(session)).toMatchObject({
      value: '45000',
      configSource: defaultSource,
      readOnly: false,
      synonyms: [{ name: 'group.consumer.session.timeout.ms', value: '45000', source: defaultSource }],
    });
    expect(configs.get(heartbeat)!.synonyms.map(({ name }) => name)).toContain(
      'group.consumer.heartbeat.interval.ms',
    );
  });

  it('what is set is told with its source and over that of the broker, listed, and deleted again', async () => {
    expect(await alter(session, '50000')).toBe(0);
    expect(await alter(heartbeat, '6000')).toBe(0);
    await becomes(session, '50000');
    await becomes(heartbeat, '6000');
    expect((await describeGroup()).configs.get(session)).toMatchObject({
      configSource: groupSource,
      synonyms: [
        { name: session, value: '50000', source: groupSource },
        { name: 'group.consumer.session.timeout.ms', value: '45000', source: defaultSource },
      ],
    });
    const listed = async () => {
      const reply = await client.send(apis.listConfigResources, 1, { resourceTypes: [groupType] });
      return reply.configResources.filter(({ resourceName }) => resourceName === group);
    };
    expect(await listed()).toEqual([{ resourceName: group, resourceType: groupType }]);
    for (const name of [session, heartbeat])
      expect(await alter(name, null, { configOperation: deleteOperation })).toBe(0);
    await becomes(session, '45000');
    expect(await eventually(listed, (found) => found.length === 0)).toEqual([]);
  });

  const wrong: [what: string, name: string, value: string | null, errorCode: number][] = [
    ['less than the broker allows', session, '1000', ErrorCode.INVALID_CONFIG],
    ['more than the broker allows', session, '70000', ErrorCode.INVALID_CONFIG],
    ['less, of heartbeats', heartbeat, '1', ErrorCode.INVALID_CONFIG],
    ['more, of heartbeats', heartbeat, '60000', ErrorCode.INVALID_CONFIG],
    ['no number', session, 'soon', ErrorCode.INVALID_CONFIG],
    ['an unknown config', 'no.such.config', '1', ErrorCode.INVALID_CONFIG],
    ['no value', session, null, ErrorCode.INVALID_REQUEST],
  ];
  it.each(wrong)('%s is refused', async (_what, name, value, errorCode) => {
    expect(await alter(name, value)).toBe(errorCode);
  });

  it('a list cannot be made of a number, and there are no configs of all groups', async () => {
    expect(await alter(session, '5', { configOperation: appendOperation })).toBe(ErrorCode.INVALID_CONFIG);
    expect(await alter(session, '50000', { resourceName: '' })).toBe(ErrorCode.INVALID_REQUEST);
    expect((await describeGroup('')).errorCode).toBe(ErrorCode.INVALID_REQUEST);
  });

  it('members are told the interval of their group', async () => {
    expect(await alter(heartbeat, '7000')).toBe(0);
    await becomes(heartbeat, '7000');
    await eventually(
      () => client.send(apis.findCoordinator, 6, { keyType: 0, coordinatorKeys: [group] }),
      ({ coordinators }) => coordinators[0]!.errorCode === 0,
    );
    const beat = () =>
      client.send(apis.consumerGroupHeartbeat, 1, {
        groupId: group,
        memberId: `member-of-${group}`,
        memberEpoch: 0,
        rebalanceTimeoutMs: 60_000,
        subscribedTopicNames: ['none'],
        topicPartitions: [],
      });
    const joined = await eventually(beat, ({ errorCode }) => errorCode === 0);
    expect(joined).toMatchObject({ errorCode: 0, heartbeatIntervalMs: 7_000 });
  });
});
