// Decides where the replicas of a partition lie: on this node, which is the only one.
import { ErrorCode } from '../../protocol/errors.js';
import type { MetadataRecordInput } from '../../protocol/metadata/metadata-records.js';
import { refuse, type Refusal } from './controller-outcome.js';
import type { ControllerNode } from './controller-state.js';

/** Partitions that one topic may have here; one directory each. Ours, so that requests cannot exhaust the disk's inodes. */
export const mostPartitions = 100_000;
/** Kafka's bound of one request; its work is done in one turn. */
export const mostPartitionsPerRequest = 10_000;

/** The epoch under which a new partition is led. */
const firstLeaderEpoch = 0;
/** The version of partition records that names directories. */
const partitionRecordVersion = 1;

export function partitionRecord(
  { nodeId, directoryId }: ControllerNode,
  topicId: string,
  partitionId: number,
): MetadataRecordInput {
  return {
    kind: 'partition',
    version: partitionRecordVersion,
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
      directories: [directoryId],
    },
  };
}

/** What is wrong with replicas assigned by hand, or null when nothing is. */
export function assignmentProblem(
  partition: number,
  brokerIds: readonly number[],
  nodeId: number,
): Refusal | null {
  if (brokerIds.length === 1 && brokerIds[0] === nodeId) return null;
  return refuse(
    ErrorCode.INVALID_REPLICA_ASSIGNMENT,
    `Partition ${partition} is assigned to brokers [${brokerIds.join(', ')}]; the only broker is ${nodeId}`,
  );
}
