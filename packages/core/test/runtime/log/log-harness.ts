// Decides how tests open, crash and reopen a log directory over both file systems.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryFileSystem } from '../../../src/io/memory/memory-file-system.js';
import { createSeededRandom } from '../../../src/io/memory/seeded-random.js';
import { createVirtualTime, type VirtualTime } from '../../../src/io/memory/virtual-time.js';
import { createNodeFileSystem } from '../../../src/io/node/node-file-system.js';
import { randomUuid } from '../../../src/foundation/uuid.js';
import { defaultLogConfig, type LogConfig } from '../../../src/machines/log/log-config.js';
import type { FileSystem } from '../../../src/ports/file-system.js';
import { readEndTransactionMarker } from '../../../src/protocol/records/control-record.js';
import { batchesOf, type RecordBatch } from '../../../src/protocol/records/record-batch.js';
import { RecordCursor } from '../../../src/protocol/records/record-reader.js';
import type { CleanerOptions } from '../../../src/runtime/log/compaction/log-cleaner.js';
import type { LogDirectoryLimits } from '../../../src/runtime/log/log-directory.js';
import { LogManager } from '../../../src/runtime/log-manager.js';
import type { PartitionRuntime } from '../../../src/runtime/partition-runtime.js';
import { compressors, nowMs } from '../../machines/log/log-fixtures.js';

export const topicId = '0aTMwP7jSs2xA1JieCZpdw';

const temporaryDirectories: string[] = [];

afterAll(() => {
  for (const directory of temporaryDirectories) rmSync(directory, { recursive: true, force: true });
});

export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'ottla-log-'));
  temporaryDirectories.push(directory);
  return directory;
}

/** Both file systems, for describe.each. */
export const fileSystems: readonly (readonly [string, () => FileSystem])[] = [
  ['memory', () => new MemoryFileSystem({ clock: { nowMs: () => nowMs } })],
  ['disk', () => createNodeFileSystem(temporaryDirectory())],
];

export interface HarnessOptions {
  readonly config?: Partial<LogConfig>;
  readonly limits?: Partial<LogDirectoryLimits>;
  readonly clusterId?: string;
  readonly nodeId?: number;
  readonly cleaner?: Partial<CleanerOptions>;
}

/** One log directory over its lives. */
export class LogHarness {
  readonly time: VirtualTime = createVirtualTime(nowMs);
  readonly lines: { readonly level: string; readonly message: string; readonly fields: unknown }[] = [];
  manager: LogManager;
  readonly fileSystem: FileSystem;
  readonly config: LogConfig;
  readonly #options: HarnessOptions;

  constructor(fileSystem: FileSystem, options: HarnessOptions = {}) {
    this.fileSystem = fileSystem;
    this.#options = options;
    this.config = { ...defaultLogConfig, ...options.config };
    this.manager = this.#newManager();
  }

  static async open(fileSystem: FileSystem, options: HarnessOptions = {}): Promise<LogHarness> {
    const harness = new LogHarness(fileSystem, options);
    await harness.manager.open();
    return harness;
  }

  /** The partition 0 of topic t, created when it is absent. */
  get partition(): PartitionRuntime {
    return this.manager.partition('t', 0) ?? this.manager.createPartition('t', topicId, 0, this.config);
  }

  /** Compacts what is due; the number of rounds. */
  compact(): Promise<number> {
    return this.settle(this.manager.compactDueLogs());
  }

  /** Waits, with virtual time standing still, for what also waits for the disk. */
  async settle<Value>(promise: Promise<Value>): Promise<Value> {
    let isSettled = false;
    const done = () => void (isSettled = true);
    promise.then(done, done);
    while (!isSettled) await this.time.runUntilIdle();
    return promise;
  }

  /** Leaves the files as they are, as kill -9 would, and opens again. */
  async crash(): Promise<PartitionRuntime> {
    this.manager.abandon();
    return this.#reopen();
  }

  async restart(): Promise<PartitionRuntime> {
    await this.manager.close();
    return this.#reopen();
  }

  /** Changes files between two lives. */
  async crashAnd(change: () => void): Promise<PartitionRuntime> {
    this.manager.abandon();
    change();
    return this.#reopen();
  }

  /** Flips a bit of a file of partition 0. */
  flip(name: string, position: number): void {
    const path = `t-0/${name}`;
    const bytes = this.fileSystem.readFile(path);
    bytes[position] = (bytes[position] ?? 0) ^ 0x10;
    this.write(name, bytes);
  }

  write(name: string, bytes: Buffer): void {
    const path = `t-0/${name}`;
    this.fileSystem.remove(path);
    const file = this.fileSystem.open(path, { create: true });
    file.append([bytes]);
    file.close();
  }

  truncate(name: string, sizeBytes: number): void {
    const file = this.fileSystem.open(`t-0/${name}`, { create: false });
    file.truncate(sizeBytes);
    file.close();
  }

  read(name: string): Buffer {
    return this.fileSystem.readFile(`t-0/${name}`);
  }

  /** Names in the directory of partition 0 that end so, sorted. */
  files(suffix = ''): string[] {
    return this.fileSystem
      .list('t-0')
      .filter((name) => name.endsWith(suffix))
      .toSorted();
  }

  async #reopen(): Promise<PartitionRuntime> {
    this.manager = this.#newManager();
    await this.manager.open();
    return this.partition;
  }

  #newManager(): LogManager {
    const random = createSeededRandom(1);
    const { limits, clusterId, nodeId = 1, cleaner } = this.#options;
    return new LogManager({
      ports: {
        fileSystem: this.fileSystem,
        clock: this.time.clock,
        timers: this.time.timers,
        random,
        compressors,
        diagnostics: { log: (level, message, fields) => void this.lines.push({ level, message, fields }) },
      },
      nodeId,
      newUuid: () => randomUuid(random),
      configOf: () => this.config,
      ...(clusterId === undefined ? {} : { clusterId }),
      ...(limits === undefined ? {} : { limits }),
      ...(cleaner === undefined ? {} : { cleaner }),
    });
  }
}

export interface ReadRecord {
  readonly offset: number;
  readonly value: string | null;
}

/** Reads from an offset to the end in fetches of `maxBytes`, as a consumer would; checks every checksum. */
export function readAll(partition: PartitionRuntime, fromOffset: number, maxBytes = 1024): ReadRecord[] {
  const records: ReadRecord[] = [];
  let offset = fromOffset;
  for (;;) {
    const result = partition.read({
      fetchOffset: offset,
      maxBytes,
      atLeastOneBatch: true,
      isolation: 'uncommitted',
    });
    if (result.kind === 'error') throw new Error(`fetch at ${offset} failed with ${result.errorCode}`);
    if (result.records.length === 0) return records;
    for (const batch of batchesOf(result.records)) {
      expect(batch.isValidCrc()).toBe(true);
      const cursor = new RecordCursor(batch, { decompressors: compressors, maxBytes: 1024 * 1024 });
      while (cursor.next())
        if (cursor.offset >= offset) records.push({ offset: cursor.offset, value: cursor.valueText });
      offset = batch.nextOffset;
    }
  }
}

export interface CompactedBatch {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly isControl: boolean;
  readonly deleteHorizonMs: number | null;
  readonly maxTimestamp: number;
  readonly baseSequence: number;
  readonly lastSequence: number;
  readonly producerId: number;
  /** `offset key=value` per record; markers are `offset commit` and `offset abort`. */
  readonly records: readonly string[];
}

/** Every batch of a partition, as its files hold them; checks every checksum. */
export function batchesIn(partition: PartitionRuntime): CompactedBatch[] {
  const found: CompactedBatch[] = [];
  for (let offset = partition.logStartOffset; ;) {
    const result = partition.read({
      fetchOffset: offset,
      maxBytes: 100_000,
      atLeastOneBatch: true,
      isolation: 'uncommitted',
    });
    if (result.kind === 'error') throw new Error(`fetch at ${offset} failed with ${result.errorCode}`);
    if (result.records.length === 0) return found;
    for (const batch of batchesOf(result.records)) {
      expect(batch.isValidCrc()).toBe(true);
      found.push(describeBatch(batch));
      offset = batch.nextOffset;
    }
  }
}

function describeBatch(batch: RecordBatch): CompactedBatch {
  const { baseOffset, lastOffset, isControl, deleteHorizonMs, maxTimestamp } = batch;
  const { baseSequence, lastSequence, producerId } = batch;
  const records: string[] = [];
  const cursor = new RecordCursor(batch, { decompressors: compressors, maxBytes: 1024 * 1024 });
  while (cursor.next()) {
    const text = isControl
      ? (readEndTransactionMarker(cursor.key, cursor.value)?.type ?? '?')
      : `${cursor.keyText}=${cursor.valueText}`;
    records.push(`${cursor.offset} ${text}`);
  }
  return {
    baseOffset,
    lastOffset,
    isControl,
    deleteHorizonMs,
    maxTimestamp,
    baseSequence,
    lastSequence,
    producerId,
    records,
  };
}

/** The records that readers of committed transactions are given, as a client filters them (CC6). */
export function readCommitted(
  partition: PartitionRuntime,
  maxBytes = 2_000,
): { readonly offset: number; readonly key: string | null; readonly value: string | null }[] {
  const records: { offset: number; key: string | null; value: string | null }[] = [];
  for (let offset = partition.logStartOffset; ;) {
    const result = partition.read({
      fetchOffset: offset,
      maxBytes,
      atLeastOneBatch: true,
      isolation: 'committed',
    });
    if (result.kind === 'error') throw new Error(`fetch at ${offset} failed with ${result.errorCode}`);
    if (result.records.length === 0) return records;
    const aborted = (result.abortedTransactions ?? []).toSorted((a, b) => a.firstOffset - b.firstOffset);
    const abortedProducers = new Set<number>();
    for (const batch of batchesOf(result.records)) {
      while ((aborted[0]?.firstOffset ?? Infinity) <= batch.lastOffset)
        abortedProducers.add(aborted.shift()?.producerId ?? -1);
      offset = batch.nextOffset;
      if (batch.isControl) {
        abortedProducers.delete(batch.producerId);
        continue;
      }
      if (batch.isTransactional && abortedProducers.has(batch.producerId)) continue;
      const cursor = new RecordCursor(batch, { decompressors: compressors, maxBytes: 1024 * 1024 });
      while (cursor.next())
        records.push({ offset: cursor.offset, key: cursor.keyText, value: cursor.valueText });
    }
  }
}
