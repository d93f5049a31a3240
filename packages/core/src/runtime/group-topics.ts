// Decides what the group coordinator asks of the broker's topics.
import type { CoordinatorPartition } from './coordinator-partition.js';

export type { GroupTopics as TopicResolver, ResolvedTopic } from '../machines/group/group-topics.js';

/** The topic `__consumer_offsets`. */
export interface OffsetsTopic {
  /** Null while the topic does not exist. */
  readonly partitionCount: number | null;
  /** Creates the topic when it is absent; gives its partition count, or null when it is not there yet. */
  ensure(): number | null;
  /** The partition, when this node leads it. */
  led(partition: number): CoordinatorPartition | undefined;
}
