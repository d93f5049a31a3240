// Decides whether topics can be created as asked (K20, G7), and what is written for those that can.
import { zeroUuid } from '../../foundation/uuid.js';
import { ErrorCode } from '../../protocol/errors.js';
import type {
  CreateTopicsRequest,
  CreateTopicsResponseInput,
} from '../../protocol/messages/19-create-topics.js';
import type { MetadataRecordInput } from '../../protocol/metadata/metadata-records.js';
import { configResourceTypes } from './config-resource.js';
import { configSourceCodes, configText } from './config/config-definition.js';
import type { ResolvedBrokerConfig } from './config/resolved-broker-config.js';
import { topicConfigsProblem, topicConfigValues } from './config/topic-configs.js';
import { duplicatesOf, refuse, type ControllerOutcome, type Refusal } from './controller-outcome.js';
import type { ControllerState } from './controller-state.js';
import {
  assignmentProblem,
  mostPartitions,
  mostPartitionsPerRequest,
  partitionRecord,
} from './partition-placement.js';
import {
  consumerOffsetsTopic,
  metadataTopic,
  topicCollisionKey,
  topicNameProblem,
  transactionStateTopic,
} from './topic-name.js';

export type TopicToCreate = CreateTopicsRequest['topics'][number];

/** A topic that can be created. */
export interface TopicPlan {
  readonly kind: 'plan';
  readonly name: string;
  readonly partitionCount: number;
  readonly replicationFactor: number;
  readonly configs: ReadonlyMap<string, string>;
}

/** What is true outside the metadata, and what chance must give. */
export interface CreationFacts {
  /** Whether there are partition directories of that name that no topic owns. */
  hasStrayDirectories(name: string): boolean;
  newTopicId(): string;
}

/** Answers of CreateTopics, with what was made. */
export type CreatedTopic = CreateTopicsResponseInput['topics'][number];

/** The replicas of each partition as asked for, or why they cannot be. */
function checkAssignments(topic: TopicToCreate, nodeId: number): Refusal | null {
  if (topic.numPartitions !== -1 || topic.replicationFactor !== -1) {
    return refuse(
      ErrorCode.INVALID_REQUEST,
      'Partition and replica counts must be -1 when replicas are assigned by hand',
    );
  }
  const wanted = topic.assignments.map(({ partitionIndex }) => partitionIndex).sort((a, b) => a - b);
  if (wanted.some((partitionIndex, position) => partitionIndex !== position)) {
    return refuse(
      ErrorCode.INVALID_REPLICA_ASSIGNMENT,
      `Assigned partitions must be 0 to ${wanted.length - 1}, each once`,
    );
  }
  for (const { partitionIndex, brokerIds } of topic.assignments) {
    const problem = assignmentProblem(partitionIndex, brokerIds, nodeId);
    if (problem !== null) return problem;
  }
  return null;
}

function checkCounts(topic: TopicToCreate): Refusal | null {
  const { numPartitions, replicationFactor } = topic;
  if (numPartitions === 0 || numPartitions < -1) {
    return refuse(
      ErrorCode.INVALID_PARTITIONS,
      `A topic cannot have ${numPartitions} partitions; -1 is the default`,
    );
  }
  if (replicationFactor === 0 || replicationFactor < -1) {
    return refuse(
      ErrorCode.INVALID_REPLICATION_FACTOR,
      `A topic cannot have ${replicationFactor} replicas; -1 is the default`,
    );
  }
  if (replicationFactor > 1) {
    return refuse(
      ErrorCode.INVALID_REPLICATION_FACTOR,
      `${replicationFactor} replicas need as many brokers, and this cluster has 1`,
    );
  }
  return null;
}

function collision(name: string, other: string): Refusal {
  return refuse(
    ErrorCode.INVALID_TOPIC_EXCEPTION,
    `Topic "${name}" collides with topic "${other}": "." and "_" are not told apart in metric names`,
  );
}

/** Whether a topic could be created as asked, and as what. */
export function planTopic(
  { image, node, config }: ControllerState,
  topic: TopicToCreate,
  facts: Pick<CreationFacts, 'hasStrayDirectories'>,
): TopicPlan | Refusal {
  const nameProblem = topicNameProblem(topic.name);
  if (nameProblem !== null) return refuse(ErrorCode.INVALID_TOPIC_EXCEPTION, nameProblem);
  if (topic.name === metadataTopic) {
    return refuse(
      ErrorCode.INVALID_TOPIC_EXCEPTION,
      `Topic name "${topic.name}" belongs to the metadata log`,
    );
  }
  const other = image.nameInTheWay(topic.name);
  if (other === topic.name)
    return refuse(ErrorCode.TOPIC_ALREADY_EXISTS, `Topic "${topic.name}" exists already`);
  if (other !== undefined) return collision(topic.name, other);
  if (facts.hasStrayDirectories(topic.name)) {
    const message = `The data directory holds partitions of an unknown topic "${topic.name}"; move them away first`;
    return refuse(ErrorCode.TOPIC_ALREADY_EXISTS, message);
  }
  const assigned = topic.assignments.length > 0;
  const refusal = assigned ? checkAssignments(topic, node.nodeId) : checkCounts(topic);
  if (refusal !== null) return refusal;
  const given = new Map(topic.configs.map(({ name, value }) => [name, value] as const));
  const configProblem = topicConfigsProblem(given, config);
  if (configProblem !== null) return refuse(ErrorCode.INVALID_CONFIG, configProblem);
  const { numPartitions } = config.values;
  const partitionCount = assigned
    ? topic.assignments.length
    : topic.numPartitions === -1
      ? numPartitions
      : topic.numPartitions;
  if (partitionCount > mostPartitions) {
    return refuse(ErrorCode.INVALID_PARTITIONS, `A topic has at most ${mostPartitions} partitions here`);
  }
  return {
    kind: 'plan',
    name: topic.name,
    partitionCount,
    replicationFactor: 1,
    configs: given as ReadonlyMap<string, string>,
  };
}

/** The records that make a planned topic, in the order in which Kafka writes them. */
function recordsOf({ node }: ControllerState, plan: TopicPlan, topicId: string): MetadataRecordInput[] {
  return [
    { kind: 'topic', body: { name: plan.name, topicId } },
    ...[...plan.configs].map(([name, value]): MetadataRecordInput => ({
      kind: 'config',
      body: { resourceType: configResourceTypes.topic, resourceName: plan.name, name, value },
    })),
    ...Array.from({ length: plan.partitionCount }, (_unused, partition) =>
      partitionRecord(node, topicId, partition),
    ),
  ];
}

function failed(name: string, { errorCode, message }: Refusal): CreatedTopic {
  return { name, errorCode, errorMessage: message, configs: [] };
}

/** What was made, with the configs it has (KIP-525). */
function describe({ config }: ControllerState, plan: TopicPlan, topicId: string): CreatedTopic {
  return {
    name: plan.name,
    topicId,
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    numPartitions: plan.partitionCount,
    replicationFactor: plan.replicationFactor,
    configs: topicConfigValues(plan.configs, config).map(({ name, value, source }) => ({
      name,
      value: configText(value),
      readOnly: false,
      configSource: configSourceCodes[source],
      isSensitive: false,
    })),
  };
}

function partitionsAsked(topics: readonly TopicToCreate[], defaultCount: number): number {
  return topics.reduce((sum, { assignments, numPartitions }) => {
    if (assignments.length > 0) return sum + assignments.length;
    return sum + (numPartitions === -1 ? defaultCount : Math.max(0, numPartitions));
  }, 0);
}

/** Each topic by itself (K20); a name given twice gets one answer. */
export function createTopics(
  state: ControllerState,
  { topics, validateOnly }: CreateTopicsRequest,
  facts: CreationFacts,
): ControllerOutcome<readonly CreatedTopic[]> {
  const names = new Set(topics.map(({ name }) => name));
  const partitionCount = partitionsAsked(topics, state.config.values.numPartitions);
  if (partitionCount > mostPartitionsPerRequest) {
    const message = `${partitionCount} partitions are too many for one request, which may ask for ${mostPartitionsPerRequest}`;
    const refusal = refuse(ErrorCode.POLICY_VIOLATION, message);
    return { records: [], reply: [...names].map((name) => failed(name, refusal)) };
  }
  const twice = duplicatesOf(topics.map(({ name }) => name));
  const firstByKey = new Map<string, string>();
  const records: MetadataRecordInput[] = [];
  const byName = new Map<string, CreatedTopic>();
  for (const topic of topics) {
    const { name } = topic;
    if (twice.has(name)) {
      const message = `Topic "${name}" is named more than once in the request`;
      byName.set(name, failed(name, refuse(ErrorCode.INVALID_REQUEST, message)));
      continue;
    }
    const plan = planTopic(state, topic, facts);
    const key = topicCollisionKey(name);
    const first = firstByKey.get(key);
    if (plan.kind === 'refused' || first !== undefined) {
      byName.set(name, failed(name, plan.kind === 'refused' ? plan : collision(name, first ?? '')));
      continue;
    }
    firstByKey.set(key, name);
    const topicId = validateOnly ? zeroUuid : facts.newTopicId();
    if (!validateOnly) records.push(...recordsOf(state, plan, topicId));
    byName.set(name, describe(state, plan, topicId));
  }
  return { records, reply: [...byName.values()] };
}

function consumerOffsetsTopicToCreate({ values }: ResolvedBrokerConfig): TopicToCreate {
  return {
    name: consumerOffsetsTopic,
    numPartitions: values.offsetsTopicNumPartitions,
    replicationFactor: values.offsetsTopicReplicationFactor,
    assignments: [],
    configs: [
      { name: 'cleanup.policy', value: 'compact' },
      { name: 'compression.type', value: 'producer' },
      { name: 'segment.bytes', value: String(values.offsetsTopicSegmentBytes) },
    ],
  };
}

/** T2. */
function transactionStateTopicToCreate({ values }: ResolvedBrokerConfig): TopicToCreate {
  return {
    name: transactionStateTopic,
    numPartitions: values.transactionStateLogNumPartitions,
    replicationFactor: values.transactionStateLogReplicationFactor,
    assignments: [],
    configs: [
      { name: 'cleanup.policy', value: 'compact' },
      { name: 'compression.type', value: 'uncompressed' },
      { name: 'min.insync.replicas', value: String(values.transactionStateLogMinIsr) },
      { name: 'segment.bytes', value: String(values.transactionStateLogSegmentBytes) },
      { name: 'unclean.leader.election.enable', value: 'false' },
    ],
  };
}

/** A topic that is made because it is used: with the broker's defaults, or as the broker's own topics need to be (P14). */
export function topicOnDemand(name: string, config: ResolvedBrokerConfig): TopicToCreate {
  if (name === consumerOffsetsTopic) return consumerOffsetsTopicToCreate(config);
  if (name === transactionStateTopic) return transactionStateTopicToCreate(config);
  return { name, numPartitions: -1, replicationFactor: -1, assignments: [], configs: [] };
}
