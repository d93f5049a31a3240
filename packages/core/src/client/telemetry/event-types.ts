// Decides which facts the events of the clients carry.
import type { LogFields, LogLevel } from '../../ports/diagnostics.js';
import type { ClientMetric } from '../metrics/client-metric.js';
import type { OffsetAndMetadata, TopicPartition } from '../types.js';

/** What every operation's event gets when it has failed. */
export interface FailedOperation {
  /** What it failed with; absent when it did not. */
  error?: unknown;
}

/** `ottla.client`: a producer, consumer or admin client was made, or has closed. */
export interface ClientEvent {
  /** What has happened. */
  readonly state: 'opened' | 'closed';
  /** What kind of client it is. */
  readonly kind: 'producer' | 'consumer' | 'admin';
  /** The client's id. */
  readonly clientId: string;
  /** For reading its figures as long as it is open. */
  readonly client: {
    /** Computes them now. */
    metrics(): ClientMetric[];
  };
}

/** Which connection an event is about. */
export interface ConnectionFacts {
  /** The client's id. */
  readonly clientId: string;
  /** Negative for a bootstrap server whose id is not known yet. */
  readonly nodeId: number;
  /** The broker's host. */
  readonly host: string;
  /** The broker's port. */
  readonly port: number;
  /** The broker as messages name it. */
  readonly broker: string;
}

/** `ottla.connection`: connecting, until versions are agreed on and the client is authenticated. */
export interface ConnectionEvent extends ConnectionFacts, FailedOperation {
  /** Whether TLS is spoken. */
  readonly isEncrypted: boolean;
  /** How long it took. */
  durationMs?: number;
}

/** `ottla.connection.closed`: a connection that had come about has ended. */
export interface ConnectionClosedEvent extends ConnectionFacts {
  /** How long it was there. */
  readonly openMs: number;
  /** Why; null when the client closed it. */
  readonly error: Error | null;
}

/** `ottla.authentication`: SASL on one connection. */
export interface AuthenticationEvent extends ConnectionFacts, FailedOperation {
  /** The SASL mechanism. */
  readonly mechanism: string;
  /** Whether the connection was authenticated before, and its session was about to end (KIP-368). */
  readonly isReauthentication: boolean;
  /** How long it took. */
  durationMs?: number;
  /** For how long the broker takes requests now; 0 for ever. */
  sessionLifetimeMs?: number;
}

/** `ottla.request`: from writing a request to its answer. */
export interface RequestEvent extends ConnectionFacts, FailedOperation {
  /** Its name in Kafka's protocol, for example `Produce`. */
  readonly api: string;
  /** Its number in Kafka's protocol. */
  readonly apiKey: number;
  /** The version that was spoken. */
  readonly apiVersion: number;
  /** What its answer is known by on the connection. */
  readonly correlationId: number;
  /** Size of the request. */
  readonly requestBytes: number;
  /** Undefined until it is answered. */
  responseBytes: number | undefined;
  /** From writing to reading; undefined until then. */
  durationMs: number | undefined;
  /** How long the broker asked the client to be silent (KIP-219). */
  throttleTimeMs: number | undefined;
}

/** `ottla.producer.batch`: the broker has a batch, or it was given up. */
export interface ProducerBatchEvent extends TopicPartition {
  /** The client's id. */
  readonly clientId: string;
  /** How many records it has. */
  readonly recordCount: number;
  /** As it was sent, so after compression. */
  readonly sizeBytes: number;
  /** Times it was sent; 0 when it never was. */
  readonly attempts: number;
  /** From its first record to its fate. */
  readonly durationMs: number;
  /** Of its first record; -1 when the broker does not say (`acks` 0), or has none of it. */
  readonly baseOffset: number;
  /** Null when it was delivered. */
  readonly error: Error | null;
}

/** `ottla.producer.retry`: a batch goes back, to be sent again. */
export interface ProducerRetryEvent extends TopicPartition {
  /** The client's id. */
  readonly clientId: string;
  /** How many records it has. */
  readonly recordCount: number;
  /** Which retry this is, from 1. */
  readonly retry: number;
  /** How long it waits. */
  readonly waitMs: number;
  /** Why it was not taken. */
  readonly error: Error;
}

/** `ottla.producer.transaction`: a call about transactions. */
export interface TransactionEvent extends FailedOperation {
  /** The client's id. */
  readonly clientId: string;
  /** The producer's; null without one. */
  readonly transactionalId: string | null;
  /** Which call. */
  readonly operation: 'init' | 'sendOffsets' | 'commit' | 'abort';
}

/** `ottla.consumer.poll`: one call of `poll()`. */
export interface PollEvent extends FailedOperation {
  /** The client's id. */
  readonly clientId: string;
  /** The group; null without one. */
  readonly groupId: string | null;
  /** How long it may wait. */
  readonly timeoutMs: number;
  /** Absent while it waits. */
  recordCount?: number;
  /** What it gave, by partition; absent while it waits. */
  partitions?: readonly PolledPartition[];
}

/** Records of one partition that a poll gave. */
export interface PolledPartition extends TopicPartition {
  /** How many records. */
  readonly recordCount: number;
  /** Offset of the first. */
  readonly firstOffset: number;
  /** Offset of the last. */
  readonly lastOffset: number;
}

/** `ottla.consumer.commit`: offsets go to the group's coordinator. */
export interface CommitEvent extends FailedOperation {
  /** The client's id. */
  readonly clientId: string;
  /** The group. */
  readonly groupId: string;
  /** What is committed: offsets of the next records to read. */
  readonly offsets: readonly (TopicPartition & OffsetAndMetadata)[];
}

/** `ottla.consumer.rebalance`: partitions come or go, and the listener is about to be told. */
export interface RebalanceEvent {
  /** The client's id. */
  readonly clientId: string;
  /** The group. */
  readonly groupId: string;
  /** Whether they come, go, or are gone already. */
  readonly change: 'assigned' | 'revoked' | 'lost';
  /** Which partitions. */
  readonly partitions: readonly TopicPartition[];
}

/** `ottla.log`: a line for the log, of any level, whether it is written or not. */
export interface LogEvent {
  /** How serious it is. */
  readonly level: LogLevel;
  /** The line. */
  readonly message: string;
  /** Facts beside it. */
  readonly fields: LogFields;
}
