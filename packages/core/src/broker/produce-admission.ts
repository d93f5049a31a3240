// Decides whether transactional batches may be appended: their partitions are in the producer's transaction, or are put there (P12, P13, KIP-890).
import { epochBumpSince } from '../machines/transaction/transaction-record.js';
import { ErrorCode } from '../protocol/errors.js';
import type { PartitionRuntime } from '../runtime/partition-runtime.js';
import type { TransactionCoordinator } from '../runtime/transaction-coordinator.js';
import type { TopicRegistry } from './topic-registry.js';

/** Since this version of Produce a client knows TRANSACTION_ABORTABLE. */
const firstAbortableVersion = 11;
/** Since this version the client leaves AddPartitionsToTxn to the broker. */
const firstImplicitVersion = 12;

export interface TransactionalBatch {
  readonly partition: PartitionRuntime;
  readonly producerId: number;
  readonly producerEpoch: number;
}

export interface PartitionRefusal {
  readonly errorCode: number;
  readonly message: string;
}

export class ProduceAdmission {
  constructor(
    private readonly topics: TopicRegistry,
    private readonly transactions: TransactionCoordinator,
  ) {}

  /** Nothing is to be asked: the transaction is open in all of these partitions, or nobody wants to know. */
  isFree(batches: readonly TransactionalBatch[], apiVersion: number): boolean {
    const mustAsk =
      apiVersion >= firstImplicitVersion || this.topics.config.values.transactionPartitionVerificationEnable;
    return !mustAsk || batches.every(isOpen);
  }

  /** `done` is told once which partitions may not be written; what it appends to the others is in time for the transaction's end. */
  ask(
    transactionalId: string,
    batches: readonly TransactionalBatch[],
    apiVersion: number,
    done: (refused: ReadonlyMap<PartitionRuntime, PartitionRefusal>) => void,
  ): void {
    const asked = batches.filter((batch) => !isOpen(batch));
    const [first] = asked;
    if (first === undefined) return done(new Map());
    const isImplicit = apiVersion >= firstImplicitVersion;
    const request = {
      transactionalId,
      // P1: a request has one transactional producer.
      producerId: first.producerId,
      producerEpoch: first.producerEpoch,
      partitions: asked.map(({ partition: { topic, partition } }) => ({ topic, partition })),
      clientTransactionVersion: isImplicit ? epochBumpSince : 0,
    };
    this.transactions.admit(request, isImplicit ? 'add' : 'verify', (errorCodes) => {
      const refused = new Map<PartitionRuntime, PartitionRefusal>();
      asked.forEach(({ partition }, index) => {
        const refusal = refusalOf(errorCodes[index] ?? ErrorCode.UNKNOWN_SERVER_ERROR, apiVersion);
        if (refusal !== null) refused.set(partition, refusal);
      });
      done(refused);
    });
  }
}

function isOpen({ partition, producerId, producerEpoch }: TransactionalBatch): boolean {
  return partition.hasOpenTransaction(producerId, producerEpoch);
}

/** Old clients retry what they know, and only that; null when the coordinator has nothing against it. */
function refusalOf(errorCode: number, apiVersion: number): PartitionRefusal | null {
  switch (errorCode) {
    case ErrorCode.NONE:
      return null;
    case ErrorCode.TRANSACTION_ABORTABLE:
      return {
        errorCode: apiVersion >= firstAbortableVersion ? errorCode : ErrorCode.INVALID_TXN_STATE,
        message: 'The partition was not added to the transaction',
      };
    case ErrorCode.PRODUCER_FENCED:
      return {
        errorCode: ErrorCode.INVALID_PRODUCER_EPOCH,
        message: 'The transaction coordinator knows a later epoch of this producer',
      };
    case ErrorCode.CONCURRENT_TRANSACTIONS:
      if (apiVersion >= firstImplicitVersion)
        return { errorCode, message: 'The transaction before is still being ended' };
      return unverified(errorCode);
    case ErrorCode.COORDINATOR_LOAD_IN_PROGRESS:
    case ErrorCode.COORDINATOR_NOT_AVAILABLE:
    case ErrorCode.NOT_COORDINATOR:
      return unverified(errorCode);
    default:
      return {
        errorCode,
        message: `The transaction coordinator refused the producer with error ${errorCode}`,
      };
  }
}

function unverified(errorCode: number): PartitionRefusal {
  return {
    errorCode: ErrorCode.NOT_ENOUGH_REPLICAS,
    message: `It could not be verified that the partition is in the transaction: error ${errorCode}`,
  };
}
