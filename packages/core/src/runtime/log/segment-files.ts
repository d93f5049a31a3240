// Decides which files belong to a segment, and how they are renamed together (L21, L26, L32).
import type { FileSystem } from '../../ports/file-system.js';
import { segmentFileName, segmentSuffixes } from './log-names.js';

/** What a segment's file names end with while they are no part of the log. */
export const fileEndings = {
  /** Waits for its removal. */
  deleted: '.deleted',
  /** A compaction is writing it. */
  cleaned: '.cleaned',
  /** A compaction finished it; it is about to take the place of others. */
  swap: '.swap',
} as const;

export type FileEnding = '' | (typeof fileEndings)[keyof typeof fileEndings];

/** The files of one segment but its snapshot; the log first. */
export const dataSuffixes = [
  segmentSuffixes.log,
  segmentSuffixes.offsetIndex,
  segmentSuffixes.timeIndex,
  segmentSuffixes.transactionIndex,
] as const;

export const allSuffixes = [...dataSuffixes, segmentSuffixes.snapshot] as const;

export interface SegmentPlace {
  readonly fileSystem: FileSystem;
  readonly directory: string;
}

export function segmentPath(
  directory: string,
  baseOffset: number,
  suffix: (typeof allSuffixes)[number],
  ending: FileEnding = '',
): string {
  return `${directory}/${segmentFileName(baseOffset, suffix)}${ending}`;
}

/** Gives the files that exist another ending, in the order of `suffixes`; their new paths. */
export function renameSegmentFiles(
  { fileSystem, directory }: SegmentPlace,
  baseOffset: number,
  suffixes: readonly (typeof allSuffixes)[number][],
  from: FileEnding,
  to: FileEnding,
): string[] {
  const renamed: string[] = [];
  for (const suffix of suffixes) {
    const source = segmentPath(directory, baseOffset, suffix, from);
    if (!fileSystem.exists(source)) continue;
    const target = segmentPath(directory, baseOffset, suffix, to);
    fileSystem.rename(source, target);
    renamed.push(target);
  }
  return renamed;
}

/** Removes the files of a segment, but not its snapshot. */
export function removeSegmentFiles(
  { fileSystem, directory }: SegmentPlace,
  baseOffset: number,
  ending: FileEnding = '',
): void {
  for (const suffix of dataSuffixes) fileSystem.remove(segmentPath(directory, baseOffset, suffix, ending));
}
