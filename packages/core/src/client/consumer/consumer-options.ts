// Decides the consumer's options: Kafka's names in camelCase, Kafka's defaults (CC1), and which values make no sense.
import { CooperativeStickyAssignor } from '../../machines/consumer/assignors/cooperative-sticky-assignor.js';
import { RangeAssignor } from '../../machines/consumer/assignors/range-assignor.js';
import type { PartitionAssignor } from '../../machines/consumer/assignors/assignor.js';
import { RoundRobinAssignor } from '../../machines/consumer/assignors/round-robin-assignor.js';
import { StickyAssignor } from '../../machines/consumer/assignors/sticky-assignor.js';
import { isoDurationMs } from '../../foundation/iso-duration.js';
import type { OffsetResetPolicy } from '../../machines/consumer/partition-state.js';
import { connectionOptionNames } from '../client-options.js';
import { knownOptions } from '../option-checks.js';
import { InvalidOptionError } from '../errors.js';
import type { Deserializer } from '../serialization/serializer.js';
import type { IsolationLevel } from '../types.js';

/** Kafka's own assignors by name, or one of the application's. */
export type AssignorOption = 'range' | 'roundrobin' | 'sticky' | 'cooperative-sticky' | PartitionAssignor;

/** Kafka's `group.protocol`: members assign partitions among themselves, or the coordinator does (KIP-848, Kafka 4.0 and newer). */
export type GroupProtocol = 'classic' | 'consumer';

/** Kafka's `auto.offset.reset`; `by_duration:P1DT12H` starts so long ago (KIP-1106). */
export type AutoOffsetReset = 'earliest' | 'latest' | 'none' | `by_duration:${string}`;

/** What a consumer is made with: Kafka's names in camelCase, Kafka's defaults. */
export interface ConsumerOptions<K = Buffer, V = Buffer> {
  /** Absent: no group; partitions come from `assign()` and offsets are not committed. */
  readonly groupId?: string;
  /** Makes the member static (KIP-345): it keeps its partitions over a restart within the session timeout. */
  readonly groupInstanceId?: string;
  /** How members get their partitions. Default: `classic`, as in Kafka. */
  readonly groupProtocol?: GroupProtocol;
  /**
   * With `groupProtocol: 'consumer'`: which of the brokers' assignors this member votes for, such as `uniform` or `range`. Default:
   * the first that the brokers list.
   */
  readonly groupRemoteAssignor?: string;
  /** Absent: bytes as they are. */
  readonly keyDeserializer?: Deserializer<K>;
  /** Absent: bytes as they are. */
  readonly valueDeserializer?: Deserializer<V>;
  /**
   * `throw`: poll() rejects with a SerializationError and stays at the record. `deliver`: the record comes with null in the
   * place of what could not be read, and says why in `deserializationFailure`.
   */
  readonly deserializationFailures?: 'throw' | 'deliver';
  /** Where to begin without a committed offset, or when it is gone. Default: `latest`. */
  readonly autoOffsetReset?: AutoOffsetReset;
  /** Kafka's default is true with a group; without one there is nothing to commit to. */
  readonly enableAutoCommit?: boolean;
  /** Time between two automatic commits, made by `poll()`. Default: 5000. */
  readonly autoCommitIntervalMs?: number;
  /** Whether records of open and aborted transactions are seen. Default: `read_uncommitted`. */
  readonly isolationLevel?: IsolationLevel;
  /** The most records of one poll. Default: 500. */
  readonly maxPollRecords?: number;
  /** The longest time between two polls, after which the member leaves its group and the partitions go to others (KIP-62). Default: 300000. */
  readonly maxPollIntervalMs?: number;
  /**
   * After so long without a heartbeat the coordinator counts the member as dead. Default: 45000. Only for classic groups; under the
   * consumer protocol the brokers say (`group.consumer.session.timeout.ms`).
   */
  readonly sessionTimeoutMs?: number;
  /** Time between two heartbeats; less than `sessionTimeoutMs`. Default: 3000. Only for classic groups, as `sessionTimeoutMs`. */
  readonly heartbeatIntervalMs?: number;
  /**
   * Assignors that this member can work with, the one it likes best first; all members need one in common. Default: `range`,
   * `cooperative-sticky`. Only for classic groups.
   */
  readonly partitionAssignmentStrategy?: readonly AssignorOption[];
  /** The broker answers a fetch when it has so many bytes, or after `fetchMaxWaitMs`. Default: 1. */
  readonly fetchMinBytes?: number;
  /** The most bytes of one fetch; a first batch that is larger comes all the same. Default: 52428800. */
  readonly fetchMaxBytes?: number;
  /** The longest time that the broker keeps a fetch waiting. Default: 500. */
  readonly fetchMaxWaitMs?: number;
  /** The most bytes of one partition in a fetch. Default: 1048576. */
  readonly maxPartitionFetchBytes?: number;
  /** The most bytes held ahead of the application over all partitions; Kafka's Java client has no such bound. */
  readonly prefetchMaxBytes?: number;
  /** The most bytes that one compressed batch may expand to; more is refused as corrupt. */
  readonly maxExpandedBatchBytes?: number;
  /** Whether the checksums of batches are checked. Default: true. */
  readonly checkCrcs?: boolean;
  /** Where the consumer is, so that a replica nearby can serve it (KIP-392). Default: none. */
  readonly clientRack?: string;
  /** Whether patterns leave Kafka's own topics out. Default: true. */
  readonly excludeInternalTopics?: boolean;
  /** Whether subscribing may create a topic, where the broker allows it. Default: true. */
  readonly allowAutoCreateTopics?: boolean;
  /** How long calls such as `commit` may take when they name no `timeoutMs`. Default: 60000. */
  readonly defaultApiTimeoutMs?: number;
  /** How long to wait for an answer. Default: 30000. */
  readonly requestTimeoutMs?: number;
  /** First wait before a retry; it doubles up to `retryBackoffMaxMs`. Default: 100. */
  readonly retryBackoffMs?: number;
  /** Default: 1000. */
  readonly retryBackoffMaxMs?: number;
  /** Age at which metadata is asked for again without a reason. Default: 300000. */
  readonly metadataMaxAgeMs?: number;
}

/** The options with every default filled in. */
export interface ConsumerSettings {
  readonly groupId: string | null;
  readonly groupInstanceId: string | null;
  readonly groupProtocol: GroupProtocol;
  readonly groupRemoteAssignor: string | null;
  readonly deserializationFailures: 'throw' | 'deliver';
  readonly autoOffsetReset: OffsetResetPolicy;
  readonly enableAutoCommit: boolean;
  readonly autoCommitIntervalMs: number;
  readonly isolationLevel: IsolationLevel;
  readonly maxPollRecords: number;
  readonly maxPollIntervalMs: number;
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly assignors: readonly PartitionAssignor[];
  readonly fetchMinBytes: number;
  readonly fetchMaxBytes: number;
  readonly fetchMaxWaitMs: number;
  readonly maxPartitionFetchBytes: number;
  readonly prefetchMaxBytes: number;
  readonly maxExpandedBatchBytes: number;
  readonly checkCrcs: boolean;
  readonly clientRack: string;
  readonly excludeInternalTopics: boolean;
  readonly allowAutoCreateTopics: boolean;
  readonly defaultApiTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly retryBackoffMs: number;
  readonly retryBackoffMaxMs: number;
  readonly metadataMaxAgeMs: number;
}

const consumerOptionNames = [
  'groupId',
  'groupInstanceId',
  'groupProtocol',
  'groupRemoteAssignor',
  'keyDeserializer',
  'valueDeserializer',
  'deserializationFailures',
  'autoOffsetReset',
  'enableAutoCommit',
  'isolationLevel',
  'partitionAssignmentStrategy',
  'checkCrcs',
  'clientRack',
  'excludeInternalTopics',
  'allowAutoCreateTopics',
  'autoCommitIntervalMs',
  'maxPollRecords',
  'maxPollIntervalMs',
  'sessionTimeoutMs',
  'heartbeatIntervalMs',
  'fetchMinBytes',
  'fetchMaxBytes',
  'fetchMaxWaitMs',
  'maxPartitionFetchBytes',
  'prefetchMaxBytes',
  'maxExpandedBatchBytes',
  'defaultApiTimeoutMs',
] as const satisfies readonly (keyof ConsumerOptions)[];

const mebibyte = 1024 * 1024;

/** Least and greatest values of the numeric options. */
const ranges = {
  autoCommitIntervalMs: [1, 2 ** 31 - 1],
  maxPollRecords: [1, 2 ** 31 - 1],
  maxPollIntervalMs: [1, 2 ** 31 - 1],
  sessionTimeoutMs: [1, 2 ** 31 - 1],
  heartbeatIntervalMs: [1, 2 ** 31 - 1],
  fetchMinBytes: [0, 2 ** 31 - 1],
  fetchMaxBytes: [1, 2 ** 31 - 1],
  fetchMaxWaitMs: [0, 2 ** 31 - 1],
  maxPartitionFetchBytes: [1, 2 ** 31 - 1],
  prefetchMaxBytes: [1, Number.MAX_SAFE_INTEGER],
  maxExpandedBatchBytes: [1, 2 ** 31 - 1],
  defaultApiTimeoutMs: [0, 2 ** 31 - 1],
  requestTimeoutMs: [1, 2 ** 31 - 1],
  retryBackoffMs: [0, 2 ** 31 - 1],
  retryBackoffMaxMs: [0, 2 ** 31 - 1],
  metadataMaxAgeMs: [1, 2 ** 31 - 1],
} as const satisfies Partial<Record<keyof ConsumerSettings, readonly [number, number]>>;

export function consumerSettings(
  options: Omit<ConsumerOptions, 'keyDeserializer' | 'valueDeserializer'>,
): ConsumerSettings {
  knownOptions('consumer', options, [...connectionOptionNames, ...consumerOptionNames]);
  const groupId = options.groupId ?? null;
  const settings: ConsumerSettings = {
    groupId,
    groupInstanceId: options.groupInstanceId ?? null,
    groupProtocol: options.groupProtocol ?? 'classic',
    groupRemoteAssignor: options.groupRemoteAssignor ?? null,
    deserializationFailures: options.deserializationFailures ?? 'throw',
    autoOffsetReset: resetPolicyOf(options.autoOffsetReset ?? 'latest'),
    enableAutoCommit: options.enableAutoCommit ?? groupId !== null,
    autoCommitIntervalMs: options.autoCommitIntervalMs ?? 5000,
    isolationLevel: options.isolationLevel ?? 'read_uncommitted',
    maxPollRecords: options.maxPollRecords ?? 500,
    maxPollIntervalMs: options.maxPollIntervalMs ?? 300_000,
    sessionTimeoutMs: options.sessionTimeoutMs ?? 45_000,
    heartbeatIntervalMs: options.heartbeatIntervalMs ?? 3000,
    assignors: (options.partitionAssignmentStrategy ?? ['range', 'cooperative-sticky']).map(assignorOf),
    fetchMinBytes: options.fetchMinBytes ?? 1,
    fetchMaxBytes: options.fetchMaxBytes ?? 50 * mebibyte,
    fetchMaxWaitMs: options.fetchMaxWaitMs ?? 500,
    maxPartitionFetchBytes: options.maxPartitionFetchBytes ?? mebibyte,
    prefetchMaxBytes: options.prefetchMaxBytes ?? 64 * mebibyte,
    maxExpandedBatchBytes: options.maxExpandedBatchBytes ?? 128 * mebibyte,
    checkCrcs: options.checkCrcs ?? true,
    clientRack: options.clientRack ?? '',
    excludeInternalTopics: options.excludeInternalTopics ?? true,
    allowAutoCreateTopics: options.allowAutoCreateTopics ?? true,
    defaultApiTimeoutMs: options.defaultApiTimeoutMs ?? 60_000,
    requestTimeoutMs: options.requestTimeoutMs ?? 30_000,
    retryBackoffMs: options.retryBackoffMs ?? 100,
    retryBackoffMaxMs: options.retryBackoffMaxMs ?? 1000,
    metadataMaxAgeMs: options.metadataMaxAgeMs ?? 300_000,
  };
  checkRanges(settings);
  checkProtocol(options, settings);
  checkTogether(settings);
  return settings;
}

function checkRanges(settings: ConsumerSettings): void {
  for (const [option, [least, greatest]] of Object.entries(ranges)) {
    const value = settings[option as keyof typeof ranges];
    if (!Number.isInteger(value) || value < least || value > greatest) {
      throw new InvalidOptionError(
        option,
        `${option} is ${value}; give a whole number from ${least} to ${greatest}`,
      );
    }
  }
  oneOf('isolationLevel', settings.isolationLevel, ['read_uncommitted', 'read_committed']);
  oneOf('deserializationFailures', settings.deserializationFailures, ['throw', 'deliver']);
}

/** As Kafka does, refuses what the chosen protocol takes no notice of. */
function checkProtocol(options: Partial<ConsumerOptions>, settings: ConsumerSettings): void {
  const { groupProtocol, groupRemoteAssignor } = settings;
  oneOf('groupProtocol', groupProtocol, ['classic', 'consumer']);
  if (groupProtocol === 'classic') {
    if (groupRemoteAssignor === null) return;
    const advice = "set groupProtocol to 'consumer', or use partitionAssignmentStrategy";
    throw new InvalidOptionError(
      'groupRemoteAssignor',
      `groupRemoteAssignor names an assignor of the brokers, which classic groups do not use; ${advice}`,
    );
  }
  if (groupRemoteAssignor === '') {
    throw new InvalidOptionError(
      'groupRemoteAssignor',
      'groupRemoteAssignor is empty; leave it out or name one of the assignors of the brokers',
    );
  }
  const replacements = {
    partitionAssignmentStrategy: 'groupRemoteAssignor names an assignor of the brokers',
    heartbeatIntervalMs: 'the brokers set it (group.consumer.heartbeat.interval.ms)',
    sessionTimeoutMs: 'the brokers set it (group.consumer.session.timeout.ms)',
  } as const;
  for (const [option, instead] of Object.entries(replacements)) {
    if (options[option as keyof typeof replacements] === undefined) continue;
    throw new InvalidOptionError(
      option,
      `${option} cannot be set with groupProtocol 'consumer'; leave it out: ${instead}`,
    );
  }
}

function checkTogether(settings: ConsumerSettings): void {
  const { groupId, groupInstanceId, heartbeatIntervalMs, sessionTimeoutMs, assignors } = settings;
  if (groupId === '')
    throw new InvalidOptionError('groupId', 'groupId is empty; leave it out or give the group a name');
  if (groupId === null && settings.enableAutoCommit) {
    throw new InvalidOptionError(
      'enableAutoCommit',
      'enableAutoCommit needs a groupId, for offsets are committed to a group',
    );
  }
  if (groupInstanceId !== null && (groupId === null || groupInstanceId === '')) {
    throw new InvalidOptionError('groupInstanceId', 'groupInstanceId needs a groupId, and must not be empty');
  }
  if (settings.groupProtocol === 'classic' && heartbeatIntervalMs >= sessionTimeoutMs) {
    throw new InvalidOptionError(
      'heartbeatIntervalMs',
      `heartbeatIntervalMs (${heartbeatIntervalMs}) must be below sessionTimeoutMs (${sessionTimeoutMs}); a third of it is usual`,
    );
  }
  const names = assignors.map((assignor) => assignor.name);
  if (names.length === 0 || new Set(names).size < names.length) {
    throw new InvalidOptionError(
      'partitionAssignmentStrategy',
      `partitionAssignmentStrategy is [${names.join(', ')}]; give at least one assignor, and each name once`,
    );
  }
}

function oneOf(option: string, value: string, allowed: readonly string[]): void {
  if (!allowed.includes(value)) {
    throw new InvalidOptionError(
      option,
      `${option} is ${JSON.stringify(value)}; give one of ${allowed.join(', ')}`,
    );
  }
}

function resetPolicyOf(option: AutoOffsetReset): OffsetResetPolicy {
  const prefix = 'by_duration:';
  if (typeof option === 'string' && option.startsWith(prefix)) {
    const durationMs = isoDurationMs(option.slice(prefix.length));
    if (durationMs !== null) return { durationMs };
    throw new InvalidOptionError(
      'autoOffsetReset',
      `autoOffsetReset is ${JSON.stringify(option)}; a duration is written by_duration:PnDTnHnMnS, as in by_duration:P1DT12H`,
    );
  }
  oneOf('autoOffsetReset', option, ['earliest', 'latest', 'none']);
  return option as 'earliest' | 'latest' | 'none';
}

function assignorOf(option: AssignorOption): PartitionAssignor {
  if (typeof option !== 'string') return option;
  switch (option) {
    case 'range':
      return new RangeAssignor();
    case 'roundrobin':
      return new RoundRobinAssignor();
    case 'sticky':
      return new StickyAssignor();
    case 'cooperative-sticky':
      return new CooperativeStickyAssignor();
    default:
      throw new InvalidOptionError(
        'partitionAssignmentStrategy',
        `partitionAssignmentStrategy names ${JSON.stringify(option)}; give range, roundrobin, sticky, cooperative-sticky, or an assignor object`,
      );
  }
}
