// Decides how the log of a partition comes back at start: leftovers, segments, epochs, producers (L21, L22, P11).
import type { Diagnostics } from '../../ports/diagnostics.js';
import { decodeEpochCheckpoint, CheckpointFormatError } from '../../machines/log/checkpoint-formats.js';
import type { PartitionLog } from '../../machines/log/partition-log.js';
import { decodeProducerSnapshot } from '../../machines/log/producer-snapshot.js';
import { scanBatches } from './batch-scan.js';
import { fileNames, parseSegmentFileName, segmentFileName, segmentSuffixes } from './log-names.js';
import type { LogSegment } from './log-segment.js';
import {
  createSegment,
  openTrustedSegment,
  recoverSegment,
  type SegmentLoadOptions,
} from './segment-loader.js';
import { removeSegmentFiles } from './segment-files.js';
import { readTextFile } from './text-files.js';

export interface LogLoadOptions extends SegmentLoadOptions {
  readonly diagnostics: Diagnostics;
  /** The log was closed in an orderly way: files are trusted as far as their indexes are well formed. */
  readonly wasClosedCleanly: boolean;
  /** All before this offset was on the disk, and is not scanned again. */
  readonly recoveryPoint: number;
  /** Compaction leaves gaps between segments; elsewhere a gap is what a loss of power took. */
  readonly isCompacted: boolean;
  /** From the checkpoint; 0 when it has none, and then the first segment tells. */
  readonly logStartOffset: number;
}

/** Restores the log machine and gives the segments, oldest first, at least one. */
export function loadLog(log: PartitionLog, options: LogLoadOptions): LogSegment[] {
  removeLeftovers(options);
  loadEpochs(log, options);
  const { segments, rebuilt } = loadSegments(log, options);
  const endOffset = segments.at(-1)?.state.nextOffset ?? 0;
  if (segments.length === 0 || endOffset < options.logStartOffset) {
    for (const segment of segments) {
      segment.close();
      removeSegmentFiles(options, segment.state.baseOffset);
    }
    segments.length = 0;
    segments.push(createSegment(options.logStartOffset, options));
  }
  const [first] = segments;
  const active = segments.at(-1);
  if (first !== undefined && active !== undefined) {
    log.startSegment(active.state);
    log.logStartOffset = Math.max(options.logStartOffset, first.state.baseOffset);
  }
  log.epochs.truncateFromEnd(log.logEndOffset);
  log.epochs.truncateFromStart(log.logStartOffset);
  loadProducers(log, segments, rebuilt, options);
  log.highWatermark = log.logStartOffset;
  return segments;
}

/** L21: what a roll, a deletion or a compaction left behind when it was interrupted. */
function removeLeftovers(options: LogLoadOptions): void {
  const { fileSystem, directory } = options;
  const names = fileSystem.list(directory);
  const lowestCleaned = lowestBase(names, '.cleaned');
  for (const name of names) {
    const path = `${directory}/${name}`;
    const isUnfinishedSwap = name.endsWith('.swap') && baseOf(name) >= lowestCleaned;
    if (isUnfinishedSwap || /\.(?:deleted|cleaned|tmp)$/.test(name)) fileSystem.remove(path);
  }
  for (const name of names) {
    if (name.endsWith('.log.swap') && baseOf(name) < lowestCleaned) removeReplaced(name, options);
  }
  for (const name of fileSystem.list(directory)) {
    if (name.endsWith('.swap'))
      fileSystem.rename(`${directory}/${name}`, `${directory}/${name.slice(0, -'.swap'.length)}`);
  }
  const left = new Set(fileSystem.list(directory));
  for (const name of left) {
    const parsed = parseSegmentFileName(name);
    if (parsed === null || parsed.suffix === segmentSuffixes.snapshot) continue;
    if (!left.has(segmentFileName(parsed.baseOffset, segmentSuffixes.log)))
      fileSystem.remove(`${directory}/${name}`);
  }
}

/** A finished compaction replaced the segments that lie in the range of the new one. */
function removeReplaced(swapName: string, { fileSystem, directory }: LogLoadOptions): void {
  const baseOffset = baseOf(swapName);
  const file = fileSystem.open(`${directory}/${swapName}`, { create: false });
  let nextOffset = baseOffset;
  scanBatches(file, 0, (batch) => {
    nextOffset = batch.nextOffset;
    return true;
  });
  file.close();
  for (const name of fileSystem.list(directory)) {
    const parsed = parseSegmentFileName(name);
    if (parsed === null || parsed.suffix === segmentSuffixes.snapshot) continue;
    const isReplaced = parsed.baseOffset > baseOffset && parsed.baseOffset < nextOffset;
    if (isReplaced || parsed.baseOffset === baseOffset) fileSystem.remove(`${directory}/${name}`);
  }
}

function baseOf(name: string): number {
  const digits = name.split('.')[0] ?? '';
  return /^\d{20}$/.test(digits) ? Number(digits) : Infinity;
}

function lowestBase(names: readonly string[], ending: string): number {
  return names
    .filter((name) => name.endsWith(ending))
    .reduce((lowest, name) => Math.min(lowest, baseOf(name)), Infinity);
}

function loadEpochs(log: PartitionLog, { fileSystem, directory, diagnostics }: LogLoadOptions): void {
  const path = `${directory}/${fileNames.epochCheckpoint}`;
  const text = readTextFile(fileSystem, path);
  if (text === null) return;
  try {
    for (const entry of decodeEpochCheckpoint(text)) log.epochs.assign(entry.epoch, entry.startOffset);
  } catch (error) {
    if (!(error instanceof CheckpointFormatError)) throw error;
    diagnostics.log('warn', 'The leader epoch checkpoint is damaged and is written anew', {
      path,
      reason: error.message,
    });
  }
}

function loadSegments(
  log: PartitionLog,
  options: LogLoadOptions,
): { readonly segments: LogSegment[]; readonly rebuilt: Set<LogSegment> } {
  const { fileSystem, directory } = options;
  const baseOffsets = fileSystem
    .list(directory)
    .map(parseSegmentFileName)
    .flatMap((parsed) => (parsed?.suffix === segmentSuffixes.log ? [parsed.baseOffset] : []))
    .sort((a, b) => a - b);
  const segments: LogSegment[] = [];
  const rebuilt = new Set<LogSegment>();
  for (const [at, baseOffset] of baseOffsets.entries()) {
    const nextBase = baseOffsets[at + 1] ?? Infinity;
    const isBehindRecoveryPoint = nextBase <= options.recoveryPoint;
    const trusted =
      options.wasClosedCleanly || isBehindRecoveryPoint ? openTrustedSegment(baseOffset, options) : null;
    if (trusted !== null) {
      segments.push(trusted);
      continue;
    }
    const { segment, damage: cut, hasGaps } = recoverSegment(baseOffset, log.epochs, options);
    segments.push(segment);
    rebuilt.add(segment);
    const damage = cut ?? (hasGaps ? null : missingEnd(segment, nextBase, options));
    if (damage === null) continue;
    reportCut(segment, damage, baseOffsets.length - at - 1, options);
    for (const later of baseOffsets.slice(at + 1)) removeSegmentFiles(options, later);
    break;
  }
  return { segments, rebuilt };
}

/** Of two segments that were not yet on the disk, a loss of power may keep the second and cut the first where a batch ends. */
function missingEnd(
  { state }: LogSegment,
  nextBase: number,
  { isCompacted, wasClosedCleanly, recoveryPoint }: LogLoadOptions,
): string | null {
  const mayBeMissing = !isCompacted && !wasClosedCleanly && nextBase > recoveryPoint && nextBase < Infinity;
  if (!mayBeMissing || state.nextOffset >= nextBase) return null;
  return `the records from offset ${state.nextOffset} to the next segment at ${nextBase} are missing`;
}

function reportCut(
  segment: LogSegment,
  damage: string,
  laterSegments: number,
  { diagnostics }: LogLoadOptions,
): void {
  diagnostics.log('warn', 'The log was cut at its first bad byte; what follows is lost', {
    path: segment.log.path,
    reason: damage,
    sizeBytes: segment.state.sizeBytes,
    endOffset: segment.state.nextOffset,
    removedSegments: laterSegments,
  });
}

/** P11: from the newest snapshot that can be read, then from the batches behind it. */
function loadProducers(
  log: PartitionLog,
  segments: readonly LogSegment[],
  rebuilt: ReadonlySet<LogSegment>,
  options: LogLoadOptions,
): void {
  let replayFrom = loadNewestSnapshot(log, segments, rebuilt, options);
  for (const segment of segments) {
    if (segment.state.nextOffset <= replayFrom) continue;
    const keepsIndex = !rebuilt.has(segment);
    const known = segment.state.transactionIndex.entries.length;
    segment.scanFrom(replayFrom, (batch) => {
      if (batch.baseOffset >= replayFrom) log.replayProducer(batch, segment.state);
      return true;
    });
    // A trusted segment's file holds its aborted transactions already.
    if (keepsIndex) segment.state.transactionIndex.entries.length = known;
    else segment.writeIndexes();
    replayFrom = segment.state.nextOffset;
  }
}

/** The offset behind what the snapshot covers. */
function loadNewestSnapshot(
  log: PartitionLog,
  segments: readonly LogSegment[],
  rebuilt: ReadonlySet<LogSegment>,
  { fileSystem, directory, diagnostics, nowMs }: LogLoadOptions,
): number {
  const bases = new Set(segments.map((segment) => segment.state.baseOffset));
  const firstRebuilt = Math.min(...[...rebuilt].map((segment) => segment.state.baseOffset), log.logEndOffset);
  const offsets = fileSystem
    .list(directory)
    .map(parseSegmentFileName)
    .flatMap((parsed) => (parsed?.suffix === segmentSuffixes.snapshot ? [parsed.baseOffset] : []))
    .sort((a, b) => b - a);
  // Batches before the log start still tell of their producers while their segment is there.
  const firstOffset = segments[0]?.state.baseOffset ?? log.logStartOffset;
  let loadedAt: number | null = null;
  for (const offset of offsets) {
    const path = `${directory}/${segmentFileName(offset, segmentSuffixes.snapshot)}`;
    const mayServe = loadedAt === null && offset <= firstRebuilt && offset >= firstOffset;
    const states = mayServe ? decodeProducerSnapshot(fileSystem.readFile(path)) : null;
    if (states !== null) {
      for (const state of states) if (!log.producers.isExpired(state, nowMs)) log.producers.restore(state);
      loadedAt = offset;
      continue;
    }
    if (mayServe) diagnostics.log('warn', 'A producer snapshot is damaged; an older one serves', { path });
    if (mayServe || offset > log.logEndOffset || !bases.has(offset)) fileSystem.remove(path);
  }
  return loadedAt ?? firstOffset;
}
