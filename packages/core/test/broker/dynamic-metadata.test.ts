import { apis } from '../../src/protocol/api-keys.js';
import { ErrorCode } from '../../src/protocol/errors.js';
import type { RawClient } from '../support/raw-client.js';
import { batchOf, valuesIn } from '../support/record-batches.js';
import { fetchOf, TestBroker } from '../support/test-broker.js';

const topicType = 2;
const brokerType = 4;

describe('changes of the metadata take effect at once and last', () => {
  let broker: TestBroker;
  let client: RawClient;

  beforeEach(async () => {
    broker = await new TestBroker().start();
    client = broker.connect();
    await broker.createTopic(client, 'topic');
  });
  afterEach(() => broker.stop());

  async function set(resourceType: number, resourceName: string, name: string, value: string | null) {
    const configs = [{ name, configOperation: value === null ? 1 : 0, value }];
    const reply = await broker.settled(
      client.send(apis.incrementalAlterConfigs, 1, {
        resources: [{ resourceType, resourceName, configs }],
        validateOnly: false,
      }),
    );
    expect(reply.responses[0]).toMatchObject({ errorCode: 0 });
  }

  async function grow(count: number) {
    const reply = await broker.settled(
      client.send(apis.createPartitions, 3, {
        topics: [{ name: 'topic', count, assignments: null }],
        timeoutMs: 10_000,
        validateOnly: false,
      }),
    );
    expect(reply.results[0]).toMatchObject({ errorCode: 0 });
  }

  const sizes = async () => {
    const codes: number[] = [];
    for (const length of [100, 500, 900]) {
      codes.push((await broker.produce(client, 'topic', batchOf(['x'.repeat(length)]))).errorCode);
    }
    return codes;
  };
  const tooLarge = ErrorCode.MESSAGE_TOO_LARGE;

  it('K24: message.max.bytes of all brokers, of one, and of the topic, each over the one before', async () => {
    expect(await sizes()).toEqual([0, 0, 0]);
    await set(brokerType, '', 'message.max.bytes', '300');
    expect(await sizes()).toEqual([0, tooLarge, tooLarge]);
    await set(brokerType, '1', 'message.max.bytes', '700');
    expect(await sizes()).toEqual([0, 0, tooLarge]);
    await set(topicType, 'topic', 'max.message.bytes', '50');
    expect(await sizes()).toEqual([tooLarge, tooLarge, tooLarge]);
    await set(topicType, 'topic', 'max.message.bytes', null);
    await broker.restart();
    client = broker.connect();
    expect(await sizes()).toEqual([0, 0, tooLarge]);
    await broker.createTopic(client, 'later');
    const later = await broker.produce(client, 'later', batchOf(['x'.repeat(900)]));
    expect(later.errorCode).toBe(tooLarge);
    await set(brokerType, '1', 'message.max.bytes', null);
    await set(brokerType, '', 'message.max.bytes', null);
    expect(await sizes()).toEqual([0, 0, 0]);
  });

  it('K22: new partitions take records, give them, and are there after a restart', async () => {
    await broker.produce(client, 'topic', batchOf(['before']));
    await grow(3);
    const answer = await broker.produce(client, 'topic', batchOf(['added']), { partition: 2 });
    expect(answer).toMatchObject({ errorCode: 0, baseOffset: 0 });
    await broker.restart();
    client = broker.connect();
    const valuesOf = async (partition: number) => {
      const reply = await broker.settled(client.send(apis.fetch, 12, fetchOf('topic', 0, { partition })));
      return valuesIn(reply.responses[0]!.partitions[0]!.records);
    };
    expect([await valuesOf(0), await valuesOf(1), await valuesOf(2)]).toEqual([['before'], [], ['added']]);
    expect(broker.warnings()).toEqual([]);
  });

  it('KIP-584: ApiVersions names the features that the metadata log says', async () => {
    const reply = await broker.settled(
      client.send(apis.apiVersions, 4, { clientSoftwareName: 'raw', clientSoftwareVersion: '1' }),
    );
    expect(reply.finalizedFeatures).toEqual([
      { name: 'metadata.version', minVersionLevel: 25, maxVersionLevel: 25 },
      { name: 'group.version', minVersionLevel: 1, maxVersionLevel: 1 },
      { name: 'transaction.version', minVersionLevel: 2, maxVersionLevel: 2 },
    ]);
    expect(reply.finalizedFeaturesEpoch).toBeGreaterThan(0);
  });

  it('T3: producer ids of a restarted broker are new ones', async () => {
    const next = async () => {
      const reply = await broker.settled(
        client.send(apis.initProducerId, 4, {
          transactionalId: null,
          transactionTimeoutMs: 1000,
          producerId: -1,
          producerEpoch: -1,
        }),
      );
      return reply.producerId;
    };
    const ids = [await next(), await next()];
    await broker.restart();
    client = broker.connect();
    ids.push(await next());
    expect(new Set(ids).size).toBe(3);
  });

  it('K6: a metadata log whose beginning lies in a snapshot is refused, not read in part', async () => {
    await broker.stop();
    const path = 'log-start-offset-checkpoint';
    if (broker.fileSystem.exists(path)) broker.fileSystem.remove(path);
    const file = broker.fileSystem.open(path, { create: true });
    file.append([Buffer.from('0\n1\n__cluster_metadata 0 2\n')]);
    file.close();
    await expect(broker.start()).rejects.toThrow(/metadata log begins at offset 2.*snapshot/);
  });
});
