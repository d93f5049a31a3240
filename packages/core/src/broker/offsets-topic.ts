// Decides how the group coordinator reaches topics: __consumer_offsets, created on demand, and all others by name and id.
import type { Diagnostics } from '../ports/diagnostics.js';
import type { OffsetsTopic, ResolvedTopic, TopicResolver } from '../runtime/group-topics.js';
import { consumerOffsetsTopic } from '../machines/controller/topic-name.js';
import { coordinatorTopic } from './coordinator-topic.js';
import type { Topic, TopicRegistry } from './topic-registry.js';

/** The coordinator's view of `__consumer_offsets`. */
export function offsetsTopic(topics: TopicRegistry, diagnostics: Diagnostics): OffsetsTopic {
  return coordinatorTopic({
    topics,
    diagnostics,
    name: consumerOffsetsTopic,
    served: 'Groups',
    replicationSetting: () =>
      `offsets.topic.replication.factor is ${topics.config.values.offsetsTopicReplicationFactor}`,
  });
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
