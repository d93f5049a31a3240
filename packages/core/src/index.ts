// Decides what the world may import from @ottla/core.
export type { Clock } from './ports/clock.js';
export type { File, FileLock, FileSystem } from './ports/file-system.js';
export type { Random } from './ports/random.js';
export type { Diagnostics, LogFields, LogLevel } from './ports/diagnostics.js';
export type { Cryptography, HashAlgorithm } from './ports/cryptography.js';
export type { Address, ConnectOptions, Listener, Network, Socket, SocketHandler } from './ports/network.js';
export type { Pem, TlsSettings, TlsVersion } from './ports/tls.js';
export type { Timer, Timers } from './ports/timers.js';

export {
  AuthenticationError,
  type AuthenticationErrorDetails,
  AuthorizationError,
  BrokerError,
  BufferExhaustedError,
  type ClientErrorCode,
  type ClientErrorDetails,
  ClosedError,
  CommitFailedError,
  ConnectionError,
  CorruptRecordError,
  FencedError,
  IllegalStateError,
  InvalidArgumentError,
  InvalidOptionError,
  InvalidProducerEpochError,
  InvalidTransactionStateError,
  isRetriable,
  KafkaError,
  type KafkaErrorOptions,
  type LogTruncation,
  LogTruncationError,
  NoOffsetForPartitionError,
  ProducerFencedError,
  RecordTooLargeError,
  SaslAuthenticationError,
  SendManyError,
  SerializationError,
  type SerializationErrorDetails,
  SslAuthenticationError,
  TimeoutError,
  TransactionAbortableError,
  TransactionAbortedError,
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

export { eventChannelNames } from './client/telemetry/client-events.js';
export type {
  AuthenticationEvent,
  ClientEvent,
  CommitEvent,
  ConnectionClosedEvent,
  ConnectionEvent,
  ConnectionFacts,
  FailedOperation,
  LogEvent,
  PolledPartition,
  PollEvent,
  ProducerBatchEvent,
  ProducerRetryEvent,
  RebalanceEvent,
  RequestEvent,
  TransactionEvent,
} from './client/telemetry/event-types.js';
export type { ClientMetric } from './client/metrics/client-metric.js';

export { Admin } from './client/admin.js';
export type {
  AclBinding,
  AclEntry,
  AclFilter,
  AclOperation,
  AclPatternType,
  AclPermission,
  AclResourceType,
} from './client/admin/acl-admin.js';
export { AdminResults } from './client/admin/admin-results.js';
export type { ListedConfigResource, ListedConfigResourceType } from './client/admin/config-resource-admin.js';
export type { FeatureDescription, FeatureLevels, FeatureUpdate } from './client/admin/feature-admin.js';
export type { MemberToRemove } from './client/admin/group-members-admin.js';
export type { QuorumDescription, QuorumNode, QuorumReplica } from './client/admin/quorum-admin.js';
export type {
  QuotaAlteration,
  QuotaDescription,
  QuotaEntity,
  QuotaEntityType,
  QuotaFilter,
} from './client/admin/quota-admin.js';
export type { ReplicaLogDirAssignment } from './client/admin/replica-log-dir-admin.js';
export type {
  ScramCredential,
  ScramCredentialAlteration,
  ScramMechanism,
} from './client/admin/scram-admin.js';
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
export type {
  FencedProducer,
  TransactionDescription,
  TransactionFilter,
  TransactionListing,
  TransactionState,
  TransactionToAbort,
} from './client/admin/transaction-admin.js';
export type { ConnectionOptions } from './client/client-options.js';
export type { OAuthBearerToken, OAuthBearerTokenProvider } from './client/security/oauth-bearer-token.js';
export type { PasswordCredentials } from './client/security/password-credentials.js';
export {
  SaslRejection,
  type SaslContext,
  type SaslExchange,
  type SaslMechanism,
} from './client/security/sasl-mechanism.js';
export type { ScramCredentials, ScramMechanismName } from './client/security/sasl-scram.js';
export type { SaslOptions, SecurityOptions, SslOptions } from './client/security/security-options.js';
export type { SecurityProtocol } from './client/security/security-protocol.js';
export {
  Consumer,
  type CommittedOffset,
  type ConsumerGroupMetadata,
  type OffsetForTime,
  type PartitionOffset,
  type Subscribe,
} from './client/consumer.js';
export type {
  AssignorOption,
  AutoOffsetReset,
  ConsumerOptions,
  GroupProtocol,
} from './client/consumer/consumer-options.js';
export type { FetchedRecord } from './client/consumer/consumer-record.js';
export { ConsumerRecords, type PartitionRecords } from './client/consumer/consumer-records.js';
export type { DeserializationFailure } from './client/consumer/deserialization-failure.js';
export type { OffsetToCommit } from './client/consumer/offset-committer.js';
export type { TimestampQuery } from './client/consumer/offset-lookup.js';
export type { PolledRecords } from './client/consumer/poll-loop.js';
export type { RebalanceListener } from './client/consumer/rebalance-listener.js';
export { SubscriptionPattern } from './client/consumer/subscription-pattern.js';
export type {
  GroupMember as AssignorMember,
  MemberAssignment,
  PartitionAssignor,
  RebalanceProtocol,
} from './machines/consumer/assignors/assignor.js';
export { Kafka, type AdminOptions, type KafkaOptions, type KafkaPorts } from './client/kafka.js';
export { Producer, type CloseOptions, type SendOptions } from './client/producer.js';
export type { Partitioner, PartitionerTopic } from './client/producer/partitioner.js';
export type { ProducerInterceptor } from './client/producer/producer-interceptor.js';
export type { ProducerOptions } from './client/producer-options.js';
export type { ClientPortOverrides } from './composition/client-ports.js';
export { createKafka, type CreateKafkaOptions } from './composition/create-kafka.js';
export type { CompressionType, Compressor, Compressors } from './ports/compressor.js';
