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
import { batchesOf } from '../../../src/protocol/records/record-batch.js';
import { RecordCursor } from '../../../src/protocol/records/record-reader.js';
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
    const { limits, clusterId, nodeId = 1 } = this.#options;
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
