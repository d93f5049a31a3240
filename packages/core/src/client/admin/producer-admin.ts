// Decides how the producers are described that a partition remembers (KIP-664).
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import { brokerError } from '../errors.js';
import type { TopicPartition } from '../types.js';
import type { AdminContext } from './admin-context.js';
import type { AdminResults } from './admin-results.js';
import { leaderOf } from './partition-leader.js';
import { settleEach } from './settle-each.js';

/** A producer that a partition remembers (KIP-664). */
export interface ProducerDescription {
  /** Its id. */
  readonly producerId: number;
  /** Its epoch. */
  readonly producerEpoch: number;
  /** Null when it only ended transactions. */
  readonly lastSequence: number | null;
  /** Of its last batch, in milliseconds of the epoch. */
  readonly lastTimestamp: number;
  /** Of the coordinator that ended its last transaction; null when none was ended. */
  readonly coordinatorEpoch: number | null;
  /** Where its open transaction begins; null when none is open. */
  readonly transactionStartOffset: number | null;
}

const numberOrNull = (value: number): number | null => (value < 0 ? null : value);

/** Results by `topic-partition`; each leader is asked for its own. */
export function describeProducers(
  context: AdminContext,
  partitions: readonly TopicPartition[],
): Promise<AdminResults<readonly ProducerDescription[]>> {
  return settleEach(
    partitions,
    ({ topic, partition }) => `${topic}-${partition}`,
    (each) =>
      context.call(`Describing producers of ${each.topic}-${each.partition}`, (timeoutMs) =>
        describeOf(context, each, timeoutMs),
      ),
  );
}

async function describeOf(
  context: AdminContext,
  { topic, partition }: TopicPartition,
  timeoutMs: number,
): Promise<ProducerDescription[]> {
  const what = `Cannot describe producers of ${topic}-${partition}`;
  const leader = await leaderOf(context, { topic, partition }, timeoutMs, what);
  const response = await context.client.send(
    leader,
    apis.describeProducers,
    { topics: [{ name: topic, partitionIndexes: [partition] }] },
    { timeoutMs },
  );
  const result = response.topics[0]?.partitions[0];
  const errorCode = result?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
  if (result === undefined || errorCode !== ErrorCode.NONE) {
    if (errorCode === ErrorCode.NOT_LEADER_OR_FOLLOWER) context.metadata.requestUpdate();
    throw brokerError(errorCode, what, result?.errorMessage);
  }
  return result.activeProducers.map((producer) => ({
    producerId: producer.producerId,
    producerEpoch: producer.producerEpoch,
    lastSequence: numberOrNull(producer.lastSequence),
    lastTimestamp: producer.lastTimestamp,
    coordinatorEpoch: numberOrNull(producer.coordinatorEpoch),
    transactionStartOffset: numberOrNull(producer.currentTxnStartOffset),
  }));
}
