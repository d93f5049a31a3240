// Decides that the broker's configs of cleaner, retention and compression levels are obeyed, at the start and while it runs.
import { apis } from '../../src/protocol/api-keys.js';
import type { BrokerConfig } from '../../src/composition/broker-options.js';
import type { RawClient } from '../support/raw-client.js';
import { batchOf, recordsIn } from '../support/record-batches.js';
import { fetchOf, TestBroker } from '../support/test-broker.js';

const topic = 'topic';
const idle = { connectionsMaxIdleMs: -1 };

describe('configs of logs', () => {
  let broker: TestBroker;
  let client: RawClient;
  afterEach(() => broker.stop());

  async function start(config: Partial<BrokerConfig> = {}): Promise<void> {
    broker = await new TestBroker({ ...idle, ...config }).start();
    client = broker.connect();
  }

  async function restart(): Promise<void> {
    await broker.restart();
    client = broker.connect();
  }

  async function alterBroker(name: string, value: string): Promise<number> {
    const { responses } = await broker.settled(
      client.send(apis.incrementalAlterConfigs, 1, {
        resources: [{ resourceType: 4, resourceName: '1', configs: [{ name, configOperation: 0, value }] }],
        validateOnly: false,
      }),
    );
    return responses[0]!.errorCode;
  }

  /** A compacted log with a record that a round of compaction would drop. */
  async function dirtyLog(): Promise<void> {
    await broker.createTopic(client, topic, 1, {
      'cleanup.policy': 'compact',
      'min.cleanable.dirty.ratio': '0',
      'segment.bytes': '200',
    });
    await touch();
  }

  async function touch(): Promise<void> {
    const timestamp = broker.time.clock.nowMs();
    for (let at = 0; at < 3; at++) {
      const records = batchOf([{ key: 'k', value: `${at}${'x'.repeat(90)}`, timestamp }]);
      expect((await broker.produce(client, topic, records)).errorCode).toBe(0);
    }
  }

  async function recordCount(): Promise<number> {
    let count = 0;
    for (let offset = 0; ;) {
      const reply = await broker.settled(client.send(apis.fetch, 12, fetchOf(topic, offset)));
      const records = recordsIn(reply.responses[0]!.partitions[0]!.records);
      if (records.length === 0) return count;
      count += records.length;
      offset = records.at(-1)!.offset + 1;
    }
  }

  it('log.cleaner.enable=false: nothing is compacted', async () => {
    await start({ logCleanerEnable: false });
    await dirtyLog();
    await broker.time.advance(3_600_000);
    expect(await recordCount()).toBe(3);
  });

  it('log.cleaner.backoff.ms: the time to the next look, changed while the broker runs, and kept over a restart', async () => {
    await start({ logCleanerBackoffMs: 3_600_000 });
    await dirtyLog();
    await broker.time.advance(600_000);
    expect(await recordCount()).toBe(3);
    expect(await alterBroker('log.cleaner.backoff.ms', '1000')).toBe(0);
    await broker.time.advance(1_001);
    // One below the active segment and one in it.
    expect(await recordCount()).toBe(2);
    await restart();
    await touch();
    expect(await recordCount()).toBe(5);
    await broker.time.advance(1_001);
    expect(await recordCount()).toBe(2);
  });

  it('log.cleaner.io.max.bytes.per.second: a round takes the time that its bytes are worth', async () => {
    await start({ logCleanerBackoffMs: 1_000, logCleanerIoMaxBytesPerSecond: 20_000 });
    await broker.createTopic(client, topic, 1, {
      'cleanup.policy': 'compact',
      'min.cleanable.dirty.ratio': '0',
      'segment.bytes': '3000000',
    });
    const timestamp = broker.time.clock.nowMs();
    const large = 'x'.repeat(1_000_000);
    for (let at = 0; at < 4; at++)
      await broker.produce(client, topic, batchOf([{ key: 'k', value: large, timestamp }]));
    // It moves four megabytes at least, for which it has to take two hundred seconds.
    await broker.time.advance(150_000);
    expect(await recordCount()).toBe(4);
    await broker.time.advance(600_000);
    expect(await recordCount()).toBeLessThan(4);
  });

  it('log.cleaner.enable cannot be changed while the broker runs', async () => {
    await start();
    expect(await alterBroker('log.cleaner.enable', 'false')).not.toBe(0);
  });

  it('log.initial.task.delay.ms: when old segments are first looked for', async () => {
    await start({ logInitialTaskDelayMs: 1_000, logRetentionCheckIntervalMs: 1e9 });
    await broker.createTopic(client, topic, 1, { 'retention.ms': '100' });
    const timestamp = broker.time.clock.nowMs();
    await broker.produce(client, topic, batchOf([{ value: 'old', timestamp }]));
    await broker.time.advance(500);
    expect(await recordCount()).toBe(1);
    await broker.time.advance(501);
    const reply = await broker.settled(client.send(apis.fetch, 12, fetchOf(topic, 1)));
    expect(reply.responses[0]!.partitions[0]).toMatchObject({ errorCode: 0, logStartOffset: 1 });
  });

  /** Bytes that a batch of words takes in a topic that compresses so. */
  async function storedBytes(name: string, configs: Readonly<Record<string, string>>): Promise<number> {
    await broker.createTopic(client, name, 1, configs);
    const words = Array.from({ length: 2_000 }, (_, at) => `word ${(at * 7_919) % 1_009} of ${at % 37}`);
    const { errorCode } = await broker.produce(client, name, batchOf(words));
    expect(errorCode).toBe(0);
    const reply = await broker.settled(client.send(apis.fetch, 12, fetchOf(name, 0)));
    const { records } = reply.responses[0]!.partitions[0]!;
    expect(recordsIn(records).map(({ value }) => value)).toEqual(words);
    return records!.length;
  }

  it.each([
    ['gzip', '1', '9'],
    ['zstd', '-50', '19'],
  ])('L9, KIP-390: compression.%s.level: %s is larger than %s', async (type, low, high) => {
    await start();
    const levels = [low, high].map((level) => ({
      'compression.type': type,
      [`compression.${type}.level`]: level,
    }));
    const [fast, small] = [await storedBytes('fast', levels[0]!), await storedBytes('small', levels[1]!)];
    expect(small).toBeLessThan(fast);
  });

  it('KIP-390: the level of the broker holds where the topic names none', async () => {
    await start({ compressionGzipLevel: 9, compressionType: 'gzip' });
    const [ofBroker, ofTopic] = [
      await storedBytes('as-the-broker', {}),
      await storedBytes('as-the-topic', { 'compression.gzip.level': '1' }),
    ];
    expect(ofBroker).toBeLessThan(ofTopic);
  });
});
