// Decides which partitions get another leader on request (K17): with one replica each, none needs one.
import { ErrorCode } from '../../protocol/errors.js';
import type {
  ElectLeadersRequest,
  ElectLeadersResponseInput,
} from '../../protocol/messages/43-elect-leaders.js';
import type { ControllerState } from './controller-state.js';

export type ElectionResult = ElectLeadersResponseInput['replicaElectionResults'][number];
type PartitionResult = ElectionResult['partitionResult'][number];

const electionTypes: readonly number[] = [0, 1];

/** The error of the request as a whole, and what became of each partition. */
export function electLeaders(
  { image, node }: ControllerState,
  { electionType, topicPartitions }: ElectLeadersRequest,
): { readonly errorCode: number; readonly results: readonly ElectionResult[] } {
  if (!electionTypes.includes(electionType)) return { errorCode: ErrorCode.INVALID_REQUEST, results: [] };
  // Of all partitions only those are told that an election was needed for.
  if (topicPartitions === null) return { errorCode: ErrorCode.NONE, results: [] };
  const decide = (topic: string, partitionId: number): PartitionResult => {
    const partition = image.topicByName(topic)?.partitions[partitionId];
    if (partition === undefined) {
      const errorMessage = `Partition ${topic}-${partitionId} does not exist`;
      return { partitionId, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, errorMessage };
    }
    const errorMessage = `Partition ${topic}-${partitionId} is led by ${node.nodeId}, its only replica`;
    return { partitionId, errorCode: ErrorCode.ELECTION_NOT_NEEDED, errorMessage };
  };
  const results = topicPartitions.map(({ topic, partitions }) => ({
    topic,
    partitionResult: partitions.map((partitionId) => decide(topic, partitionId)),
  }));
  return { errorCode: ErrorCode.NONE, results };
}
