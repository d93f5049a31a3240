// Decides which topics there are: their ids, partitions and configs, kept in the metadata log and rebuilt from it at start.
import { randomUuid } from '../foundation/uuid.js';
import type { Diagnostics } from '../ports/diagnostics.js';
import type { Random } from '../ports/random.js';
import type { MetadataRecord, MetadataRecordInput } from '../protocol/metadata/metadata-records.js';
import type { ResolvedBrokerConfig } from '../machines/controller/config/broker-configs.js';
import { logConfigOf } from '../machines/controller/config/topic-configs.js';
import { MetadataLogError, type MetadataLog } from './metadata-log.js';
import type { LogManager } from '../runtime/log-manager.js';
import type { PartitionRuntime } from '../runtime/partition-runtime.js';
import { planTopic, TopicNames, type Refusal, type TopicPlan, type TopicToCreate } from './topic-creation.js';
import { consumerOffsetsTopic, internalTopics, metadataTopic } from '../machines/controller/topic-name.js';

/** Config resource type of topics in metadata records. */
const topicResourceType = 2;
/** The epoch under which a single node leads all it has. */
const firstLeaderEpoch = 0;

/** What the registry asks of the store of logs. */
export type PartitionStore = Pick<
  LogManager,
  'partition' | 'createPartition' | 'deleteTopic' | 'topics' | 'updateConfig'
>;

export interface Topic {
  readonly name: string;
  readonly topicId: string;
  readonly isInternal: boolean;
  /** By partition number. */
  readonly partitions: readonly PartitionRuntime[];
  /** As given, by Kafka's names. */
  readonly configs: ReadonlyMap<string, string>;
}

/** A topic as the metadata log tells it. */
interface TopicImage {
  readonly name: string;
  readonly topicId: string;
  readonly configs: Map<string, string>;
  partitionCount: number;
}

export interface TopicRegistryParts {
  readonly nodeId: number;
  readonly config: ResolvedBrokerConfig;
  readonly store: PartitionStore;
  readonly metadataLog: MetadataLog;
  readonly random: Random;
  readonly diagnostics: Diagnostics;
}

export class TopicRegistry {
  readonly #parts: TopicRegistryParts;
  readonly #byName = new Map<string, Topic>();
  readonly #byId = new Map<string, Topic>();
  readonly #names = new TopicNames();
  /** Names of topics that have directories and no place in the metadata log. */
  readonly #strays = new Set<string>();
  readonly #deletionListeners: ((topic: Topic) => void)[] = [];

  constructor(parts: TopicRegistryParts) {
    this.#parts = parts;
  }

  get nodeId(): number {
    return this.#parts.nodeId;
  }

  get config(): ResolvedBrokerConfig {
    return this.#parts.config;
  }

  /** All topics, by name. */
  get all(): Topic[] {
    return [...this.#byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  byName(name: string): Topic | undefined {
    return this.#byName.get(name);
  }

  byId(topicId: string): Topic | undefined {
    return this.#byId.get(topicId);
  }

  partition(topic: string, index: number): PartitionRuntime | undefined {
    return this.#byName.get(topic)?.partitions[index];
  }

  /** Called after a topic is gone, before its files are. */
  onDeleted(listener: (topic: Topic) => void): void {
    this.#deletionListeners.push(listener);
  }

  /** Takes the topics from replayed metadata records; a partition whose directory is missing (a crash in creation) is made. */
  load(records: readonly MetadataRecord[]): void {
    const image = new RegistryImage();
    for (const record of records) image.replay(record);
    const { store, diagnostics } = this.#parts;
    // A crash may have come between a removal and the deletion of its files; a new topic of that name must not inherit them.
    for (const { topic, topicId } of store.topics()) if (image.removed.has(topicId)) store.deleteTopic(topic);
    for (const topic of image.byId.values()) this.#open(topic);
    for (const { topic } of store.topics()) {
      if (topic === metadataTopic || this.#byName.has(topic)) continue;
      this.#strays.add(topic);
      diagnostics.log('warn', 'Left partition directories alone that no topic in the metadata log owns', {
        topic,
      });
    }
  }

  /** Whether a topic could be created as asked, and as what. */
  plan(topic: TopicToCreate): TopicPlan | Refusal {
    return planTopic(topic, {
      nodeId: this.nodeId,
      config: this.config,
      nameInTheWay: (name) => this.#names.inTheWay(name),
      hasStrayDirectories: (name) => this.#strays.has(name),
    });
  }

  /** Creates a planned topic; it can be used at once and is durable when `flush` resolves. */
  create(plan: TopicPlan): Topic {
    const { random, metadataLog } = this.#parts;
    const topicId = randomUuid(random);
    metadataLog.append([
      { kind: 'topic', body: { name: plan.name, topicId } },
      ...[...plan.configs].map(([name, value]): MetadataRecordInput => ({
        kind: 'config',
        body: { resourceType: topicResourceType, resourceName: plan.name, name, value },
      })),
      ...Array.from({ length: plan.partitionCount }, (_unused, partitionId) =>
        this.#partitionRecord(topicId, partitionId),
      ),
    ]);
    const topic = this.#open({ ...plan, topicId, configs: new Map(plan.configs) });
    const fields = { topic: topic.name, topicId, partitions: plan.partitionCount };
    this.#parts.diagnostics.log('info', 'Created a topic', fields);
    return topic;
  }

  /** Creates a topic under the broker's defaults, or says why not (P14). */
  createWithDefaults(name: string): Topic | Refusal {
    const configs = name === consumerOffsetsTopic ? this.#consumerOffsetsConfigs() : [];
    const numPartitions = name === consumerOffsetsTopic ? this.config.values.offsetsTopicNumPartitions : -1;
    const plan = this.plan({ name, numPartitions, replicationFactor: -1, assignments: [], configs });
    return plan.kind === 'plan' ? this.create(plan) : plan;
  }

  /** Deletes a topic; it is gone at once and for good when `flush` resolves (K21). */
  delete(topic: Topic): void {
    this.#parts.metadataLog.append([{ kind: 'removeTopic', body: { topicId: topic.topicId } }]);
    this.#byName.delete(topic.name);
    this.#byId.delete(topic.topicId);
    this.#names.remove(topic.name);
    for (const listener of this.#deletionListeners) listener(topic);
    this.#parts.store.deleteTopic(topic.name);
    this.#parts.diagnostics.log('info', 'Deleted a topic', { topic: topic.name, topicId: topic.topicId });
  }

  /** Resolves when all changes so far are on the disk. */
  flush(): Promise<void> {
    return this.#parts.metadataLog.flush();
  }

  #partitionRecord(topicId: string, partitionId: number): MetadataRecordInput {
    const { nodeId } = this;
    return {
      kind: 'partition',
      body: {
        partitionId,
        topicId,
        replicas: [nodeId],
        isr: [nodeId],
        removingReplicas: [],
        addingReplicas: [],
        leader: nodeId,
        leaderEpoch: firstLeaderEpoch,
        partitionEpoch: 0,
      },
    };
  }

  #consumerOffsetsConfigs(): { name: string; value: string }[] {
    return [
      { name: 'cleanup.policy', value: 'compact' },
      { name: 'compression.type', value: 'producer' },
      { name: 'segment.bytes', value: String(this.config.values.offsetsTopicSegmentBytes) },
    ];
  }

  #open(image: TopicImage): Topic {
    const { store } = this.#parts;
    const { name, topicId, configs } = image;
    const config = logConfigOf(configs, this.config);
    // Logs that were found on the disk were opened before their configs were known.
    store.updateConfig(name, config);
    const partitions: PartitionRuntime[] = [];
    for (let index = 0; index < image.partitionCount; index++) {
      const found = store.partition(name, index);
      if (found !== undefined && found.topicId !== topicId) {
        const what = `has topic id ${found.topicId}, and the metadata log says ${topicId}; move one of the two away`;
        throw new MetadataLogError(`Partition directory ${name}-${index} ${what}`);
      }
      partitions.push(found ?? store.createPartition(name, topicId, index, config));
    }
    const topic: Topic = { name, topicId, isInternal: internalTopics.has(name), partitions, configs };
    this.#byName.set(name, topic);
    this.#byId.set(topicId, topic);
    this.#names.add(name);
    return topic;
  }
}

/** The topics that metadata records add up to. */
class RegistryImage {
  readonly byId = new Map<string, TopicImage>();
  readonly removed = new Set<string>();
  readonly #byName = new Map<string, TopicImage>();

  replay(record: MetadataRecord): void {
    switch (record.kind) {
      case 'topic': {
        const topic = { ...record.body, configs: new Map<string, string>(), partitionCount: 0 };
        this.byId.set(topic.topicId, topic);
        this.#byName.set(topic.name, topic);
        return;
      }
      case 'partition': {
        const topic = this.byId.get(record.body.topicId);
        if (topic !== undefined)
          topic.partitionCount = Math.max(topic.partitionCount, record.body.partitionId + 1);
        return;
      }
      case 'config': {
        const { resourceType, resourceName, name, value } = record.body;
        const configs =
          resourceType === topicResourceType ? this.#byName.get(resourceName)?.configs : undefined;
        if (value === null) configs?.delete(name);
        else configs?.set(name, value);
        return;
      }
      case 'removeTopic': {
        const { topicId } = record.body;
        const topic = this.byId.get(topicId);
        this.removed.add(topicId);
        this.byId.delete(topicId);
        if (topic !== undefined) this.#byName.delete(topic.name);
        return;
      }
      default:
    }
  }
}
