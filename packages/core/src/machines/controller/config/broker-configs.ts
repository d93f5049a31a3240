// Decides which configs a broker has, under Kafka's names and with Kafka's defaults (exceptions say why).
import {
  boolean,
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
  'add.partitions.to.txn.retry.backoff.max.ms': int(
    100,
    { min: 0 },
    'How long the broker itself tries to put a partition into a transaction while the one before ends.',
  ),
  'add.partitions.to.txn.retry.backoff.ms': int(20, { min: 1 }, 'Time between two of these tries.'),
  'auto.create.topics.enable': boolean(true, 'Whether Metadata creates a topic that it is asked for.'),
  'compression.gzip.level': int(
    -1,
    { min: -1, max: 9, except: 0 },
    'The gzip level; -1 is the default of gzip.',
  ),
  'compression.lz4.level': int(9, { min: 1, max: 17 }, 'The lz4 level.'),
  'compression.type': oneOf(
    ['producer', 'uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'],
    'producer',
    'The codec that batches are kept in; producer keeps what was sent.',
  ),
  'compression.zstd.level': int(3, { min: -131_072, max: 22 }, 'The zstd level.'),
  'connections.max.idle.ms': long(600_000, {}, 'How long a connection may be silent before it is closed.'),
  'default.replication.factor': int(1, { min: 1 }, 'Replicas of a topic that does not say how many.'),
  'delete.topic.enable': boolean(true, 'Whether topics can be deleted.'),
  'fetch.max.bytes': int(57_671_680, { min: 1024 }, 'The most bytes in one Fetch response.'),
  'group.consumer.assignors': list(
    ['uniform', 'range'],
    ['uniform', 'range'],
    'Assignors that members of the consumer protocol may name, the default first.',
  ),
  'group.consumer.heartbeat.interval.ms': int(
    5_000,
    { min: 1 },
    'Time between two heartbeats of a member of the consumer protocol.',
  ),
  'group.consumer.max.heartbeat.interval.ms': int(
    15_000,
    { min: 1 },
    'The most that a group may set consumer.heartbeat.interval.ms to.',
  ),
  'group.consumer.max.session.timeout.ms': int(
    60_000,
    { min: 1 },
    'The most that a group may set consumer.session.timeout.ms to.',
  ),
  'group.consumer.max.size': int(
    2_147_483_647,
    { min: 1 },
    'The most members of a group of the consumer protocol.',
  ),
  'group.consumer.migration.policy': oneOf(
    ['bidirectional', 'upgrade', 'downgrade', 'disabled'],
    'bidirectional',
    'Which way groups with members may change between the classic and the consumer protocol.',
  ),
  'group.consumer.min.heartbeat.interval.ms': int(
    5_000,
    { min: 1 },
    'The least that a group may set consumer.heartbeat.interval.ms to.',
  ),
  'group.consumer.min.session.timeout.ms': int(
    45_000,
    { min: 1 },
    'The least that a group may set consumer.session.timeout.ms to.',
  ),
  'group.consumer.regex.refresh.interval.ms': int(
    600_000,
    { min: 10_000 },
    'Time between two looks for topics that an expression matches.',
  ),
  'group.consumer.session.timeout.ms': int(
    45_000,
    { min: 1 },
    'How long a member of the consumer protocol may be silent.',
  ),
  'group.coordinator.rebalance.protocols': list(
    ['classic', 'consumer'],
    ['classic', 'consumer'],
    'The protocols that groups may speak.',
  ),
  'group.initial.rebalance.delay.ms': int(3_000, {}, 'How long an empty group waits for more members.'),
  'group.max.session.timeout.ms': int(1_800_000, {}, 'The longest session timeout of a group member.'),
  'group.max.size': int(2_147_483_647, { min: 1 }, 'The most members of a group.'),
  'group.min.session.timeout.ms': int(6_000, {}, 'The shortest session timeout of a group member.'),
  'log.cleaner.backoff.ms': long(15_000, { min: 0 }, 'Time to the next look when no log is to be compacted.'),
  'log.cleaner.dedupe.buffer.size': long(
    134_217_728,
    { min: 1_048_576 },
    'The most memory for the keys of one round of compaction.',
  ),
  'log.cleaner.delete.retention.ms': long(86_400_000, { min: 0 }, 'How long tombstones stay.'),
  'log.cleaner.enable': boolean(true, 'Whether logs are compacted.'),
  'log.cleaner.io.max.bytes.per.second': double(
    Number.MAX_VALUE,
    { min: 0 },
    'The most bytes that compaction reads and writes in a second.',
  ),
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
  'log.initial.task.delay.ms': long(
    30_000,
    { min: 0 },
    'Time from the start to the first look for old segments.',
  ),
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
  'max.request.partition.size.limit': int(
    2_000,
    { min: 1 },
    'The most partitions in one answer of DescribeTopicPartitions.',
  ),
  'max.connection.creation.rate': int(
    2_147_483_647,
    { min: 1 },
    'The most connections in a second that are served at once; others wait.',
  ),
  'max.connections': int(2_147_483_647, { min: 0 }, 'The most connections.'),
  'max.connections.per.ip': int(2_147_483_647, { min: 0 }, 'The most connections from one address.'),
  'max.connections.per.ip.overrides': list(
    [],
    /^.+:\d+$/,
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
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': int(
    10_000,
    { min: 1 },
    'Time between two looks for transactions past their timeout.',
  ),
  'transaction.max.timeout.ms': int(900_000, { min: 1 }, 'The longest timeout a producer may ask for.'),
  'transaction.partition.verification.enable': boolean(
    true,
    'Whether a transactional batch is taken only where its partition is in the transaction.',
  ),
  'transaction.remove.expired.transaction.cleanup.interval.ms': int(
    3_600_000,
    { min: 1 },
    'Time between two looks for idle transactional ids.',
  ),
  // Kafka's 2 and 3 need other nodes.
  'transaction.state.log.min.isr': int(1, { min: 1 }, 'In-sync replicas that __transaction_state asks for.'),
  'transaction.state.log.num.partitions': int(50, { min: 1 }, 'Partitions of __transaction_state.'),
  'transaction.state.log.replication.factor': short(1, { min: 1 }, 'Replicas of __transaction_state.'),
  'transaction.state.log.segment.bytes': int(
    104_857_600,
    { min: 1 },
    'The largest segment of __transaction_state.',
  ),
  'transactional.id.expiration.ms': int(
    604_800_000,
    { min: 1 },
    'How long an idle transactional id is remembered.',
  ),
  'unclean.leader.election.enable': boolean(false, 'Whether a replica out of sync may lead.'),
} as const;

export type BrokerConfigName = keyof typeof brokerConfigTable;
/** Every broker config, with Kafka's names in camelCase. */
export type BrokerConfig = ConfigsOf<typeof brokerConfigTable>;

/**
 * Configs that can be changed while the broker runs, of one broker or of all (KIP-226): those that Kafka lets change and that take effect
 * here at once. Kafka also changes producer.id.expiration.ms.
 */
export const dynamicBrokerConfigs: ReadonlySet<string> = new Set<BrokerConfigName>([
  'compression.gzip.level',
  'compression.lz4.level',
  'compression.type',
  'compression.zstd.level',
  'log.cleaner.backoff.ms',
  'log.cleaner.dedupe.buffer.size',
  'log.cleaner.delete.retention.ms',
  'log.cleaner.io.max.bytes.per.second',
  'log.cleaner.max.compaction.lag.ms',
  'log.cleaner.min.cleanable.ratio',
  'log.cleaner.min.compaction.lag.ms',
  'log.cleanup.policy',
  'log.flush.interval.messages',
  'log.flush.interval.ms',
  'log.index.interval.bytes',
  'log.index.size.max.bytes',
  'log.message.timestamp.after.max.ms',
  'log.message.timestamp.before.max.ms',
  'log.message.timestamp.type',
  'log.preallocate',
  'log.retention.bytes',
  'log.retention.ms',
  'log.roll.jitter.ms',
  'log.roll.ms',
  'log.segment.bytes',
  'log.segment.delete.delay.ms',
  'max.connection.creation.rate',
  'max.connections',
  'max.connections.per.ip',
  'max.connections.per.ip.overrides',
  'message.max.bytes',
  'min.insync.replicas',
  'unclean.leader.election.enable',
]);

export function isBrokerConfig(name: string): name is BrokerConfigName {
  return Object.hasOwn(brokerConfigTable, name);
}

export function brokerConfigDefinition(name: string): ConfigDefinition<unknown> | undefined {
  return isBrokerConfig(name) ? brokerConfigTable[name] : undefined;
}
