// Decides how the log directories of brokers are described.
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import { brokerError, type KafkaError } from '../errors.js';
import type { TopicPartition } from '../types.js';
import type { AdminContext } from './admin-context.js';
import type { AdminResults } from './admin-results.js';
import { settleEach } from './settle-each.js';

/** A replica in a log directory. */
export interface ReplicaInLogDir extends TopicPartition {
  /** Bytes of its segments. */
  readonly sizeBytes: number;
  /** How far its end is behind the high watermark, or a future replica behind the current one. */
  readonly offsetLag: number;
  /** Whether it takes the place of another directory's replica once it has caught up. */
  readonly isFuture: boolean;
}

/** A log directory of a broker. */
export interface LogDirDescription {
  /** Its path on the broker. */
  readonly path: string;
  /** Why nothing in it is served; null while it works. */
  readonly error: KafkaError | null;
  /** What lies in it. */
  readonly replicas: readonly ReplicaInLogDir[];
  /** Of the disk; null when the broker does not tell. */
  readonly totalBytes: number | null;
  /** Free on the disk; null when the broker does not tell. */
  readonly usableBytes: number | null;
}

const bytesOrNull = (bytes: number): number | null => (bytes < 0 ? null : bytes);

/** Results by broker id. */
export async function describeLogDirs(
  context: AdminContext,
  brokerIds: readonly number[] | null,
): Promise<AdminResults<readonly LogDirDescription[]>> {
  return settleEach(brokerIds ?? (await allBrokers(context)), String, (brokerId) =>
    context.call(`Describing the log directories of broker ${brokerId}`, (timeoutMs) =>
      describeOf(context, brokerId, timeoutMs),
    ),
  );
}

function allBrokers(context: AdminContext): Promise<number[]> {
  return context.call('Finding the brokers', async (timeoutMs) => {
    await context.metadata.refresh(timeoutMs);
    return context.metadata.nodes.map(({ id }) => id);
  });
}

async function describeOf(
  context: AdminContext,
  brokerId: number,
  timeoutMs: number,
): Promise<LogDirDescription[]> {
  if (!context.client.hasNode(brokerId)) await context.metadata.refresh(timeoutMs);
  const response = await context.client.send(brokerId, apis.describeLogDirs, { topics: null }, { timeoutMs });
  if (response.errorCode !== ErrorCode.NONE) {
    throw brokerError(response.errorCode, `Cannot describe the log directories of broker ${brokerId}`);
  }
  return response.results.map(({ errorCode, logDir, topics, totalBytes, usableBytes }) => ({
    path: logDir,
    error: errorCode === ErrorCode.NONE ? null : brokerError(errorCode, `Log directory ${logDir} is offline`),
    replicas: topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex, partitionSize, offsetLag, isFutureKey }) => ({
        topic: name,
        partition: partitionIndex,
        sizeBytes: partitionSize,
        offsetLag,
        isFuture: isFutureKey,
      })),
    ),
    totalBytes: bytesOrNull(totalBytes),
    usableBytes: bytesOrNull(usableBytes),
  }));
}
