// Decides which logs stand for the topics of the metadata, and keeps both in step as records come.
import type { TopicImage } from '../machines/controller/cluster-image.js';
import { configResourceTypes } from '../machines/controller/config-resource.js';
import type { ResolvedBrokerConfig } from '../machines/controller/config/resolved-broker-config.js';
import { logConfigOf } from '../machines/controller/config/topic-configs.js';
import type { Refusal } from '../machines/controller/controller-outcome.js';
import type { CreationFacts, TopicPlan } from '../machines/controller/topic-creation.js';
import { internalTopics, metadataTopic } from '../machines/controller/topic-name.js';
import type { LogConfig } from '../machines/log/log-config.js';
import type { Diagnostics } from '../ports/diagnostics.js';
import type { Timers } from '../ports/timers.js';
import { ErrorCode } from '../protocol/errors.js';
import type { MetadataRecord } from '../protocol/metadata/metadata-records.js';
import type { LogManager } from '../runtime/log-manager.js';
import type { PartitionRuntime } from '../runtime/partition-runtime.js';
import { Turns } from '../runtime/turns.js';
import { cleanerOptionsOf } from './cleaner-config.js';
import type { Controller } from './controller.js';
import { MetadataLogError } from './metadata-log.js';

/** Partitions that are made in one turn of the event loop: each is a directory and some files. */
const partitionsPerTurn = 8;

/** What the registry asks of the store of logs. */
export type PartitionStore = Pick<
  LogManager,
  'partition' | 'createPartition' | 'deleteTopic' | 'topics' | 'updateConfig' | 'reconfigureCleaner'
>;

export interface Topic {
  readonly name: string;
  readonly topicId: string;
  readonly isInternal: boolean;
  /** By partition number; more may come. */
  readonly partitions: readonly PartitionRuntime[];
}

interface OpenTopic extends Topic {
  readonly partitions: PartitionRuntime[];
}

export interface TopicRegistryParts {
  readonly controller: Controller;
  readonly store: PartitionStore;
  readonly timers: Pick<Timers, 'soon'>;
  readonly diagnostics: Diagnostics;
}

export class TopicRegistry {
  readonly #parts: TopicRegistryParts;
  readonly #byName = new Map<string, OpenTopic>();
  readonly #byId = new Map<string, OpenTopic>();
  /** Names of topics that have directories and no place in the metadata log. */
  readonly #strays = new Set<string>();
  readonly #deletionListeners: ((topic: Topic) => void)[] = [];
  readonly #facts: CreationFacts;
  readonly #turns: Turns;
  #version = 0;

  constructor(parts: TopicRegistryParts) {
    this.#parts = parts;
    this.#turns = new Turns(parts.timers);
    this.#facts = {
      hasStrayDirectories: (name) => this.#strays.has(name),
      newTopicId: () => parts.controller.newTopicId(),
    };
  }

  get nodeId(): number {
    return this.#parts.controller.machine.node.nodeId;
  }

  /** The broker's configs as they are now. */
  get config(): ResolvedBrokerConfig {
    return this.#parts.controller.machine.config;
  }

  /** What decides about new topics beside the metadata. */
  get creationFacts(): CreationFacts {
    return this.#facts;
  }

  /** Rises whenever topics or partitions come or go. */
  get version(): number {
    return this.#version;
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

  /** What was set for the topic itself, by Kafka's names. */
  configsOf(topic: string): ReadonlyMap<string, string> {
    return this.#parts.controller.machine.topicConfigs(topic);
  }

  /** What was set for the group itself, by Kafka's names. */
  groupConfigsOf(groupId: string): ReadonlyMap<string, string> {
    const { image } = this.#parts.controller.machine;
    return image.configsOf({ resourceType: configResourceTypes.group, resourceName: groupId });
  }

  /** Groups that have configs of their own. */
  get configuredGroups(): string[] {
    return this.#parts.controller.machine.image.configuredResources(configResourceTypes.group);
  }

  partition(topic: string, index: number): PartitionRuntime | undefined {
    return this.#byName.get(topic)?.partitions[index];
  }

  /** Called after a topic is gone, before its files are. */
  onDeleted(listener: (topic: Topic) => void): void {
    this.#deletionListeners.push(listener);
  }

  /**
   * Opens the topics that the controller has loaded, and follows its changes from now on. A partition whose directory is missing (a crash
   * in creation) is made. `records` are what the metadata log held.
   */
  load(records: readonly MetadataRecord[]): void {
    const { controller, store, diagnostics } = this.#parts;
    // A crash may have come between a removal and the deletion of its files; a new topic of that name must not inherit them.
    const removed = new Set<string>();
    for (const record of records) if (record.kind === 'removeTopic') removed.add(record.body.topicId);
    const { image } = controller.machine;
    store.reconfigureCleaner(cleanerOptionsOf(this.config.values));
    for (const { topic, topicId } of store.topics()) {
      if (removed.has(topicId) && image.topicById(topicId) === undefined) store.deleteTopic(topic);
    }
    for (const topic of image.topics) this.#openTopic(topic, Infinity);
    for (const { topic } of store.topics()) {
      if (topic === metadataTopic || this.#byName.has(topic)) continue;
      this.#strays.add(topic);
      diagnostics.log('warn', 'Left partition directories alone that no topic in the metadata log owns', {
        topic,
      });
    }
    controller.onChange((changes) => this.#apply(changes));
  }

  /** Whether a topic could be made on demand (P14), and as what. */
  planOnDemand(name: string): TopicPlan | Refusal {
    return this.#parts.controller.machine.planTopicOnDemand(name, this.#facts);
  }

  /** Creates a topic because it is used, or says why not (P14). It can be used at once and is durable when `flush` resolves. */
  createOnDemand(name: string): Topic | Refusal {
    const { controller } = this.#parts;
    const [created] = controller.perform(controller.machine.handleTopicOnDemand(name, this.#facts));
    const topic = this.#byName.get(name);
    if (topic !== undefined && created?.errorCode === ErrorCode.NONE) return topic;
    const errorCode = created?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
    return { kind: 'refused', errorCode, message: created?.errorMessage ?? 'It is gone again' };
  }

  /**
   * Resolves when the partitions of all changes so far are open; rejects when the disk fails. Those of a large topic come in several turns, and
   * until they have come they are unknown to clients, as on a broker of Kafka that has not caught up with the controller.
   */
  opened(): Promise<void> {
    return this.#turns.settled();
  }

  /** Opens nothing any more; what is missing then is made at the next start. */
  close(): void {
    this.#turns.stop();
  }

  #apply(records: readonly MetadataRecord[]): void {
    const { image } = this.#parts.controller.machine;
    const grown = new Set<string>();
    const reconfigured = new Set<string>();
    let areAllReconfigured = false;
    for (const record of records) {
      if (record.kind === 'partition') grown.add(record.body.topicId);
      if (record.kind === 'removeTopic') this.#remove(record.body.topicId);
      if (record.kind !== 'config') continue;
      if (record.body.resourceType === configResourceTypes.topic) reconfigured.add(record.body.resourceName);
      if (record.body.resourceType === configResourceTypes.broker) areAllReconfigured = true;
    }
    for (const topicId of grown) {
      const topic = image.topicById(topicId);
      if (topic === undefined) continue;
      const partitionsBefore = this.#byId.get(topicId)?.partitions.length ?? 0;
      this.#openInTurns(topic);
      const fields = { topic: topic.name, topicId, partitions: topic.partitions.length };
      if (partitionsBefore === 0) this.#parts.diagnostics.log('info', 'Created a topic', fields);
      else
        this.#parts.diagnostics.log('info', 'Added partitions to a topic', { ...fields, partitionsBefore });
    }
    if (areAllReconfigured) this.#parts.store.reconfigureCleaner(cleanerOptionsOf(this.config.values));
    for (const name of areAllReconfigured ? this.#byName.keys() : reconfigured) {
      if (this.#byName.has(name)) this.#parts.store.updateConfig(name, this.#logConfig(name));
    }
  }

  #logConfig(topic: string): LogConfig {
    return logConfigOf(this.configsOf(topic), this.config);
  }

  #openInTurns({ name, topicId }: TopicImage): void {
    const { image } = this.#parts.controller.machine;
    // Coordinators place their state by the number of partitions, which must not grow under them.
    const mostPerTurn = internalTopics.has(name) ? Infinity : partitionsPerTurn;
    this.#turns.run(() => {
      const topic = image.topicById(topicId);
      return topic !== undefined && this.#openTopic(topic, mostPerTurn);
    });
  }

  /** Opens so many of the partitions that are not open yet; true when some are left. */
  #openTopic({ name, topicId, partitions: images }: TopicImage, most: number): boolean {
    const { store } = this.#parts;
    const config = this.#logConfig(name);
    // Logs that were found on the disk were opened before their configs were known.
    store.updateConfig(name, config);
    this.#version += 1;
    const known = this.#byId.get(topicId);
    const partitions = known?.partitions ?? [];
    const end = Math.min(images.length, partitions.length + most);
    for (let index = partitions.length; index < end; index++) {
      const found = store.partition(name, index);
      if (found !== undefined && found.topicId !== topicId) {
        const what = `has topic id ${found.topicId}, and the metadata log says ${topicId}; move one of the two away`;
        throw new MetadataLogError(`Partition directory ${name}-${index} ${what}`);
      }
      partitions.push(
        found ?? store.createPartition(name, topicId, index, config, images[index]?.leaderEpoch),
      );
    }
    if (known === undefined) {
      const topic: OpenTopic = { name, topicId, isInternal: internalTopics.has(name), partitions };
      this.#byName.set(name, topic);
      this.#byId.set(topicId, topic);
    }
    return end < images.length;
  }

  #remove(topicId: string): void {
    const topic = this.#byId.get(topicId);
    if (topic === undefined) return;
    this.#version += 1;
    this.#byName.delete(topic.name);
    this.#byId.delete(topicId);
    for (const listener of this.#deletionListeners) listener(topic);
    this.#parts.store.deleteTopic(topic.name);
    this.#parts.diagnostics.log('info', 'Deleted a topic', { topic: topic.name, topicId });
  }
}
