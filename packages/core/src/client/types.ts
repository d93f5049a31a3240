// Decides the shapes of records, positions and headers that producer, consumer and admin share.
import type { RecordHeaders } from './record-headers.js';

/** One partition of a topic. */
export interface TopicPartition {
  /** The topic's name. */
  readonly topic: string;
  /** The number of the partition, from 0. */
  readonly partition: number;
}

/** A position, as it is committed. */
export interface OffsetAndMetadata {
  /** The offset of the next record to read. */
  readonly offset: number;
  /** The leader epoch of the record before it, by which truncation is noticed (KIP-320); null or absent when not known. */
  readonly leaderEpoch?: number | null;
  /** Text kept beside the offset, by default up to 4096 bytes. */
  readonly metadata?: string | null;
}

/** One header of a record to send. Names may repeat and keep their order. */
export interface HeaderInput {
  /** Its name. */
  readonly key: string;
  /** Bytes as they are, text as UTF-8, or null. */
  readonly value: Buffer | Uint8Array | string | null;
}

/** Headers of a record to send: a list, or an object when no name repeats. */
export type HeadersInput =
  Iterable<HeaderInput> | Readonly<Record<string, Buffer | Uint8Array | string | null>>;

/** A record to send. */
export interface ProducerRecord<K = unknown, V = unknown> {
  /** The topic to write to. */
  readonly topic: string;
  /** Absent or null: no key. */
  readonly key?: K | null;
  /** Absent or null: a tombstone, which deletes the key from a compacted topic. */
  readonly value?: V | null;
  /** Absent: chosen by the key, or spread over the partitions when there is none (PC4). */
  readonly partition?: number;
  /** Milliseconds since 1970. Absent: now. */
  readonly timestamp?: number;
  /** Absent: none. */
  readonly headers?: HeadersInput;
}

/** What is known of a record once the broker has it. */
export interface RecordMetadata {
  /** The topic that was written to. */
  readonly topic: string;
  /** The partition that was written to. */
  readonly partition: number;
  /** -1 when the broker was not asked (acks 0), or no longer knows (a duplicate of an old batch). */
  readonly offset: number;
  /** Milliseconds since 1970: the record's own, or the broker's when the topic has `message.timestamp.type=LogAppendTime`. */
  readonly timestamp: number;
  /** -1 when there is no key. */
  readonly serializedKeySize: number;
  /** -1 when there is no value. */
  readonly serializedValueSize: number;
}

/** Whether a timestamp is the producer's (`CreateTime`) or the broker's (`LogAppendTime`). */
export type TimestampType = 'CreateTime' | 'LogAppendTime';

/** A record that was read. */
export interface ConsumerRecord<K = unknown, V = unknown> {
  /** The topic it was read from. */
  readonly topic: string;
  /** The partition it was read from. */
  readonly partition: number;
  /** Its place in the partition. */
  readonly offset: number;
  /** Milliseconds since 1970; -1 when it has none. */
  readonly timestamp: number;
  /** Whose time that is. */
  readonly timestampType: TimestampType;
  /** The epoch of the leader that wrote it; null when not known. */
  readonly leaderEpoch: number | null;
  /** Null when there is none. */
  readonly key: K | null;
  /** Null for a tombstone. */
  readonly value: V | null;
  /** In the order in which they were written. */
  readonly headers: RecordHeaders;
}

/** A broker. */
export interface Node {
  /** Its `node.id`. */
  readonly id: number;
  /** The host that clients connect to. */
  readonly host: string;
  /** The port that clients connect to. */
  readonly port: number;
  /** Its `broker.rack`; null when it has none. */
  readonly rack: string | null;
}

/** Who leads and who holds a partition. */
export interface PartitionInfo {
  /** The topic's name. */
  readonly topic: string;
  /** The number of the partition, from 0. */
  readonly partition: number;
  /** Null while the partition has no leader. */
  readonly leader: number | null;
  /** How often the leader changed; null when not known. */
  readonly leaderEpoch: number | null;
  /** Ids of the brokers that hold it, the preferred leader first. */
  readonly replicas: readonly number[];
  /** Ids of those that have everything that was committed. */
  readonly inSyncReplicas: readonly number[];
  /** Ids of those that cannot be reached. */
  readonly offlineReplicas: readonly number[];
}

/** Kafka's `isolation.level`: whether records of open and aborted transactions are seen. */
export type IsolationLevel = 'read_uncommitted' | 'read_committed';
