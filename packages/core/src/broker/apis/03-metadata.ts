// Metadata, key 3, versions 0 to 13.
//
// An empty list of topics is all of them in version 0 and none later, where null is all (quirk 6). Topics have ids from version 10; from
// version 12 (KIP-516) they can be asked for by id, an unknown one is UNKNOWN_TOPIC_ID. A name that is not there is answered with
// UNKNOWN_TOPIC_OR_PARTITION and, when the broker and the request allow it, created in a later turn under the broker's defaults; a name
// that cannot be a topic's is INVALID_TOPIC_EXCEPTION and creates nothing (P14). Authorized operations are all of them, where asked for
// (KIP-430), since there is no authorizer. The controller named is this node, which serves admin calls (G6).
import { zeroUuid } from '../../foundation/uuid.js';
import type { Diagnostics } from '../../ports/diagnostics.js';
import type { Timers } from '../../ports/timers.js';
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import type { MetadataRequest, MetadataResponseInput } from '../../protocol/messages/03-metadata.js';
import {
  allClusterOperations,
  allTopicOperations,
  unknownOperations,
  type ClusterView,
} from '../cluster-view.js';
import { served, type RequestContext, type ServedApi } from '../request.js';
import { internalTopics, metadataTopic, topicNameProblem } from '../../machines/controller/topic-name.js';
import type { Topic, TopicRegistry } from '../topic-registry.js';

type TopicOutput = MetadataResponseInput['topics'][number];
type MetadataTopic = NonNullable<MetadataRequest['topics']>[number];

const firstIdRequestVersion = 12;

export interface MetadataParts {
  readonly topics: TopicRegistry;
  readonly cluster: ClusterView;
  readonly timers: Timers;
  readonly diagnostics: Diagnostics;
}

class MetadataHandler {
  /** Names that will be created in a later turn. */
  readonly #creating = new Set<string>();

  constructor(private readonly parts: MetadataParts) {}

  handle(request: MetadataRequest, context: RequestContext): MetadataResponseInput {
    const { cluster } = this.parts;
    const operations = request.includeTopicAuthorizedOperations ? allTopicOperations : unknownOperations;
    return {
      throttleTimeMs: 0,
      brokers: cluster.brokersFor(context.peer).map((broker) => ({ ...broker, rack: null })),
      clusterId: cluster.clusterId,
      controllerId: cluster.nodeId,
      topics: this.#topics(request, context.apiVersion, operations),
      clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
        ? allClusterOperations
        : unknownOperations,
      errorCode: ErrorCode.NONE,
    };
  }

  #topics(request: MetadataRequest, apiVersion: number, operations: number): TopicOutput[] {
    const { topics } = this.parts;
    const asked = request.topics;
    if (asked === null || (apiVersion === 0 && asked.length === 0)) {
      return topics.all.map((topic) => this.#describe(topic, operations));
    }
    // Each once, as in Kafka: naming a large topic often must not make a reply that fills the memory.
    // Java clients that ask by id leave the name empty instead of null.
    const isById = (topic: MetadataTopic): boolean => topic.name === null || topic.topicId !== zeroUuid;
    const once = new Map(
      asked.map((topic) => [isById(topic) ? `id ${topic.topicId}` : `name ${topic.name}`, topic]),
    );
    return [...once.values()].map((topic) => {
      const { name, topicId } = topic;
      if (name === null || isById(topic)) return this.#byId(topicId, apiVersion, operations);
      const found = topics.byName(name);
      return found === undefined ? this.#missing(name, request) : this.#describe(found, operations);
    });
  }

  #byId(topicId: string, apiVersion: number, operations: number): TopicOutput {
    const allowed = apiVersion >= firstIdRequestVersion && topicId !== zeroUuid;
    const topic = allowed ? this.parts.topics.byId(topicId) : undefined;
    if (topic !== undefined) return this.#describe(topic, operations);
    return {
      errorCode: allowed ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.INVALID_REQUEST,
      name: apiVersion >= firstIdRequestVersion ? null : '',
      topicId,
      partitions: [],
    };
  }

  #missing(name: string, request: MetadataRequest): TopicOutput {
    const failed = (errorCode: number): TopicOutput => ({
      errorCode,
      name,
      topicId: zeroUuid,
      isInternal: internalTopics.has(name),
      partitions: [],
    });
    if (topicNameProblem(name) !== null || name === metadataTopic)
      return failed(ErrorCode.INVALID_TOPIC_EXCEPTION);
    if (request.allowAutoTopicCreation && this.parts.topics.config.values.autoCreateTopicsEnable) {
      const plan = this.parts.topics.planOnDemand(name);
      if (plan.kind === 'refused') return failed(plan.errorCode);
      this.#createSoon(name);
    }
    return failed(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  }

  #createSoon(name: string): void {
    if (this.#creating.has(name)) return;
    this.#creating.add(name);
    this.parts.timers.soon(() => {
      this.#creating.delete(name);
      if (this.parts.topics.byName(name) !== undefined) return;
      try {
        const created = this.parts.topics.createOnDemand(name);
        if (!('errorCode' in created)) return;
        this.parts.diagnostics.log('warn', 'Could not create a topic on demand', {
          topic: name,
          reason: created.message,
        });
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        this.parts.diagnostics.log('error', 'Could not create a topic on demand', { topic: name, reason });
      }
    });
  }

  #describe(topic: Topic, operations: number): TopicOutput {
    const { nodeId } = this.parts.cluster;
    return {
      errorCode: ErrorCode.NONE,
      name: topic.name,
      topicId: topic.topicId,
      isInternal: topic.isInternal,
      partitions: topic.partitions.map(({ partition, leaderEpoch }) => ({
        errorCode: ErrorCode.NONE,
        partitionIndex: partition,
        leaderId: nodeId,
        leaderEpoch,
        replicaNodes: [nodeId],
        isrNodes: [nodeId],
        offlineReplicas: [],
      })),
      topicAuthorizedOperations: operations,
    };
  }
}

export function metadata(parts: MetadataParts): ServedApi {
  const handler = new MetadataHandler(parts);
  return served(apis.metadata, (request, context) => handler.handle(request, context));
}
