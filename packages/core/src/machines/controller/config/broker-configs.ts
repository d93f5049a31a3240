// Decides which configs a broker has, under Kafka's names and with Kafka's defaults (exceptions say why).
import {
  boolean,
  camelCase,
  configText,
  double,
  int,
  list,
  long,
  oneOf,
  short,
  type ConfigDefinition,
  type ConfigsOf,
} from './config-definition.js';

const forever = 2 ** 63;

export const brokerConfigTable = {
  'auto.create.topics.enable': boolean(true, 'Whether Metadata creates a topic that it is asked for.'),
  'compression.type': oneOf(
    ['producer', 'uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'],
    'producer',
    'The codec that batches are kept in; producer keeps what was sent.',
  ),
  'connections.max.idle.ms': long(600_000, {}, 'How long a connection may be silent before it is closed.'),
  'default.replication.factor': int(1, { min: 1 }, 'Replicas of a topic that does not say how many.'),
  'delete.topic.enable': boolean(true, 'Whether topics can be deleted.'),
  'fetch.max.bytes': int(57_671_680, { min: 1024 }, 'The most bytes in one Fetch response.'),
  'group.initial.rebalance.delay.ms': int(3_000, {}, 'How long an empty group waits for more members.'),
  'group.max.session.timeout.ms': int(1_800_000, {}, 'The longest session timeout of a group member.'),
  'group.max.size': int(2_147_483_647, { min: 1 }, 'The most members of a group.'),
  'group.min.session.timeout.ms': int(6_000, {}, 'The shortest session timeout of a group member.'),
  'log.cleaner.delete.retention.ms': long(86_400_000, { min: 0 }, 'How long tombstones stay.'),
  'log.cleaner.max.compaction.lag.ms': long(forever, { min: 1 }, 'How long a record may stay uncompacted.'),
  'log.cleaner.min.cleanable.ratio': double(
    0.5,
    { min: 0, max: 1 },
    'The dirty part that makes a log cleanable.',
  ),
  'log.cleaner.min.compaction.lag.ms': long(0, { min: 0 }, 'How long a record stays out of compaction.'),
  'log.cleanup.policy': list(['delete'], ['compact', 'delete'], 'What happens to old segments.'),
  'log.flush.interval.messages': long(forever, { min: 1 }, 'Records between two flushes to the disk.'),
  'log.flush.interval.ms': long(null, {}, 'Time between two flushes to the disk.'),
  'log.index.interval.bytes': int(4_096, { min: 0 }, 'Bytes of log between two index entries.'),
  'log.index.size.max.bytes': int(10_485_760, { min: 4 }, 'The largest size of an offset index.'),
  'log.message.timestamp.after.max.ms': long(3_600_000, { min: 0 }, 'How far a timestamp may lie ahead.'),
  'log.message.timestamp.before.max.ms': long(forever, { min: 0 }, 'How far a timestamp may lie back.'),
  'log.message.timestamp.type': oneOf(
    ['CreateTime', 'LogAppendTime'],
    'CreateTime',
    'Whose timestamp a record bears.',
  ),
  'log.preallocate': boolean(false, 'Whether new segments are preallocated.'),
  'log.retention.bytes': long(-1, {}, 'The size of a partition above which old segments go.'),
  'log.retention.check.interval.ms': long(300_000, { min: 1 }, 'Time between two looks for old segments.'),
  'log.retention.hours': int(168, {}, 'Hours after which old segments go.'),
  'log.retention.minutes': int(null, {}, 'Minutes after which old segments go; wins over hours.'),
  'log.retention.ms': long(null, {}, 'Milliseconds after which old segments go; wins over minutes.'),
  'log.roll.hours': int(168, { min: 1 }, 'Hours after which a segment is rolled.'),
  'log.roll.jitter.hours': int(0, { min: 0 }, 'The most hours taken off at random from log.roll.hours.'),
  'log.roll.jitter.ms': long(null, {}, 'The most milliseconds taken off at random from log.roll.ms.'),
  'log.roll.ms': long(null, {}, 'Milliseconds after which a segment is rolled; wins over hours.'),
  'log.segment.bytes': int(1_073_741_824, { min: 14 }, 'The largest size of a segment.'),
  'log.segment.delete.delay.ms': long(60_000, { min: 0 }, 'How long a removed segment file stays.'),
  'max.connections': int(2_147_483_647, { min: 0 }, 'The most connections.'),
  'max.connections.per.ip': int(2_147_483_647, { min: 0 }, 'The most connections from one address.'),
  'max.connections.per.ip.overrides': list(
    [],
    null,
    'Addresses that may have another number of connections, as address:number.',
  ),
  'max.incremental.fetch.session.cache.slots': int(1_000, { min: 0 }, 'The most fetch sessions.'),
  'message.max.bytes': int(1_048_588, { min: 0 }, 'The largest record batch.'),
  'min.insync.replicas': int(1, { min: 1 }, 'In-sync replicas that acks=all asks for.'),
  'num.partitions': int(1, { min: 1 }, 'Partitions of a topic that does not say how many.'),
  'offset.metadata.max.bytes': int(4_096, {}, 'The longest metadata of a committed offset.'),
  'offsets.retention.check.interval.ms': long(600_000, { min: 1 }, 'Time between two looks for old offsets.'),
  'offsets.retention.minutes': int(10_080, { min: 1 }, 'How long offsets of an empty group stay.'),
  'offsets.topic.num.partitions': int(50, { min: 1 }, 'Partitions of __consumer_offsets.'),
  // Kafka's 3 would leave a single node without a coordinator (corner case 54).
  'offsets.topic.replication.factor': short(1, { min: 1 }, 'Replicas of __consumer_offsets.'),
  'offsets.topic.segment.bytes': int(104_857_600, { min: 1 }, 'The largest segment of __consumer_offsets.'),
  'producer.id.expiration.ms': int(86_400_000, { min: 1 }, 'How long an idle producer is remembered.'),
  // Kafka's -1 lets requests fill the memory.
  'queued.max.request.bytes': long(
    268_435_456,
    { min: -1 },
    'Bytes of requests that are arriving or wait, in all connections, above which no more is read; -1 is any number.',
  ),
  'socket.request.max.bytes': int(104_857_600, { min: 1 }, 'The largest request.'),
  'unclean.leader.election.enable': boolean(false, 'Whether a replica out of sync may lead.'),
} as const;

export type BrokerConfigName = keyof typeof brokerConfigTable;
/** Every broker config, with Kafka's names in camelCase. */
export type BrokerConfig = ConfigsOf<typeof brokerConfigTable>;

/** A broker config that is unknown or has a value it cannot have. */
export class InvalidConfigError extends Error {
  override readonly name = 'InvalidConfigError';
}

export interface ResolvedBrokerConfig {
  readonly values: BrokerConfig;
  /** Kafka's names of the configs that were given; the rest have their defaults. */
  readonly given: ReadonlySet<string>;
}

/** Fills in defaults and checks what is given; an unknown or impossible value throws an InvalidConfigError that names it. */
export function resolveBrokerConfig(given: Partial<BrokerConfig>): ResolvedBrokerConfig {
  const values: Record<string, unknown> = {};
  const names = new Set<string>();
  const remaining = new Map(Object.entries(given).filter(([, value]) => value !== undefined));
  for (const [name, definition] of Object.entries(brokerConfigTable) as [
    string,
    ConfigDefinition<unknown>,
  ][]) {
    const key = camelCase(name);
    const value = remaining.get(key);
    remaining.delete(key);
    if (value === undefined || value === null) {
      values[key] = definition.defaultValue;
      continue;
    }
    const parsed = definition.parse(configText(value) ?? '');
    if ('problem' in parsed) {
      throw new InvalidConfigError(
        `Broker config ${key} cannot be ${JSON.stringify(value)}: ${parsed.problem}`,
      );
    }
    values[key] = parsed.value;
    names.add(name);
  }
  const unknown = [...remaining.keys()][0];
  if (unknown !== undefined) {
    throw new InvalidConfigError(
      `Broker config ${unknown} is unknown; configs are Kafka's names in camelCase, such as numPartitions`,
    );
  }
  return { values: values as unknown as BrokerConfig, given: names };
}
