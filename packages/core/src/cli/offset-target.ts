// Decides how a place in a partition is named on the command line, and which offset it is.
import type { Admin } from '../client/admin.js';
import type { OffsetSpec } from '../client/admin/offset-admin.js';
import type { TopicPartition } from '../client/types.js';
import { timestampMs } from './arguments.js';
import type { FailureLog } from './session.js';

export type OffsetTarget =
  | { readonly kind: 'earliest' }
  | { readonly kind: 'latest' }
  | { readonly kind: 'absolute'; readonly offset: number }
  /** So many offsets before the end. */
  | { readonly kind: 'before-end'; readonly count: number }
  /** The first record at or after a time; the end when there is none. */
  | { readonly kind: 'time'; readonly timestampMs: number };

export const offsetTargetHelp =
  'earliest, latest, an offset, -n for n before the end, or @time (milliseconds since 1970, ISO 8601, or ago: @-15m)';

const words: Readonly<Record<string, OffsetTarget>> = {
  earliest: { kind: 'earliest' },
  beginning: { kind: 'earliest' },
  start: { kind: 'earliest' },
  latest: { kind: 'latest' },
  end: { kind: 'latest' },
};

/** Null when the text names no place. */
export function parseOffsetTarget(text: string, nowMs: number): OffsetTarget | null {
  const word = words[text];
  if (word !== undefined) return word;
  if (text.startsWith('@')) {
    const time = timestampMs(text.slice(1), nowMs);
    return time === null ? null : { kind: 'time', timestampMs: time };
  }
  if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(Number(text))) return null;
  return text.startsWith('-')
    ? { kind: 'before-end', count: -Number(text) }
    : { kind: 'absolute', offset: Number(text) };
}

/** The offsets that a partition spans: the first that is there, and the one after the last. */
export interface OffsetRange extends TopicPartition {
  readonly earliest: number;
  readonly latest: number;
}

export function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}

async function listed(
  admin: Admin,
  failures: FailureLog,
  partitions: readonly TopicPartition[],
  spec: OffsetSpec,
): Promise<ReadonlyMap<string, { readonly offset: number | null }>> {
  const queries = partitions.map(({ topic, partition }) => ({ topic, partition, spec }));
  return failures.succeeded(await admin.listOffsets(queries));
}

/** Ranges by `topic-partition`; partitions that cannot be asked are told of and left out. */
export async function offsetRanges(
  admin: Admin,
  failures: FailureLog,
  partitions: readonly TopicPartition[],
): Promise<Map<string, OffsetRange>> {
  const ends = await listed(admin, failures, partitions, 'latest');
  const known = partitions.filter((each) => ends.has(nameOf(each)));
  const starts = await listed(admin, failures, known, 'earliest');
  const ranges = new Map<string, OffsetRange>();
  for (const { topic, partition } of known) {
    const name = `${topic}-${partition}`;
    const earliest = starts.get(name)?.offset ?? null;
    const latest = ends.get(name)?.offset ?? null;
    if (earliest !== null && latest !== null) ranges.set(name, { topic, partition, earliest, latest });
  }
  return ranges;
}

/** The offset of each range that a target names, never outside of the range; by `topic-partition`. */
export async function resolveTarget(
  admin: Admin,
  failures: FailureLog,
  ranges: Iterable<OffsetRange>,
  target: OffsetTarget,
): Promise<Map<string, number>> {
  const list = [...ranges];
  const clamped = (range: OffsetRange, offset: number): number =>
    Math.min(Math.max(offset, range.earliest), range.latest);
  if (target.kind === 'time') {
    const found = await listed(admin, failures, list, { timestamp: target.timestampMs });
    return new Map(
      list.flatMap((range) => {
        const name = nameOf(range);
        const one = found.get(name);
        return one === undefined ? [] : [[name, clamped(range, one.offset ?? range.latest)] as const];
      }),
    );
  }
  const offsetIn = (range: OffsetRange): number => {
    switch (target.kind) {
      case 'earliest':
        return range.earliest;
      case 'latest':
        return range.latest;
      case 'absolute':
        return target.offset;
      case 'before-end':
        return range.latest - target.count;
    }
  };
  return new Map(list.map((range) => [nameOf(range), clamped(range, offsetIn(range))]));
}
