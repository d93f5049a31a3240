// Decides how the records of one poll are held: by partition, each in order.
import { topicPartitionKey } from '../../machines/consumer/topic-partition.js';
import type { ConsumerRecord, TopicPartition } from '../types.js';

/** Records of one partition. */
export interface PartitionRecords<R> extends TopicPartition {
  /** In the order of their offsets. */
  readonly records: readonly R[];
}

/** The records of one poll, by partition; Kafka's `ConsumerRecords`. */
export class ConsumerRecords<K = unknown, V = unknown, R = ConsumerRecord<K, V>> implements Iterable<R> {
  /** How many there are. */
  readonly count: number;
  readonly #lists: readonly PartitionRecords<R>[];

  constructor(lists: readonly PartitionRecords<R>[]) {
    this.#lists = lists;
    let count = 0;
    for (const list of lists) count += list.records.length;
    this.count = count;
  }

  /** Whether there are none. */
  get isEmpty(): boolean {
    return this.count === 0;
  }

  /** The partitions that have records here. */
  partitions(): TopicPartition[] {
    return this.#lists.map(({ topic, partition }) => ({ topic, partition }));
  }

  /** Records by partition, in the order in which they were fetched. */
  byPartition(): readonly PartitionRecords<R>[] {
    return this.#lists;
  }

  /** The records of one partition, or of all partitions of a topic; empty when there are none. */
  records(from: TopicPartition | string): readonly R[] {
    if (typeof from === 'string') {
      return this.#lists.filter(({ topic }) => topic === from).flatMap(({ records }) => records);
    }
    const key = topicPartitionKey(from.topic, from.partition);
    return (
      this.#lists.find(({ topic, partition }) => topicPartitionKey(topic, partition) === key)?.records ?? []
    );
  }

  /** All records, one partition after the other. */
  *[Symbol.iterator](): IterableIterator<R> {
    for (const { records } of this.#lists) yield* records;
  }
}
