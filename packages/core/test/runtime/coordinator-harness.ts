// Decides how tests run a group coordinator over a real log, under virtual time, with appends and commits that can be held up.
import { MemoryFileSystem } from '../../src/io/memory/memory-file-system.js';
import { createSeededRandom } from '../../src/io/memory/seeded-random.js';
import { defaultGroupConfig, type GroupConfig } from '../../src/machines/group/group-config.js';
import type { OffsetCommitRequest } from '../../src/protocol/messages/08-offset-commit.js';
import type { OffsetFetchRequest } from '../../src/protocol/messages/09-offset-fetch.js';
import type { JoinGroupRequest, JoinGroupResponseInput } from '../../src/protocol/messages/11-join-group.js';
import type { SyncGroupRequest } from '../../src/protocol/messages/14-sync-group.js';
import { batchesOf, type RecordBatch } from '../../src/protocol/records/record-batch.js';
import type { CoordinatorPartition } from '../../src/runtime/coordinator-partition.js';
import type { CoordinatorLimits } from '../../src/runtime/coordinator-runtime.js';
import { GroupCoordinator, type GroupRequestContext } from '../../src/runtime/group-coordinator.js';
import type { ResolvedTopic } from '../../src/runtime/group-topics.js';
import type { PartitionRuntime } from '../../src/runtime/partition-runtime.js';
import { compressors } from '../machines/log/log-fixtures.js';
import { LogHarness } from './log/log-harness.js';

export const zeroId = 'AAAAAAAAAAAAAAAAAAAAAA';
const offsetsTopicId = 'b0TMwP7jSs2xA1JieCZpdw';

/** A partition whose appends can be refused and whose high watermark can be held back; the log under it is real. */
export class HeldPartition implements CoordinatorPartition {
  readonly #log: PartitionRuntime;
  readonly #listeners = new Set<() => void>();
  #heldAt: number | null = null;
  rejection: number | null = null;

  constructor(log: PartitionRuntime) {
    this.#log = log;
    log.onHighWatermarkAdvance(() => this.#tell());
  }

  get topic() {
    return this.#log.topic;
  }
  get partition() {
    return this.#log.partition;
  }
  get logStartOffset() {
    return this.#log.logStartOffset;
  }
  get logEndOffset() {
    return this.#log.logEndOffset;
  }
  get highWatermark() {
    return this.#heldAt ?? this.#log.highWatermark;
  }

  hold(): void {
    this.#heldAt = this.#log.highWatermark;
  }

  release(): void {
    this.#heldAt = null;
    for (const listener of this.#listeners) listener();
  }

  append(...args: Parameters<PartitionRuntime['append']>) {
    if (this.rejection === null) return this.#log.append(...args);
    return { kind: 'rejected', errorCode: this.rejection, message: 'refused by the test' } as const;
  }

  hasOpenTransaction(producerId: number, producerEpoch: number): boolean {
    return this.#log.hasOpenTransaction(producerId, producerEpoch);
  }

  appendMarker(...args: Parameters<PartitionRuntime['appendMarker']>) {
    return this.#log.appendMarker(...args);
  }

  read(...args: Parameters<PartitionRuntime['read']>) {
    return this.#log.read(...args);
  }

  onHighWatermarkAdvance(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The batches of the log. */
  batches(): RecordBatch[] {
    const result = this.read({
      fetchOffset: this.logStartOffset,
      maxBytes: 64 * 1024 * 1024,
      atLeastOneBatch: true,
      isolation: 'uncommitted',
    });
    if (result.kind === 'error') throw new Error(`cannot read the log: ${result.errorCode}`);
    return [...batchesOf(result.records)];
  }

  #tell(): void {
    if (this.#heldAt === null) for (const listener of this.#listeners) listener();
  }
}

export interface CoordinatorHarnessOptions {
  readonly config?: Partial<GroupConfig>;
  readonly limits?: Partial<CoordinatorLimits>;
  readonly partitionCount?: number;
}

export class CoordinatorHarness {
  readonly log: LogHarness;
  readonly topics = new Map<string, ResolvedTopic>();
  partitions: HeldPartition[] = [];
  coordinator: GroupCoordinator;
  topicExists = true;
  readonly #options: CoordinatorHarnessOptions;

  private constructor(log: LogHarness, options: CoordinatorHarnessOptions) {
    this.log = log;
    this.#options = options;
    this.topics.set('t', { name: 't', topicId: 'c0TMwP7jSs2xA1JieCZpdw', partitionCount: 2 });
    this.openPartitions();
    this.coordinator = this.newCoordinator();
  }

  static async open(options: CoordinatorHarnessOptions = {}): Promise<CoordinatorHarness> {
    const log = await LogHarness.open(new MemoryFileSystem({ clock: { nowMs: () => 0 } }), {
      config: { cleanupPolicy: 'compact' },
    });
    const harness = new CoordinatorHarness(log, options);
    harness.coordinator.start();
    return harness;
  }

  get time() {
    return this.log.time;
  }

  /** The only partition, where the harness has one. */
  get partition(): HeldPartition {
    return this.partitions[0]!;
  }

  /** The broker dies and comes back over what the files hold. */
  async crash(): Promise<void> {
    this.coordinator.close();
    await this.log.crash();
    this.reload();
  }

  /** A new coordinator over the same log. */
  reload(): void {
    this.openPartitions();
    this.coordinator = this.newCoordinator();
    this.coordinator.start();
  }

  openPartitions(): void {
    const { manager } = this.log;
    const name = '__consumer_offsets';
    this.partitions = Array.from(
      { length: this.#options.partitionCount ?? 1 },
      (_, index) =>
        new HeldPartition(
          manager.partition(name, index) ??
            manager.createPartition(name, offsetsTopicId, index, this.log.config),
        ),
    );
  }

  newCoordinator(): GroupCoordinator {
    const count = (): number | null => (this.topicExists ? this.partitions.length : null);
    return new GroupCoordinator({
      config: { ...defaultGroupConfig, ...this.#options.config },
      limits: {
        maxBatchBytes: 1_048_588,
        loadChunkBytes: 1024 * 1024,
        commitTimeoutMs: 5_000,
        coalescedRecords: 10_000,
        ...this.#options.limits,
      },
      offsetsTopic: {
        get partitionCount() {
          return count();
        },
        ensure: count,
        led: (partition) => this.partitions[partition],
      },
      topics: {
        topicByName: (name) => this.topics.get(name),
        topicById: (topicId) => [...this.topics.values()].find((topic) => topic.topicId === topicId),
        topicNames: () => [...this.topics.keys()],
        version: 0,
      },
      clock: this.time.clock,
      timers: this.time.timers,
      random: createSeededRandom(7),
      diagnostics: {
        log: (level, message, fields) => void this.log.lines.push({ level, message, fields }),
      },
      decompressors: compressors,
    });
  }

  join(request: Partial<JoinGroupRequest> = {}, apiVersion = 9): Promise<JoinGroupResponseInput> {
    return this.coordinator.joinGroup(joinRequest(request), context(apiVersion));
  }

  commit(request: Partial<OffsetCommitRequest> & { offset?: number } = {}, apiVersion = 9) {
    const { offset = 5, ...rest } = request;
    return this.coordinator.offsetCommit(
      {
        groupId: 'g',
        generationIdOrMemberEpoch: -1,
        memberId: '',
        groupInstanceId: null,
        retentionTimeMs: -1,
        topics: [commitTopic('t', [{ partition: 0, offset }])],
        ...rest,
      },
      context(apiVersion),
    );
  }

  fetch(request: Partial<OffsetFetchRequest> = {}, apiVersion = 7) {
    return this.coordinator.offsetFetch(
      {
        groupId: 'g',
        topics: [{ name: 't', partitionIndexes: [0] }],
        groups: [],
        requireStable: false,
        ...request,
      },
      context(apiVersion),
    );
  }

  /** The committed offset of t-0, as a client sees it. */
  async committed(groupId = 'g', partition = 0): Promise<number | undefined> {
    const response = await this.fetch({ groupId, topics: [{ name: 't', partitionIndexes: [partition] }] });
    return response.topics?.[0]?.partitions?.[0]?.committedOffset;
  }

  /** One member, joined and synced. */
  async stableMember(groupId = 'g'): Promise<string> {
    const first = await this.join({ groupId });
    const joined = await this.time.until(this.join({ groupId, memberId: first.memberId }));
    await this.coordinator.syncGroup(
      syncRequest({
        groupId,
        memberId: joined.memberId,
        generationId: joined.generationId ?? -1,
        assignments: [{ memberId: joined.memberId, assignment: Buffer.from('mine') }],
      }),
    );
    return joined.memberId;
  }
}

export function context(apiVersion: number): GroupRequestContext {
  return { clientId: 'client', clientHost: '127.0.0.1', apiVersion };
}

export function joinRequest(request: Partial<JoinGroupRequest> = {}): JoinGroupRequest {
  return {
    groupId: 'g',
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 60_000,
    memberId: '',
    groupInstanceId: null,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.from('subscription') }],
    reason: null,
    ...request,
  };
}

export function syncRequest(request: Partial<SyncGroupRequest>): SyncGroupRequest {
  return {
    groupId: 'g',
    generationId: 1,
    memberId: '',
    groupInstanceId: null,
    protocolType: 'consumer',
    protocolName: 'range',
    assignments: [],
    ...request,
  };
}

export function commitTopic(
  name: string,
  partitions: readonly {
    partition: number;
    offset: number;
    leaderEpoch?: number;
    metadata?: string | null;
  }[],
  topicId = zeroId,
): OffsetCommitRequest['topics'][number] {
  return {
    name,
    topicId,
    partitions: partitions.map(({ partition, offset, leaderEpoch = -1, metadata = null }) => ({
      partitionIndex: partition,
      committedOffset: offset,
      committedLeaderEpoch: leaderEpoch,
      committedMetadata: metadata,
    })),
  };
}
