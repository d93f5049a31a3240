// Decides what the broker's transaction requests get for an answer: finds the id's coordinator, and producer ids where they are needed.
import { LinearRegex, RegexSyntaxError } from '../foundation/regex/linear-regex.js';
import { partitionForId } from '../foundation/string-hash.js';
import type { AddPartitions } from '../machines/transaction/add-partitions.js';
import type { EndTxn } from '../machines/transaction/end-transaction.js';
import {
  refusedProducer,
  type InitProducerId,
  type ProducerResult,
} from '../machines/transaction/init-producer-id.js';
import { fleetingStates, isTransactionState } from '../machines/transaction/transaction-record.js';
import {
  undescribedTransaction,
  type DescribedTransaction,
  type ListedTransaction,
} from '../machines/transaction/transaction-views.js';
import { ErrorCode } from '../protocol/errors.js';
import type { DescribeTransactionsResponseInput } from '../protocol/messages/65-describe-transactions.js';
import type {
  ListTransactionsRequest,
  ListTransactionsResponseInput,
} from '../protocol/messages/66-list-transactions.js';
import type { PendingReply } from './coordinator-replies.js';
import { TransactionShards, type TransactionShardOptions } from './transaction-shards.js';

/** A request asks again at most so often because it lacked a producer id; once is enough where nobody else uses the transactional id. */
const maxProducerIdTries = 3;

export interface TransactionCoordinatorOptions extends TransactionShardOptions {
  /** A producer id that nobody has, durably reserved (T3). */
  readonly newProducerId: () => Promise<number>;
  readonly admissionRetry: AdmissionRetry;
}

/** How long the broker itself waits for the end of the transaction before, when a producer follows transaction.version 2 (P13). */
export interface AdmissionRetry {
  /** `add.partitions.to.txn.retry.backoff.ms`. */
  readonly backoffMs: number;
  /** `add.partitions.to.txn.retry.backoff.max.ms`. */
  readonly maxMs: number;
}

/** A producer and epoch as the wire has them. */
export interface ProducerAnswer {
  readonly errorCode: number;
  readonly producerId: number;
  readonly producerEpoch: number;
}

export class TransactionCoordinator {
  readonly #options: TransactionCoordinatorOptions;
  readonly #shards: TransactionShards;

  constructor(options: TransactionCoordinatorOptions) {
    this.#options = options;
    this.#shards = new TransactionShards(options);
  }

  start(): void {
    this.#shards.start();
  }

  /** Another node leads the partition now, or it is deleted. */
  onPartitionResigned(partition: number): void {
    this.#shards.resign(partition);
  }

  close(): void {
    this.#shards.close();
  }

  /**
   * For FindCoordinator: the partition of the state topic that holds the id, creating the topic when it is absent; null when there is no
   * topic yet and the client must ask again (COORDINATOR_NOT_AVAILABLE).
   */
  partitionFor(transactionalId: string): number | null {
    const count = this.#options.stateTopic.ensure();
    return count === null ? null : partitionForId(transactionalId, count);
  }

  initProducerId(request: InitProducerId): Promise<ProducerAnswer> {
    if (request.transactionalId === '') return Promise.resolve(refusal(ErrorCode.INVALID_REQUEST));
    return this.#withProducerId((newProducerId) =>
      this.#shards.submit<ProducerResult, ProducerResult>(
        request.transactionalId,
        (machine, ticket, now) => machine.handleInitProducerId(request, newProducerId, ticket, now),
        (result) => result,
        refusedProducer,
      ),
    );
  }

  endTransaction(request: EndTxn): Promise<ProducerAnswer> {
    if (request.transactionalId === '') return Promise.resolve(refusal(ErrorCode.INVALID_REQUEST));
    return this.#withProducerId((newProducerId) =>
      this.#shards.submit<ProducerResult, ProducerResult>(
        request.transactionalId,
        (machine, ticket, now) => machine.handleEndTransaction(request, newProducerId, ticket, now),
        (result) => result,
        refusedProducer,
      ),
    );
  }

  addPartitions(request: AddPartitions): Promise<number> {
    return new Promise((resolve) => this.#add(request, resolve));
  }

  verifyPartitions(request: AddPartitions): Promise<readonly number[]> {
    return new Promise((resolve) => this.#verify(request, resolve));
  }

  /**
   * Whether a producer may write to partitions where it has no transaction open: they are in its transaction, or are put into it when the
   * producer leaves that to the broker (P12, P13). `done` is called once and at that moment: what it appends there cannot come after the
   * transaction's end. Its error codes are those of the coordinator, one per partition.
   */
  admit(request: AddPartitions, mode: 'verify' | 'add', done: (errorCodes: readonly number[]) => void): void {
    if (mode === 'verify') this.#verify(request, done);
    else this.#addPatiently(request, this.#options.clock.monotonicMs(), done);
  }

  describe(transactionalIds: readonly string[]): Promise<DescribeTransactionsResponseInput> {
    return this.#shards.readEach<DescribedTransaction, DescribeTransactionsResponseInput>(
      transactionalIds,
      (machine, index) => machine.describe(transactionalIds[index] ?? ''),
      (errorCode, index) => undescribedTransaction(transactionalIds[index] ?? '', errorCode),
      (transactionStates) => ({ throttleTimeMs: 0, transactionStates }),
    );
  }

  /** The transactions of the partitions that this node leads; while one of them loads there is no whole answer. */
  list(request: ListTransactionsRequest): Promise<ListTransactionsResponseInput> {
    const { stateFilters, producerIdFilters, durationFilter, transactionalIdPattern } = request;
    const unknownStateFilters = stateFilters.filter(
      (state) => !isTransactionState(state) && !fleetingStates.has(state),
    );
    const answer = (
      errorCode: number,
      transactionStates: ListedTransaction[],
    ): ListTransactionsResponseInput => ({
      throttleTimeMs: 0,
      errorCode,
      unknownStateFilters,
      transactionStates,
    });
    if (this.#shards.isClosed) return Promise.resolve(answer(ErrorCode.COORDINATOR_NOT_AVAILABLE, []));
    const idPattern = regexOf(transactionalIdPattern);
    if (idPattern === 'invalid') return Promise.resolve(answer(ErrorCode.INVALID_REGULAR_EXPRESSION, []));
    const filter = {
      states: new Set(stateFilters),
      hasStates: stateFilters.length > 0,
      producerIds: new Set(producerIdFilters),
      durationMs: durationFilter,
      idPattern,
    };
    const wallMs = this.#options.clock.nowMs();
    return new Promise((resolve) =>
      this.#shards.readAll<ListedTransaction[]>(
        (machine) => machine.list(filter, wallMs),
        (lists, errorCode) => resolve(answer(errorCode, errorCode === ErrorCode.NONE ? lists.flat() : [])),
      ),
    );
  }

  /** Asks without a producer id first, since most requests need none, then with one. */
  async #withProducerId(
    submit: (newProducerId: number | null) => Promise<ProducerResult>,
  ): Promise<ProducerAnswer> {
    let newProducerId: number | null = null;
    for (let attempt = 0; attempt < maxProducerIdTries; attempt++) {
      const result = await submit(newProducerId);
      if (result.kind === 'done') return result;
      newProducerId = await this.#options.newProducerId();
    }
    return refusal(ErrorCode.COORDINATOR_NOT_AVAILABLE);
  }

  #add(request: AddPartitions, done: (errorCode: number) => void): void {
    if (request.transactionalId === '') return done(ErrorCode.INVALID_REQUEST);
    const pending: PendingReply<number> = { complete: done, fail: done };
    this.#shards.use(request.transactionalId, pending, (shard) =>
      shard.submit(pending, (machine, ticket, now) => machine.handleAddPartitions(request, ticket, now)),
    );
  }

  #addPatiently(
    request: AddPartitions,
    startedMs: number,
    done: (errorCodes: readonly number[]) => void,
  ): void {
    const { clock, timers, admissionRetry } = this.#options;
    this.#add(request, (errorCode) => {
      const hasTime = clock.monotonicMs() - startedMs + admissionRetry.backoffMs <= admissionRetry.maxMs;
      if (errorCode === ErrorCode.CONCURRENT_TRANSACTIONS && hasTime && !this.#shards.isClosed) {
        timers.after(admissionRetry.backoffMs, () => this.#addPatiently(request, startedMs, done));
        return;
      }
      done(request.partitions.map(() => errorCode));
    });
  }

  #verify(request: AddPartitions, done: (errorCodes: readonly number[]) => void): void {
    const all = (errorCode: number): void => done(request.partitions.map(() => errorCode));
    if (request.transactionalId === '') return all(ErrorCode.INVALID_REQUEST);
    const pending: PendingReply<readonly number[]> = { complete: done, fail: all };
    this.#shards.use(request.transactionalId, pending, (shard) =>
      shard.read(pending, (machine) => machine.verify(request)),
    );
  }
}

function refusal(errorCode: number): ProducerAnswer {
  return { errorCode, producerId: -1, producerEpoch: -1 };
}

/** An empty pattern is none. */
function regexOf(pattern: string | null): LinearRegex | null | 'invalid' {
  if (pattern === null || pattern === '') return null;
  try {
    return new LinearRegex(pattern);
  } catch (error) {
    if (error instanceof RegexSyntaxError) return 'invalid';
    throw error;
  }
}
