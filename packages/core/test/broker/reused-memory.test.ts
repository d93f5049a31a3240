// Over TCP, where requests are received and records are read into memory that is used again: what goes in comes out, whoever else is busy.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { createBroker, type RunningBroker } from '../../src/composition/create-broker.js';
import { createTcpNetwork } from '../../src/io/node/tcp-network.js';
import { apis } from '../../src/protocol/api-keys.js';
import { RawClient } from '../support/raw-client.js';
import { batchOf, valuesIn } from '../support/record-batches.js';
import { fetchOf } from '../support/test-broker.js';

const clients = 6;
const batchesEach = 12;

/** Sizes below and above what the pool keeps, and what a socket reads at once. */
const sizeOf = (batch: number): number => [900, 70_000, 200_000, 16_000, 450_000, 5_000][batch % 6] ?? 1;
const textOf = (client: number, batch: number): string =>
  `${client}:${batch}:`.padEnd(sizeOf(client + batch), String.fromCharCode(97 + ((client * 7 + batch) % 26)));

describe('memory that is used again', () => {
  let directory: string;
  let broker: RunningBroker;
  const network = createTcpNetwork();
  const open: RawClient[] = [];

  async function connect(): Promise<RawClient> {
    const client = new RawClient(network, broker.address);
    open.push(client);
    await client.connected;
    return client;
  }

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'ottla-reused-'));
    broker = await createBroker({
      listen: '127.0.0.1:0',
      dataDirectory: directory,
      diagnostics: { log: () => undefined },
    });
    const client = await connect();
    await client.send(apis.createTopics, 7, {
      topics: [
        { name: 'reused', numPartitions: clients, replicationFactor: 1, assignments: [], configs: [] },
      ],
      timeoutMs: 10_000,
    });
  });

  afterAll(async () => {
    for (const client of open) client.close();
    await broker.close();
    await rm(directory, { recursive: true, force: true });
  });

  /** Sends all batches ahead, as producers do, with a small request of another kind between them; gives the error codes that are none. */
  async function produceAll(index: number): Promise<number[]> {
    const client = await connect();
    const replies = Array.from({ length: batchesEach }, (_unused, batch) => {
      void client.send(apis.listOffsets, 7, { replicaId: -1, isolationLevel: 0, topics: [] });
      return client.send(apis.produce, 11, {
        transactionalId: null,
        acks: batch % 2 === 0 ? -1 : 1,
        timeoutMs: 10_000,
        topicData: [{ name: 'reused', partitionData: [{ index, records: batchOf([textOf(index, batch)]) }] }],
      });
    });
    const codes = (await Promise.all(replies)).map(
      (reply) => reply.responses[0]!.partitionResponses[0]!.errorCode,
    );
    return codes.filter((code) => code !== 0);
  }

  /** Reads a partition from its start in pieces, several fetches on the way at once; gives the offsets whose records are not what was produced. */
  async function readAll(partition: number): Promise<number[]> {
    const client = await connect();
    const expected = Array.from({ length: batchesEach }, (_unused, batch) => textOf(partition, batch));
    const from = [0, 3, 6, 9];
    const wrong: number[] = [];
    for (let round = 0; round < 3; round++) {
      const replies = await Promise.all(
        from.map((offset) =>
          client.send(apis.fetch, 12, fetchOf('reused', offset, { partition, partitionMaxBytes: 600_000 })),
        ),
      );
      for (const [at, reply] of replies.entries()) {
        const values = valuesIn(reply.responses[0]!.partitions[0]!.records);
        const start = from[at] ?? 0;
        const offsets = values.map((_value, index) => start + index);
        if (values.length === 0) wrong.push(start);
        wrong.push(...offsets.filter((offset) => values[offset - start] !== expected[offset % batchesEach]));
      }
    }
    return wrong;
  }

  const all = Array.from({ length: clients }, (_unused, index) => index);

  it('many producers and readers of batches of all sizes find what was produced', async () => {
    expect((await Promise.all(all.map((index) => produceAll(index)))).flat()).toEqual([]);
    expect((await Promise.all(all.map((index) => readAll(index)))).flat()).toEqual([]);
  });

  it('readers at the end of the log, while others produce, get whole batches', async () => {
    const results = await Promise.all(all.flatMap((index) => [produceAll(index), readAll(index)]));
    for (const index of all) results.push(await readAll(index));
    expect(results.flat()).toEqual([]);
  });

  it('a client that goes away in the middle of a reply disturbs nobody', async () => {
    const results: number[] = [];
    for (let round = 0; round < 5; round++) {
      const leaving = await connect();
      leaving.send(apis.fetch, 12, fetchOf('reused', 0, { partition: round })).catch(() => undefined);
      leaving.send(apis.fetch, 12, fetchOf('reused', 3, { partition: round })).catch(() => undefined);
      const stays = readAll(round);
      leaving.close();
      results.push(...(await stays), ...(await produceAll(5)));
    }
    expect([...results, ...(await readAll(0))]).toEqual([]);
  });
});
