// AddPartitionsToTxn, key 24, versions 0 to 5.
//
// Up to version 3 a producer puts partitions into its transaction, which begins with the first (T5). A partition that does not exist is
// UNKNOWN_TOPIC_OR_PARTITION, one of the broker's own topics TOPIC_AUTHORIZATION_FAILED; the others are OPERATION_NOT_ATTEMPTED then and
// nothing is added. Versions 4 and 5 are for brokers: many
// transactions in a request, of which those with `verifyOnly` are looked at and not changed (KIP-890, P12, P13).
// A stale epoch is PRODUCER_FENCED, and INVALID_PRODUCER_EPOCH in versions 0 and 1, which do not know the other.
import type { AddPartitions } from '../../machines/transaction/add-partitions.js';
import { epochBumpSince, type TransactionPartition } from '../../machines/transaction/transaction-record.js';
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import type {
  AddPartitionsToTxnRequest,
  AddPartitionsToTxnResponseInput,
} from '../../protocol/messages/24-add-partitions-to-txn.js';
import type { TransactionCoordinator } from '../../runtime/transaction-coordinator.js';
import { served, type ServedApi } from '../request.js';
import type { TopicRegistry } from '../topic-registry.js';
import { fencedErrorCode } from '../transaction-errors.js';

type Transaction = AddPartitionsToTxnRequest['transactions'][number];
type TopicInput = Transaction['topics'][number];
type TopicResult = NonNullable<AddPartitionsToTxnResponseInput['resultsByTopicV3AndBelow']>[number];

const firstBrokerVersion = 4;
const firstFencedVersion = 2;

/** The results of all partitions, in the request's order. */
function resultsOf(topics: readonly TopicInput[], codeOf: (index: number) => number): TopicResult[] {
  let index = 0;
  return topics.map(({ name, partitions }) => ({
    name,
    resultsByPartition: partitions.map((partitionIndex) => ({
      partitionIndex,
      partitionErrorCode: codeOf(index++),
    })),
  }));
}

class AddPartitionsHandler {
  constructor(
    private readonly topics: TopicRegistry,
    private readonly transactions: TransactionCoordinator,
  ) {}

  async handle(
    request: AddPartitionsToTxnRequest,
    apiVersion: number,
  ): Promise<AddPartitionsToTxnResponseInput> {
    if (apiVersion < firstBrokerVersion) {
      const transaction = {
        transactionalId: request.v3AndBelowTransactionalId,
        producerId: request.v3AndBelowProducerId,
        producerEpoch: request.v3AndBelowProducerEpoch,
        verifyOnly: false,
        topics: request.v3AndBelowTopics,
      };
      const resultsByTopicV3AndBelow = await this.#answer(transaction, apiVersion);
      return { throttleTimeMs: 0, resultsByTransaction: [], resultsByTopicV3AndBelow };
    }
    const answers = request.transactions.map(async (transaction) => ({
      transactionalId: transaction.transactionalId,
      topicResults: await this.#answer(transaction, apiVersion),
    }));
    return {
      throttleTimeMs: 0,
      errorCode: ErrorCode.NONE,
      resultsByTransaction: await Promise.all(answers),
      resultsByTopicV3AndBelow: [],
    };
  }

  async #answer(transaction: Transaction, apiVersion: number): Promise<TopicResult[]> {
    const { transactionalId, producerId, producerEpoch, topics } = transaction;
    const partitions = topics.flatMap(({ name, partitions: indexes }) =>
      indexes.map((partition): TransactionPartition => ({ topic: name, partition })),
    );
    if (partitions.length === 0) return [];
    const problems = partitions.map((partition) => this.#problem(partition, apiVersion));
    if (problems.some((code) => code !== ErrorCode.NONE)) {
      const none = ErrorCode.OPERATION_NOT_ATTEMPTED;
      return resultsOf(topics, (index) => {
        const code = problems[index] ?? ErrorCode.NONE;
        return code === ErrorCode.NONE ? none : code;
      });
    }
    const clientTransactionVersion = apiVersion >= firstBrokerVersion ? epochBumpSince : 0;
    const request: AddPartitions = {
      transactionalId,
      producerId,
      producerEpoch,
      partitions,
      clientTransactionVersion,
    };
    if (transaction.verifyOnly) {
      const codes = await this.transactions.verifyPartitions(request);
      return resultsOf(topics, (index) => codes[index] ?? ErrorCode.UNKNOWN_SERVER_ERROR);
    }
    const code = fencedErrorCode(
      await this.transactions.addPartitions(request),
      apiVersion,
      firstFencedVersion,
    );
    return resultsOf(topics, () => code);
  }

  /** Producers have no business in the broker's own topics; what other brokers ask for was looked at there. */
  #problem({ topic, partition }: TransactionPartition, apiVersion: number): number {
    const known = this.topics.byName(topic);
    if (known?.isInternal === true && apiVersion < firstBrokerVersion)
      return ErrorCode.TOPIC_AUTHORIZATION_FAILED;
    return known?.partitions[partition] === undefined ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.NONE;
  }
}

export function addPartitionsToTxn(topics: TopicRegistry, transactions: TransactionCoordinator): ServedApi {
  const handler = new AddPartitionsHandler(topics, transactions);
  return served(apis.addPartitionsToTxn, (request, { apiVersion }) => handler.handle(request, apiVersion));
}
