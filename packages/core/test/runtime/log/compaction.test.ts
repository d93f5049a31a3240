// Decides that compaction leaves of a log what Kafka's leaves: L28 to L32, corner cases 20, 38, 39 and 40.
import assert from 'node:assert/strict';
import { FileSystemError } from '../../../src/foundation/file-system-error.js';
import { MemoryFileSystem } from '../../../src/io/memory/memory-file-system.js';
import type { FileSystem } from '../../../src/ports/file-system.js';
import {
  batchOf,
  fromClient,
  markerOf,
  nowMs,
  producerBatch,
  type TestRecord,
} from '../../machines/log/log-fixtures.js';
import {
  batchesIn,
  fileSystems,
  LogHarness,
  readAll,
  readCommitted,
  type HarnessOptions,
} from './log-harness.js';

const dayMs = 86_400_000;
const base = (offset: number) => String(offset).padStart(20, '0');

/** Records from texts `key=value`; `key` alone is a tombstone. */
function recordsFrom(...texts: string[]): TestRecord[] {
  return texts.map((text) => {
    const [key = '', value = null] = text.split('=');
    return { key, value };
  });
}

const config = {
  cleanupPolicy: 'compact',
  minCleanableDirtyRatio: 0,
  deleteRetentionMs: dayMs,
  segmentMs: 7 * dayMs,
  messageTimestampAfterMaxMs: Number.MAX_SAFE_INTEGER,
} as const;

/** Only the test itself starts a round. */
const noTimer = { backoffMs: 1e12 };

async function open(create: () => FileSystem, options: HarnessOptions = {}) {
  const harness = await LogHarness.open(create(), {
    ...options,
    config: { ...config, ...options.config },
    cleaner: { ...noTimer, ...options.cleaner },
  });
  return { harness, log: new Appender(harness) };
}

/** Appends batches and begins new segments, with record times that make it roll. */
class Appender {
  #timestamp = nowMs;

  constructor(readonly harness: LogHarness) {}

  batch(texts: readonly string[], options: Parameters<typeof batchOf>[1] = {}): this {
    const records = recordsFrom(...texts).map((record) => ({ ...record, timestamp: this.#timestamp }));
    return this.raw(batchOf(records, options), 'client');
  }

  transactional(producerId: number, baseSequence: number, ...texts: string[]): this {
    return this.batch(texts, { producerId, producerEpoch: 0, baseSequence, isTransactional: true });
  }

  marker(type: 'commit' | 'abort', producerId: number): this {
    return this.raw(markerOf(type, producerId), 'coordinator');
  }

  raw(records: Buffer, origin: 'client' | 'coordinator'): this {
    const result = this.harness.partition.append(records, { origin, nowMs });
    assert.equal(result.kind, 'appended');
    return this;
  }

  /** The next batch begins a segment. */
  roll(): this {
    this.#timestamp += 8 * dayMs;
    return this.batch(['roll=']);
  }
}

const recordsOf = (harness: LogHarness) => batchesIn(harness.partition).flatMap(({ records }) => records);

describe.each(fileSystems)('on %s', (_, create) => {
  it('L29 the last record of each key stays, with its offset; the active segment is not touched', async () => {
    const { harness, log } = await open(create);
    log.batch(['a=1', 'b=1', 'a=2']).batch(['c=1']).batch(['b=2']).roll().batch(['a=3', 'a=4']);
    expect(await harness.compact()).toBe(1);
    expect(recordsOf(harness)).toEqual(['2 a=2', '3 c=1', '4 b=2', '5 roll=', '6 a=3', '7 a=4']);
    expect(harness.partition).toMatchObject({ logStartOffset: 0, logEndOffset: 8, firstDirtyOffset: 5 });
    expect(await harness.compact()).toBe(0);
    await harness.restart();
    expect(harness.partition.firstDirtyOffset).toBe(5);
    expect(harness.fileSystem.readFile('cleaner-offset-checkpoint').toString()).toBe('0\n1\nt 0 5\n');
    expect(recordsOf(harness)).toEqual(['2 a=2', '3 c=1', '4 b=2', '5 roll=', '6 a=3', '7 a=4']);
  });

  it('L29 base offset, last offset and sequences of a batch that lost records stay', async () => {
    const { harness, log } = await open(create);
    log.batch(['a=1', 'b=1', 'c=1'], { producerId: 7, producerEpoch: 0, baseSequence: 10 });
    log.batch(['a=2', 'c=2'], { producerId: 7, producerEpoch: 0, baseSequence: 13 }).roll();
    await harness.compact();
    expect(batchesIn(harness.partition).slice(0, 2)).toMatchObject([
      { baseOffset: 0, lastOffset: 2, baseSequence: 10, lastSequence: 12, records: ['1 b=1'] },
      { baseOffset: 3, lastOffset: 4, baseSequence: 13, lastSequence: 14, records: ['3 a=2', '4 c=2'] },
    ]);
  });

  it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)(
    'L29 batches of codec %s keep it',
    async (compression) => {
      const { harness, log } = await open(create);
      log.batch(['a=1', 'b=1', 'c=1'], { compression }).batch(['b=2', 'x'], { compression }).roll();
      await harness.compact();
      expect(recordsOf(harness)).toEqual(['0 a=1', '2 c=1', '3 b=2', '4 x=null', '5 roll=']);
      await harness.crash();
      expect(recordsOf(harness)).toEqual(['0 a=1', '2 c=1', '3 b=2', '4 x=null', '5 roll=']);
    },
  );

  it('L29 records without a key, from before the topic was compacted, go', async () => {
    const { harness, log } = await open(create, { config: { cleanupPolicy: 'delete' } });
    log.raw(batchOf([{ key: null, value: 'no key' }, { key: 'a' }]), 'client').roll();
    harness.manager.updateConfig('t', { ...harness.config, cleanupPolicy: 'compact' });
    await harness.compact();
    expect(recordsOf(harness)).toEqual(['1 a=value', '2 roll=']);
  });

  it('L28 corner case 38: nothing at or above the last stable offset is touched', async () => {
    const { harness, log } = await open(create);
    log.batch(['a=1', 'a=2']).roll().transactional(9, 0, 'a=3').batch(['a=4']).roll().batch(['a=5']).roll();
    await harness.compact();
    expect(recordsOf(harness).slice(0, 4)).toEqual(['1 a=2', '2 roll=', '3 a=3', '4 a=4']);
    log.marker('commit', 9).roll();
    await harness.compact();
    expect(recordsOf(harness).slice(0, 3)).toEqual(['6 a=5', '7 roll=', '8 commit']);
  });

  it('L28 min.compaction.lag.ms keeps young segments out', async () => {
    const { harness, log } = await open(create, { config: { minCompactionLagMs: dayMs } });
    log.batch(['a=1', 'a=2']).roll();
    await harness.time.advance(dayMs - 1);
    expect(await harness.compact()).toBe(0);
    await harness.time.advance(1);
    expect(await harness.compact()).toBe(1);
    expect(recordsOf(harness)).toEqual(['1 a=2', '2 roll=']);
  });

  it('L30 corner case 39: a tombstone stays for delete.retention.ms after the first pass, then goes', async () => {
    const { harness, log } = await open(create);
    log.batch(['a=1', 'b=1']).batch(['a', 'c=1']).roll();
    await harness.compact();
    const horizon = harness.time.clock.nowMs() + dayMs;
    expect(batchesIn(harness.partition).slice(0, 2)).toMatchObject([
      { records: ['1 b=1'], deleteHorizonMs: null },
      { records: ['2 a=null', '3 c=1'], deleteHorizonMs: horizon, maxTimestamp: nowMs },
    ]);
    await harness.time.advance(dayMs - 1);
    log.roll();
    await harness.compact();
    expect(recordsOf(harness)).toContain('2 a=null');
    await harness.time.advance(1);
    log.roll();
    await harness.compact();
    expect(recordsOf(harness).slice(0, 2)).toEqual(['1 b=1', '3 c=1']);
  });

  it('L30 aborted data goes at once, its marker when the data is gone and the horizon passed', async () => {
    const { harness, log } = await open(create);
    log.batch(['a=kept']).transactional(9, 0, 'a=aborted', 'b=aborted').marker('abort', 9);
    log.transactional(9, 2, 'b=committed').marker('commit', 9).roll();
    await harness.compact();
    expect(recordsOf(harness)).toEqual(['0 a=kept', '3 abort', '4 b=committed', '5 commit', '6 roll=']);
    expect(batchesIn(harness.partition)[1]?.deleteHorizonMs).toBeNull();
    expect(harness.files('.txnindex')).toHaveLength(1);
    log.roll();
    await harness.compact();
    const horizon = harness.time.clock.nowMs() + dayMs;
    expect(batchesIn(harness.partition)[1]).toMatchObject({ records: ['3 abort'], deleteHorizonMs: horizon });
    await harness.time.advance(dayMs);
    log.roll();
    await harness.compact();
    expect(recordsOf(harness)).toEqual(['0 a=kept', '4 b=committed', '5 commit', '7 roll=', '8 roll=']);
    expect(readCommitted(harness.partition).map(({ offset }) => offset)).toEqual([0, 4, 7, 8]);
  });

  it('F6 readers of committed records meet no aborted record, whatever was cached before', async () => {
    const { harness, log } = await open(create);
    expect(readCommitted(harness.partition)).toEqual([]);
    log.transactional(9, 0, 'a=aborted', 'b=aborted').marker('abort', 9).batch(['b=1']).roll();
    const before = readCommitted(harness.partition);
    await harness.compact();
    log.roll();
    await harness.compact();
    expect(before).toEqual(readCommitted(harness.partition).filter(({ offset }) => offset !== 5));
  });

  it.each(['restart', 'crash'] as const)(
    'L31 corner cases 9 and 38: the last batch of a producer keeps its header, and duplicates are known after a %s',
    async (how) => {
      const { harness, log } = await open(create);
      const sent = () =>
        batchOf(recordsFrom('a=1', 'b=1'), { producerId: 7, producerEpoch: 0, baseSequence: 0 });
      log.raw(sent(), 'client').batch(['a=2', 'b=2']).roll();
      await harness.compact();
      expect(batchesIn(harness.partition)[0]).toMatchObject({ baseOffset: 0, lastSequence: 1, records: [] });
      for (const name of harness.files('.snapshot')) harness.fileSystem.remove(`t-0/${name}`);
      await harness[how]();
      expect(harness.partition.append(sent(), fromClient)).toMatchObject({
        kind: 'duplicate',
        baseOffset: 0,
        lastOffset: 1,
      });
      expect(harness.partition.append(producerBatch(7, 0, 2), fromClient)).toMatchObject({
        kind: 'appended',
      });
    },
  );

  it('L31 the header goes once the producer has written again', async () => {
    const { harness, log } = await open(create);
    log.batch(['a=1'], { producerId: 7, producerEpoch: 0, baseSequence: 0 }).batch(['a=2']).roll();
    await harness.compact();
    log.batch(['c=1'], { producerId: 7, producerEpoch: 0, baseSequence: 1 }).roll();
    await harness.compact();
    expect(batchesIn(harness.partition)[0]).toMatchObject({ baseOffset: 1, records: ['1 a=2'] });
  });

  it('L31 corner case 40: all records gone, the batch at the bound keeps its header and offsets go on', async () => {
    const { harness, log } = await open(create, { config: { cleanupPolicy: 'delete' } });
    for (let at = 0; at < 3; at++) log.raw(batchOf([{ key: null }, { key: null }]), 'client');
    log.roll();
    harness.manager.updateConfig('t', { ...harness.config, cleanupPolicy: 'compact' });
    await harness.compact();
    const expected = [
      { baseOffset: 4, lastOffset: 5, records: [], maxTimestamp: nowMs },
      { baseOffset: 6, records: ['6 roll='] },
    ];
    expect(batchesIn(harness.partition)).toMatchObject(expected);
    await harness.crash();
    expect(batchesIn(harness.partition)).toMatchObject(expected);
    expect(harness.partition).toMatchObject({ logStartOffset: 0, logEndOffset: 7 });
  });

  it('F3 corner case 20: a fetch in a gap returns the next batch', async () => {
    const { harness, log } = await open(create);
    log.batch(['a=1']).batch(['a=2']).batch(['b=1']).roll();
    await harness.compact();
    const result = harness.partition.read({
      fetchOffset: 0,
      maxBytes: 1,
      atLeastOneBatch: true,
      isolation: 'uncommitted',
    });
    expect(result).toMatchObject({ kind: 'read', logStartOffset: 0 });
    expect(result.kind === 'read' && result.records.readInt32BE(4)).toBe(1);
  });

  it('L32 neighbours are merged up to segment.bytes, and the file keeps the time of its last source', async () => {
    const { harness, log } = await open(create, { config: { segmentBytes: 700 } });
    for (let at = 0; at < 12; at++)
      log
        .batch([`a=${'x'.repeat(100)}`])
        .batch([`k${at}=${at}`])
        .roll();
    const logs = harness.files('.log');
    const times = logs.map((name, at) => {
      harness.fileSystem.setModifiedMs(`t-0/${name}`, nowMs - 1_000_000 + at * 1_000);
      return nowMs - 1_000_000 + at * 1_000;
    });
    const before = harness.partition.sizeBytes;
    await harness.compact();
    const merged = harness.files('.log');
    expect(merged.length).toBeLessThan(logs.length);
    expect(harness.partition.sizeBytes).toBeLessThan(before);
    const second = logs.indexOf(merged[1] ?? '');
    expect(harness.fileSystem.modifiedMs(`t-0/${merged[0]}`)).toBe(times[second - 1]);
    for (const name of merged.slice(0, -1)) expect(harness.read(name).length).toBeLessThanOrEqual(700);
    expect(harness.files().filter((name) => /\.(cleaned|swap)$/.test(name))).toEqual([]);
    await harness.time.advance(60_000);
    expect(harness.files('.deleted')).toEqual([]);
    expect(recordsOf(harness).filter((text) => text.includes(' k'))).toHaveLength(12);
  });

  it('L29 keys that do not fit into the memory for them are done in several rounds', async () => {
    const { harness, log } = await open(create, { cleaner: { dedupeBufferBytes: 40_000 } });
    const keyOf = (at: number) => `${at}`.padStart(20, 'k');
    for (let at = 0; at < 1_500; at++) log.batch([`${keyOf(at % 750)}=${at}`]);
    log.roll();
    expect(await harness.compact()).toBeGreaterThan(1);
    const values = recordsOf(harness).map((text) => Number(text.split('=')[1]));
    expect(values.slice(0, 750)).toEqual(Array.from({ length: 750 }, (__, at) => 750 + at));
  });

  it('L28 compacts by its timer, and retention takes turns with it', async () => {
    const { harness, log } = await open(create, {
      config: { cleanupPolicy: 'compact,delete', retentionMs: -1 },
      cleaner: { backoffMs: 15_000 },
    });
    log.batch(['a=1', 'a=2']).roll();
    await harness.time.advance(14_999);
    expect(recordsOf(harness)).toHaveLength(3);
    await harness.time.advance(1);
    await harness.compact();
    expect(recordsOf(harness)).toEqual(['1 a=2', '2 roll=']);
    harness.manager.updateConfig('t', { ...harness.config, retentionBytes: 0 });
    await harness.time.advance(30_000);
    expect(harness.partition).toMatchObject({ logStartOffset: 3, logEndOffset: 3 });
  });
});

it('L32 appends and reads go on while a log is compacted', async () => {
  const { harness, log } = await open(() => new MemoryFileSystem(), { config: { segmentBytes: 1_000_000 } });
  const value = 'x'.repeat(200_000);
  for (let at = 0; at < 60; at++) log.batch([`${at % 7}=${value}`]);
  const compacting = harness.manager.compactDueLogs();
  let turns = 0;
  let isDone = false;
  const step = () => {
    if (isDone) return;
    const offset = harness.partition.logEndOffset;
    const result = harness.partition.append(batchOf([{ key: 'new', value: `${turns}` }]), fromClient);
    expect(result).toMatchObject({ baseOffset: offset });
    expect(readAll(harness.partition, offset)).toEqual([{ offset, value: `${turns}` }]);
    turns += 1;
    harness.time.timers.soon(step);
  };
  harness.time.timers.soon(step);
  void compacting.then(() => (isDone = true));
  expect(await harness.time.until(compacting)).toBe(1);
  expect(turns).toBeGreaterThan(5);
});

it('L28 a topic that is deleted while it is compacted leaves nothing, and the cleaner goes on', async () => {
  const { harness, log } = await open(() => new MemoryFileSystem(), { config: { segmentBytes: 1_000_000 } });
  const value = 'x'.repeat(200_000);
  for (let at = 0; at < 60; at++) log.batch([`${at % 7}=${value}`]);
  const compacting = harness.manager.compactDueLogs();
  harness.manager.deleteTopic('t');
  await harness.time.until(compacting);
  await harness.time.advance(60_000);
  expect(harness.fileSystem.list('.').filter((name) => name.startsWith('t-0'))).toEqual([]);
  expect(harness.manager.failure).toBeNull();
});

it('L28 a damaged batch is not given a new checksum: the log is left as it is, and said to be', async () => {
  const { harness, log } = await open(() => new MemoryFileSystem());
  log.batch(['a=1', 'b=1']).batch(['a=2']).roll();
  await harness.manager.close();
  harness.flip(`${base(0)}.log`, 68);
  await harness.crash();
  const before = harness.read(`${base(0)}.log`);
  expect(await harness.compact()).toBe(1);
  expect(harness.read(`${base(0)}.log`)).toEqual(before);
  expect(harness.lines.at(-1)?.message).toContain('cannot be compacted');
  expect(harness.files('.cleaned')).toEqual([]);
  expect(harness.partition.append(batchOf([{}]), fromClient)).toMatchObject({ kind: 'appended' });
});

it.each(['append', 'sync', 'rename', 'read'] as const)(
  'L32 a disk that fails to %s puts the directory offline, and the log is whole after a restart',
  async (operation) => {
    const fileSystem = new MemoryFileSystem();
    const { harness, log } = await open(() => fileSystem);
    log.batch(['a=1', 'b=1']).batch(['a=2']).roll();
    await harness.manager.flush();
    const fails = (path: string) =>
      operation === 'read' || path.includes('.cleaned')
        ? new FileSystemError('failed', operation, path)
        : null;
    fileSystem.faults =
      operation === 'append'
        ? {
            append: (path) =>
              path.includes('.cleaned')
                ? { writtenBytes: 9, error: new FileSystemError('no-space', operation, path) }
                : null,
          }
        : { [operation]: fails };
    await harness.compact();
    expect(harness.manager.failure).toBeInstanceOf(FileSystemError);
    fileSystem.faults = {};
    await harness.crash();
    expect(recordsOf(harness)).toEqual(['0 a=1', '1 b=1', '2 a=2', '3 roll=']);
    await harness.compact();
    expect(recordsOf(harness)).toEqual(['1 b=1', '2 a=2', '3 roll=']);
  },
);
