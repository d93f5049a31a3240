// Decides how the consumer's machines name a partition of a topic, and in which order they list partitions.

/** One partition of a topic. */
export interface TopicPartition {
  /** The topic's name. */
  readonly topic: string;
  /** The number of the partition, from 0. */
  readonly partition: number;
}

/** A key for maps; the digits after the last hyphen are the partition, so no two partitions share a key. */
export function topicPartitionKey(topic: string, partition: number): string {
  return `${topic}-${partition}`;
}

/** By topic in UTF-16 order (as Java compares strings), then by partition. */
export function compareTopicPartitions(left: TopicPartition, right: TopicPartition): number {
  if (left.topic !== right.topic) return left.topic < right.topic ? -1 : 1;
  return left.partition - right.partition;
}

/** Groups partitions by topic, in the order in which they come. */
export function groupByTopic(partitions: Iterable<TopicPartition>): Map<string, number[]> {
  const byTopic = new Map<string, number[]>();
  for (const { topic, partition } of partitions) {
    const list = byTopic.get(topic);
    if (list === undefined) byTopic.set(topic, [partition]);
    else list.push(partition);
  }
  return byTopic;
}
