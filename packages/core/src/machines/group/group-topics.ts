// Decides what the group machine may see of the broker's topics: a view of them as they are now.

/** A topic as far as groups are concerned. */
export interface ResolvedTopic {
  readonly name: string;
  readonly topicId: string;
  readonly partitionCount: number;
}

/** Existing topics; newer clients name them by id. */
export interface GroupTopics {
  topicByName(name: string): ResolvedTopic | undefined;
  topicById(topicId: string): ResolvedTopic | undefined;
  topicNames(): readonly string[];
  /** Goes up whenever a topic comes, goes or changes its partitions. */
  readonly version: number;
}
