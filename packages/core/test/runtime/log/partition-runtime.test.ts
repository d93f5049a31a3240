// Decides that a partition's log is written and read as Kafka's is: F1 to F3, F14, L13, L14, L20, corner cases 17 to 20 and 30.
import { FileSystemError } from '../../../src/foundation/file-system-error.js';
import { MemoryFileSystem } from '../../../src/io/memory/memory-file-system.js';
import { ErrorCode } from '../../../src/protocol/errors.js';
import { batchesOf } from '../../../src/protocol/records/record-batch.js';
import type { PartitionRuntime, ReadResult } from '../../../src/runtime/partition-runtime.js';
import {
  batchOf,
  compressors,
  fromClient,
  nowMs,
  producerBatch,
  viewOf,
} from '../../machines/log/log-fixtures.js';
import { controlRecordKey, endTransactionValue } from '../../../src/protocol/records/control-record.js';
import { RecordBatchBuilder } from '../../../src/protocol/records/record-batch-builder.js';
import { fileSystems, LogHarness, readAll } from './log-harness.js';

function fetch(
  partition: PartitionRuntime,
  fetchOffset: number,
  maxBytes = 1e6,
  atLeastOneBatch = true,
): ReadResult {
  return partition.read({ fetchOffset, maxBytes, atLeastOneBatch, isolation: 'uncommitted' });
}

const offsetsOf = (result: ReadResult): number[] =>
  result.kind === 'read'
    ? [...batchesOf(result.records)].map((batch) => batch.baseOffset)
    : [-result.errorCode];

/** A batch of two records, of about 1100 bytes. */
const batch = (at: number) => batchOf([{ value: `${at}a${'x'.repeat(1000)}` }, { value: `${at}b` }]);

describe.each(fileSystems)('a partition on %s', (_, createFileSystem) => {
  async function openWith(batches: number, config = {}, limits = {}): Promise<PartitionRuntime> {
    const { partition } = await LogHarness.open(createFileSystem(), { config, limits });
    for (let at = 0; at < batches; at++) {
      expect(partition.append(batch(at), fromClient)).toMatchObject({ kind: 'appended', baseOffset: at * 2 });
    }
    return partition;
  }
  const size = batch(0).length;

  it('F2 corner cases 16 and 17: empty at the log end, 1 beyond it and before the start', async () => {
    const partition = await openWith(2);
    expect(fetch(partition, 4)).toMatchObject({ kind: 'read', records: Buffer.alloc(0), highWatermark: 4 });
    expect(fetch(partition, 5)).toEqual({ kind: 'error', errorCode: ErrorCode.OFFSET_OUT_OF_RANGE });
    expect(fetch(partition, -1)).toEqual({ kind: 'error', errorCode: ErrorCode.OFFSET_OUT_OF_RANGE });
  });

  describe.each([
    ['from files', { tailCacheBytesPerPartition: 0 }],
    ['from the tail cache', { tailCacheBytesPerPartition: 1024 * 1024 }],
  ])('%s', (__, limits) => {
    async function opened(batches: number): Promise<PartitionRuntime> {
      const { partition } = await LogHarness.open(createFileSystem(), { limits });
      fetch(partition, 0);
      for (let at = 0; at < batches; at++) partition.append(batch(at), fromClient);
      return partition;
    }

    it('F3 corner case 19: data starts at the batch that holds the offset', async () => {
      const partition = await opened(100);
      for (const offset of [0, 1, 2, 77, 78, 198, 199]) {
        expect(offsetsOf(fetch(partition, offset, size))).toEqual([offset - (offset % 2)]);
      }
    });

    it('F4 corner case 18: one whole batch whatever the limit, or none', async () => {
      const partition = await opened(10);
      expect(offsetsOf(fetch(partition, 4, 1))).toEqual([4]);
      expect(offsetsOf(fetch(partition, 4, 0))).toEqual([4]);
      expect(offsetsOf(fetch(partition, 4, 1, false))).toEqual([]);
      expect(offsetsOf(fetch(partition, 4, size - 1, false))).toEqual([]);
      expect(offsetsOf(fetch(partition, 4, size, false))).toEqual([4]);
      expect(offsetsOf(fetch(partition, 4, 3 * size - 1, false))).toEqual([4, 6]);
      expect(offsetsOf(fetch(partition, 4, 3 * size))).toEqual([4, 6, 8]);
    });

    it('a batch larger than what one read takes comes whole', async () => {
      const partition = await opened(3);
      const large = batchOf([{ value: 'y'.repeat(50_000) }]);
      partition.append(Buffer.from(large), fromClient);
      partition.append(batch(4), fromClient);
      const result = fetch(partition, 6, 100);
      expect(result.kind === 'read' && result.records.length).toBe(large.length);
      expect(offsetsOf(fetch(partition, 5, 1200))).toEqual([4]);
    });

    it('reads all, whatever the size of the fetches', async () => {
      const partition = await opened(300);
      const expected = Array.from({ length: 600 }, (___, offset) => offset);
      for (const maxBytes of [1, 5000, 100_000, 10_000_000]) {
        expect(readAll(partition, 0, maxBytes).map(({ offset }) => offset)).toEqual(expected);
      }
      expect(readAll(partition, 301, 3000)[0]).toEqual({ offset: 301, value: '150b' });
    });
  });

  it('F3 a reply comes from one segment', async () => {
    const partition = await openWith(10, { segmentBytes: 3 * size }, { tailCacheBytesPerPartition: 0 });
    expect(partition.firstSegmentOffset).toBe(0);
    expect(offsetsOf(fetch(partition, 2))).toEqual([2, 4]);
    expect(offsetsOf(fetch(partition, 6))).toEqual([6, 8, 10]);
    expect(readAll(partition, 0).length).toBe(20);
  });

  it('F14 corner case 30: the first record in log order that is late enough, on a log whose times fall', async () => {
    const { partition } = await LogHarness.open(createFileSystem(), {
      config: { segmentBytes: 1000, indexIntervalBytes: 100 },
    });
    const times = [50, 90, 40, 70, 95, 60, 20, 99, 10];
    times.forEach((timestamp, at) => {
      partition.append(
        batchOf([{ timestamp }, { timestamp: timestamp - 5 }], { compression: at % 2 ? 'gzip' : 'none' }),
        fromClient,
      );
    });
    for (let target = 0; target <= 101; target++) {
      const all = times.flatMap((timestamp) => [timestamp, timestamp - 5]);
      const expected = all.findIndex((timestamp) => timestamp >= target);
      const found = partition.offsetForTimestamp(target, 'uncommitted');
      expect(found).toEqual(
        expected < 0 ? null : { offset: expected, timestamp: all[expected], leaderEpoch: 0 },
      );
    }
    expect(partition.offsetOfMaxTimestamp()).toEqual({ offset: 14, timestamp: 99, leaderEpoch: 0 });
  });

  it('F14 corner case 31: an empty log has no times', async () => {
    const partition = await openWith(0);
    expect(partition.offsetOfMaxTimestamp()).toBeNull();
    expect(partition.offsetForTimestamp(0, 'uncommitted')).toBeNull();
  });

  it('L20 F15 tells where the epoch ends', async () => {
    const partition = await openWith(2);
    expect(partition.epochEndOffset(0)).toEqual({ leaderEpoch: 0, endOffset: 4 });
    expect(partition.epochEndOffset(1)).toEqual({ leaderEpoch: -1, endOffset: -1 });
  });

  it('F1 F6 committed readers stop at an open transaction and learn of aborted ones', async () => {
    const partition = await openWith(1);
    const inTransaction = { producerId: 5, producerEpoch: 0, isTransactional: true } as const;
    partition.append(batchOf([{}], { ...inTransaction, baseSequence: 0 }), fromClient);
    partition.append(batch(2), fromClient);
    const committed = (fetchOffset: number) =>
      partition.read({ fetchOffset, maxBytes: 1e6, atLeastOneBatch: true, isolation: 'committed' });
    expect(committed(0)).toMatchObject({ lastStableOffset: 2, highWatermark: 5, abortedTransactions: [] });
    expect(offsetsOf(committed(0))).toEqual([0]);
    expect(offsetsOf(committed(2))).toEqual([]);
    expect(partition.offsetForTimestamp(nowMs, 'committed')?.offset).toBe(0);
    const marker = new RecordBatchBuilder({ batchSizeBytes: 200 });
    marker.tryAppend(nowMs, controlRecordKey('abort'), endTransactionValue(0), []);
    partition.append(marker.close({ ...inTransaction, isControl: true }), { origin: 'coordinator', nowMs });
    expect(committed(0)).toMatchObject({
      lastStableOffset: 6,
      abortedTransactions: [{ producerId: 5, firstOffset: 2 }],
    });
    expect(fetch(partition, 0)).toMatchObject({ abortedTransactions: null });
  });

  it('tells listeners of the high watermark before append returns, until they unsubscribe', async () => {
    const partition = await openWith(0);
    const seen: number[] = [];
    const unsubscribe = partition.onHighWatermarkAdvance(() => seen.push(partition.highWatermark));
    partition.append(batch(0), fromClient);
    expect(seen).toEqual([2]);
    unsubscribe();
    partition.append(batch(1), fromClient);
    expect(seen).toEqual([2]);
  });

  it('compressed batches come back as they were sent', async () => {
    const partition = await openWith(0);
    for (const compression of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
      const sent = batchOf([{ value: 'same '.repeat(50) }], { compression });
      const result = partition.append(Buffer.from(sent), fromClient);
      const { baseOffset } = result.kind === 'appended' ? result : { baseOffset: -1 };
      const got = fetch(partition, baseOffset);
      expect(got.kind === 'read' && got.records.subarray(61)).toEqual(sent.subarray(61));
    }
    expect(readAll(partition, 0).map(({ value }) => value)).toEqual(
      Array.from({ length: 4 }, () => 'same '.repeat(50)),
    );
    expect(compressors).toBeDefined();
  });
});

describe('failing files', () => {
  const diskFull = new FileSystemError('no-space', 'append to', 'x');

  it.each([0, 30, 100])(
    'a write that fails after %i bytes leaves the log as it was, and the directory goes offline',
    async (writtenBytes) => {
      const fileSystem = new MemoryFileSystem();
      const harness = await LogHarness.open(fileSystem);
      const { partition } = harness;
      partition.append(producerBatch(1, 0, 0), fromClient);
      const before = harness.read('00000000000000000000.log');
      fileSystem.faults = {
        append: (path) => (path.endsWith('.log') ? { writtenBytes, error: diskFull } : null),
      };
      const failed = partition.append(producerBatch(1, 0, 1), fromClient);
      expect(failed).toMatchObject({ kind: 'rejected', errorCode: ErrorCode.KAFKA_STORAGE_ERROR });
      expect(failed.kind === 'rejected' && failed.message).toContain('disk is full');
      expect([partition.logEndOffset, harness.read('00000000000000000000.log')]).toEqual([1, before]);
      fileSystem.faults = {};
      expect(partition.append(producerBatch(1, 0, 1), fromClient)).toMatchObject({
        errorCode: ErrorCode.KAFKA_STORAGE_ERROR,
      });
      expect(fetch(partition, 0)).toEqual({ kind: 'error', errorCode: ErrorCode.KAFKA_STORAGE_ERROR });
      expect(harness.manager.failure).toBe(diskFull);
      expect(harness.lines.filter(({ level }) => level === 'error').length).toBe(1);
      const recovered = await harness.restart();
      expect(recovered.append(producerBatch(1, 0, 1), fromClient)).toMatchObject({
        kind: 'appended',
        baseOffset: 1,
      });
    },
  );

  it('a cut that fails after a failed write is put right by recovery', async () => {
    const fileSystem = new MemoryFileSystem();
    const harness = await LogHarness.open(fileSystem);
    harness.partition.append(batch(0), fromClient);
    fileSystem.faults = {
      append: (path) => (path.endsWith('.log') ? { writtenBytes: 50, error: diskFull } : null),
      truncate: () => diskFull,
    };
    expect(harness.partition.append(batch(1), fromClient).kind).toBe('rejected');
    fileSystem.faults = {};
    const partition = await harness.crash();
    expect([partition.logEndOffset, readAll(partition, 0).length]).toEqual([2, 2]);
  });

  it('a read that fails gives 56', async () => {
    const fileSystem = new MemoryFileSystem();
    const { partition } = await LogHarness.open(fileSystem);
    partition.append(batch(0), fromClient);
    fileSystem.faults = { read: () => new FileSystemError('failed', 'read', 'x') };
    expect(fetch(partition, 0)).toEqual({ kind: 'error', errorCode: ErrorCode.KAFKA_STORAGE_ERROR });
  });

  it('a sync that fails takes the directory offline', async () => {
    const fileSystem = new MemoryFileSystem();
    const harness = await LogHarness.open(fileSystem);
    harness.partition.append(batch(0), fromClient);
    fileSystem.faults = { sync: () => new FileSystemError('failed', 'sync', 'x') };
    await expect(harness.partition.flush()).rejects.toThrow(FileSystemError);
    expect(harness.manager.failure).toBeInstanceOf(FileSystemError);
  });
});

describe('L23 flushing', () => {
  it('never by default: an append leaves no synced bytes', async () => {
    const fileSystem = new MemoryFileSystem();
    const harness = await LogHarness.open(fileSystem);
    harness.partition.append(batch(0), fromClient);
    await harness.time.advance(1_000_000);
    const after = fileSystem.afterCrash();
    expect(after.readFile('t-0/00000000000000000000.log').length).toBe(0);
    expect(harness.partition.recoveryPoint).toBe(0);
  });

  it.each([
    ['flush.messages', { flushMessages: 3 }],
    ['flush.ms', { flushMs: 1000 }],
  ])('%s advances the recovery point', async (_, config) => {
    const fileSystem = new MemoryFileSystem();
    const harness = await LogHarness.open(fileSystem, { config });
    harness.partition.append(batch(0), fromClient);
    await harness.time.runUntilIdle();
    expect(harness.partition.recoveryPoint).toBe(0);
    harness.partition.append(batch(1), fromClient);
    await harness.time.advance(1000);
    expect(harness.partition.recoveryPoint).toBe(4);
    expect(fileSystem.afterCrash().readFile('t-0/00000000000000000000.log').length).toBe(2 * batch(0).length);
  });

  it('L14 a roll flushes the old segment, snapshots producers and ends its time index', async () => {
    const fileSystem = new MemoryFileSystem();
    const size = batch(0).length;
    const harness = await LogHarness.open(fileSystem, { config: { segmentBytes: 2 * size } });
    for (let at = 0; at < 3; at++) harness.partition.append(batch(at), fromClient);
    await harness.time.runUntilIdle();
    expect(harness.files('.log')).toEqual(['00000000000000000000.log', '00000000000000000004.log']);
    expect(harness.files('.snapshot')).toEqual(['00000000000000000004.snapshot']);
    expect(harness.read('00000000000000000000.timeindex').length).toBe(12);
    expect(fileSystem.afterCrash().readFile('t-0/00000000000000000000.log').length).toBe(2 * size);
    expect(harness.partition.recoveryPoint).toBeGreaterThanOrEqual(4);
    expect(viewOf(harness.read('00000000000000000004.log')).baseOffset).toBe(4);
  });
});

describe('the tail cache', () => {
  it('is bounded over all partitions, and what it dropped is read from files', async () => {
    const limits = { tailCacheBytesPerPartition: 64 * 1024, tailCacheBytes: 100 * 1024 };
    const { manager, config } = await LogHarness.open(new MemoryFileSystem(), { limits });
    const partitions = [0, 1, 2].map((index) =>
      manager.createPartition('u', '0aTMwP7jSs2xA1JieCZpdw', index, config),
    );
    for (const partition of partitions) fetch(partition, 0);
    for (let at = 0; at < 200; at++) {
      for (const partition of partitions) {
        partition.append(batch(at), fromClient);
        const result = fetch(partition, at * 2, 1);
        expect(offsetsOf(result)).toEqual([at * 2]);
      }
    }
    for (const partition of partitions) expect(readAll(partition, 0, 30_000).length).toBe(400);
  });

  it('gives views that later appends do not change', async () => {
    const { partition } = await LogHarness.open(new MemoryFileSystem());
    fetch(partition, 0);
    partition.append(batch(0), fromClient);
    const first = fetch(partition, 0);
    const copy = first.kind === 'read' ? Buffer.from(first.records) : null;
    for (let at = 1; at < 100; at++) partition.append(batch(at), fromClient);
    expect(first.kind === 'read' && first.records).toEqual(copy);
  });
});
