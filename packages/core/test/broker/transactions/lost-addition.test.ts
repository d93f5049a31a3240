// A producer of the first protocol that aborts while it does not know whether its transaction has begun.
import { createInMemoryBroker, type InMemoryBroker } from '../../../src/composition/create-broker.js';
import { createKafka } from '../../../src/composition/create-kafka.js';
import { apis } from '../../../src/protocol/api-keys.js';
import type { Network } from '../../../src/ports/network.js';
import { valuesOf } from '../../client/transactions/committed-records.js';

/** Breaks the connection at the first AddPartitionsToTxn: before it has left, or before its answer comes; `lost` is called then. */
function losing(inner: Network, point: 'request' | 'answer', lost: () => void): Network {
  let isDue = true;
  return {
    listen: inner.listen.bind(inner),
    connect(address, handler) {
      let isAsked = false;
      const end = (): void => {
        isDue = false;
        socket.destroy(new Error('broken by the test'));
        lost();
      };
      const socket = inner.connect(address, {
        ...handler,
        onConnect: () => handler.onConnect?.(),
        onDrain: () => handler.onDrain?.(),
        onClose: (error) => handler.onClose(error),
        onData: (chunk) => (isAsked && isDue ? end() : handler.onData(chunk)),
      });
      const write = socket.write.bind(socket);
      socket.write = (buffers, whenSent) => {
        const [first] = buffers;
        isAsked ||= first !== undefined && first.readInt16BE(4) === apis.addPartitionsToTxn.key;
        if (!isAsked || !isDue || point === 'answer') return write(buffers, whenSent);
        end();
        return true;
      };
      return socket;
    },
  };
}

describe('transaction.version 1', () => {
  let broker: InMemoryBroker;

  beforeEach(async () => {
    broker = await createInMemoryBroker({ config: { transactionStateLogNumPartitions: 1 } });
    const kafka = createKafka({ bootstrapServers: broker.bootstrapServers, network: broker.network });
    const admin = kafka.admin();
    const update = {
      feature: 'transaction.version',
      maxVersionLevel: 1,
      upgradeType: 'safe-downgrade',
    } as const;
    (await admin.updateFeatures([update])).orThrow();
    (await admin.createTopics([{ name: 'out', numPartitions: 1, replicationFactor: 1 }])).orThrow();
    await kafka.close();
  });

  afterEach(() => broker.close());

  test.each(['request', 'answer'] as const)(
    'T4, T6, PC9: an abort when the %s of an addition was lost leaves a producer that goes on',
    async (point) => {
      let lose = (): void => undefined;
      const isLost = new Promise<void>((resolve) => (lose = resolve));
      const network = losing(broker.network, point, lose);
      const kafka = createKafka({ bootstrapServers: broker.bootstrapServers, network });
      const producer = kafka.producer({ transactionalId: 'tx' });
      await producer.initTransactions();
      producer.beginTransaction();
      const sent = producer.send({ topic: 'out', value: 'aborted' }).catch(() => 'given up');
      await isLost;
      await producer.abortTransaction();
      expect(await sent).toBe('given up');
      producer.beginTransaction();
      await producer.send({ topic: 'out', value: 'committed' });
      await producer.commitTransaction();
      expect(await valuesOf(kafka, 'out')).toEqual(['committed']);
      await kafka.close();
    },
  );
});
