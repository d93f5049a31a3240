// Decides how records are polled and printed, and when that ends: at the end, after a count, by a signal, or when nobody reads.
import type { Consumer } from '../client/consumer.js';
import type { FetchedRecord } from '../client/consumer/consumer-record.js';
import { WakeupError } from '../client/errors.js';
import type { TopicPartition } from '../client/types.js';
import { clientOptions } from './arguments.js';
import type { AssignPlan, ConsumeOptions, ConsumePlan, GroupPlan } from './consume-plan.js';
import { GroupProgress } from './group-progress.js';
import { nameOf, offsetRanges, resolveTarget } from './offset-target.js';
import { RecordFormat } from './record-format.js';
import { recordToJson } from './record-json.js';
import type { ClusterSession } from './session.js';
import { requiredPartitions } from './topic-selection.js';

type Fetched = FetchedRecord<Buffer, Buffer>;
type Printer = (target: Buffer[], record: Fetched) => void;

const lineFeed = Buffer.from('\n');
const defaultMaxPollRecords = 500;
/** How long a poll waits before it is looked whether an end was reached. */
const pollMs = 500;

function printerOf(options: ConsumeOptions): Printer {
  const nullText = Buffer.from(options.null ?? '');
  const delimiter = options.delimiter ?? lineFeed;
  if (options.json) return (target, record) => void target.push(Buffer.from(recordToJson(record)), lineFeed);
  if (options.format !== undefined) {
    const format = new RecordFormat(options.format, nullText);
    return (target, record) => format.append(target, record);
  }
  const { keyDelimiter } = options;
  return (target, record) => {
    if (keyDelimiter !== undefined) target.push(record.key ?? nullText, keyDelimiter);
    target.push(record.value ?? nullText, delimiter);
  };
}

/** Says for each record whether it is to be printed, and when there is nothing left to read. */
interface Progress {
  accepts(record: Fetched): boolean;
  /** After what was polled is printed. */
  printed(): Promise<void>;
  isDone(): boolean;
  close(): Promise<void>;
}

/** Partitions by hand, each from one offset, perhaps up to another. */
class AssignedProgress implements Progress {
  readonly #stops: Map<string, number>;
  readonly #open: Map<string, TopicPartition>;

  constructor(
    private readonly consumer: Consumer,
    partitions: readonly TopicPartition[],
    stops: Map<string, number> | null,
  ) {
    this.#stops = stops ?? new Map<string, number>();
    this.#open = new Map(stops === null ? [] : partitions.map((each) => [nameOf(each), each]));
  }

  accepts(record: Fetched): boolean {
    const stop = this.#stops.get(nameOf(record));
    return stop === undefined || record.offset < stop;
  }

  printed(): Promise<void> {
    return Promise.resolve();
  }

  isDone(): boolean {
    if (this.#stops.size === 0) return false;
    for (const [name, partition] of this.#open) {
      // Positions pass over control records and what transactions aborted.
      const position = this.consumer.currentPosition(partition);
      if (position === null || position < (this.#stops.get(name) ?? 0)) continue;
      this.#open.delete(name);
      this.consumer.pause([partition]);
    }
    return this.#open.size === 0;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Offsets at which each partition is read to its end; null when reading has no end. */
async function stopsOf(
  { admin, failures }: ClusterSession,
  plan: AssignPlan,
  partitions: readonly TopicPartition[],
  options: ConsumeOptions,
): Promise<Map<string, number> | null> {
  const { stopAtMs } = plan;
  if (stopAtMs === null && !options.exitAtEnd) return null;
  const { isolationLevel } = options;
  const ends = failures.succeeded(
    await admin.listOffsets(
      partitions.map((each) => ({ ...each, spec: 'latest' as const })),
      { isolationLevel },
    ),
  );
  const stops = new Map(partitions.map((each) => [nameOf(each), ends.get(nameOf(each))?.offset ?? 0]));
  if (stopAtMs === null) return stops;
  const later = failures.succeeded(
    await admin.listOffsets(partitions.map((each) => ({ ...each, spec: { timestamp: stopAtMs } }))),
  );
  for (const [name, end] of stops) stops.set(name, Math.min(end, later.get(name)?.offset ?? end));
  return stops;
}

async function assign(
  session: ClusterSession,
  consumer: Consumer,
  plan: AssignPlan,
  options: ConsumeOptions,
): Promise<Progress> {
  const { admin, failures } = session;
  const selections = plan.topics.map((topic) =>
    options.partition === undefined ? { topic } : { topic, partitions: options.partition },
  );
  const partitions = await requiredPartitions(admin, selections);
  const ranges = await offsetRanges(admin, failures, partitions);
  const starts = await resolveTarget(admin, failures, ranges.values(), plan.start);
  failures.throwIfAny();
  const stops = await stopsOf(session, plan, partitions, options);
  failures.throwIfAny();
  consumer.assign(partitions);
  for (const partition of partitions) consumer.seek(partition, starts.get(nameOf(partition)) ?? 0);
  return new AssignedProgress(consumer, partitions, stops);
}

async function join(
  { admin, failures }: ClusterSession,
  consumer: Consumer,
  plan: GroupPlan,
  options: ConsumeOptions,
): Promise<Progress> {
  await requiredPartitions(
    admin,
    plan.topics.map((topic) => ({ topic })),
  );
  const progress = new GroupProgress(consumer, options.exitAtEnd, (error) =>
    failures.note(`offsets of records that were printed are not committed: ${error.message}`),
  );
  consumer.subscribe({ topics: plan.topics, listener: progress });
  return progress;
}

/** Prints until something ends it; `isStopped` is looked at after each poll. */
async function printRecords(
  { output }: ClusterSession,
  consumer: Consumer,
  progress: Progress,
  options: ConsumeOptions,
  isStopped: () => boolean,
): Promise<void> {
  const print = printerOf(options);
  let remaining = options.count ?? Number.POSITIVE_INFINITY;
  while (remaining > 0 && !isStopped() && !progress.isDone()) {
    const records = await consumer.poll(pollMs);
    const lines: Buffer[] = [];
    for (const record of records) {
      if (remaining === 0) break;
      if (!progress.accepts(record)) continue;
      print(lines, record);
      remaining--;
    }
    if (lines.length > 0) await output.write(Buffer.concat(lines));
    if (output.isClosed) return;
    await progress.printed();
  }
}

export async function consume(
  session: ClusterSession,
  plan: ConsumePlan,
  options: ConsumeOptions,
): Promise<void> {
  const { kafka, environment, output, timeoutMs } = session;
  const extra = clientOptions(options.clientOption);
  const consumer = kafka.consumer({
    maxPollRecords: Math.min(defaultMaxPollRecords, options.count ?? defaultMaxPollRecords),
    isolationLevel: options.isolationLevel,
    allowAutoCreateTopics: false,
    excludeInternalTopics: false,
    defaultApiTimeoutMs: timeoutMs,
    ...extra,
    ...(plan.kind === 'group' && {
      groupId: plan.groupId,
      autoOffsetReset: plan.autoOffsetReset,
      // What was printed is committed, and nothing else.
      enableAutoCommit: false,
    }),
  });
  const progress =
    plan.kind === 'assign'
      ? await assign(session, consumer, plan, options)
      : await join(session, consumer, plan, options);
  let isStopped = false;
  const stop = (): void => {
    isStopped = true;
    consumer.wakeup();
  };
  const stopListening = environment.onStopSignal(stop);
  output.onClosed = stop;
  try {
    await printRecords(session, consumer, progress, options, () => isStopped);
  } catch (error) {
    if (!(error instanceof WakeupError && isStopped)) throw error;
  } finally {
    stopListening();
    await progress.close();
    await consumer.close({ timeoutMs });
  }
}
