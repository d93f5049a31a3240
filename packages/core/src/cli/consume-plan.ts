// Decides where consuming starts and stops, as the command line says it.
import type { IsolationLevel } from '../client/types.js';
import { timestampMs } from './arguments.js';
import { UsageError } from './failures.js';
import { offsetTargetHelp, parseOffsetTarget, type OffsetTarget } from './offset-target.js';
import { RecordFormat } from './record-format.js';
import type { ClusterOptions } from './session.js';

export interface ConsumeOptions extends ClusterOptions {
  readonly offset?: readonly string[];
  readonly partition?: readonly number[];
  readonly exitAtEnd: boolean;
  readonly count?: number;
  readonly group?: string;
  readonly format?: string;
  readonly keyDelimiter?: Buffer;
  readonly delimiter?: Buffer;
  readonly null?: string;
  readonly json: boolean;
  readonly isolationLevel: IsolationLevel;
  readonly clientOption: Readonly<Record<string, string>>;
}

export interface AssignPlan {
  readonly kind: 'assign';
  readonly topics: readonly string[];
  readonly start: OffsetTarget;
  /** Records from this time on are not printed. */
  readonly stopAtMs: number | null;
}

export interface GroupPlan {
  readonly kind: 'group';
  readonly topics: readonly string[];
  readonly groupId: string;
  /** Where the group committed nothing. */
  readonly autoOffsetReset: 'earliest' | 'latest';
}

export type ConsumePlan = AssignPlan | GroupPlan;

function invalidPlace(text: string): UsageError {
  return new UsageError(`--offset ${JSON.stringify(text)} is no place: give ${offsetTargetHelp}`);
}

function groupPlan(
  topics: readonly string[],
  groupId: string,
  options: ConsumeOptions,
  start: OffsetTarget,
): GroupPlan {
  if (options.partition !== undefined) {
    throw new UsageError(
      '--group and --partition exclude each other: the group decides who reads which partition',
    );
  }
  if (start.kind !== 'earliest' && start.kind !== 'latest') {
    throw new UsageError(
      '--group takes only --offset beginning or end, for partitions without a committed offset; move the group with ottla groups reset-offsets',
    );
  }
  return { kind: 'group', topics, groupId, autoOffsetReset: start.kind };
}

/** kcat's `s@time` and `e@time` are start and stop. */
export function consumePlan(topics: readonly string[], options: ConsumeOptions, nowMs: number): ConsumePlan {
  let start: OffsetTarget | null = null;
  let stopAtMs: number | null = null;
  for (const text of options.offset ?? []) {
    if (text.startsWith('e@')) {
      stopAtMs = timestampMs(text.slice(2), nowMs);
      if (stopAtMs === null) throw invalidPlace(text);
      continue;
    }
    if (start !== null) throw new UsageError('--offset names more than one place to start');
    start = parseOffsetTarget(text.replace(/^s@/, '@'), nowMs);
    if (start === null) throw invalidPlace(text);
  }
  const texts = [
    options.json && '--json',
    options.format !== undefined && '--format',
    options.keyDelimiter !== undefined && '--key-delimiter',
  ].filter((name) => name !== false);
  if (texts.length > 1) throw new UsageError(`${texts.join(' and ')} exclude each other`);
  // A format that makes no sense is told of before anybody connects.
  if (options.format !== undefined) new RecordFormat(options.format);
  const names = [...new Set(topics)];
  if (options.group === undefined)
    return { kind: 'assign', topics: names, start: start ?? { kind: 'earliest' }, stopAtMs };
  if (stopAtMs !== null) throw new UsageError('--group and --offset e@time exclude each other');
  return groupPlan(names, options.group, options, start ?? { kind: 'earliest' });
}
