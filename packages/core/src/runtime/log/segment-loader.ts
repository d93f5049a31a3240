// Decides how a segment comes back from its files: trusted, or scanned and rebuilt (L21, L22).
import { FileSystemError } from '../../foundation/file-system-error.js';
import type { FileSystem } from '../../ports/file-system.js';
import type { LeaderEpochCache } from '../../machines/log/leader-epoch-cache.js';
import { OffsetIndex } from '../../machines/log/offset-index.js';
import { SegmentState, type SegmentIndexes } from '../../machines/log/segment-state.js';
import { TimeIndex } from '../../machines/log/time-index.js';
import { TransactionIndex } from '../../machines/log/transaction-index.js';
import { scanBatches } from './batch-scan.js';
import { LogSegment } from './log-segment.js';
import { segmentFileName, segmentSuffixes } from './log-names.js';
import { removeSegmentFiles } from './segment-files.js';

const maxRelativeOffset = 0x7fff_ffff;

export interface SegmentLoadOptions {
  readonly fileSystem: FileSystem;
  readonly directory: string;
  readonly indexIntervalBytes: number;
  readonly nowMs: number;
  readonly rollJitterMs: number;
}

/** Opens a segment that was closed well; null when its indexes are missing or malformed, or do not fit the log. */
export function openTrustedSegment(baseOffset: number, options: SegmentLoadOptions): LogSegment | null {
  const indexes = readIndexes(baseOffset, options);
  if (indexes === null) return null;
  const segment = newSegment(baseOffset, options, indexes);
  const { state, log } = segment;
  const { offsetIndex, timeIndex } = indexes;
  if (timeIndex.entryCount > 0) {
    state.maxTimestamp = timeIndex.lastTimestamp;
    state.offsetOfMaxTimestamp = timeIndex.lastOffset;
  }
  scanBatches(log, 0, (batch) => {
    state.firstBatchMaxTimestamp = batch.maxTimestamp;
    return false;
  });
  state.sizeBytes = offsetIndex.positionFor(offsetIndex.lastOffset);
  let isFirst = offsetIndex.entryCount > 0;
  const end = scanBatches(log, state.sizeBytes, (batch) => {
    if (isFirst && batch.lastOffset !== offsetIndex.lastOffset) return 'the offset index points elsewhere';
    isFirst = false;
    state.replay(batch, options.indexIntervalBytes);
    return true;
  });
  if (end.damage === null && timeIndex.lastOffset <= state.nextOffset) {
    // An empty offset index is well formed (L18), and is filled again.
    segment.writeIndexes();
    return segment;
  }
  segment.close();
  return null;
}

/** A segment that was scanned; `damage` tells why its file was cut. */
export interface RecoveredSegment {
  readonly segment: LogSegment;
  readonly damage: string | null;
  /** Records are missing between others: compaction was here. */
  readonly hasGaps: boolean;
}

/** Reads every batch of a segment, cuts the file behind the last good one and rebuilds the indexes; notes leader epochs. */
export function recoverSegment(
  baseOffset: number,
  epochs: LeaderEpochCache,
  options: SegmentLoadOptions,
): RecoveredSegment {
  const { fileSystem, directory } = options;
  for (const suffix of [
    segmentSuffixes.offsetIndex,
    segmentSuffixes.timeIndex,
    segmentSuffixes.transactionIndex,
  ]) {
    fileSystem.remove(`${directory}/${segmentFileName(baseOffset, suffix)}`);
  }
  const segment = newSegment(baseOffset, options);
  const { state, log } = segment;
  let hasGaps = false;
  const end = scanBatches(log, 0, (batch) => {
    if (!batch.isValidCrc()) return `the checksum of the batch at offset ${batch.baseOffset} is wrong`;
    const firstOffset = batch.baseOffset;
    const isInRange = firstOffset >= state.nextOffset && batch.lastOffset - baseOffset <= maxRelativeOffset;
    if (!isInRange) return `the offset ${firstOffset} is out of order`;
    if (firstOffset > state.nextOffset || batch.recordCount <= batch.lastOffsetDelta) hasGaps = true;
    if (batch.partitionLeaderEpoch > epochs.latestEpoch)
      epochs.assign(batch.partitionLeaderEpoch, firstOffset);
    state.replay(batch, options.indexIntervalBytes);
    return true;
  });
  if (end.position < log.sizeBytes) log.truncate(end.position);
  segment.finish();
  return { segment, damage: end.damage, hasGaps };
}

/** An empty segment; whatever its files held is gone. */
export function createSegment(baseOffset: number, options: SegmentLoadOptions): LogSegment {
  removeSegmentFiles(options, baseOffset);
  return newSegment(baseOffset, options);
}

function newSegment(baseOffset: number, options: SegmentLoadOptions, indexes?: SegmentIndexes): LogSegment {
  const state = new SegmentState(baseOffset, options.nowMs, options.rollJitterMs, indexes);
  return new LogSegment(options.fileSystem, options.directory, state);
}

function readIndexes(
  baseOffset: number,
  { fileSystem, directory }: SegmentLoadOptions,
): SegmentIndexes | null {
  const pathOf = (suffix: (typeof segmentSuffixes)[keyof typeof segmentSuffixes]): string =>
    `${directory}/${segmentFileName(baseOffset, suffix)}`;
  const log = fileSystem.open(pathOf(segmentSuffixes.log), { create: false });
  const logSizeBytes = log.sizeBytes;
  log.close();
  try {
    const offsetIndex = OffsetIndex.decode(
      baseOffset,
      fileSystem.readFile(pathOf(segmentSuffixes.offsetIndex)),
      logSizeBytes,
    );
    const timeIndex = TimeIndex.decode(baseOffset, fileSystem.readFile(pathOf(segmentSuffixes.timeIndex)));
    const transactionPath = pathOf(segmentSuffixes.transactionIndex);
    const transactionIndex = fileSystem.exists(transactionPath)
      ? TransactionIndex.decode(fileSystem.readFile(transactionPath))
      : new TransactionIndex();
    if (offsetIndex === null || timeIndex === null || transactionIndex === null) return null;
    // A time entry goes with every offset entry, and a last one with the end of the segment.
    if (timeIndex.entryCount === 0 && offsetIndex.entryCount > 0) return null;
    return { offsetIndex, timeIndex, transactionIndex };
  } catch (error) {
    if (error instanceof FileSystemError && error.reason === 'absent') return null;
    throw error;
  }
}
