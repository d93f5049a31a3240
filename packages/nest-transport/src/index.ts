// Decides what applications may import from @ottla/nest-transport.
export { KafkaModule, type KafkaModuleAsyncOptions } from './kafka.module.js';
export {
  KAFKA_MODULE_OPTIONS,
  type EmbeddedBrokerOptions,
  type KafkaModuleOptions,
  type ListenerDefaults,
} from './kafka-module-options.js';
export { KAFKA_ENGINE_STARTER, KafkaEngine, type KafkaEngineStarter } from './composition/kafka-engine.js';
export { createNestDiagnostics } from './composition/nest-diagnostics.js';
export { KafkaModuleOptionsError, ListenerDefinitionError } from './errors.js';

export {
  KafkaListener,
  type KafkaListenerOptions,
  type Resolvable,
} from './decorators/kafka-listener.decorator.js';
export { Header } from './decorators/header.decorator.js';
export { Headers } from './decorators/headers.decorator.js';
export { Key } from './decorators/key.decorator.js';
export { Offset } from './decorators/offset.decorator.js';
export { Partition } from './decorators/partition.decorator.js';
export { Payload } from './decorators/payload.decorator.js';
export { Record } from './decorators/record.decorator.js';
export { Timestamp } from './decorators/timestamp.decorator.js';
export { Topic } from './decorators/topic.decorator.js';
export type { Pipe } from './decorators/listener-parameter.js';

export type { AckMode } from './container/ack-mode.js';
export {
  DefaultKafkaConsumerFactory,
  type ConsumerOverrides,
} from './container/default-kafka-consumer-factory.js';
export { KafkaListenerEndpointRegistry } from './container/kafka-listener-endpoint-registry.js';
export type { ContainerState, ListenerContainer } from './container/listener-container.js';
export type { ListenerContext } from './invoke/listener-host.js';

export {
  exponentialBackOff,
  fixedBackOff,
  type BackOff,
  type ExponentialBackOffOptions,
} from './error-handling/back-off.js';
export {
  DefaultAfterRollbackProcessor,
  type AfterRollbackDecision,
  type AfterRollbackProcessor,
  type DefaultAfterRollbackProcessorOptions,
} from './error-handling/after-rollback-processor.js';
export {
  DeadLetterPublishingRecoverer,
  type DeadLetterDestination,
  type DeadLetterPublishingRecovererOptions,
} from './error-handling/dead-letter-publishing-recoverer.js';
export {
  DefaultErrorHandler,
  type DefaultErrorHandlerOptions,
} from './error-handling/default-error-handler.js';
export type { RecordRecoverer } from './error-handling/record-recoverer.js';
export type { ErrorMatcher, RetryPolicyOptions } from './error-handling/retry-policy.js';
export type {
  ErrorDecision,
  ListenerErrorHandler,
  ListenerFailure,
} from './error-handling/listener-error-handler.js';

export {
  DefaultKafkaProducerFactory,
  type ProducerOverrides,
} from './template/default-kafka-producer-factory.js';
export type { ProducerFactoryOptions } from './template/producer-factory-options.js';
export type { KafkaOperations, SendResult } from './template/kafka-operations.js';
export type { KafkaTemplateOptions } from './template/kafka-template-options.js';
export { KafkaTemplate } from './template/kafka-template.js';
export {
  KafkaTransactional,
  type KafkaTransactionalDecorator,
  type KafkaTransactionalOptions,
} from './decorators/kafka-transactional.decorator.js';
export {
  KafkaTransactionManager,
  type Propagation,
  type TransactionOptions,
} from './transaction/kafka-transaction-manager.js';
export type { KafkaTransaction, TransactionState } from './transaction/kafka-transaction.js';
export {
  IllegalTransactionStateError,
  NoProducerAvailableError,
  NoTransactionError,
  UnexpectedRollbackError,
} from './transaction/transaction-errors.js';
export type { ProducerLease } from './transaction/transactional-producer-pool.js';
export type { TopicPartitionOffset, TransactionalProducer } from './transaction/transactional-producer.js';
export { KafkaReceiver } from './streams/kafka-receiver.js';
export type { ReceiveOptions, ReceiverRecord } from './streams/receiver-record.js';
