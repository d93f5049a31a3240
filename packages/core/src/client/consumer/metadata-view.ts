// Decides how the consumer's machines see the client's metadata.
import { zeroUuid } from '../../foundation/uuid.js';
import type { ClusterView } from '../../machines/consumer/cluster-view.js';
import type { Metadata } from '../metadata.js';

export function metadataView(metadata: Metadata): ClusterView {
  return {
    leaderOf(topic, partition) {
      const found = metadata.partition(topic, partition);
      return found === undefined || found.leader < 0
        ? null
        : { nodeId: found.leader, epoch: found.leaderEpoch };
    },
    topicIdOf(topic) {
      const topicId = metadata.topic(topic)?.topicId ?? zeroUuid;
      return topicId === zeroUuid ? null : topicId;
    },
  };
}
