// Decides what can be done with a template, inside a transaction or without one. Spring's KafkaOperations.
import type { ConsumerGroupMetadata, PartitionInfo, ProducerRecord, RecordMetadata } from '@ottla/core';
import type { TopicPartitionOffset } from '../transaction/transactional-producer.js';

/** What a send resolves with: topic, partition, offset and timestamp of the record once the broker has it. */
export type SendResult = RecordMetadata;

/** In a transaction a send need not be awaited: the commit waits for it, and fails when it has failed. */
export interface KafkaOperations<K = unknown, V = unknown> {
  /** Sends a value without a key. Resolves when the broker has the record; rejects with a KafkaError of the client. */
  send(topic: string, value: V | null): Promise<SendResult>;
  /** Sends a value under a key: records of one key stay in order, in one partition. */
  send(topic: string, key: K | null, value: V | null): Promise<SendResult>;
  /** Sends a record, with whatever headers, partition and timestamp it names. */
  send(record: ProducerRecord<K, V>): Promise<SendResult>;
  /** Sends the records in order; resolves when the broker has all of them, rejects with the first failure. */
  sendMany(records: readonly ProducerRecord<K, V>[]): Promise<SendResult[]>;
  /** Commits the offsets (of the next records to read) of a consumer's group together with what the transaction sends. */
  sendOffsetsToTransaction(
    offsets: readonly TopicPartitionOffset[],
    groupMetadata: ConsumerGroupMetadata,
  ): Promise<void>;
  /** Resolves when everything sent so far is acknowledged or has failed. */
  flush(): Promise<void>;
  /** The topic's partitions with their leaders and replicas; rejects with a TimeoutError when the topic is not known within `maxBlockMs`. */
  partitionsFor(topic: string): Promise<readonly PartitionInfo[]>;
}

/** The arguments of `send` as a record. */
export function recordOf(first: string | ProducerRecord, rest: readonly unknown[]): ProducerRecord {
  if (typeof first !== 'string') {
    return first;
  }
  return rest.length < 2 ? { topic: first, value: rest[0] } : { topic: first, key: rest[0], value: rest[1] };
}
