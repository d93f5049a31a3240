// Decides whether replicas move to other brokers (K23): on the only broker they can stay where they are, and none is ever on its way.
import { ErrorCode } from '../../protocol/errors.js';
import type {
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponseInput,
} from '../../protocol/messages/45-alter-partition-reassignments.js';
import { duplicatesOf, refuse, type Refusal } from './controller-outcome.js';
import type { ControllerState } from './controller-state.js';

export type ReassignedTopic = AlterPartitionReassignmentsResponseInput['responses'][number];

export function alterReassignments(
  state: ControllerState,
  request: AlterPartitionReassignmentsRequest,
): readonly ReassignedTopic[] {
  return request.topics.map(({ name, partitions }) => {
    const twice = duplicatesOf(partitions.map(({ partitionIndex }) => partitionIndex));
    return {
      name,
      partitions: partitions.map(({ partitionIndex, replicas }) => {
        const refusal = twice.has(partitionIndex)
          ? refuse(ErrorCode.INVALID_REQUEST, `Partition ${name}-${partitionIndex} is named more than once`)
          : refusalOf(state, name, partitionIndex, replicas);
        return {
          partitionIndex,
          errorCode: refusal?.errorCode ?? ErrorCode.NONE,
          errorMessage: refusal?.message ?? null,
        };
      }),
    };
  });
}

function refusalOf(
  { image, node }: ControllerState,
  topic: string,
  partition: number,
  replicas: readonly number[] | null,
): Refusal | null {
  if (image.topicByName(topic)?.partitions[partition] === undefined) {
    return refuse(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `Partition ${topic}-${partition} does not exist`);
  }
  if (replicas === null) {
    return refuse(
      ErrorCode.NO_REASSIGNMENT_IN_PROGRESS,
      `Partition ${topic}-${partition} is not being moved`,
    );
  }
  if (replicas.length === 1 && replicas[0] === node.nodeId) return null;
  return refuse(
    ErrorCode.INVALID_REPLICA_ASSIGNMENT,
    `Partition ${topic}-${partition} cannot move to brokers [${replicas.join(', ')}]; the only broker is ${node.nodeId}`,
  );
}
