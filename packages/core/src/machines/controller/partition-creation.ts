// Decides whether a topic gets more partitions (K22).
import { ErrorCode } from '../../protocol/errors.js';
import type {
  CreatePartitionsRequest,
  CreatePartitionsResponseInput,
} from '../../protocol/messages/37-create-partitions.js';
import type { MetadataRecordInput } from '../../protocol/metadata/metadata-records.js';
import type { TopicImage } from './cluster-image.js';
import { duplicatesOf, refuse, type ControllerOutcome, type Refusal } from './controller-outcome.js';
import type { ControllerState } from './controller-state.js';
import {
  assignmentProblem,
  mostPartitions,
  mostPartitionsPerRequest,
  partitionRecord,
} from './partition-placement.js';

export type CreatedPartitions = CreatePartitionsResponseInput['results'][number];
type TopicToGrow = CreatePartitionsRequest['topics'][number];

/** Each topic by itself; a name given twice gets one answer. */
export function createPartitions(
  state: ControllerState,
  { topics, validateOnly }: CreatePartitionsRequest,
): ControllerOutcome<readonly CreatedPartitions[]> {
  const twice = duplicatesOf(topics.map(({ name }) => name));
  const reply: CreatedPartitions[] = [...twice].map((name) =>
    failed(name, refuse(ErrorCode.INVALID_REQUEST, `Topic "${name}" is named more than once in the request`)),
  );
  const records: MetadataRecordInput[] = [];
  for (const wanted of topics) {
    if (twice.has(wanted.name)) continue;
    const topic = state.image.topicByName(wanted.name);
    const refusal = refusalOf(state, wanted, topic, records.length);
    if (topic === undefined || refusal !== null) {
      reply.push(failed(wanted.name, refusal ?? unknownTopic(wanted.name)));
      continue;
    }
    for (let partition = topic.partitions.length; partition < wanted.count; partition++) {
      records.push(partitionRecord(state.node, topic.topicId, partition));
    }
    reply.push({ name: wanted.name, errorCode: ErrorCode.NONE });
  }
  return { records: validateOnly ? [] : records, reply };
}

function failed(name: string, { errorCode, message }: Refusal): CreatedPartitions {
  return { name, errorCode, errorMessage: message };
}

function unknownTopic(name: string): Refusal {
  return refuse(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `Topic "${name}" does not exist`);
}

function refusalOf(
  state: ControllerState,
  { name, count, assignments }: TopicToGrow,
  topic: TopicImage | undefined,
  addedBefore: number,
): Refusal | null {
  if (topic === undefined) return unknownTopic(name);
  const existing = topic.partitions.length;
  const added = count - existing;
  if (added <= 0) {
    return refuse(
      ErrorCode.INVALID_PARTITIONS,
      `Topic "${name}" has ${existing} partitions, and ${count} is not more`,
    );
  }
  if (count > mostPartitions) {
    return refuse(ErrorCode.INVALID_PARTITIONS, `A topic has at most ${mostPartitions} partitions here`);
  }
  if (addedBefore + added > mostPartitionsPerRequest) {
    const message = `One request may add ${mostPartitionsPerRequest} partitions in all`;
    return refuse(ErrorCode.POLICY_VIOLATION, message);
  }
  if (assignments === null) return null;
  if (assignments.length !== added) {
    return refuse(
      ErrorCode.INVALID_REPLICA_ASSIGNMENT,
      `${added} partitions are added to topic "${name}", and ${assignments.length} are assigned`,
    );
  }
  for (const [index, { brokerIds }] of assignments.entries()) {
    const problem = assignmentProblem(existing + index, brokerIds, state.node.nodeId);
    if (problem !== null) return problem;
  }
  return null;
}
