// What listeners of node:diagnostics_channel hear of clients, and that nothing is built while there are none.
import { AsyncLocalStorage } from 'node:async_hooks';
import { channel, tracingChannel } from 'node:diagnostics_channel';

import { eventChannelNames } from '../../../src/client/telemetry/client-events.js';
import { deserializers, serializers } from '../../../src/client/serialization/serializers.js';
import { ClientHarness } from '../client-harness.js';

type Told = Record<string, unknown>;
const { events, operations } = eventChannelNames;

/** Takes what a channel tells of clients of one name, until the test ends. */
class Listener {
  readonly #stops: (() => void)[] = [];

  constructor(private readonly clientId: string) {}

  events(name: string): Told[] {
    const told: Told[] = [];
    const take = (message: unknown): void => {
      const event = message as Told;
      if (event['clientId'] === this.clientId) told.push(event);
    };
    channel(name).subscribe(take);
    this.#stops.push(() => {
      channel(name).unsubscribe(take);
    });
    return told;
  }

  operations(name: string): { started: Told[]; ended: Told[]; failed: Told[] } {
    const told = { started: [] as Told[], ended: [] as Told[], failed: [] as Told[] };
    const into = (list: Told[]) => (message: object) => {
      const event = message as Told;
      if (event['clientId'] === this.clientId) list.push(event);
    };
    const subscribers = {
      start: into(told.started),
      end: () => undefined,
      asyncStart: () => undefined,
      asyncEnd: into(told.ended),
      error: into(told.failed),
    };
    tracingChannel(name).subscribe(subscribers);
    this.#stops.push(() => {
      tracingChannel(name).unsubscribe(subscribers);
    });
    return told;
  }

  stop(): void {
    for (const stop of this.#stops) stop();
  }
}

describe('events of the clients', () => {
  let harness: ClientHarness;
  let listener: Listener;
  let clients = 0;

  beforeEach(async () => {
    const clientId = `told-${++clients}`;
    listener = new Listener(clientId);
    harness = await ClientHarness.start({ clientId });
  });
  afterEach(async () => {
    listener.stop();
    await harness.stop();
  });

  const produce = async (topic: string, values: readonly string[]): Promise<void> => {
    const producer = harness.kafka.producer({ valueSerializer: serializers.string });
    await harness.until(producer.sendMany(values.map((value) => ({ topic, value }))));
    await harness.until(producer.close());
  };

  test('ottla.connection and ottla.request: from the first connection to the last answer', async () => {
    const connections = listener.operations(operations.connection);
    const closed = listener.events(events.connectionClosed);
    const requests = listener.operations(operations.request);
    await harness.createTopic('t');
    await produce('t', ['a', 'b']);
    expect(connections.started.length).toBeGreaterThan(0);
    expect(connections.ended).toHaveLength(connections.started.length);
    expect(connections.failed).toEqual([]);
    expect(connections.ended[0]).toMatchObject({
      isEncrypted: false,
      host: expect.any(String),
      port: expect.any(Number),
    });
    expect(closed).toHaveLength(connections.ended.length);
    expect(closed[0]).toMatchObject({ error: null, openMs: expect.any(Number) });
    expect(requests.ended.map(({ api }) => api)).toEqual(
      expect.arrayContaining(['ApiVersions', 'Metadata', 'InitProducerId', 'Produce']),
    );
    expect(requests.ended).toEqual(requests.started);
    for (const request of requests.ended) {
      expect(request['requestBytes']).toBeGreaterThan(8);
      expect(request['responseBytes']).toBeGreaterThan(8);
      expect(request['durationMs']).toBeGreaterThanOrEqual(0);
      expect(request['error']).toBeUndefined();
    }
  });

  test('a broker that is away: the connection fails, the request with it', async () => {
    const connections = listener.operations(operations.connection);
    const requests = listener.operations(operations.request);
    harness.network.shouldBreak = () => true;
    const admin = harness.kafka.admin({ defaultApiTimeoutMs: 500 });
    await harness.failureOf(admin.listTopics());
    expect(connections.failed.length).toBeGreaterThan(0);
    expect(connections.failed[0]?.['error']).toBeInstanceOf(Error);
    expect(connections.ended).toHaveLength(connections.started.length);
    expect(requests.ended).toHaveLength(requests.started.length);
  });

  test('ottla.producer.batch: one event per batch, with its place in the log', async () => {
    await harness.createTopic('t');
    const batches = listener.events(events.producerBatch);
    await produce('t', ['a', 'b', 'c']);
    expect(batches).toEqual([
      {
        clientId: expect.any(String),
        topic: 't',
        partition: 0,
        recordCount: 3,
        sizeBytes: expect.any(Number),
        attempts: 1,
        durationMs: expect.any(Number),
        baseOffset: 0,
        error: null,
      },
    ]);
  });

  test('ottla.producer.batch and ottla.producer.retry: a batch that is given up', async () => {
    await harness.createTopic('t');
    const batches = listener.events(events.producerBatch);
    const retries = listener.events(events.producerRetry);
    const producer = harness.kafka.producer({
      valueSerializer: serializers.string,
      deliveryTimeoutMs: 3000,
      requestTimeoutMs: 1000,
    });
    await harness.until(producer.send({ topic: 't', value: 'first' }));
    harness.network.isSilent = true;
    const error = await harness.failureOf(producer.send({ topic: 't', value: 'second' }));
    expect(batches).toMatchObject([{ error: null }, { topic: 't', recordCount: 1, baseOffset: -1, error }]);
    expect(retries[0]).toMatchObject({
      topic: 't',
      partition: 0,
      recordCount: 1,
      retry: 1,
      error: expect.any(Error),
    });
    harness.network.isSilent = false;
  });

  test('ottla.consumer.poll, .commit and .rebalance', async () => {
    await harness.createTopic('t', 2);
    await produce('t', ['a', 'b', 'c']);
    const polls = listener.operations(operations.poll);
    const commits = listener.operations(operations.commit);
    const rebalances = listener.events(events.rebalance);
    const consumer = harness.kafka.consumer({
      groupId: 'g',
      autoOffsetReset: 'earliest',
      enableAutoCommit: false,
      valueDeserializer: deserializers.string,
    });
    consumer.subscribe({ topics: ['t'] });
    let count = 0;
    while (count < 3) count += (await harness.until(consumer.poll())).count;
    await harness.until(consumer.commit());
    await harness.until(consumer.close());
    expect(polls.ended).toHaveLength(polls.started.length);
    const counts = polls.ended.map(({ recordCount }) => recordCount as number);
    expect(counts.reduce((sum, each) => sum + each, 0)).toBe(3);
    const partitions = polls.ended.flatMap((poll) => poll['partitions'] as Told[]);
    for (const partition of partitions)
      expect(partition).toMatchObject({
        topic: 't',
        firstOffset: 0,
        lastOffset: (partition['recordCount'] as number) - 1,
      });
    expect(commits.ended).toHaveLength(1);
    expect(commits.ended[0]).toMatchObject({ groupId: 'g' });
    expect(commits.ended[0]?.['offsets']).toHaveLength(2);
    expect(rebalances.map(({ change, partitions: moved }) => [change, (moved as unknown[]).length])).toEqual([
      ['assigned', 2],
      ['revoked', 2],
    ]);
  });

  test('ottla.consumer.poll: what listeners bind to the start holds until the end', async () => {
    await harness.createTopic('t');
    const storage = new AsyncLocalStorage<string>();
    const { start } = tracingChannel(operations.poll);
    start.bindStore(storage, (message) => `poll of ${(message as Told)['clientId'] as string}`);
    const consumer = harness.kafka.consumer({ groupId: 'g2' });
    let seen: string | undefined;
    consumer.subscribe({
      topics: ['t'],
      listener: { onPartitionsAssigned: () => void (seen = storage.getStore()) },
    });
    while (seen === undefined) await harness.until(consumer.poll({ timeoutMs: 100 }));
    start.unbindStore(storage);
    expect(seen).toMatch(/^poll of told-/);
  });

  test('ottla.client: clients come and go, and can be asked for figures', async () => {
    const told = listener.events(events.client);
    const admin = harness.kafka.admin();
    await harness.until(admin.listTopics());
    await harness.until(admin.close());
    expect(told).toMatchObject([
      { kind: 'admin', state: 'opened', client: admin },
      { kind: 'admin', state: 'closed', client: admin },
    ]);
    const { client } = told[0] as { client: { metrics(): { name: string; value: number }[] } };
    expect(client.metrics().find(({ name }) => name === 'request-total')?.value).toBeGreaterThan(0);
  });

  test('ottla.log: lines below the level that is written too', async () => {
    const lines: Told[] = [];
    const take = (message: unknown): void => void lines.push(message as Told);
    channel(events.log).subscribe(take);
    harness.network.shouldBreak = () => true;
    await harness.failureOf(harness.kafka.admin({ defaultApiTimeoutMs: 500 }).listTopics());
    channel(events.log).unsubscribe(take);
    expect(lines).toEqual(expect.arrayContaining(harness.lines.map((line) => expect.objectContaining(line))));
    expect(lines.some(({ level }) => level === 'debug')).toBe(true);
  });
});
