// Decides how a metadata answer is merged with what was known of the cluster before.
import { zeroUuid } from '../foundation/uuid.js';
import { ErrorCode } from '../protocol/errors.js';
import type { MetadataResponse } from '../protocol/messages/03-metadata.js';
import type { Node, PartitionInfo } from './types.js';

export interface PartitionMetadata {
  readonly partition: number;
  /** -1 while there is none. */
  readonly leader: number;
  /** -1 when the broker does not tell. */
  readonly leaderEpoch: number;
  readonly replicas: readonly number[];
  readonly inSyncReplicas: readonly number[];
  readonly offlineReplicas: readonly number[];
}

export interface TopicMetadata {
  readonly name: string;
  /** All zeros when the broker does not know topic ids. */
  readonly topicId: string;
  readonly isInternal: boolean;
  /** By partition number, without gaps. */
  readonly partitions: readonly PartitionMetadata[];
}

type ResponseTopic = MetadataResponse['topics'][number];
type ResponsePartition = ResponseTopic['partitions'][number];

/** An older answer, from a broker that lags behind, must not take a leader back (KIP-320). */
function newer(found: ResponsePartition, known: PartitionMetadata | undefined): PartitionMetadata {
  if (known !== undefined && found.leaderEpoch >= 0 && found.leaderEpoch < known.leaderEpoch) return known;
  return {
    partition: found.partitionIndex,
    leader: found.leaderId,
    leaderEpoch: found.leaderEpoch,
    replicas: found.replicaNodes,
    inSyncReplicas: found.isrNodes,
    offlineReplicas: found.offlineReplicas,
  };
}

function topicOf(found: ResponseTopic, name: string, known: TopicMetadata | undefined): TopicMetadata {
  const isSameTopic = known !== undefined && known.topicId === found.topicId;
  const partitions = [...found.partitions]
    .sort((first, second) => first.partitionIndex - second.partitionIndex)
    .map((partition) =>
      newer(partition, isSameTopic ? known.partitions[partition.partitionIndex] : undefined),
    );
  return { name, topicId: found.topicId, isInternal: found.isInternal, partitions };
}

/** What is known of the cluster at one moment; it is never changed, an update makes another. */
export class ClusterView {
  static readonly empty = new ClusterView(null, -1, [], new Map(), new Map());
  readonly #namesById = new Map<string, string>();

  private constructor(
    readonly clusterId: string | null,
    readonly controllerId: number,
    readonly nodes: readonly Node[],
    private readonly topics: ReadonlyMap<string, TopicMetadata>,
    /** Why a topic that was asked for is not known: an error code. */
    readonly topicErrors: ReadonlyMap<string, number>,
  ) {
    for (const topic of topics.values()) {
      if (topic.topicId !== zeroUuid) this.#namesById.set(topic.topicId, topic.name);
    }
  }

  topic(name: string): TopicMetadata | undefined {
    return this.topics.get(name);
  }

  topicById(topicId: string): TopicMetadata | undefined {
    const name = this.#namesById.get(topicId);
    return name === undefined ? undefined : this.topics.get(name);
  }

  topicNames(): string[] {
    return [...this.topics.keys()];
  }

  partitionsOf(name: string): PartitionInfo[] {
    return (this.topics.get(name)?.partitions ?? []).map((partition) => ({
      topic: name,
      partition: partition.partition,
      leader: partition.leader < 0 ? null : partition.leader,
      leaderEpoch: partition.leaderEpoch < 0 ? null : partition.leaderEpoch,
      replicas: partition.replicas,
      inSyncReplicas: partition.inSyncReplicas,
      offlineReplicas: partition.offlineReplicas,
    }));
  }

  /** The view after an answer; `asked` names the topics that were asked for, null: all. Topics no longer asked for are forgotten. */
  updated(response: MetadataResponse, asked: readonly string[] | null): ClusterView {
    const topics = new Map<string, TopicMetadata>();
    const errors = new Map<string, number>();
    for (const found of response.topics) {
      const name = found.name;
      if (name === null) continue;
      const known = this.topics.get(name);
      if (found.errorCode === ErrorCode.NONE) {
        topics.set(name, topicOf(found, name, known));
        continue;
      }
      errors.set(name, found.errorCode);
      // While a leader is being chosen the partitions stay what they were.
      if (found.errorCode === ErrorCode.LEADER_NOT_AVAILABLE && known !== undefined) topics.set(name, known);
    }
    for (const name of asked ?? []) {
      if (!topics.has(name) && !errors.has(name)) errors.set(name, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    }
    const nodes = response.brokers.map(({ nodeId, host, port, rack }) => ({ id: nodeId, host, port, rack }));
    return new ClusterView(response.clusterId, response.controllerId, nodes, topics, errors);
  }

  /** The view with another leader for one partition; null when that is no news. */
  withLeader(name: string, partition: number, leader: number, leaderEpoch: number): ClusterView | null {
    const topic = this.topics.get(name);
    const known = topic?.partitions[partition];
    if (topic === undefined || known === undefined || leaderEpoch <= known.leaderEpoch) return null;
    const partitions = topic.partitions.with(partition, { ...known, leader, leaderEpoch });
    const topics = new Map(this.topics).set(name, { ...topic, partitions });
    return new ClusterView(this.clusterId, this.controllerId, this.nodes, topics, this.topicErrors);
  }
}
