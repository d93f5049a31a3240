// Our own clients at every level of transaction.version: what they see is the same, what they and the coordinator say is not.
import type { Kafka } from '../../../src/client/kafka.js';
import { createInMemoryBroker, type InMemoryBroker } from '../../../src/composition/create-broker.js';
import { createKafka } from '../../../src/composition/create-kafka.js';
import { apis } from '../../../src/protocol/api-keys.js';
import { valuesOf } from '../../client/transactions/committed-records.js';
import { RawClient } from '../../support/raw-client.js';
import { fetchOf } from '../../support/test-broker.js';
import { batchesOf } from '../../../src/protocol/records/record-batch.js';
import { RecordCursor } from '../../../src/protocol/records/record-reader.js';
import { compressors } from '../../machines/log/log-fixtures.js';

describe.each([
  { level: 0, valueVersion: 0, epochPerTransaction: 0 },
  { level: 1, valueVersion: 1, epochPerTransaction: 0 },
  { level: 2, valueVersion: 1, epochPerTransaction: 1 },
])('transaction.version $level', ({ level, valueVersion, epochPerTransaction }) => {
  let broker: InMemoryBroker;
  let kafka: Kafka;

  beforeAll(async () => {
    broker = await createInMemoryBroker({
      config: { groupInitialRebalanceDelayMs: 0, transactionStateLogNumPartitions: 1 },
    });
    const options = { bootstrapServers: broker.bootstrapServers, network: broker.network };
    const first = createKafka(options);
    const update = {
      feature: 'transaction.version',
      maxVersionLevel: level,
      upgradeType: 'safe-downgrade',
    } as const;
    if (level < 2) (await first.admin().updateFeatures([update])).orThrow();
    await first.close();
    kafka = createKafka(options);
  });

  afterAll(async () => {
    await kafka.close();
    await broker.close();
  });

  /** The version of every value in `__transaction_state`. */
  async function storedVersions(): Promise<Set<number>> {
    const client = new RawClient(broker.network, broker.address);
    const reply = await client.send(apis.fetch, 12, fetchOf('__transaction_state', 0));
    client.close();
    const versions = new Set<number>();
    for (const batch of batchesOf(reply.responses[0]!.partitions[0]!.records ?? Buffer.alloc(0))) {
      const cursor = new RecordCursor(batch, { decompressors: compressors, maxBytes: 1024 * 1024 });
      while (cursor.next()) versions.add(cursor.value?.readInt16BE(0) ?? -1);
    }
    return versions;
  }

  test('T2, T10, G2: commits, aborts and offsets are whole; epochs rise and records are written as the level has it', async () => {
    const admin = kafka.admin();
    (
      await admin.createTopics([
        { name: 'input', numPartitions: 1, replicationFactor: 1 },
        { name: 'output', numPartitions: 2, replicationFactor: 1 },
      ])
    ).orThrow();
    const producer = kafka.producer({ transactionalId: 'tx' });
    const consumer = kafka.consumer({ groupId: 'group', isolationLevel: 'read_committed' });
    consumer.assign([{ topic: 'input', partition: 0 }]);
    await producer.initTransactions();
    const described = async () => (await admin.describeTransactions(['tx'])).orThrow().get('tx')!;
    const { producerEpoch } = await described();
    for (let count = 0; count < 6; count++) {
      producer.beginTransaction();
      await producer.sendMany([0, 1].map((partition) => ({ topic: 'output', partition, value: `${count}` })));
      await producer.sendOffsetsToTransaction(
        [{ topic: 'input', partition: 0, offset: count }],
        consumer.groupMetadata(),
      );
      if (count % 3 === 1) await producer.abortTransaction();
      else await producer.commitTransaction();
    }
    for (const partition of [0, 1])
      expect(await valuesOf(kafka, 'output', 'read_committed', partition)).toEqual(['0', '2', '3', '5']);
    expect(await consumer.committed([{ topic: 'input', partition: 0 }])).toMatchObject([{ offset: 5 }]);
    expect((await described()).producerEpoch - producerEpoch).toBe(6 * epochPerTransaction);
    expect([...(await storedVersions())]).toEqual([valueVersion]);
    await consumer.close();
    await producer.close();
  });
});
