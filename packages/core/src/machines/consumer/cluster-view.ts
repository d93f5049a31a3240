// Decides what the consumer's machines may ask of the cluster's metadata.

export interface PartitionLeader {
  readonly nodeId: number;
  /** -1 when the broker is too old to tell. */
  readonly epoch: number;
}

export interface ClusterView {
  /** Null while the partition has no known leader. */
  leaderOf(topic: string, partition: number): PartitionLeader | null;
  /** Null when the broker is too old to give topics ids. */
  topicIdOf(topic: string): string | null;
}
