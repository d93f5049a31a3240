// Decides how replicas are moved between the log directories of their broker (KIP-113).
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import { brokerError, KafkaError } from '../errors.js';
import type { TopicPartition } from '../types.js';
import type { AdminContext } from './admin-context.js';
import { type AdminResults, ResultCollector } from './admin-results.js';

/** Where a replica shall lie. */
export interface ReplicaLogDirAssignment extends TopicPartition {
  /** The broker of the replica. */
  readonly brokerId: number;
  /** A log directory of that broker. */
  readonly path: string;
}

const nameOf = ({ topic, partition, brokerId }: ReplicaLogDirAssignment): string =>
  `${topic}-${partition}-${brokerId}`;

/** Results by `topic-partition-broker`; each broker is asked for its own. */
export async function alterReplicaLogDirs(
  context: AdminContext,
  assignments: readonly ReplicaLogDirAssignment[],
): Promise<AdminResults<void>> {
  const results = new ResultCollector<void>();
  await Promise.all(
    [...new Set(assignments.map(({ brokerId }) => brokerId))].map(async (brokerId) => {
      const ofBroker = assignments.filter((assignment) => assignment.brokerId === brokerId);
      try {
        await alterOf(context, brokerId, ofBroker, results);
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error;
        for (const assignment of ofBroker) results.error(nameOf(assignment), error);
      }
    }),
  );
  return results.finish();
}

function alterOf(
  context: AdminContext,
  brokerId: number,
  assignments: readonly ReplicaLogDirAssignment[],
  results: ResultCollector<void>,
): Promise<void> {
  const dirs = [...new Set(assignments.map(({ path }) => path))].map((path) => {
    const inDirectory = assignments.filter((assignment) => assignment.path === path);
    return {
      path,
      topics: [...new Set(inDirectory.map(({ topic }) => topic))].map((name) => ({
        name,
        partitions: inDirectory.filter(({ topic }) => topic === name).map(({ partition }) => partition),
      })),
    };
  });
  return context.call(`Moving replicas of broker ${brokerId}`, async (timeoutMs) => {
    if (!context.client.hasNode(brokerId)) await context.metadata.refresh(timeoutMs);
    const response = await context.client.send(brokerId, apis.alterReplicaLogDirs, { dirs }, { timeoutMs });
    for (const assignment of assignments) {
      const name = nameOf(assignment);
      const errorCode =
        response.results
          .find(({ topicName }) => topicName === assignment.topic)
          ?.partitions.find(({ partitionIndex }) => partitionIndex === assignment.partition)?.errorCode ??
        ErrorCode.UNKNOWN_SERVER_ERROR;
      if (errorCode === ErrorCode.NONE) results.value(name, undefined);
      else results.error(name, brokerError(errorCode, `Cannot move ${name} to ${assignment.path}`));
    }
  });
}
