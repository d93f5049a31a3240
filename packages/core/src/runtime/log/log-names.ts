// Decides how the files and directories of a log are named (L13, L26).

export const segmentSuffixes = {
  log: '.log',
  offsetIndex: '.index',
  timeIndex: '.timeindex',
  transactionIndex: '.txnindex',
  snapshot: '.snapshot',
} as const;

export type SegmentSuffix = (typeof segmentSuffixes)[keyof typeof segmentSuffixes];

export const fileNames = {
  cleanerOffsets: 'cleaner-offset-checkpoint',
  cleanShutdown: '.kafka_cleanshutdown',
  epochCheckpoint: 'leader-epoch-checkpoint',
  highWatermarks: 'replication-offset-checkpoint',
  lock: '.lock',
  logStartOffsets: 'log-start-offset-checkpoint',
  metaProperties: 'meta.properties',
  partitionMetadata: 'partition.metadata',
  recoveryPoints: 'recovery-point-offset-checkpoint',
} as const;

const longestName = 255;
const offsetDigits = 20;
const segmentFilePattern = /^(\d{20})(\.log|\.index|\.timeindex|\.txnindex|\.snapshot)$/;
const partitionPattern = /^(.+)-(\d+)$/;
const deletedPattern = /\.[0-9a-f]{32}-delete$/;
const strayPattern = /(?:\.[0-9a-f]{32}-future|-stray)$/;

export function segmentFileName(baseOffset: number, suffix: SegmentSuffix): string {
  return String(baseOffset).padStart(offsetDigits, '0') + suffix;
}

/** Base offset and kind of a segment's file; null for every other name. */
export function parseSegmentFileName(
  name: string,
): { readonly baseOffset: number; readonly suffix: string } | null {
  const match = segmentFilePattern.exec(name);
  if (match === null) return null;
  return { baseOffset: Number(match[1]), suffix: match[2] ?? '' };
}

export function partitionDirectory(topic: string, partition: number): string {
  return `${topic}-${partition}`;
}

/** What a directory of the log directory is. */
export type DirectoryName =
  | { readonly kind: 'partition'; readonly topic: string; readonly partition: number }
  | { readonly kind: 'deleted' | 'ignored' | 'other' };

export function parseDirectoryName(name: string): DirectoryName {
  if (deletedPattern.test(name)) return { kind: 'deleted' };
  if (strayPattern.test(name)) return { kind: 'ignored' };
  const match = partitionPattern.exec(name);
  if (match?.[1] === undefined || match[2] === undefined) return { kind: 'other' };
  return { kind: 'partition', topic: match[1], partition: Number(match[2]) };
}

/** Where a partition's directory goes until its files are removed; the topic is cut where the name would be too long. */
export function deletedDirectory(topic: string, partition: number, uniqueHex: string): string {
  const suffix = `-${partition}.${uniqueHex}-delete`;
  return topic.slice(0, longestName - suffix.length) + suffix;
}
