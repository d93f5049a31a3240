// Decides whether a topic can be created as asked (K20, G7), before anything is written.
import { ErrorCode } from '../protocol/errors.js';
import type { CreateTopicsRequest } from '../protocol/messages/19-create-topics.js';
import type { ResolvedBrokerConfig } from '../machines/controller/config/broker-configs.js';
import { topicConfigsProblem } from '../machines/controller/config/topic-configs.js';
import { metadataTopic, topicCollisionKey, topicNameProblem } from '../machines/controller/topic-name.js';

export type TopicToCreate = CreateTopicsRequest['topics'][number];

/** Partitions that one topic may have here; one directory each. Ours, so that one request cannot exhaust the disk's inodes. */
export const mostPartitions = 100_000;

/** A topic that can be created. */
export interface TopicPlan {
  readonly kind: 'plan';
  readonly name: string;
  readonly partitionCount: number;
  readonly replicationFactor: number;
  readonly configs: ReadonlyMap<string, string>;
}

export interface Refusal {
  readonly kind: 'refused';
  readonly errorCode: number;
  readonly message: string;
}

/** What a plan is checked against. */
export interface ClusterFacts {
  readonly nodeId: number;
  readonly config: ResolvedBrokerConfig;
  /** The topic that has this name or one that collides with it. */
  nameInTheWay(name: string): string | undefined;
  /** Whether there are partition directories of that name that no topic owns. */
  hasStrayDirectories(name: string): boolean;
}

function refuse(errorCode: number, message: string): Refusal {
  return { kind: 'refused', errorCode, message };
}

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
    if (brokerIds.length !== 1 || brokerIds[0] !== nodeId) {
      return refuse(
        ErrorCode.INVALID_REPLICA_ASSIGNMENT,
        `Partition ${partitionIndex} is assigned to brokers [${brokerIds.join(', ')}]; the only broker is ${nodeId}`,
      );
    }
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

export function planTopic(topic: TopicToCreate, facts: ClusterFacts): TopicPlan | Refusal {
  const nameProblem = topicNameProblem(topic.name);
  if (nameProblem !== null) return refuse(ErrorCode.INVALID_TOPIC_EXCEPTION, nameProblem);
  if (topic.name === metadataTopic) {
    return refuse(
      ErrorCode.INVALID_TOPIC_EXCEPTION,
      `Topic name "${topic.name}" belongs to the metadata log`,
    );
  }
  const other = facts.nameInTheWay(topic.name);
  if (other === topic.name)
    return refuse(ErrorCode.TOPIC_ALREADY_EXISTS, `Topic "${topic.name}" exists already`);
  if (other !== undefined) {
    return refuse(
      ErrorCode.INVALID_TOPIC_EXCEPTION,
      `Topic "${topic.name}" collides with topic "${other}": "." and "_" are not told apart in metric names`,
    );
  }
  if (facts.hasStrayDirectories(topic.name)) {
    const message = `The data directory holds partitions of an unknown topic "${topic.name}"; move them away first`;
    return refuse(ErrorCode.TOPIC_ALREADY_EXISTS, message);
  }
  const assigned = topic.assignments.length > 0;
  const refusal = assigned ? checkAssignments(topic, facts.nodeId) : checkCounts(topic);
  if (refusal !== null) return refusal;
  const given = new Map(topic.configs.map(({ name, value }) => [name, value] as const));
  const configProblem = topicConfigsProblem(given, facts.config);
  if (configProblem !== null) return refuse(ErrorCode.INVALID_CONFIG, configProblem);
  const { numPartitions } = facts.config.values;
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

/** Finds collisions of names in a registry of topics. */
export class TopicNames {
  readonly #byCollisionKey = new Map<string, string>();

  add(name: string): void {
    this.#byCollisionKey.set(topicCollisionKey(name), name);
  }

  remove(name: string): void {
    this.#byCollisionKey.delete(topicCollisionKey(name));
  }

  inTheWay(name: string): string | undefined {
    return this.#byCollisionKey.get(topicCollisionKey(name));
  }
}
