// Decides how a transactional producer's requests reach its coordinators, and in which versions.
import { groupByTopic, topicPartitionKey } from '../../machines/consumer/topic-partition.js';
import type {
  PartitionErrorCode,
  TransactionAnswer,
  TransactionRequest,
  TransactionSupport,
} from '../../machines/producer/transaction-request.js';
import { apis } from '../../protocol/api-keys.js';
import type { TransportOutcome } from '../../runtime/transport-outcome.js';
import type { TransactionTransport } from '../../runtime/sender-transactions.js';
import { coordinatorKeyTypes } from '../coordinator-lookup.js';
import { KafkaError } from '../errors.js';
import type { NetworkClient } from '../network-client.js';
import type { RequestAttempt } from '../pending-request.js';

type Request<Kind extends TransactionRequest['kind']> = Extract<TransactionRequest, { kind: Kind }>;

/** From 4 on, AddPartitionsToTxn is what brokers say to each other. */
const lastAddPartitionsVersionOfClients = 3;
/** From the next versions on, these requests belong to the second protocol (KIP-890). */
const lastVersionsOfFirstProtocol = { end: 4, 'commit-offsets': 4 } as const;
/** From 6 on topics go by id only. */
const lastOffsetCommitVersionWithNames = 5;
/** A producer may say whom it takes itself for since then (KIP-360). */
const firstInitVersionWithProducer = 3;

export function createTransactionTransport(
  client: NetworkClient,
  { requestTimeoutMs: timeoutMs }: { readonly requestTimeoutMs: number },
): TransactionTransport {
  return {
    async ask(request): Promise<TransportOutcome<TransactionAnswer>> {
      let attempt: RequestAttempt<unknown> | null = null;
      try {
        return {
          kind: 'answered',
          response: await answerOf(client, request, timeoutMs, (made) => (attempt = made)),
        };
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error;
        const wasWritten = (attempt as RequestAttempt<unknown> | null)?.request.written ?? true;
        return { kind: 'failed', error, isRetriable: error.retriable, wasWritten };
      }
    },
  };
}

async function answerOf(
  client: NetworkClient,
  request: TransactionRequest,
  timeoutMs: number,
  onAttempt: (attempt: RequestAttempt<unknown>) => void,
): Promise<TransactionAnswer> {
  const noted = <Response>(attempt: RequestAttempt<Response>): Promise<Response> => {
    onAttempt(attempt);
    return attempt.response;
  };
  switch (request.kind) {
    case 'find-coordinator':
      return findCoordinator(client, request, timeoutMs);
    case 'init-producer-id': {
      const body = bodyOfInit(request);
      const response = await noted(client.attempt(request.node, apis.initProducerId, body, { timeoutMs }));
      const { errorCode, producerId, producerEpoch } = response;
      return {
        kind: 'producer-id',
        errorCode,
        producerId,
        producerEpoch,
        support: supportOf(client, request.node),
      };
    }
    case 'add-partitions':
      return addPartitions(request, (body) =>
        noted(
          client.attempt(request.node, apis.addPartitionsToTxn, body, {
            timeoutMs,
            maxVersion: lastAddPartitionsVersionOfClients,
          }),
        ),
      );
    case 'add-offsets': {
      const { transactionalId, producerId, producerEpoch, groupId } = request;
      const body = { transactionalId, producerId, producerEpoch, groupId };
      const { errorCode } = await noted(
        client.attempt(request.node, apis.addOffsetsToTxn, body, { timeoutMs }),
      );
      return { kind: 'added-offsets', errorCode };
    }
    case 'commit-offsets': {
      const response = await noted(
        client.attempt(request.node, apis.txnOffsetCommit, bodyOfOffsetCommit(request), {
          timeoutMs,
          maxVersion:
            request.protocolVersion === 1
              ? lastVersionsOfFirstProtocol['commit-offsets']
              : lastOffsetCommitVersionWithNames,
        }),
      );
      const results = response.topics.flatMap(({ name, partitions }) =>
        partitions.map(({ partitionIndex: partition, errorCode }) => ({ topic: name, partition, errorCode })),
      );
      return { kind: 'partitions', results };
    }
    case 'end': {
      const { transactionalId, producerId, producerEpoch, result, protocolVersion } = request;
      const body = { transactionalId, producerId, producerEpoch, committed: result === 'commit' };
      const options =
        protocolVersion === 1 ? { timeoutMs, maxVersion: lastVersionsOfFirstProtocol.end } : { timeoutMs };
      const response = await noted(client.attempt(request.node, apis.endTxn, body, options));
      const { errorCode } = response;
      const next = { producerId: response.producerId, producerEpoch: response.producerEpoch };
      return { kind: 'ended', errorCode, ...next, support: supportOf(client, request.node) };
    }
  }
}

async function findCoordinator(
  client: NetworkClient,
  { key, keyType: type }: Request<'find-coordinator'>,
  timeoutMs: number,
): Promise<TransactionAnswer> {
  const keyType = coordinatorKeyTypes[type];
  const response = await client.send(
    'any',
    apis.findCoordinator,
    (version) => (version < 4 ? { key, keyType } : { key: '', keyType, coordinatorKeys: [key] }),
    { timeoutMs },
  );
  const found = response.coordinators.find((coordinator) => coordinator.key === key) ?? response;
  const { errorCode, errorMessage: message, nodeId, host, port } = found;
  if (errorCode === 0) client.updateNode({ id: nodeId, host, port, rack: null });
  return { kind: 'coordinator', errorCode, message, nodeId };
}

function bodyOfInit(request: Request<'init-producer-id'>) {
  const { transactionalId, transactionTimeoutMs, producerId, producerEpoch } = request;
  return (version: number) =>
    version < firstInitVersionWithProducer
      ? { transactionalId, transactionTimeoutMs }
      : { transactionalId, transactionTimeoutMs, producerId, producerEpoch };
}

async function addPartitions(
  request: Request<'add-partitions'>,
  send: (body: {
    v3AndBelowTransactionalId: string;
    v3AndBelowProducerId: number;
    v3AndBelowProducerEpoch: number;
    v3AndBelowTopics: { name: string; partitions: number[] }[];
    transactions: never[];
  }) => Promise<{
    readonly resultsByTopicV3AndBelow: readonly {
      readonly name: string;
      readonly resultsByPartition: readonly {
        readonly partitionIndex: number;
        readonly partitionErrorCode: number;
      }[];
    }[];
  }>,
): Promise<TransactionAnswer> {
  const response = await send({
    v3AndBelowTransactionalId: request.transactionalId,
    v3AndBelowProducerId: request.producerId,
    v3AndBelowProducerEpoch: request.producerEpoch,
    v3AndBelowTopics: [...groupByTopic(request.partitions)].map(([name, partitions]) => ({
      name,
      partitions,
    })),
    transactions: [],
  });
  const results: PartitionErrorCode[] = [];
  for (const { name: topic, resultsByPartition } of response.resultsByTopicV3AndBelow) {
    for (const { partitionIndex: partition, partitionErrorCode: errorCode } of resultsByPartition)
      results.push({ topic, partition, errorCode });
  }
  return { kind: 'partitions', results };
}

function bodyOfOffsetCommit(request: Request<'commit-offsets'>) {
  const { transactionalId, producerId, producerEpoch, group, offsets } = request;
  const byKey = new Map(offsets.map((one) => [topicPartitionKey(one.topic, one.partition), one]));
  return {
    transactionalId,
    groupId: group.groupId,
    producerId,
    producerEpoch,
    generationIdOrMemberEpoch: group.generationId,
    memberId: group.memberId,
    groupInstanceId: group.groupInstanceId,
    topics: [...groupByTopic(byKey.values())].map(([name, partitions]) => ({
      name,
      partitions: partitions.map((partitionIndex) => {
        const one = byKey.get(topicPartitionKey(name, partitionIndex));
        return {
          partitionIndex,
          committedOffset: one?.offset ?? -1,
          committedLeaderEpoch: one?.leaderEpoch ?? -1,
          committedMetadata: one?.metadata ?? '',
        };
      }),
    })),
  };
}

/** What the coordinator said when the connection to it was made (KIP-584). */
function supportOf(client: NetworkClient, node: number): TransactionSupport {
  return {
    protocolVersion: client.featureLevel(node, 'transaction.version') >= 2 ? 2 : 1,
    canBumpEpoch: (client.highestVersion(node, apis.initProducerId) ?? 0) >= firstInitVersionWithProducer,
  };
}
