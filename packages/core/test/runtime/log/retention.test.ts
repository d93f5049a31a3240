// Decides that old segments leave a log and its disk as Kafka's do: L24 to L27, corner cases 32 and 35.
import { FileSystemError } from '../../../src/foundation/file-system-error.js';
import { MemoryFileSystem } from '../../../src/io/memory/memory-file-system.js';
import { ErrorCode } from '../../../src/protocol/errors.js';
import { batchOf, fromClient, nowMs, producerBatch } from '../../machines/log/log-fixtures.js';
import { fileSystems, LogHarness, readAll, type HarnessOptions } from './log-harness.js';

const batch = (at: number, timestamp = nowMs) => batchOf([{ value: `${at}${'x'.repeat(1000)}`, timestamp }]);
const size = batch(0).length;
const base = (offset: number) => String(offset).padStart(20, '0');
const dataFiles = (offset: number) => ['.index', '.log', '.timeindex'].map((suffix) => base(offset) + suffix);

describe.each(fileSystems)('on %s', (_, createFileSystem) => {
  /** Ten batches in segments of three: bases 0, 3, 6 and 9. */
  async function filled(config: HarnessOptions['config'] = {}): Promise<LogHarness> {
    const harness = await LogHarness.open(createFileSystem(), {
      config: { segmentBytes: 3 * size + 50, indexIntervalBytes: 500, retentionMs: 60_000, ...config },
    });
    for (let at = 0; at < 10; at++) harness.partition.append(batch(at, nowMs + at * 10_000), fromClient);
    return harness;
  }
  const offsets = (harness: LogHarness) =>
    readAll(harness.partition, harness.partition.logStartOffset).map(({ offset }) => offset);

  it('L24 looks after 30 s, then every 5 minutes', async () => {
    const harness = await filled({ retentionMs: 5_000 });
    await harness.time.advance(29_999);
    expect(harness.partition.logStartOffset).toBe(0);
    await harness.time.advance(1);
    expect(harness.partition.logStartOffset).toBe(3);
    await harness.time.advance(299_999);
    expect(harness.partition.logStartOffset).toBe(3);
    await harness.time.advance(1);
    expect(harness.partition.logStartOffset).toBe(10);
    await harness.manager.close();
    expect(harness.time.armedTimers).toBe(0);
  });

  it('L26 removed segments are renamed at once and unlinked after file.delete.delay.ms', async () => {
    const harness = await filled({ retentionBytes: 5 * size, fileDeleteDelayMs: 1_000 });
    await harness.time.until(harness.manager.deleteOldSegments());
    expect(harness.partition.logStartOffset).toBe(3);
    expect(harness.files('.deleted')).toEqual(dataFiles(0).map((name) => `${name}.deleted`));
    await harness.time.advance(999);
    expect(harness.files('.deleted')).toHaveLength(3);
    await harness.time.advance(1);
    expect(harness.files('.deleted')).toEqual([]);
    expect(harness.files('.log')).toEqual([3, 6, 9].map((offset) => `${base(offset)}.log`));
    expect(offsets(harness)).toEqual([3, 4, 5, 6, 7, 8, 9]);
    expect(
      harness.partition.read({ fetchOffset: 2, maxBytes: 1, atLeastOneBatch: true, isolation: 'committed' }),
    ).toEqual({ kind: 'error', errorCode: ErrorCode.OFFSET_OUT_OF_RANGE });
  });

  it('L26 the snapshot of a removed segment goes with it', async () => {
    const harness = await filled({ retentionBytes: 2 * size });
    expect(harness.files('.snapshot')).toEqual([3, 6, 9].map((offset) => `${base(offset)}.snapshot`));
    await harness.time.until(harness.manager.deleteOldSegments());
    expect(harness.files('.snapshot')).toEqual([6, 9].map((offset) => `${base(offset)}.snapshot`));
  });

  it.each(['restart', 'crash'] as const)(
    'L26 L21 what waited for removal is gone after a %s',
    async (how) => {
      const harness = await filled({ retentionBytes: 5 * size });
      await harness.time.until(harness.manager.deleteOldSegments());
      await harness[how]();
      expect(harness.files('.deleted')).toEqual([]);
      expect(harness.partition.logStartOffset).toBe(3);
      expect(offsets(harness)).toEqual([3, 4, 5, 6, 7, 8, 9]);
    },
  );

  it.each(['restart', 'crash'] as const)(
    'L24 corner case 32: the active segment goes too, and offsets go on, also after a %s',
    async (how) => {
      const harness = await filled();
      await harness.time.advance(1_000_000);
      expect(harness.partition).toMatchObject({ logStartOffset: 10, logEndOffset: 10, sizeBytes: 0 });
      expect(harness.files('.log')).toEqual([`${base(10)}.log`]);
      await harness[how]();
      expect(harness.partition).toMatchObject({ logStartOffset: 10, logEndOffset: 10 });
      expect(harness.partition.append(batch(10), fromClient)).toMatchObject({
        baseOffset: 10,
        logStartOffset: 10,
      });
      expect(offsets(harness)).toEqual([10]);
    },
  );

  it('L24 L20 leader epochs are based at the new log start', async () => {
    const harness = await filled();
    await harness.time.advance(1_000_000);
    expect(harness.read('leader-epoch-checkpoint').toString()).toBe('0\n1\n0 10\n');
  });

  it('P7 a producer is remembered when its records are gone', async () => {
    const harness = await filled();
    harness.partition.append(producerBatch(5, 0, 0), fromClient);
    await harness.time.advance(1_000_000);
    expect(harness.partition.logStartOffset).toBe(11);
    expect(harness.partition.append(producerBatch(5, 0, 0), fromClient)).toMatchObject({
      kind: 'duplicate',
      baseOffset: 10,
    });
    await harness.restart();
    expect(harness.partition.append(producerBatch(5, 0, 0), fromClient)).toMatchObject({ kind: 'duplicate' });
  });

  it('L27 corner case 35: the log starts inside a batch, and the batch is still served whole', async () => {
    const harness = await LogHarness.open(createFileSystem());
    const values = ['a', 'b', 'c', 'd'];
    harness.partition.append(batchOf(values.map((value) => ({ value }))), fromClient);
    expect(harness.partition.deleteRecords(2)).toEqual({ kind: 'deleted', lowWatermark: 2 });
    const result = harness.partition.read({
      fetchOffset: 2,
      maxBytes: 1,
      atLeastOneBatch: true,
      isolation: 'uncommitted',
    });
    expect(result).toMatchObject({ kind: 'read', logStartOffset: 2 });
    expect(readAll(harness.partition, 2)).toEqual([
      { offset: 2, value: 'c' },
      { offset: 3, value: 'd' },
    ]);
    expect(harness.partition.deleteRecords(1)).toEqual({ kind: 'deleted', lowWatermark: 2 });
    await harness.restart();
    expect(harness.partition.logStartOffset).toBe(2);
    expect(harness.fileSystem.readFile('log-start-offset-checkpoint').toString()).toBe('0\n1\nt 0 2\n');
  });

  it('L27 L25 segments before the new log start go at the next look', async () => {
    const harness = await filled({ retentionMs: -1 });
    expect(harness.partition.deleteRecords(7)).toEqual({ kind: 'deleted', lowWatermark: 7 });
    expect(harness.files('.log')).toHaveLength(4);
    await harness.time.until(harness.manager.deleteOldSegments());
    expect(harness.files('.log')).toEqual([6, 9].map((offset) => `${base(offset)}.log`));
    expect(offsets(harness)).toEqual([7, 8, 9]);
  });

  it('L27 −1 is the high watermark; other offsets out of range and other policies are refused', async () => {
    const harness = await filled();
    expect(harness.partition.deleteRecords(11)).toMatchObject({ errorCode: ErrorCode.OFFSET_OUT_OF_RANGE });
    expect(harness.partition.deleteRecords(-2)).toMatchObject({ errorCode: ErrorCode.OFFSET_OUT_OF_RANGE });
    harness.manager.updateConfig('t', { ...harness.config, cleanupPolicy: 'compact' });
    expect(harness.partition.deleteRecords(1)).toMatchObject({
      errorCode: ErrorCode.POLICY_VIOLATION,
      message: expect.stringContaining('t-0') as string,
    });
    harness.manager.updateConfig('t', harness.config);
    expect(harness.partition.deleteRecords(-1)).toEqual({ kind: 'deleted', lowWatermark: 10 });
    expect(offsets(harness)).toEqual([]);
  });

  it('L24 many segments go in several turns, and appends go on between them', async () => {
    const harness = await filled({ retentionMs: -1 });
    for (let at = 10; at < 200; at++) harness.partition.append(batch(at), fromClient);
    harness.manager.updateConfig('t', { ...harness.config, retentionBytes: 0 });
    const deleting = harness.manager.deleteOldSegments();
    const segmentsLeft = harness.files('.log').length;
    expect(segmentsLeft).toBeGreaterThan(40);
    expect(harness.partition.append(batch(200), fromClient)).toMatchObject({ kind: 'appended' });
    await harness.time.until(deleting);
    expect(harness.partition).toMatchObject({ logStartOffset: 201, logEndOffset: 201 });
  });
});

it('L24 a rename that fails puts the directory offline', async () => {
  const fileSystem = new MemoryFileSystem();
  const harness = await LogHarness.open(fileSystem, { config: { retentionMs: 0 } });
  harness.partition.append(batch(0), fromClient);
  await harness.time.advance(29_999);
  fileSystem.faults = { rename: (path) => new FileSystemError('failed', 'rename', path) };
  await harness.time.advance(1);
  expect(harness.manager.failure).toBeInstanceOf(FileSystemError);
  expect(harness.partition.append(batch(1), fromClient)).toMatchObject({
    kind: 'rejected',
    errorCode: ErrorCode.KAFKA_STORAGE_ERROR,
  });
});
