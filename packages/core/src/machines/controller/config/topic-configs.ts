// Decides which configs a topic has, what they fall back to on the broker, and which values are refused (kafka-semantics 1.9).
import type { CleanupPolicy, LogConfig } from '../../log/log-config.js';
import { brokerConfigTable, type BrokerConfigName } from './broker-configs.js';
import {
  boolean,
  double,
  list,
  long,
  type ConfigDefinition,
  type ConfigSynonym,
  type EffectiveConfig,
} from './config-definition.js';
import { configSynonyms, type ResolvedBrokerConfig } from './resolved-broker-config.js';

const forever = 2 ** 63;
const hourMs = 3_600_000;
const minuteMs = 60_000;

/** A broker config that a topic config falls back to, and what its unit makes of it. */
interface BrokerSynonym {
  readonly name: BrokerConfigName;
  readonly factor?: number;
}

interface TopicConfigDefinition {
  readonly definition: ConfigDefinition<unknown>;
  /** The first one that has a value decides. */
  readonly synonyms: readonly BrokerSynonym[];
}

function topicConfig(
  definition: ConfigDefinition<unknown>,
  ...synonyms: readonly (BrokerConfigName | readonly [BrokerConfigName, number])[]
): TopicConfigDefinition {
  return {
    definition,
    synonyms: synonyms.map((synonym) =>
      typeof synonym === 'string' ? { name: synonym } : { name: synonym[0], factor: synonym[1] },
    ),
  };
}

/** A config whose broker counterpart has the same definition. */
function like(name: BrokerConfigName): TopicConfigDefinition {
  return topicConfig(brokerConfigTable[name], name);
}

const throttledReplicas = 'Replicas whose replication is throttled, as partition:broker, or *.';

export const topicConfigTable: Readonly<Record<string, TopicConfigDefinition>> = {
  'cleanup.policy': like('log.cleanup.policy'),
  'compression.gzip.level': like('compression.gzip.level'),
  'compression.lz4.level': like('compression.lz4.level'),
  'compression.type': like('compression.type'),
  'compression.zstd.level': like('compression.zstd.level'),
  'delete.retention.ms': like('log.cleaner.delete.retention.ms'),
  'file.delete.delay.ms': like('log.segment.delete.delay.ms'),
  'flush.messages': like('log.flush.interval.messages'),
  'flush.ms': topicConfig(
    long(forever, { min: 0 }, 'Time between two flushes to the disk.'),
    'log.flush.interval.ms',
  ),
  'follower.replication.throttled.replicas': topicConfig(list([], null, throttledReplicas)),
  'index.interval.bytes': like('log.index.interval.bytes'),
  'leader.replication.throttled.replicas': topicConfig(list([], null, throttledReplicas)),
  'max.compaction.lag.ms': like('log.cleaner.max.compaction.lag.ms'),
  'max.message.bytes': like('message.max.bytes'),
  'message.timestamp.after.max.ms': like('log.message.timestamp.after.max.ms'),
  'message.timestamp.before.max.ms': like('log.message.timestamp.before.max.ms'),
  'message.timestamp.type': like('log.message.timestamp.type'),
  'min.cleanable.dirty.ratio': topicConfig(
    double(0.5, { min: 0, max: 1 }, 'The dirty part that makes a log cleanable.'),
    'log.cleaner.min.cleanable.ratio',
  ),
  'min.compaction.lag.ms': like('log.cleaner.min.compaction.lag.ms'),
  'min.insync.replicas': like('min.insync.replicas'),
  preallocate: topicConfig(boolean(false, 'Whether new segments are preallocated.'), 'log.preallocate'),
  'retention.bytes': like('log.retention.bytes'),
  'retention.ms': topicConfig(
    long(604_800_000, { min: -1 }, 'How long records stay; -1 is for ever.'),
    'log.retention.ms',
    ['log.retention.minutes', minuteMs],
    ['log.retention.hours', hourMs],
  ),
  'segment.bytes': like('log.segment.bytes'),
  'segment.index.bytes': like('log.index.size.max.bytes'),
  'segment.jitter.ms': topicConfig(
    long(0, { min: 0 }, 'The most milliseconds taken off at random from segment.ms.'),
    'log.roll.jitter.ms',
    ['log.roll.jitter.hours', hourMs],
  ),
  'segment.ms': topicConfig(
    long(604_800_000, { min: 1 }, 'How long a segment may be written to.'),
    'log.roll.ms',
    ['log.roll.hours', hourMs],
  ),
  'unclean.leader.election.enable': like('unclean.leader.election.enable'),
};

export function topicConfigDefinition(name: string): ConfigDefinition<unknown> | undefined {
  return Object.hasOwn(topicConfigTable, name) ? topicConfigTable[name]?.definition : undefined;
}

/** Tiered storage does not exist here (G1): its configs are taken only at the values that leave it off. */
const offValues: Readonly<Record<string, string>> = {
  'remote.storage.enable': 'false',
  'remote.log.copy.disable': 'false',
  'remote.log.delete.on.disable': 'false',
  'local.retention.ms': '-2',
  'local.retention.bytes': '-2',
};

/** Configs given for a topic, by name, as texts. */
export type TopicConfigs = ReadonlyMap<string, string>;

/** What is wrong with configs given for a topic, or null when nothing is (INVALID_CONFIG otherwise). */
export function topicConfigProblem(given: ReadonlyMap<string, string | null>): string | null {
  for (const [name, text] of given) {
    if (text === null) return `Config ${name} has no value; leave it out to have its default`;
    const off = offValues[name];
    if (off !== undefined) {
      if (text !== off)
        return `Config ${name} cannot be "${text}": there is no tiered storage, only ${off} is allowed`;
      continue;
    }
    const entry = Object.hasOwn(topicConfigTable, name) ? topicConfigTable[name] : undefined;
    if (entry === undefined) return `Config ${name} is unknown for topics`;
    const parsed = entry.definition.parse(text);
    if ('problem' in parsed) return `Config ${name} cannot be "${text}": ${parsed.problem}`;
  }
  return null;
}

/** As `topicConfigProblem`, and what holds between configs once the broker's values are filled in. */
export function topicConfigsProblem(
  given: ReadonlyMap<string, string | null>,
  broker: ResolvedBrokerConfig,
): string | null {
  const problem = topicConfigProblem(given);
  if (problem !== null) return problem;
  const lag = (name: string): number => topicConfigValue(name, given as TopicConfigs, broker).value as number;
  if (lag('min.compaction.lag.ms') > lag('max.compaction.lag.ms')) {
    return 'Config min.compaction.lag.ms cannot be greater than max.compaction.lag.ms';
  }
  return null;
}

/** The value of one config of a topic and where it comes from. */
export function topicConfigValue(
  name: string,
  given: TopicConfigs,
  broker: ResolvedBrokerConfig,
): EffectiveConfig {
  const entry = topicConfigTable[name] as TopicConfigDefinition;
  const synonyms: ConfigSynonym[] = [];
  const text = given.get(name);
  if (text !== undefined) {
    const parsed = entry.definition.parse(text);
    if ('value' in parsed) synonyms.push({ name, value: parsed.value, source: 'topic' });
  }
  const brokerNames = entry.synonyms.map((synonym) => synonym.name);
  synonyms.push(...configSynonyms(brokerNames, broker));
  const first = synonyms[0] ?? { name, value: entry.definition.defaultValue, source: 'default' as const };
  if (synonyms.length === 0) synonyms.push(first);
  const factor = entry.synonyms.find((synonym) => synonym.name === first.name)?.factor ?? 1;
  const value = factor === 1 ? first.value : (first.value as number) * factor;
  return { name, value, source: first.source, synonyms };
}

/** Every config of a topic. */
export function topicConfigValues(given: TopicConfigs, broker: ResolvedBrokerConfig): EffectiveConfig[] {
  return Object.keys(topicConfigTable).map((name) => topicConfigValue(name, given, broker));
}

function cleanupPolicy(words: readonly string[]): CleanupPolicy {
  const compact = words.includes('compact');
  const remove = words.includes('delete');
  if (compact && remove) return 'compact,delete';
  if (compact) return 'compact';
  return remove ? 'delete' : 'none';
}

/** The part of a topic's configs that its logs obey. */
export function logConfigOf(given: TopicConfigs, broker: ResolvedBrokerConfig): LogConfig {
  const value = (name: string): unknown => topicConfigValue(name, given, broker).value;
  const number = (name: string): number => Math.min(value(name) as number, Number.MAX_SAFE_INTEGER);
  return {
    cleanupPolicy: cleanupPolicy(value('cleanup.policy') as readonly string[]),
    compressionType: value('compression.type') as LogConfig['compressionType'],
    compressionGzipLevel: number('compression.gzip.level'),
    compressionZstdLevel: number('compression.zstd.level'),
    maxMessageBytes: number('max.message.bytes'),
    messageTimestampType: value('message.timestamp.type') as LogConfig['messageTimestampType'],
    messageTimestampBeforeMaxMs: number('message.timestamp.before.max.ms'),
    messageTimestampAfterMaxMs: number('message.timestamp.after.max.ms'),
    segmentBytes: number('segment.bytes'),
    segmentMs: number('segment.ms'),
    segmentJitterMs: number('segment.jitter.ms'),
    segmentIndexBytes: number('segment.index.bytes'),
    indexIntervalBytes: number('index.interval.bytes'),
    retentionBytes: number('retention.bytes'),
    retentionMs: number('retention.ms'),
    deleteRetentionMs: number('delete.retention.ms'),
    minCompactionLagMs: number('min.compaction.lag.ms'),
    maxCompactionLagMs: number('max.compaction.lag.ms'),
    minCleanableDirtyRatio: number('min.cleanable.dirty.ratio'),
    flushMessages: number('flush.messages'),
    flushMs: number('flush.ms'),
    fileDeleteDelayMs: number('file.delete.delay.ms'),
  };
}
