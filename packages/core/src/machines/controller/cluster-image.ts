// Decides what the cluster's metadata is: what its records add up to. Only `replay` changes it.
import type { MetadataRecord } from '../../protocol/metadata/metadata-records.js';
import type { PartitionChangeRecord, PartitionRecord } from '../../protocol/metadata/topic-records.js';
import { configResourceKey, configResourceTypes, type ConfigResource } from './config-resource.js';
import { topicCollisionKey } from './topic-name.js';

export interface PartitionImage {
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  /** −1 when there is none. */
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly partitionEpoch: number;
}

export interface TopicImage {
  readonly name: string;
  readonly topicId: string;
  /** By partition number, without gaps. */
  readonly partitions: readonly PartitionImage[];
}

interface MutableTopic extends TopicImage {
  readonly partitions: PartitionImage[];
}

/** The leader in a PartitionChange record that leaves it as it is. */
const unchangedLeader = -2;

const noConfigs: ReadonlyMap<string, string> = new Map();

export class ClusterImage {
  readonly #topicsByName = new Map<string, MutableTopic>();
  readonly #topicsById = new Map<string, MutableTopic>();
  readonly #namesByCollisionKey = new Map<string, string>();
  readonly #configs = new Map<string, Map<string, string>>();
  /** Those that are off are 0. */
  readonly #namedFeatures = new Map<string, number>();
  #featureLevels: ReadonlyMap<string, number> = new Map();
  #nextProducerId = 0;

  get topics(): IterableIterator<TopicImage> {
    return this.#topicsByName.values();
  }

  topicByName(name: string): TopicImage | undefined {
    return this.#topicsByName.get(name);
  }

  topicById(topicId: string): TopicImage | undefined {
    return this.#topicsById.get(topicId);
  }

  /** The topic that has this name or one that collides with it (G7). */
  nameInTheWay(name: string): string | undefined {
    return this.#namesByCollisionKey.get(topicCollisionKey(name));
  }

  /** What was set for the resource itself, by Kafka's names. */
  configsOf(resource: ConfigResource): ReadonlyMap<string, string> {
    return this.#configs.get(configResourceKey(resource)) ?? noConfigs;
  }

  /** Resources of that type that have configs of their own, by name. */
  configuredResources(resourceType: number): string[] {
    const prefix = configResourceKey({ resourceType, resourceName: '' });
    return [...this.#configs]
      .filter(([key, configs]) => key.startsWith(prefix) && configs.size > 0)
      .map(([key]) => key.slice(prefix.length));
  }

  /** Finalized features by name. */
  get featureLevels(): ReadonlyMap<string, number> {
    return this.#featureLevels;
  }

  /** Whether the feature was ever given a level, were it 0. */
  hasNamedFeature(name: string): boolean {
    return this.#namedFeatures.has(name);
  }

  /** The first producer id that no block has reserved. */
  get nextProducerId(): number {
    return this.#nextProducerId;
  }

  replay(record: MetadataRecord): void {
    switch (record.kind) {
      case 'topic':
        this.#addTopic(record.body);
        return;
      case 'partition':
        this.#setPartition(record.body);
        return;
      case 'partitionChange':
        this.#changePartition(record.body);
        return;
      case 'removeTopic':
        this.#removeTopic(record.body.topicId);
        return;
      case 'config':
        this.#setConfig(record.body, record.body.name, record.body.value);
        return;
      case 'featureLevel':
        this.#namedFeatures.set(record.body.name, record.body.featureLevel);
        this.#featureLevels = new Map([...this.#namedFeatures].filter(([, level]) => level > 0));
        return;
      case 'producerIds':
        this.#nextProducerId = record.body.nextProducerId;
        return;
      default:
      // Brokers, quotas, credentials and access control lists are not the business of this node yet.
    }
  }

  #addTopic({ name, topicId }: { readonly name: string; readonly topicId: string }): void {
    const topic: MutableTopic = { name, topicId, partitions: [] };
    this.#topicsByName.set(name, topic);
    this.#topicsById.set(topicId, topic);
    this.#namesByCollisionKey.set(topicCollisionKey(name), name);
  }

  #setPartition({ topicId, partitionId, ...body }: PartitionRecord): void {
    const topic = this.#topicsById.get(topicId);
    if (topic === undefined) return;
    const { replicas, isr, leader, leaderEpoch, partitionEpoch } = body;
    topic.partitions[partitionId] = { replicas, isr, leader, leaderEpoch, partitionEpoch };
  }

  /** K12: each change has a partition epoch of its own, and one that names a leader a leader epoch too. */
  #changePartition({ topicId, partitionId, replicas, isr, leader }: PartitionChangeRecord): void {
    const topic = this.#topicsById.get(topicId);
    const before = topic?.partitions[partitionId];
    if (topic === undefined || before === undefined) return;
    const hasLeader = leader !== unchangedLeader;
    topic.partitions[partitionId] = {
      replicas: replicas ?? before.replicas,
      isr: isr ?? before.isr,
      leader: hasLeader ? leader : before.leader,
      leaderEpoch: before.leaderEpoch + (hasLeader ? 1 : 0),
      partitionEpoch: before.partitionEpoch + 1,
    };
  }

  #removeTopic(topicId: string): void {
    const topic = this.#topicsById.get(topicId);
    if (topic === undefined) return;
    this.#topicsById.delete(topicId);
    this.#topicsByName.delete(topic.name);
    this.#namesByCollisionKey.delete(topicCollisionKey(topic.name));
    this.#configs.delete(
      configResourceKey({ resourceType: configResourceTypes.topic, resourceName: topic.name }),
    );
  }

  #setConfig(resource: ConfigResource, name: string, value: string | null): void {
    const key = configResourceKey(resource);
    const configs = this.#configs.get(key) ?? new Map<string, string>();
    if (value === null) configs.delete(name);
    else configs.set(name, value);
    if (configs.size === 0) this.#configs.delete(key);
    else this.#configs.set(key, configs);
  }
}
