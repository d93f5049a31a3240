// Decides what the world may import from @ottla/core.
export type { Clock } from './ports/clock.js';
export type { Diagnostics, LogFields, LogLevel } from './ports/diagnostics.js';
export type { Address, Listener, Network, Socket, SocketHandler } from './ports/network.js';
export type { Timer, Timers } from './ports/timers.js';

export {
  AuthenticationError,
  AuthorizationError,
  BrokerError,
  BufferExhaustedError,
  ClosedError,
  CommitFailedError,
  ConnectionError,
  CorruptRecordError,
  FencedError,
  IllegalStateError,
  InvalidArgumentError,
  InvalidOptionError,
  isRetriable,
  KafkaError,
  NoOffsetForPartitionError,
  RecordTooLargeError,
  SaslAuthenticationError,
  SendManyError,
  SerializationError,
  SslAuthenticationError,
  TimeoutError,
  UnknownTopicOrPartitionError,
  UnsupportedVersionError,
  WakeupError,
} from './client/errors.js';
export { RecordHeaders, type RecordHeader } from './client/record-headers.js';
export type {
  DeserializationContext,
  Deserializer,
  Serde,
  Serialized,
  Serializer,
} from './client/serialization/serializer.js';
export { deserializers, jsonOf, serializers } from './client/serialization/serializers.js';
export type {
  ConsumerRecord,
  HeaderInput,
  HeadersInput,
  IsolationLevel,
  Node,
  OffsetAndMetadata,
  PartitionInfo,
  ProducerRecord,
  RecordMetadata,
  TimestampType,
  TopicPartition,
} from './client/types.js';

export type { BrokerConfig, BrokerOptions, BrokerPortOverrides } from './composition/broker-options.js';
export { BrokerStartError, type BrokerStartErrorCode } from './composition/broker-start-error.js';
export {
  createBroker,
  createInMemoryBroker,
  type InMemoryBroker,
  type RunningBroker,
} from './composition/create-broker.js';

export { Admin } from './client/admin.js';
export { AdminResults } from './client/admin/admin-results.js';
export type {
  ClusterDescription,
  ConfigEntry,
  ConfigResource,
  ConfigResourceType,
  ConfigSource,
  ConfigSynonym,
} from './client/admin/cluster-admin.js';
export type {
  AlterConfigsOptions,
  ConfigChange,
  ConfigChanges,
  ConfigReplacement,
} from './client/admin/config-changes.js';
export type {
  FetchedOffset,
  GroupDescription,
  GroupListing,
  GroupMember,
} from './client/admin/group-admin.js';
export type { OffsetToSet } from './client/admin/group-changes.js';
export type { LogDirDescription, ReplicaInLogDir } from './client/admin/log-dir-admin.js';
export type { ListedOffset, OffsetQuery, OffsetSpec } from './client/admin/offset-admin.js';
export type {
  CreatePartitionsOptions,
  DeletedRecords,
  NewPartitions,
  RecordsToDelete,
} from './client/admin/partition-admin.js';
export type { ProducerDescription } from './client/admin/producer-admin.js';
export type {
  ElectionType,
  OngoingReassignment,
  PartitionReassignment,
} from './client/admin/replica-admin.js';
export type {
  CreatedTopic,
  CreateTopicsOptions,
  NewTopic,
  TopicDescription,
  TopicListing,
} from './client/admin/topic-admin.js';
export type { ConnectionOptions } from './client/client-options.js';
export {
  Consumer,
  type CommittedOffset,
  type ConsumerGroupMetadata,
  type OffsetForTime,
  type PartitionOffset,
  type Subscribe,
} from './client/consumer.js';
export type { AssignorOption, AutoOffsetReset, ConsumerOptions } from './client/consumer/consumer-options.js';
export type { FetchedRecord } from './client/consumer/consumer-record.js';
export { ConsumerRecords, type PartitionRecords } from './client/consumer/consumer-records.js';
export type { DeserializationFailure } from './client/consumer/deserialization-failure.js';
export type { RebalanceListener } from './client/consumer/rebalance-listener.js';
export { Kafka, type AdminOptions, type KafkaOptions, type KafkaPorts } from './client/kafka.js';
export { Producer, type CloseOptions, type SendOptions } from './client/producer.js';
export type { Partitioner, PartitionerTopic } from './client/producer/partitioner.js';
export type { ProducerInterceptor } from './client/producer/producer-interceptor.js';
export type { ProducerOptions } from './client/producer-options.js';
export type { ClientPortOverrides } from './composition/client.module.js';
export { createKafka, type CreateKafkaOptions } from './composition/create-kafka.js';
export type { CompressionType } from './ports/compressor.js';
