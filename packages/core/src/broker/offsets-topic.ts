// Decides how the group coordinator reaches topics: __consumer_offsets, created on demand, and all others by name and id.
import type { Diagnostics } from '../ports/diagnostics.js';
import type { OffsetsTopic, ResolvedTopic, TopicResolver } from '../runtime/group-topics.js';
import { consumerOffsetsTopic } from '../machines/controller/topic-name.js';
import type { Topic, TopicRegistry } from './topic-registry.js';

/** The coordinator's view of `__consumer_offsets`. */
export function offsetsTopic(topics: TopicRegistry, diagnostics: Diagnostics): OffsetsTopic {
  const find = (): Topic | undefined => topics.byName(consumerOffsetsTopic);
  return {
    get partitionCount() {
      return find()?.partitions.length ?? null;
    },
    ensure() {
      const known = find();
      if (known !== undefined) return known.partitions.length;
      const created = topics.createOnDemand(consumerOffsetsTopic);
      if (!('message' in created)) return created.partitions.length;
      const { offsetsTopicReplicationFactor: replicas } = topics.config.values;
      const reason = `${created.message} (offsets.topic.replication.factor is ${replicas})`;
      const fields = { topic: consumerOffsetsTopic, reason };
      diagnostics.log('error', 'Groups cannot be served, because their topic cannot be created', fields);
      return null;
    },
    led: (partition) => find()?.partitions[partition],
  };
}

/** The coordinator's view of all topics. */
export function topicResolver(topics: TopicRegistry): TopicResolver {
  const resolved = (topic: Topic | undefined): ResolvedTopic | undefined =>
    topic && { name: topic.name, topicId: topic.topicId, partitionCount: topic.partitions.length };
  return {
    topicByName: (name) => resolved(topics.byName(name)),
    topicById: (topicId) => resolved(topics.byId(topicId)),
    topicNames: () => topics.all.map(({ name }) => name),
    get version() {
      return topics.version;
    },
  };
}
