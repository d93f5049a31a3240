// One topic that is created, deleted, written and read by many at once, and brokers that stop in the middle of all that.
import * as fc from 'fast-check';

import { createBroker, type RunningBroker } from '../../../src/composition/create-broker.js';
import { MemoryFileSystem } from '../../../src/io/memory/memory-file-system.js';
import { FileSystemError } from '../../../src/foundation/file-system-error.js';
import { createTcpNetwork } from '../../../src/io/node/tcp-network.js';
import { apis } from '../../../src/protocol/api-keys.js';
import { assertSeededAsync } from '../../protocol/support/seeded.js';
import { RawClient } from '../../support/raw-client.js';
import { batchOf, valuesIn } from '../../support/record-batches.js';
import { fetchOf, TestBroker } from '../../support/test-broker.js';

const file = 'packages/core/test/broker/hostile/concurrency';
const topic = 'contested';

const newTopic = (name: string, numPartitions = 1) => ({
  topics: [{ name, numPartitions, replicationFactor: 1, assignments: [], configs: [] }],
  timeoutMs: 10_000,
});

type Step = 'create' | 'delete' | 'produce' | 'fetch' | 'list' | 'metadata' | 'restart' | 'kill';

describe('many at once', () => {
  it('creates, deletes, writes and reads one topic in any order: every answer is one of the expected, and the broker starts again', async () => {
    const allowed: Readonly<Record<Exclude<Step, 'restart' | 'kill'>, readonly number[]>> = {
      create: [0, 36],
      delete: [0, 3],
      // A partition that goes while acks=-1 waits is 6; there is nothing to wait for here.
      produce: [0, 3],
      fetch: [0, 3],
      list: [0, 3],
      metadata: [0, 3],
    };
    const steps = fc.array(
      fc.tuple(
        fc.constantFrom<Step>(
          'create',
          'create',
          'delete',
          'produce',
          'produce',
          'fetch',
          'list',
          'metadata',
          'restart',
          'kill',
        ),
        fc.integer({ min: 0, max: 2 }),
      ),
      { minLength: 5, maxLength: 40 },
    );
    const property = fc.asyncProperty(steps, async (chosen) => {
      const broker = await new TestBroker({ autoCreateTopicsEnable: false }).start();
      let clients = [0, 1, 2].map(() => broker.connect());
      const waiting: Promise<[Step, number]>[] = [];
      const ask = (step: Step, client: RawClient): Promise<number> => {
        switch (step) {
          case 'create':
            return client
              .send(apis.createTopics, 5, newTopic(topic))
              .then((reply) => reply.topics[0]!.errorCode);
          case 'delete':
            return client
              .send(apis.deleteTopics, 4, { topicNames: [topic], timeoutMs: 1000 })
              .then((reply) => reply.responses[0]!.errorCode);
          case 'produce': {
            const partitionData = [{ index: 0, records: batchOf(['x']) }];
            return client
              .send(apis.produce, 9, {
                acks: -1,
                timeoutMs: 1000,
                topicData: [{ name: topic, partitionData }],
              })
              .then((reply) => reply.responses[0]!.partitionResponses[0]!.errorCode);
          }
          case 'fetch':
            return client
              .send(apis.fetch, 12, {
                ...fetchOf(topic, 0, { maxWaitMs: 5000, minBytes: 100_000 }),
                sessionEpoch: -1,
              })
              .then((reply) => reply.responses[0]!.partitions[0]!.errorCode);
          case 'list':
            return client
              .send(apis.listOffsets, 7, {
                replicaId: -1,
                topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
              })
              .then((reply) => reply.topics[0]!.partitions[0]!.errorCode);
          default:
            return client
              .send(apis.metadata, 9, { topics: [{ name: topic }], allowAutoTopicCreation: false })
              .then((reply) => reply.topics[0]!.errorCode);
        }
      };
      for (const [step, by] of chosen) {
        if (step === 'restart' || step === 'kill') {
          // What is under way ends with the connection, with or without an answer.
          for (const each of waiting) each.catch(() => undefined);
          waiting.length = 0;
          await (step === 'restart' ? broker.restart() : broker.kill());
          clients = [0, 1, 2].map(() => broker.connect());
          continue;
        }
        waiting.push(ask(step, clients[by]!).then((code): [Step, number] => [step, code]));
      }
      const answers = await broker.settled(Promise.all(waiting));
      for (const [step, code] of answers) expect(allowed[step as keyof typeof allowed]).toContain(code);
      expect(broker.warnings().filter(({ level }) => level === 'error')).toEqual([]);
      await broker.kill();
      const client = broker.connect();
      const code = await broker.settled(ask('metadata', client));
      await broker.settled(ask(code === 0 ? 'delete' : 'create', client));
      await broker.restart();
      expect(await broker.settled(ask('metadata', broker.connect()))).toBe(code === 0 ? 3 : 0);
      await broker.stop();
    });
    await assertSeededAsync(property, 40, file);
  });

  it('a topic whose directories cannot all be made is refused, and the name is free or the broker starts with it', async () => {
    const broker = await new TestBroker().start();
    const client = broker.connect();
    await broker.createTopic(client, 'sound');
    let left = 2;
    broker.fileSystem.faults = {
      append: (path) =>
        path.startsWith('half-') && left-- <= 0
          ? { writtenBytes: 0, error: new FileSystemError('no-space', 'append', path) }
          : null,
    };
    const created = await broker.settled(client.send(apis.createTopics, 7, newTopic('half', 5)));
    expect(created.topics[0]!.errorCode).not.toBe(0);
    broker.fileSystem.faults = {};
    await broker.kill();
    const again = broker.connect();
    const metadata = await broker.settled(
      again.send(apis.metadata, 12, { topics: [{ name: 'sound' }, { name: 'half' }] }),
    );
    expect(metadata.topics[0]!.errorCode).toBe(0);
    const half = metadata.topics[1]!;
    expect([0, 3]).toContain(half.errorCode);
    expect(half.partitions.length).toBe(half.errorCode === 0 ? 5 : 0);
    await broker.stop();
  });

  it('G7: a name of 249 characters can be made, read after a restart, deleted and made again; other names are refused', async () => {
    const broker = await new TestBroker().start();
    const longest = 'n'.repeat(249);
    for (let round = 0; round < 2; round++) {
      const client = broker.connect();
      await broker.createTopic(client, longest, 3);
      await broker.produce(client, longest, batchOf([`round ${round}`]), { partition: 2 });
      await broker.restart();
      const again = broker.connect();
      const reply = await broker.settled(again.send(apis.fetch, 12, fetchOf(longest, 0, { partition: 2 })));
      expect(valuesIn(reply.responses[0]!.partitions[0]!.records)).toEqual([`round ${round}`]);
      const deleted = await broker.settled(
        again.send(apis.deleteTopics, 5, { topicNames: [longest], timeoutMs: 1000 }),
      );
      expect(deleted.responses[0]!.errorCode).toBe(0);
      await broker.kill();
    }
    const tooLong = await broker.settled(
      broker.connect().send(apis.createTopics, 7, newTopic('n'.repeat(250))),
    );
    expect(tooLong.topics[0]!.errorCode).toBe(17);
    const odd = ['', '.', '..', 'a b', 'é', 'a/b', '\u0000', 'x'.repeat(32_767)];
    for (const name of odd) {
      const reply = await broker.settled(broker.connect().send(apis.createTopics, 7, newTopic(name)));
      expect(reply.topics[0]!.errorCode).toBe(17);
    }
    await broker.stop();
  });

  it('a broker that closes under load answers or closes, loses nothing it acknowledged, and starts again', async () => {
    const fileSystem = new MemoryFileSystem();
    const network = createTcpNetwork();
    const acknowledged: string[] = [];
    for (let round = 0; round < 3; round++) {
      const broker: RunningBroker = await createBroker({
        listen: '127.0.0.1:0',
        ports: { fileSystem, network },
        diagnostics: { log: () => undefined },
      });
      const clients = Array.from({ length: 4 }, () => new RawClient(network, broker.address));
      await clients[0]!.send(apis.createTopics, 7, newTopic('loaded'));
      let isEnding = false;
      let sent = 0;
      const loads = clients.map(async (client, index) => {
        for (let count = 0; !client.isClosed; count++) {
          const value = `${round}-${index}-${count}`;
          const partitionData = [{ index: 0, records: batchOf([value]) }];
          const request = { acks: -1, timeoutMs: 1000, topicData: [{ name: 'loaded', partitionData }] };
          const reply = await client.send(apis.produce, 9, request).catch(() => null);
          if (reply === null) return;
          const { errorCode } = reply.responses[0]!.partitionResponses[0]!;
          if (errorCode === 0) acknowledged.push(value);
          else if (!isEnding) throw new Error(`${value} was refused with ${errorCode}`);
          if (++sent === 200) {
            isEnding = true;
            void broker.close();
          }
        }
      });
      const waiting = new RawClient(network, broker.address);
      const parked = waiting
        .send(apis.fetch, 12, fetchOf('loaded', 1_000_000, { maxWaitMs: 60_000 }))
        .catch(() => null);
      await Promise.all([...loads, parked]);
      await broker.close();
    }
    const broker = await createBroker({
      listen: '127.0.0.1:0',
      ports: { fileSystem, network },
      diagnostics: { log: () => undefined },
    });
    const reader = new RawClient(network, broker.address);
    const reply = await reader.send(apis.fetch, 12, fetchOf('loaded', 0, { partitionMaxBytes: 50_000_000 }));
    const stored = new Set(valuesIn(reply.responses[0]!.partitions[0]!.records));
    expect(acknowledged.length).toBeGreaterThanOrEqual(600 - 12);
    expect(acknowledged.filter((value) => !stored.has(value))).toEqual([]);
    reader.close();
    await broker.close();
  });
});
