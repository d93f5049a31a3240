// Decides how an application's own choice of partitions is asked for and checked.
import type { TopicQueues } from '../../machines/producer/record-accumulator.js';
import { InvalidArgumentError } from '../errors.js';
import { show } from '../option-checks.js';
import type { ProducerRecord } from '../types.js';

/** What is known of the record's topic when its partition is chosen. */
export interface PartitionerTopic {
  /** The topic's name. */
  readonly topic: string;
  /** Its partitions count from 0 to one less. */
  readonly partitionCount: number;
  /** Whether the partition can be written to now. */
  hasLeader(partition: number): boolean;
}

/** Kafka's `partitioner.class`. Asked for records that name no partition. */
export interface Partitioner<K = unknown, V = unknown> {
  /** The partition, from 0; null leaves the choice to the key and to what sticks, as without a partitioner (PC4). */
  partition(record: ProducerRecord<K, V>, topic: PartitionerTopic): number | null;
  /** Called once when the producer is closed. */
  close?(): void;
}

/** -1 where the partitioner leaves the choice to others. */
export function choosePartition(
  partitioner: Partitioner,
  record: ProducerRecord,
  { topic, partitions }: TopicQueues<unknown>,
): number {
  const chosen: unknown = partitioner.partition(record, {
    topic,
    partitionCount: partitions.length,
    hasLeader: (partition) => (partitions[partition]?.leader ?? -1) >= 0,
  });
  if (chosen === null || chosen === undefined) return -1;
  if (Number.isInteger(chosen) && (chosen as number) >= 0 && (chosen as number) < partitions.length)
    return chosen as number;
  throw new InvalidArgumentError(
    `The partitioner chose partition ${show(chosen)} of ${topic}, which has ${partitions.length} from 0`,
  );
}
