// Decides the shapes of records, positions and headers that producer, consumer and admin share.
import type { RecordHeaders } from './record-headers.js';

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export interface OffsetAndMetadata {
  readonly offset: number;
  readonly leaderEpoch?: number | null;
  readonly metadata?: string | null;
}

/** One header of a record to send. Names may repeat and keep their order. */
export interface HeaderInput {
  readonly key: string;
  readonly value: Buffer | Uint8Array | string | null;
}

/** Headers of a record to send: a list, or an object when no name repeats. */
export type HeadersInput =
  Iterable<HeaderInput> | Readonly<Record<string, Buffer | Uint8Array | string | null>>;

/** A record to send. */
export interface ProducerRecord<K = unknown, V = unknown> {
  readonly topic: string;
  readonly key?: K | null;
  readonly value?: V | null;
  /** Absent: chosen by the key, or spread over the partitions when there is none (PC4). */
  readonly partition?: number;
  /** Milliseconds since 1970. Absent: now. */
  readonly timestamp?: number;
  readonly headers?: HeadersInput;
}

/** What is known of a record once the broker has it. */
export interface RecordMetadata {
  readonly topic: string;
  readonly partition: number;
  /** -1 when the broker was not asked (acks 0), or no longer knows (a duplicate of an old batch). */
  readonly offset: number;
  readonly timestamp: number;
  /** -1 when there is no key. */
  readonly serializedKeySize: number;
  /** -1 when there is no value. */
  readonly serializedValueSize: number;
}

export type TimestampType = 'CreateTime' | 'LogAppendTime';

/** A record that was read. */
export interface ConsumerRecord<K = unknown, V = unknown> {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly timestampType: TimestampType;
  readonly leaderEpoch: number | null;
  readonly key: K | null;
  readonly value: V | null;
  readonly headers: RecordHeaders;
}

export interface Node {
  readonly id: number;
  readonly host: string;
  readonly port: number;
  readonly rack: string | null;
}

export interface PartitionInfo {
  readonly topic: string;
  readonly partition: number;
  /** Null while the partition has no leader. */
  readonly leader: number | null;
  readonly leaderEpoch: number | null;
  readonly replicas: readonly number[];
  readonly inSyncReplicas: readonly number[];
  readonly offlineReplicas: readonly number[];
}

export type IsolationLevel = 'read_uncommitted' | 'read_committed';
