// Decides what the group coordinator asks of the broker's topics.
import type { CoordinatorTopic } from './coordinator-shards.js';

export type { GroupTopics as TopicResolver, ResolvedTopic } from '../machines/group/group-topics.js';

/** The topic `__consumer_offsets`. */
export type OffsetsTopic = CoordinatorTopic;
