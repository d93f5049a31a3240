// Decides every change to the cluster's metadata: which records it comes to and what is answered. Only `replay` changes anything.
import type { CreateTopicsRequest } from '../../protocol/messages/19-create-topics.js';
import type { DeleteTopicsRequest } from '../../protocol/messages/20-delete-topics.js';
import type { AlterConfigsRequest } from '../../protocol/messages/33-alter-configs.js';
import type { CreatePartitionsRequest } from '../../protocol/messages/37-create-partitions.js';
import type { ElectLeadersRequest } from '../../protocol/messages/43-elect-leaders.js';
import type { IncrementalAlterConfigsRequest } from '../../protocol/messages/44-incremental-alter-configs.js';
import type { AlterPartitionReassignmentsRequest } from '../../protocol/messages/45-alter-partition-reassignments.js';
import type { UpdateFeaturesRequest } from '../../protocol/messages/57-update-features.js';
import type { MetadataRecord } from '../../protocol/metadata/metadata-records.js';
import type { ClusterImage } from './cluster-image.js';
import { alterConfigs, incrementalAlterConfigs, type AlteredResource } from './config-changes.js';
import type { ResolvedBrokerConfig } from './config/resolved-broker-config.js';
import type { ControllerOutcome, Refusal } from './controller-outcome.js';
import { ControllerState, type ControllerNode } from './controller-state.js';
import { updateFeatures, type FeaturesUpdated } from './feature-updates.js';
import { bootstrapRecords } from './features.js';
import { electLeaders, type ElectionResult } from './leader-election.js';
import { createPartitions, type CreatedPartitions } from './partition-creation.js';
import { allocateProducerIds, type ProducerIdBlock } from './producer-id-blocks.js';
import { alterReassignments, type ReassignedTopic } from './reassignment.js';
import {
  createTopics,
  planTopic,
  topicOnDemand,
  type CreatedTopic,
  type CreationFacts,
  type TopicPlan,
} from './topic-creation.js';
import { deleteTopics, type DeletedTopic } from './topic-deletion.js';

export class ControllerMachine {
  readonly #state: ControllerState;
  /** Records of a metadata transaction that is not ended yet (KIP-868); null outside of one. */
  #transaction: MetadataRecord[] | null = null;

  constructor(node: ControllerNode) {
    this.#state = new ControllerState(node);
  }

  get node(): ControllerNode {
    return this.#state.node;
  }

  get image(): ClusterImage {
    return this.#state.image;
  }

  /** What this broker's configs are now. */
  get config(): ResolvedBrokerConfig {
    return this.#state.config;
  }

  topicConfigs(name: string): ReadonlyMap<string, string> {
    return this.#state.topicConfigs(name);
  }

  replay(record: MetadataRecord): void {
    switch (record.kind) {
      case 'beginTransaction':
        this.#transaction = [];
        return;
      case 'abortTransaction':
        this.#transaction = null;
        return;
      case 'endTransaction': {
        const records = this.#transaction ?? [];
        this.#transaction = null;
        for (const each of records) this.#state.replay(each);
        return;
      }
      default:
        if (this.#transaction === null) this.#state.replay(record);
        else this.#transaction.push(record);
    }
  }

  /** After the log was replayed: what it lacks. A transaction that was never ended counts for nothing. */
  handleStart(): ControllerOutcome<null> {
    const records = bootstrapRecords(this.#state.image);
    if (this.#transaction === null) return { records, reply: null };
    const abort = {
      kind: 'abortTransaction',
      body: { reason: 'It was not ended before a restart' },
    } as const;
    return { records: [abort, ...records], reply: null };
  }

  /** Whether a topic could be made on demand now, and as what. */
  planTopicOnDemand(name: string, facts: CreationFacts): TopicPlan | Refusal {
    return planTopic(this.#state, topicOnDemand(name, this.config), facts);
  }

  handleTopicOnDemand(name: string, facts: CreationFacts): ControllerOutcome<readonly CreatedTopic[]> {
    const topics = [topicOnDemand(name, this.config)];
    return createTopics(this.#state, { topics, validateOnly: false, timeoutMs: 0 }, facts);
  }

  handleCreateTopics(
    request: CreateTopicsRequest,
    facts: CreationFacts,
  ): ControllerOutcome<readonly CreatedTopic[]> {
    return createTopics(this.#state, request, facts);
  }

  handleDeleteTopics(
    request: DeleteTopicsRequest,
    apiVersion: number,
  ): ControllerOutcome<readonly DeletedTopic[]> {
    return deleteTopics(this.#state, request, apiVersion);
  }

  handleCreatePartitions(request: CreatePartitionsRequest): ControllerOutcome<readonly CreatedPartitions[]> {
    return createPartitions(this.#state, request);
  }

  handleIncrementalAlterConfigs(
    request: IncrementalAlterConfigsRequest,
  ): ControllerOutcome<readonly AlteredResource[]> {
    return incrementalAlterConfigs(this.#state, request);
  }

  handleAlterConfigs(request: AlterConfigsRequest): ControllerOutcome<readonly AlteredResource[]> {
    return alterConfigs(this.#state, request);
  }

  handleUpdateFeatures(
    request: UpdateFeaturesRequest,
    apiVersion: number,
  ): ControllerOutcome<readonly [FeaturesUpdated]> {
    return updateFeatures(this.#state, request, apiVersion);
  }

  /** Nothing can come of it as long as there is one broker, so there are no records. */
  handleElectLeaders(request: ElectLeadersRequest): {
    readonly errorCode: number;
    readonly results: readonly ElectionResult[];
  } {
    return electLeaders(this.#state, request);
  }

  /** As with elections, there are no records. */
  handleAlterPartitionReassignments(request: AlterPartitionReassignmentsRequest): readonly ReassignedTopic[] {
    return alterReassignments(this.#state, request);
  }

  handleAllocateProducerIds(): ControllerOutcome<ProducerIdBlock> {
    return allocateProducerIds(this.#state);
  }
}
