// Decides how transactions are listed and described, and how producers and transactions are ended from outside (KIP-664, KIP-730).
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import { findCoordinator } from '../coordinator-lookup.js';
import { brokerError, InvalidArgumentError } from '../errors.js';
import type { TopicPartition } from '../types.js';
import type { AdminContext } from './admin-context.js';
import type { AdminResults } from './admin-results.js';
import { leaderOf } from './partition-leader.js';
import { settleEach } from './settle-each.js';

/** Where a transactional id stands, in Kafka's words. */
export type TransactionState =
  | 'Empty'
  | 'Ongoing'
  | 'PrepareCommit'
  | 'PrepareAbort'
  | 'CompleteCommit'
  | 'CompleteAbort'
  | 'PrepareEpochFence'
  | 'Dead'
  | 'Unknown';

const transactionStates: ReadonlySet<string> = new Set<TransactionState>([
  'Empty',
  'Ongoing',
  'PrepareCommit',
  'PrepareAbort',
  'CompleteCommit',
  'CompleteAbort',
  'PrepareEpochFence',
  'Dead',
]);

/** A transactional id, as its coordinator describes it (KIP-664). */
export interface TransactionDescription {
  /** The id of the broker that coordinates it. */
  readonly coordinator: number;
  /** Where the transaction stands. */
  readonly state: TransactionState;
  /** The producer that has the id now. */
  readonly producerId: number;
  /** Its epoch: producers with an earlier one are fenced. */
  readonly producerEpoch: number;
  /** How long a transaction may stay open before it is aborted. */
  readonly transactionTimeoutMs: number;
  /** When the open transaction began, in milliseconds of the epoch; null when none is open. */
  readonly transactionStartTimeMs: number | null;
  /** What the open transaction wrote to. */
  readonly topicPartitions: readonly TopicPartition[];
}

/** A transactional id, as its coordinator lists it. */
export interface TransactionListing {
  /** The transactional id. */
  readonly transactionalId: string;
  /** The producer that has the id now. */
  readonly producerId: number;
  /** Where the transaction stands. */
  readonly state: TransactionState;
}

/** Which transactional ids are listed; what is absent filters nothing. */
export interface TransactionFilter {
  /** Only those in one of these states. */
  readonly states?: readonly TransactionState[];
  /** Only those of these producers. */
  readonly producerIds?: readonly number[];
  /** Only transactions that have been open for longer (KIP-994; Kafka 3.8 and newer). */
  readonly durationMs?: number;
  /** Only ids that match this regular expression of the broker, RE2 (KIP-1152; Kafka 4.1 and newer). */
  readonly transactionalIdPattern?: string;
}

/** The producer that took a fenced one's place in the coordinator's books. */
export interface FencedProducer {
  /** The id that the coordinator gave. */
  readonly producerId: number;
  /** Producers of that id with an earlier epoch are fenced. */
  readonly producerEpoch: number;
}

/** A transaction that hangs in one partition; a ProducerDescription of `describeProducers` has all of it but the partition. */
export interface TransactionToAbort extends TopicPartition {
  /** The producer that wrote it. */
  readonly producerId: number;
  /** Its epoch. */
  readonly producerEpoch: number;
  /** Of the coordinator that last ended a transaction of the producer there; null or absent: none has. */
  readonly coordinatorEpoch?: number | null;
}

const stateOf = (name: string): TransactionState =>
  transactionStates.has(name) ? (name as TransactionState) : 'Unknown';

/** Results by transactional id; each coordinator is asked for its own. */
export function describeTransactions(
  context: AdminContext,
  transactionalIds: readonly string[],
): Promise<AdminResults<TransactionDescription>> {
  return settleEach(
    transactionalIds,
    (id) => id,
    (id) => context.call(`Describing transaction ${id}`, (timeoutMs) => describeOne(context, id, timeoutMs)),
  );
}

async function describeOne(
  context: AdminContext,
  id: string,
  timeoutMs: number,
): Promise<TransactionDescription> {
  const coordinator = await findCoordinator(context.client, id, 'transaction', timeoutMs);
  const { transactionStates: found } = await context.client.send(
    coordinator.id,
    apis.describeTransactions,
    { transactionalIds: [id] },
    { timeoutMs },
  );
  const described = found.find((each) => each.transactionalId === id);
  const errorCode = described?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
  if (described === undefined || errorCode !== ErrorCode.NONE)
    throw brokerError(errorCode, `Cannot describe transaction ${id}`);
  const { producerId, producerEpoch, transactionTimeoutMs, transactionStartTimeMs, topics } = described;
  return {
    coordinator: coordinator.id,
    state: stateOf(described.transactionState),
    producerId,
    producerEpoch,
    transactionTimeoutMs,
    transactionStartTimeMs: transactionStartTimeMs < 0 ? null : transactionStartTimeMs,
    topicPartitions: topics.flatMap(({ topic, partitions }) =>
      partitions.map((partition) => ({ topic, partition })),
    ),
  };
}

/** Results by the broker's id: each lists what it coordinates. */
export async function listTransactions(
  context: AdminContext,
  filter: TransactionFilter,
): Promise<AdminResults<readonly TransactionListing[]>> {
  const { durationMs } = filter;
  if (durationMs !== undefined && (!Number.isSafeInteger(durationMs) || durationMs < 0)) {
    throw new InvalidArgumentError(
      `Cannot list transactions: durationMs is ${durationMs}; give whole milliseconds from 0`,
    );
  }
  await context.call('Listing transactions', (timeoutMs) => context.metadata.refresh(timeoutMs));
  return settleEach(
    context.metadata.nodes.map(({ id }) => id),
    String,
    (id) =>
      context.call(`Listing the transactions of broker ${id}`, (timeoutMs) =>
        listAt(context, id, filter, timeoutMs),
      ),
  );
}

async function listAt(
  context: AdminContext,
  nodeId: number,
  { states = [], producerIds = [], durationMs, transactionalIdPattern }: TransactionFilter,
  timeoutMs: number,
): Promise<TransactionListing[]> {
  const response = await context.client.send(
    nodeId,
    apis.listTransactions,
    {
      stateFilters: [...states],
      producerIdFilters: [...producerIds],
      // A broker that cannot filter so refuses the call: the version that it speaks has no such field.
      ...(durationMs === undefined ? null : { durationFilter: durationMs }),
      ...(transactionalIdPattern === undefined ? null : { transactionalIdPattern }),
    },
    { timeoutMs },
  );
  const what = `Cannot list the transactions of ${context.client.nodeName(nodeId)}`;
  if (response.errorCode !== ErrorCode.NONE) throw brokerError(response.errorCode, what);
  if (response.unknownStateFilters.length > 0) {
    throw new InvalidArgumentError(
      `${what}: it knows no state ${response.unknownStateFilters.join(', ')}; leave that out`,
    );
  }
  return response.transactionStates.map(({ transactionalId, producerId, transactionState }) => ({
    transactionalId,
    producerId,
    state: stateOf(transactionState),
  }));
}

/** Results by transactional id. */
export function fenceProducers(
  context: AdminContext,
  transactionalIds: readonly string[],
): Promise<AdminResults<FencedProducer>> {
  return settleEach(
    transactionalIds,
    (id) => id,
    (id) =>
      context.call(`Fencing the producer ${id}`, async (timeoutMs) => {
        const coordinator = await findCoordinator(context.client, id, 'transaction', timeoutMs);
        const { errorCode, producerId, producerEpoch } = await context.client.send(
          coordinator.id,
          apis.initProducerId,
          // As a new producer of that name would: whatever is open is aborted first, which may take more than one call (T4).
          { transactionalId: id, transactionTimeoutMs: context.settings.requestTimeoutMs },
          { timeoutMs },
        );
        if (errorCode !== ErrorCode.NONE) throw brokerError(errorCode, `Cannot fence the producer ${id}`);
        return { producerId, producerEpoch };
      }),
  );
}

/** Writes an abort marker to the partition, whatever the coordinator knows of the transaction. */
export function abortTransaction(context: AdminContext, transaction: TransactionToAbort): Promise<void> {
  const { topic, partition, producerId, producerEpoch, coordinatorEpoch } = transaction;
  const what = `Cannot abort the transaction of producer ${producerId} in ${topic}-${partition}`;
  return context.call(
    `Aborting the transaction of producer ${producerId} in ${topic}-${partition}`,
    async (timeoutMs) => {
      const leader = await leaderOf(context, { topic, partition }, timeoutMs, what);
      const { markers } = await context.client.send(
        leader,
        apis.writeTxnMarkers,
        {
          markers: [
            {
              producerId,
              producerEpoch,
              transactionResult: false,
              topics: [{ name: topic, partitionIndexes: [partition] }],
              coordinatorEpoch: coordinatorEpoch ?? 0,
            },
          ],
        },
        { timeoutMs },
      );
      const errorCode =
        markers[0]?.topics[0]?.partitions[0]?.errorCode ?? (ErrorCode.UNKNOWN_SERVER_ERROR as number);
      if (errorCode === ErrorCode.NONE) return;
      if (errorCode === ErrorCode.NOT_LEADER_OR_FOLLOWER) context.metadata.requestUpdate();
      // The producer that asks is not the one that is old.
      throw brokerError(errorCode, what, null, { fatal: false });
    },
  );
}
