// Decides how the offsets that a restart needs are kept in the checkpoint files of a log directory (L19).
import { FileSystemError } from '../../foundation/file-system-error.js';
import {
  CheckpointFormatError,
  decodeOffsetCheckpoint,
  encodeOffsetCheckpoint,
} from '../../machines/log/checkpoint-formats.js';
import type { Timer } from '../../ports/timers.js';
import type { LogDirectory, LogDirectoryPorts } from './log-directory.js';
import { fileNames, partitionDirectory } from './log-names.js';
import { readTextFile, replaceFileDurably } from './text-files.js';

/** log.flush.offset.checkpoint.interval.ms is 60 s, replica.high.watermark.checkpoint.interval.ms 5 s; one interval serves both here. */
const checkpointIntervalMs = 5_000;

/** What is checkpointed of a partition. */
export interface CheckpointedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly recoveryPoint: number;
  readonly logStartOffset: number;
  readonly firstSegmentOffset: number;
  readonly highWatermark: number;
  /** Where the part of the log begins that compaction has not seen; null when it was never compacted. */
  readonly firstDirtyOffset: number | null;
  flush(): Promise<void>;
}

/** The offsets of a checkpoint by partition directory; empty when it is missing or damaged. */
export function readCheckpoint(
  { fileSystem, diagnostics }: Pick<LogDirectoryPorts, 'fileSystem' | 'diagnostics'>,
  name: string,
): Map<string, number> {
  const text = readTextFile(fileSystem, name);
  // Apache Kafka makes them empty at first.
  if (text === null || text === '') return new Map();
  try {
    const entries = decodeOffsetCheckpoint(text);
    return new Map(
      entries.map(({ topic, partition, offset }) => [partitionDirectory(topic, partition), offset]),
    );
  } catch (error) {
    if (!(error instanceof CheckpointFormatError)) throw error;
    diagnostics.log('warn', 'A checkpoint is damaged; the logs do without it', {
      path: name,
      reason: error.message,
    });
    return new Map();
  }
}

export class LogCheckpoints {
  readonly #directory: LogDirectory;
  readonly #partitions: () => readonly CheckpointedPartition[];
  readonly #created: () => Promise<void>;
  #timer: Timer | null = null;
  /** Settles when the last write that was begun has ended. */
  #written: Promise<void> = Promise.resolve();

  /** `created` resolves when what a checkpoint names is on the disk. */
  constructor(
    directory: LogDirectory,
    partitions: () => readonly CheckpointedPartition[],
    created: () => Promise<void>,
  ) {
    this.#directory = directory;
    this.#partitions = partitions;
    this.#created = created;
  }

  /** An offset moved: it is written within the interval. */
  schedule(): void {
    this.#timer ??= this.#directory.ports.timers.after(checkpointIntervalMs, () => {
      this.#timer = null;
      // A failure has put the directory offline, and every later request tells.
      this.write().catch((error: unknown) => {
        if (error instanceof FileSystemError) this.#directory.fail(error);
        else throw error;
      });
    });
  }

  /** One at a time: two writers of one file would meet in its temporary name. */
  write(): Promise<void> {
    const written = this.#written.then(() => this.#writeNow());
    this.#written = written.catch(() => undefined);
    return written;
  }

  /** Waits for the writes that were begun. */
  settled(): Promise<void> {
    return this.#written;
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  async #writeNow(): Promise<void> {
    const { fileSystem } = this.#directory.ports;
    const partitions = this.#partitions();
    await this.#created();
    // A log that ends before its checkpointed start is dropped at the next start, with what it knows of its producers (L22).
    const ahead = partitions.filter(({ logStartOffset, recoveryPoint }) => logStartOffset > recoveryPoint);
    await Promise.all(ahead.map((partition) => partition.flush()));
    const entries = (offsetOf: (partition: CheckpointedPartition) => number | null): string =>
      encodeOffsetCheckpoint(
        partitions.flatMap((partition) => {
          const offset = offsetOf(partition);
          return offset === null ? [] : [{ topic: partition.topic, partition: partition.partition, offset }];
        }),
      );
    const texts = [
      [fileNames.recoveryPoints, entries(({ recoveryPoint }) => recoveryPoint)],
      [
        fileNames.logStartOffsets,
        entries((partition) =>
          partition.logStartOffset > partition.firstSegmentOffset ? partition.logStartOffset : null,
        ),
      ],
      [fileNames.highWatermarks, entries(({ highWatermark }) => highWatermark)],
    ] as const;
    const cleaned = entries(({ firstDirtyOffset }) => firstDirtyOffset);
    for (const [name, text] of texts) await replaceFileDurably(fileSystem, name, text);
    if (partitions.some(({ firstDirtyOffset }) => firstDirtyOffset !== null))
      await replaceFileDurably(fileSystem, fileNames.cleanerOffsets, cleaned);
  }
}
