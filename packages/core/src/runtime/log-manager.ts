// Decides which partitions a log directory holds: opens and recovers them, creates and deletes them, writes the checkpoints (L19, L26).
import type { BufferPool } from '../foundation/buffer-pool.js';
import { FileSystemError } from '../foundation/file-system-error.js';
import { isUuid, zeroUuid } from '../foundation/uuid.js';
import {
  decodePartitionMetadata,
  encodeCleanShutdown,
  encodePartitionMetadata,
  type MetaProperties,
} from '../machines/log/checkpoint-formats.js';
import type { LogConfig } from '../machines/log/log-config.js';
import type { FileLock } from '../ports/file-system.js';
import { defaultCleanerOptions, LogCleaner, type CleanerOptions } from './log/compaction/log-cleaner.js';
import { LogCheckpoints, readCheckpoint } from './log/log-checkpoints.js';
import {
  defaultLogDirectoryLimits,
  LogDirectory,
  type LogDirectoryLimits,
  type LogDirectoryPorts,
} from './log/log-directory.js';
import { LogDirectoryError } from './log/log-directory-error.js';
import { defaultRetentionSchedule, LogMaintenance, type RetentionSchedule } from './log/log-maintenance.js';
import { deletedDirectory, fileNames, parseDirectoryName, partitionDirectory } from './log/log-names.js';
import { openMetaProperties, readAs } from './log/meta-properties-file.js';
import { readTextFile, replaceFile, replaceFileDurably, syncFile } from './log/text-files.js';
import { PartitionRuntime, type PartitionCheckpoint } from './partition-runtime.js';
import { Turns } from './turns.js';

export { LogDirectoryError } from './log/log-directory-error.js';

const yieldEveryPartitions = 16;
/** Partitions of a deleted topic that leave in one turn of the event loop. */
const deletionsPerTurn = 64;

export interface LogManagerOptions {
  readonly ports: LogDirectoryPorts;
  readonly nodeId: number;
  /** The cluster id of a new directory; one that has another is refused. Absent: the directory's own, or a new one is made by `newUuid`. */
  readonly clusterId?: string;
  readonly newUuid: () => string;
  /** The configs of a topic that is found on the disk. */
  readonly configOf: (topic: string) => LogConfig;
  readonly limits?: Partial<LogDirectoryLimits>;
  readonly retention?: Partial<RetentionSchedule>;
  readonly cleaner?: Partial<CleanerOptions>;
}

export interface TopicOnDisk {
  readonly topic: string;
  readonly topicId: string;
  /** In ascending order. */
  readonly partitions: readonly number[];
}

export class LogManager {
  readonly #options: LogManagerOptions;
  readonly #directory: LogDirectory;
  readonly #partitions = new Map<string, Map<number, PartitionRuntime>>();
  /** Partitions of deleted topics that have their directories yet, by these. */
  readonly #doomed = new Map<string, PartitionRuntime>();
  readonly #turns: Turns;
  readonly #pendingSyncs = new Set<Promise<void>>();
  readonly #checkpoints: LogCheckpoints;
  readonly #maintenance: LogMaintenance;
  readonly #cleaner: LogCleaner;
  #lock: FileLock | null = null;
  #properties: MetaProperties | null = null;

  constructor(options: LogManagerOptions) {
    this.#options = options;
    this.#turns = new Turns(options.ports.timers);
    const limits = { ...defaultLogDirectoryLimits, ...options.limits };
    this.#directory = new LogDirectory(options.ports, limits, {
      schedule: () => {
        if (this.#lock !== null) this.#checkpoints.schedule();
      },
      write: () => this.#checkpoints.write(),
    });
    const partitions = (): PartitionRuntime[] => this.#all();
    this.#checkpoints = new LogCheckpoints(this.#directory, partitions, () => this.#created());
    const retention = { ...defaultRetentionSchedule, ...options.retention };
    this.#maintenance = new LogMaintenance(options.ports, retention, partitions);
    const cleaner = { ...defaultCleanerOptions, ...options.cleaner };
    this.#cleaner = new LogCleaner(this.#directory, cleaner, partitions);
  }

  /** Why nothing of this directory is served any more; null while it works. */
  get failure(): Error | null {
    return this.#directory.failure;
  }

  /** Records that were read may be given back here when they are not needed any more. */
  get buffers(): BufferPool {
    return this.#directory.buffers;
  }

  get clusterId(): string {
    return this.#openProperties.clusterId;
  }

  get directoryId(): string {
    return this.#openProperties.directoryId;
  }

  /** Locks the directory and recovers every partition in it. */
  async open(): Promise<void> {
    const { fileSystem } = this.#options.ports;
    this.#lock = fileSystem.lock(fileNames.lock);
    try {
      this.#properties = await openMetaProperties(fileSystem, this.#options);
      await this.#openPartitions();
      this.#maintenance.start();
      this.#cleaner.start();
    } catch (error) {
      for (const partition of this.#all()) partition.abandon();
      this.#partitions.clear();
      this.#lock.release();
      this.#lock = null;
      throw error;
    }
  }

  partition(topic: string, partition: number): PartitionRuntime | undefined {
    return this.#partitions.get(topic)?.get(partition);
  }

  topics(): TopicOnDisk[] {
    return [...this.#partitions].map(([topic, partitions]) => {
      const [first] = partitions.values();
      return {
        topic,
        topicId: first?.topicId ?? '',
        partitions: [...partitions.keys()].toSorted((a, b) => a - b),
      };
    });
  }

  /** Creates the log of a partition; throws LogDirectoryError when it is there already, FileSystemError when files cannot be made. */
  createPartition(
    topic: string,
    topicId: string,
    partition: number,
    config: LogConfig,
    leaderEpoch = 0,
  ): PartitionRuntime {
    const { fileSystem } = this.#options.ports;
    if (this.#directory.failure !== null) throw this.#directory.failure;
    const directory = partitionDirectory(topic, partition);
    const doomed = this.#doomed.get(directory);
    if (doomed !== undefined) this.#deletePartition(doomed);
    // A crash in the middle of a creation leaves a directory without a log.
    if (this.partition(topic, partition) !== undefined || holdsLog(fileSystem.list(directory))) {
      throw new LogDirectoryError(directory, 'the partition exists already');
    }
    const metadataPath = `${directory}/${fileNames.partitionMetadata}`;
    try {
      fileSystem.makeDirectory(directory);
      replaceFile(fileSystem, metadataPath, encodePartitionMetadata(topicId));
      const checkpoint = {
        wasClosedCleanly: true,
        recoveryPoint: 0,
        logStartOffset: 0,
        firstDirtyOffset: null,
      };
      const options = { topic, topicId, partition, config, leaderEpoch };
      const runtime = new PartitionRuntime(this.#directory, options, checkpoint);
      this.#add(runtime);
      this.#syncInBackground(this.#syncNewPartition(directory, metadataPath));
      return runtime;
    } catch (error) {
      if (error instanceof FileSystemError) this.#directory.fail(error);
      throw error;
    }
  }

  /** L26: the partitions are gone at once, their files after `file.delete.delay.ms`. False when there is no such topic. */
  deleteTopic(topic: string): boolean {
    const partitions = this.#partitions.get(topic);
    if (partitions === undefined) return false;
    this.#partitions.delete(topic);
    for (const partition of partitions.values()) this.#doomed.set(partition.directoryName, partition);
    this.#directory.changed();
    this.#turns.run(() => this.#deleteSome());
    return true;
  }

  /** New configs for all partitions of a topic. */
  updateConfig(topic: string, config: LogConfig): void {
    for (const partition of this.#partitions.get(topic)?.values() ?? []) partition.config = config;
  }

  /** New options of the cleaner. */
  reconfigureCleaner(options: Partial<CleanerOptions>): void {
    this.#cleaner.reconfigure(options);
  }

  /** Waits until all partitions are on the disk, with their checkpoints. */
  async flush(): Promise<void> {
    await Promise.all(this.#all().map((partition) => partition.flush()));
    await this.#checkpoints.write();
  }

  /** L24, L25: drops what the configs of each topic let go, as the timer does. */
  deleteOldSegments(): Promise<void> {
    return this.#maintenance.deleteOldSegments();
  }

  /** L28: compacts all logs that are due, as the timer does; resolves with the number of rounds that took. */
  compactDueLogs(): Promise<number> {
    return this.#cleaner.cleanDue();
  }

  /** Orderly: the next start trusts what is there and scans nothing. */
  async close(): Promise<void> {
    if (this.#lock === null) return;
    this.#stopTimers();
    try {
      if (this.#directory.failure === null) while (this.#deleteSome());
      await this.#cleaner.stop();
      await Promise.all(this.#all().map((partition) => partition.close()));
      await Promise.all(this.#pendingSyncs);
      await this.#checkpoints.settled();
      if (this.#directory.failure === null) {
        await this.#checkpoints.write();
        await replaceFileDurably(
          this.#options.ports.fileSystem,
          fileNames.cleanShutdown,
          encodeCleanShutdown(),
        );
      }
    } finally {
      this.abandon();
    }
  }

  /** Lets go of all files and the lock without a word to the disk, as a crash would. */
  abandon(): void {
    this.#stopTimers();
    for (const partition of [...this.#all(), ...this.#doomed.values()]) partition.abandon();
    this.#partitions.clear();
    this.#doomed.clear();
    this.#lock?.release();
    this.#lock = null;
  }

  get #openProperties(): MetaProperties {
    if (this.#properties === null)
      throw new LogDirectoryError(fileNames.metaProperties, 'the log directory is not open');
    return this.#properties;
  }

  #all(): PartitionRuntime[] {
    return [...this.#partitions.values()].flatMap((partitions) => [...partitions.values()]);
  }

  #add(runtime: PartitionRuntime): void {
    const partitions = this.#partitions.get(runtime.topic) ?? new Map<number, PartitionRuntime>();
    partitions.set(runtime.partition, runtime);
    this.#partitions.set(runtime.topic, partitions);
  }

  async #openPartitions(): Promise<void> {
    const { fileSystem, timers } = this.#options.ports;
    const wasClosedCleanly = fileSystem.exists(fileNames.cleanShutdown);
    const recoveryPoints = readCheckpoint(this.#options.ports, fileNames.recoveryPoints);
    const logStartOffsets = readCheckpoint(this.#options.ports, fileNames.logStartOffsets);
    const cleanerOffsets = readCheckpoint(this.#options.ports, fileNames.cleanerOffsets);
    if (wasClosedCleanly) {
      fileSystem.remove(fileNames.cleanShutdown);
      // It must not come back after a loss of power, when what it says is no longer true.
      await fileSystem.syncDirectory('.');
    }
    let opened = 0;
    let hasLostFlushed = false;
    for (const name of fileSystem.list('.').toSorted()) {
      const parsed = parseDirectoryName(name);
      if (parsed.kind === 'deleted') fileSystem.remove(name);
      if (parsed.kind === 'ignored') {
        this.#options.ports.diagnostics.log('warn', 'A stray or future log directory is left alone', {
          directory: name,
        });
      }
      if (parsed.kind !== 'partition') continue;
      const checkpoint: PartitionCheckpoint = {
        wasClosedCleanly,
        recoveryPoint: recoveryPoints.get(name) ?? 0,
        logStartOffset: logStartOffsets.get(name) ?? 0,
        firstDirtyOffset: cleanerOffsets.get(name) ?? null,
      };
      const runtime = this.#openPartition(name, parsed.topic, parsed.partition, checkpoint);
      if (runtime !== null && runtime.recoveryPoint < checkpoint.recoveryPoint) hasLostFlushed = true;
      opened += 1;
      // Recovery reads files without waiting; between partitions others may run.
      if (opened % yieldEveryPartitions === 0) await new Promise<void>((resume) => timers.soon(resume));
    }
    // Records that take the place of lost ones are not on the disk, though the old checkpoint says so.
    if (hasLostFlushed) await this.#checkpoints.write();
  }

  #openPartition(
    directory: string,
    topic: string,
    partition: number,
    checkpoint: PartitionCheckpoint,
  ): PartitionRuntime | null {
    const { ports, configOf } = this.#options;
    const metadataPath = `${directory}/${fileNames.partitionMetadata}`;
    const text = readTextFile(ports.fileSystem, metadataPath);
    if ((text ?? '') === '' && !holdsLog(ports.fileSystem.list(directory))) {
      ports.diagnostics.log(
        'warn',
        'A directory that is named like a partition holds no log and is left alone',
        { directory },
      );
      return null;
    }
    const topicId = this.#topicIdOf(directory, text ?? '', checkpoint);
    if (topicId === null) return null;
    const options = { topic, topicId, partition, config: configOf(topic), leaderEpoch: 0 };
    const runtime = new PartitionRuntime(this.#directory, options, checkpoint);
    this.#add(runtime);
    return runtime;
  }

  /** Null when power was lost before the partition was first on the disk: nothing was promised of it, and it is set aside. */
  #topicIdOf(directory: string, text: string, checkpoint: PartitionCheckpoint): string | null {
    const { fileSystem, diagnostics } = this.#options.ports;
    const path = `${directory}/${fileNames.partitionMetadata}`;
    try {
      const topicId = readAs(path, text, decodePartitionMetadata);
      if (isUuid(topicId)) return topicId;
      throw new LogDirectoryError(path, `its topic id '${topicId}' is no uuid`);
    } catch (error) {
      if (checkpoint.wasClosedCleanly || checkpoint.recoveryPoint > 0 || !isCutOff(text)) throw error;
      const strayDirectory = `${directory}.${this.#uniqueHex()}-stray`;
      fileSystem.rename(directory, strayDirectory);
      diagnostics.log('warn', 'A partition whose creation was cut off is set aside', {
        directory,
        strayDirectory,
        reason: error instanceof Error ? error.message : String(error),
      });
      return null;
    }
  }

  #uniqueHex(): string {
    return this.#options.ports.random.nextBytes(16).toString('hex');
  }

  /** True when more are left. */
  #deleteSome(): boolean {
    let count = 0;
    for (const partition of this.#doomed.values()) {
      if (count++ >= deletionsPerTurn) return true;
      this.#deletePartition(partition);
    }
    return false;
  }

  #deletePartition(partition: PartitionRuntime): void {
    const { fileSystem } = this.#options.ports;
    this.#doomed.delete(partition.directoryName);
    const target = deletedDirectory(partition.topic, partition.partition, this.#uniqueHex());
    partition.abandon();
    try {
      fileSystem.rename(partition.directoryName, target);
    } catch (error) {
      if (error instanceof FileSystemError) this.#directory.fail(error);
      throw error;
    }
    this.#directory.removals.schedule([target], partition.config.fileDeleteDelayMs);
  }

  /** The partitions that there are now are on the disk. */
  async #created(): Promise<void> {
    await Promise.all(this.#pendingSyncs);
  }

  async #syncNewPartition(directory: string, metadataPath: string): Promise<void> {
    const { fileSystem } = this.#options.ports;
    if (!fileSystem.exists(metadataPath)) return;
    await syncFile(fileSystem, metadataPath);
    if (fileSystem.exists(directory)) await fileSystem.syncDirectory(directory);
    await fileSystem.syncDirectory('.');
  }

  #syncInBackground(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => {
        // A topic may be deleted while its files are synced.
        if (error instanceof FileSystemError && error.reason !== 'absent') this.#directory.fail(error);
      })
      .finally(() => this.#pendingSyncs.delete(tracked));
    this.#pendingSyncs.add(tracked);
  }

  #stopTimers(): void {
    this.#maintenance.stop();
    this.#cleaner.abandon();
    this.#checkpoints.cancel();
    this.#directory.removals.cancel();
    this.#turns.stop();
  }
}

function holdsLog(names: readonly string[]): boolean {
  return names.some((name) => name.endsWith('.log'));
}

/** The file as it was written at first, without its end. */
function isCutOff(text: string): boolean {
  const whole = encodePartitionMetadata(zeroUuid);
  const withoutId = whole.slice(0, -zeroUuid.length);
  // A file system may have given the file its size, but not its bytes.
  const written = text.replace(/\0+$/, '');
  return written.length < whole.length && written.startsWith(withoutId.slice(0, written.length));
}
