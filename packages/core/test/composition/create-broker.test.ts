import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createBroker, createInMemoryBroker } from '../../src/composition/create-broker.js';
import { parseListenAddress } from '../../src/composition/listen-address.js';
import { createTcpNetwork } from '../../src/io/node/tcp-network.js';
import { apis } from '../../src/protocol/api-keys.js';
import { RawClient } from '../support/raw-client.js';
import { batchOf, valuesIn } from '../support/record-batches.js';
import { fetchOf } from '../support/test-broker.js';

const quiet = { log: () => undefined };

describe('createBroker', () => {
  let directory: string;
  beforeEach(() => void (directory = mkdtempSync(join(tmpdir(), 'ottla-broker-'))));
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('keeps on disk what it was given, in the directories that Kafka has', async () => {
    const options = { listen: '127.0.0.1:0', dataDirectory: directory, diagnostics: quiet };
    let clusterId = '';
    for (let round = 0; round < 2; round++) {
      const broker = await createBroker(options);
      const client = new RawClient(createTcpNetwork(), broker.address);
      if (round === 0) {
        clusterId = broker.clusterId;
        const topic = { name: 'kept', numPartitions: 2, replicationFactor: 1, assignments: [], configs: [] };
        await client.send(apis.createTopics, 7, { topics: [topic], timeoutMs: 10_000 });
        const partitionData = [{ index: 1, records: batchOf(['on disk']) }];
        await client.send(apis.produce, 9, {
          acks: -1,
          timeoutMs: 1000,
          topicData: [{ name: 'kept', partitionData }],
        });
      }
      expect(broker.clusterId).toBe(clusterId);
      const fetched = await client.send(apis.fetch, 12, fetchOf('kept', 0, { partition: 1 }));
      expect(valuesIn(fetched.responses[0]!.partitions[0]!.records)).toEqual(['on disk']);
      await Promise.all([broker.close(), broker.close()]);
      await client.closed;
      expect(readdirSync(directory)).toEqual(
        expect.arrayContaining([
          'kept-0',
          'kept-1',
          '__cluster_metadata-0',
          'meta.properties',
          '.kafka_cleanshutdown',
        ]),
      );
    }
  });

  it('names the address that is taken and what to do', async () => {
    const first = await createBroker({ listen: '127.0.0.1:0', diagnostics: quiet });
    const { port } = first.address;
    await expect(createBroker({ listen: `127.0.0.1:${port}`, diagnostics: quiet })).rejects.toMatchObject({
      name: 'BrokerStartError',
      code: 'CANNOT_LISTEN',
      message: expect.stringMatching(
        new RegExp(`127.0.0.1:${port}: another process listens there; stop it, or choose`),
      ),
    });
    await first.close();
    const second = await createBroker({ listen: `127.0.0.1:${port}`, diagnostics: quiet });
    await second.close();
  });

  it('lets nobody else into its data directory, and lets go of it when it cannot start', async () => {
    const options = { listen: '127.0.0.1:0', dataDirectory: directory, diagnostics: quiet };
    const first = await createBroker(options);
    await expect(createBroker(options)).rejects.toMatchObject({
      code: 'DATA_DIRECTORY',
      message: expect.stringContaining(`${directory} is in use`),
    });
    const { port } = first.address;
    const other = join(directory, 'other');
    await expect(
      createBroker({ listen: `127.0.0.1:${port}`, dataDirectory: other, diagnostics: quiet }),
    ).rejects.toMatchObject({
      code: 'CANNOT_LISTEN',
    });
    await first.close();
    const second = await createBroker({ ...options, dataDirectory: other });
    await second.close();
  });

  it.each([
    [{ listen: 'localhost' }, 'Option listen cannot be "localhost"'],
    [{ listen: '127.0.0.1:99999' }, 'Option listen cannot be "127.0.0.1:99999"'],
    [{ advertised: 'x' }, 'Option advertised cannot be "x"'],
    [{ nodeId: -1 }, 'Option nodeId cannot be -1'],
    [
      { config: { numPartitions: 0 } },
      'Broker config numPartitions cannot be 0: it must be an integer from 1',
    ],
    [{ config: { nunPartitions: 1 } as object }, 'Broker config nunPartitions is unknown'],
    [{ config: { compressionType: 'rar' as 'gzip' } }, 'it must be one of producer, uncompressed, gzip'],
  ])('refuses %j', async (options, message) => {
    await expect(createBroker({ listen: '127.0.0.1:0', ...options })).rejects.toMatchObject({
      name: 'BrokerStartError',
      code: 'INVALID_OPTION',
      message: expect.stringContaining(message),
    });
  });

  it('says that a data directory is a file', async () => {
    const file = join(directory, 'file');
    writeFileSync(file, '');
    await expect(createBroker({ listen: '127.0.0.1:0', dataDirectory: file })).rejects.toMatchObject({
      code: 'DATA_DIRECTORY',
      message: expect.stringContaining(file),
    });
  });

  it('on a wildcard address tells each client the address it came by', async () => {
    const broker = await createBroker({ listen: '0.0.0.0:0', diagnostics: quiet });
    const client = new RawClient(createTcpNetwork(), { host: '127.0.0.1', port: broker.address.port });
    const { brokers } = await client.send(apis.metadata, 12, { topics: [] });
    expect(brokers).toMatchObject([{ host: '127.0.0.1', port: broker.address.port }]);
    client.close();
    await broker.close();
  });

  it('tells clients the advertised address', async () => {
    const broker = await createInMemoryBroker({ diagnostics: quiet });
    const running = await createBroker({
      listen: '127.0.0.1:0',
      advertised: 'kafka.example:1234',
      diagnostics: quiet,
    });
    expect([broker.bootstrapServers, running.bootstrapServers]).toEqual([
      'memory:9092',
      'kafka.example:1234',
    ]);
    await Promise.all([broker.close(), running.close()]);
  });

  it.each([
    ['127.0.0.1:9092', { host: '127.0.0.1', port: 9092 }],
    ['PLAINTEXT://host:1', { host: 'host', port: 1 }],
    ['[::1]:0', { host: '::1', port: 0 }],
    [':9092', { host: '0.0.0.0', port: 9092 }],
  ])('reads %s', (text, address) => {
    expect(parseListenAddress(text, 'listen')).toEqual(address);
  });
});
