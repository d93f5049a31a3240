// Decides that the broker is the Kafka it says it is (G1), serves all that it names (G2), and sends clients to brokers that are there (G6).
import { apiByKey, apis, type Api } from '../../src/protocol/api-keys.js';
import { ErrorCode } from '../../src/protocol/errors.js';
import { defaultOf, fieldsOf } from '../../src/protocol/schema/field-rules.js';
import type { RawClient } from '../support/raw-client.js';
import { batchOf } from '../support/record-batches.js';
import { TestBroker } from '../support/test-broker.js';

/** Acks of 0 would be answered with nothing, and a client must give its software a name. */
function neededBy({ name }: Api): object {
  if (name === 'Produce') return { acks: 1 };
  return name === 'ApiVersions' ? software : {};
}

/** A request whose every field holds its default. */
const requestOfDefaults = (api: Api) =>
  Object.fromEntries(Object.entries(fieldsOf(api.request)).map(([name, field]) => [name, defaultOf(field)]));

const software = { clientSoftwareName: 'ground', clientSoftwareVersion: '1' };

describe('ground rules', () => {
  let broker: TestBroker;
  let client: RawClient;
  beforeAll(async () => {
    broker = await new TestBroker().start();
    client = broker.connect();
    await broker.createTopic(client, 'topic', 2);
  });
  afterAll(() => broker.stop());

  const advertised = async () => broker.settled(client.send(apis.apiVersions, 4, software));

  it.each([0, 1])('G1: record format %i is refused, and nothing is converted', async (magic) => {
    const records = batchOf(['a']);
    records[16] = magic;
    const { errorCode } = await broker.produce(client, 'topic', records);
    expect(errorCode).toBe(ErrorCode.INVALID_RECORD);
  });

  it('G1: what ZooKeeper needed is not named, and tiers can only be off', async () => {
    const { apiKeys } = await advertised();
    // LeaderAndIsr, StopReplica, UpdateMetadata, ControlledShutdown.
    expect(apiKeys.filter(({ apiKey }) => apiKey >= 4 && apiKey <= 7)).toEqual([]);
    const create = async (value: string) => {
      const configs = [{ name: 'remote.storage.enable', value }];
      const topic = {
        name: `tier-${value}`,
        numPartitions: 1,
        replicationFactor: 1,
        assignments: [],
        configs,
      };
      const reply = await broker.settled(
        client.send(apis.createTopics, 7, { topics: [topic], timeoutMs: 1_000 }),
      );
      return reply.topics[0]!.errorCode;
    };
    expect([await create('true'), await create('false')]).toEqual([ErrorCode.INVALID_CONFIG, 0]);
  });

  it('G2: every version of every API that is named is answered in its own form', async () => {
    const { apiKeys } = await advertised();
    for (const { apiKey, minVersion, maxVersion } of apiKeys) {
      const api = apiByKey(apiKey)!;
      // Produce is named from 0, though the versions before 3 are gone (KAFKA-18659).
      for (let version = Math.max(minVersion, api.versions[0]); version <= maxVersion; version++) {
        const one = broker.connect();
        const request = { ...requestOfDefaults(api), ...neededBy(api) };
        const reply = await broker.settled(one.send(api, version, request));
        expect([api.name, version, typeof reply, one.isClosed]).toEqual([api.name, version, 'object', false]);
        one.close();
      }
    }
    expect(broker.warnings()).toEqual([]);
  });

  it('G2: features that are finalized are among the supported, at a level that is', async () => {
    const { supportedFeatures, finalizedFeatures, finalizedFeaturesEpoch } = await advertised();
    expect(finalizedFeaturesEpoch).toBeGreaterThanOrEqual(0);
    const supported = new Map(supportedFeatures.map((feature) => [feature.name, feature]));
    expect(finalizedFeatures.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['metadata.version', 'group.version']),
    );
    for (const { name, maxVersionLevel } of finalizedFeatures) {
      expect(maxVersionLevel).toBeGreaterThanOrEqual(supported.get(name)?.minVersion ?? NaN);
      expect(maxVersionLevel).toBeLessThanOrEqual(supported.get(name)?.maxVersion ?? NaN);
    }
  });

  it('G6: brokers, controller and leaders that clients are told of can be connected to', async () => {
    const metadata = await broker.settled(client.send(apis.metadata, 12, { topics: null }));
    const cluster = await broker.settled(
      client.send(apis.describeCluster, 1, { includeClusterAuthorizedOperations: false }),
    );
    const { host, port } = broker.running.address;
    const brokers = [{ nodeId: broker.running.nodeId, host, port }];
    expect(metadata.brokers).toMatchObject(brokers);
    expect(cluster.brokers).toMatchObject(
      brokers.map(({ nodeId: brokerId, ...rest }) => ({ brokerId, ...rest })),
    );
    expect([metadata.controllerId, cluster.controllerId]).toEqual([1, 1]);
    for (const { partitions } of metadata.topics)
      for (const { leaderId, errorCode } of partitions) expect([leaderId, errorCode]).toEqual([1, 0]);
  });
});
