// Corner cases 22, 23, 51 and 52: what time, replication and a crash do to transactions.
import { markerBatch } from '../../src/machines/log/transaction-marker.js';
import type { MemoryFileSystem } from '../../src/io/memory/memory-file-system.js';
import { apis } from '../../src/protocol/api-keys.js';
import { ErrorCode } from '../../src/protocol/errors.js';
import { batchOf as logBatchOf, createLog, nowMs } from '../machines/log/log-fixtures.js';
import { readCommitted } from '../support/committed-view.js';
import type { RawClient } from '../support/raw-client.js';
import { RawTransactionalProducer } from '../support/raw-transactional-producer.js';
import { batchOf } from '../support/record-batches.js';
import { TestBroker } from '../support/test-broker.js';

it('corner case 23: the stable offset does not pass a committed transaction before its marker is replicated', () => {
  const log = createLog();
  const write = (outcome: ReturnType<typeof log.prepareAppend>): void => {
    if (outcome.kind !== 'append') throw new Error('refused');
    log.replayAppend(outcome);
  };
  const producer = { producerId: 1, producerEpoch: 0 };
  const data = logBatchOf([{}], { ...producer, baseSequence: 0, isTransactional: true });
  const marker = { ...producer, type: 'commit', coordinatorEpoch: 0, transactionVersion: 0 } as const;
  write(log.prepareAppend(data, { origin: 'client', nowMs }));
  write(log.prepareAppend(markerBatch(marker, nowMs), { origin: 'coordinator', nowMs, marker }));
  log.advanceHighWatermark(1);
  expect([log.highWatermark, log.lastStableOffset]).toEqual([1, 0]);
  log.advanceHighWatermark(2);
  expect(log.lastStableOffset).toBe(2);
});

describe.each(['classic', 'second'] as const)(
  'transactions of the %s protocol on a whole broker',
  (protocol) => {
    let broker: TestBroker;
    let client: RawClient;

    beforeEach(async () => {
      broker = await new TestBroker({
        transactionStateLogNumPartitions: 1,
        connectionsMaxIdleMs: -1,
      }).start();
      client = broker.connect();
      await broker.createTopic(client, 'topic', 3);
    });
    afterEach(() => broker.stop());

    async function begun(timeoutMs: number): Promise<RawTransactionalProducer> {
      const producer = new RawTransactionalProducer(broker, 'tx', protocol);
      await producer.init({ timeoutMs });
      if (protocol === 'classic') await producer.add('topic', [0, 1, 2]);
      for (const partition of [0, 1, 2]) await producer.send('topic', ['inside'], { partition });
      return producer;
    }

    const view = (options?: Parameters<typeof readCommitted>[3]) =>
      readCommitted(broker, client, 'topic', options);

    it('corner case 22: ten minutes of an open transaction hold back what was written outside of it', async () => {
      const producer = await begun(900_000);
      await broker.produce(client, 'topic', batchOf(['outside']));
      await broker.time.advance(600_000);
      expect(await view()).toMatchObject({ values: [], highWatermark: 2, lastStableOffset: 0 });
      await producer.end('commit');
      expect((await view()).values).toEqual(['inside', 'outside']);
    });

    it('corner case 52: past its timeout the transaction is aborted, its producer fails, and consumers proceed', async () => {
      const producer = await begun(5_000);
      await broker.produce(client, 'topic', batchOf(['outside']));
      await broker.time.advance(16_000);
      expect((await view()).values).toEqual(['outside']);
      expect((await producer.send('topic', ['late'])).errorCode).toBe(ErrorCode.INVALID_PRODUCER_EPOCH);
    });

    it('corner case 51: a coordinator that dies at any moment after its decision still writes all markers', async () => {
      const producer = await begun(60_000);
      const { fileSystem } = broker;
      const moments: MemoryFileSystem[] = [];
      const capture = () => moments.push(fileSystem.afterCrash((_path, _synced, sizeBytes) => sizeBytes));
      fileSystem.faults = { beforeChange: () => void capture() };
      expect(await producer.end('commit')).toBe(0);
      fileSystem.faults = {};
      capture();
      const states: string[] = [];
      for (const moment of moments) {
        await broker.restartOn(moment);
        client = broker.connect();
        const reply = await broker.settled(
          client.send(apis.describeTransactions, 0, { transactionalIds: ['tx'] }),
        );
        const { transactionState } = reply.transactionStates[0]!;
        states.push(transactionState);
        const seen = await Promise.all([0, 1, 2].map((partition) => view({ partition })));
        const isDecided = transactionState !== 'Ongoing';
        expect(seen.map(({ values }) => values)).toEqual([0, 1, 2].map(() => (isDecided ? ['inside'] : [])));
        // A marker that was written before the crash is written again.
        expect(seen.map(({ markers }) => markers[0])).toEqual(
          [0, 1, 2].map(() => (isDecided ? 'commit@1' : undefined)),
        );
      }
      // The decision, a marker in each of three partitions, the completion.
      const decided = states.filter((state) => state === 'CompleteCommit');
      expect(decided.length).toBeGreaterThanOrEqual(5);
      expect(states.slice(0, states.length - decided.length).every((state) => state === 'Ongoing')).toBe(
        true,
      );
      expect(states[0]).toBe('Ongoing');
    });
  },
);
