// Decides how a coordinator reaches the topic that holds its state, which is created when it is first needed.
import type { Diagnostics } from '../ports/diagnostics.js';
import type { CoordinatorTopic } from '../runtime/coordinator-shards.js';
import type { Topic, TopicRegistry } from './topic-registry.js';

export interface CoordinatorTopicOptions {
  readonly topics: TopicRegistry;
  readonly diagnostics: Diagnostics;
  /** The topic's name. */
  readonly name: string;
  /** What cannot be served without it, for the log. */
  readonly served: string;
  /** The setting that most often keeps it from being created, for the log. */
  readonly replicationSetting: () => string;
}

export function coordinatorTopic(options: CoordinatorTopicOptions): CoordinatorTopic {
  const { topics, diagnostics, name, served, replicationSetting } = options;
  const find = (): Topic | undefined => topics.byName(name);
  return {
    get partitionCount() {
      return find()?.partitions.length ?? null;
    },
    ensure() {
      const known = find();
      if (known !== undefined) return known.partitions.length;
      const created = topics.createOnDemand(name);
      if (!('message' in created)) return created.partitions.length;
      const fields = { topic: name, reason: `${created.message} (${replicationSetting()})` };
      diagnostics.log('error', `${served} cannot be served, because their topic cannot be created`, fields);
      return null;
    },
    led: (partition) => find()?.partitions[partition],
  };
}
