// Decides what a change of a feature's level does to a broker: at once, and after a restart.
import { apis } from '../../src/protocol/api-keys.js';
import { ErrorCode } from '../../src/protocol/errors.js';
import type { RawClient } from '../support/raw-client.js';
import { TestBroker } from '../support/test-broker.js';

const software = { clientSoftwareName: 'features', clientSoftwareVersion: '1' };

describe('features of a broker', () => {
  let broker: TestBroker;
  let client: RawClient;

  async function start(config: ConstructorParameters<typeof TestBroker>[0] = {}): Promise<void> {
    broker = await new TestBroker(config).start();
    await connect();
  }

  async function connect(): Promise<void> {
    client = broker.connect();
    await broker.settled(client.send(apis.findCoordinator, 6, { keyType: 0, coordinatorKeys: ['g'] }));
  }

  afterEach(() => broker.stop());

  const update = async (feature: string, maxVersionLevel: number, upgradeType: number, version = 2) => {
    const featureUpdates = [{ feature, maxVersionLevel, ...(version > 0 ? { upgradeType } : {}) }];
    const request = { timeoutMs: 30_000, featureUpdates };
    return (await broker.settled(client.send(apis.updateFeatures, version, request))).errorCode;
  };

  async function finalized(): Promise<Record<string, number>> {
    const { finalizedFeatures } = await broker.settled(client.send(apis.apiVersions, 4, software));
    return Object.fromEntries(finalizedFeatures.map(({ name, maxVersionLevel }) => [name, maxVersionLevel]));
  }

  async function heartbeat(): Promise<number> {
    const reply = await broker.settled(
      client.send(apis.consumerGroupHeartbeat, 1, {
        groupId: 'g',
        memberId: 'm',
        memberEpoch: 0,
        rebalanceTimeoutMs: 60_000,
        subscribedTopicNames: ['t'],
        topicPartitions: [],
      }),
    );
    return reply.errorCode;
  }

  it('group.version 0 turns the consumer protocol off, for good, until it is raised again', async () => {
    await start();
    expect(await heartbeat()).toBe(0);
    expect(await update('group.version', 0, 2)).toBe(0);
    expect(await finalized()).toEqual({ 'metadata.version': 25, 'transaction.version': 2 });
    expect(await heartbeat()).toBe(ErrorCode.UNSUPPORTED_VERSION);
    await broker.restart();
    await connect();
    expect(await heartbeat()).toBe(ErrorCode.UNSUPPORTED_VERSION);
    const described = await broker.settled(
      client.send(apis.consumerGroupDescribe, 1, { groupIds: ['g'], includeAuthorizedOperations: false }),
    );
    expect(described.groups[0]).toMatchObject({ groupId: 'g', errorCode: ErrorCode.UNSUPPORTED_VERSION });
    expect(await update('group.version', 1, 1)).toBe(0);
    expect(await heartbeat()).toBe(0);
  });

  it('a change raises the epoch of the features; one that changes nothing does not', async () => {
    await start();
    const epoch = async () =>
      (await broker.settled(client.send(apis.apiVersions, 4, software))).finalizedFeaturesEpoch;
    const before = await epoch();
    expect(await update('transaction.version', 2, 1)).toBe(0);
    expect(await epoch()).toBe(before);
    expect(await update('transaction.version', 1, 3)).toBe(0);
    expect(await epoch()).toBeGreaterThan(before);
    expect(await finalized()).toMatchObject({ 'transaction.version': 1 });
  });

  it('version 0 lowers a level only where allow_downgrade says so', async () => {
    await start();
    expect(await update('group.version', 0, 0, 0)).toBe(ErrorCode.INVALID_UPDATE_VERSION);
    const featureUpdates = [{ feature: 'group.version', maxVersionLevel: 0, allowDowngrade: true }];
    const reply = await broker.settled(
      client.send(apis.updateFeatures, 0, { timeoutMs: 30_000, featureUpdates }),
    );
    expect(reply).toMatchObject({ errorCode: 0, results: [{ feature: 'group.version', errorCode: 0 }] });
    expect(await finalized()).not.toHaveProperty(['group.version']);
  });

  it('group.coordinator.rebalance.protocols without consumer refuses the consumer protocol', async () => {
    await start({ groupCoordinatorRebalanceProtocols: ['classic'] });
    expect(await heartbeat()).toBe(ErrorCode.UNSUPPORTED_VERSION);
  });
});
