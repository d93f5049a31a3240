// Decides what the calls of a transactional producer do: whether they fit the state, what they wait for, and how they fail.
import type { ProducerBatch } from '../../machines/producer/producer-batch.js';
import { isFatalForTransactions } from '../../machines/producer/transaction-error-decision.js';
import type { TransactionManager } from '../../machines/producer/transaction-manager.js';
import {
  openOffsetsMax,
  type TransactionOperation,
  type TransactionProblem,
  type TransactionSettlement,
} from '../../machines/producer/transaction-progress.js';
import type { DeliveryFailure } from '../../runtime/sender-delivery.js';
import type { ConsumerGroupMetadata } from '../consumer.js';
import type { OffsetToCommit } from '../consumer/offset-committer.js';
import { checkTopicPartitions } from '../argument-checks.js';
import { IllegalStateError, InvalidArgumentError, TimeoutError } from '../errors.js';
import type { ConnectionPorts } from '../node-connection.js';
import { errorOfFailure, errorOfProblem } from './transaction-errors.js';

export interface TransactionsContext {
  readonly transactionalId: string;
  readonly maxBlockMs: number;
  readonly ports: Pick<ConnectionPorts, 'timers'>;
  readonly manager: TransactionManager;
  /** Looks for work: something was asked of the manager. */
  readonly wake: () => void;
  /** Batches go without lingering until everything sent so far is done. */
  readonly flush: () => void;
  /** Fails what waits for metadata or memory. */
  readonly rejectParked: (error: Error) => void;
  /** What went wrong lately between the producer and the brokers; null when nothing did. */
  readonly lastFailure: () => Error | null;
}

interface OpenCall {
  readonly promise: Promise<void>;
  readonly settle: (error: Error | null) => void;
}

const methodNames: Readonly<Record<TransactionOperation, string>> = {
  initialize: 'initTransactions',
  commit: 'commitTransaction',
  abort: 'abortTransaction',
};

export class ProducerTransactions {
  /** Of initialize, commit and abort; it outlives a call that ran out of time, so that the same call can be made again. */
  #open: { readonly operation: TransactionOperation; readonly call: OpenCall } | null = null;
  readonly #openOffsets = new Map<number, OpenCall>();
  #closed = false;

  constructor(private readonly context: TransactionsContext) {}

  get hasOpenTransaction(): boolean {
    return this.context.manager.hasOpenTransaction;
  }

  initialize(): Promise<void> {
    return this.#operate('initialize', 'uninitialized', 'initTransactions() is called once', (manager) =>
      manager.initialize(),
    );
  }

  begin(): void {
    this.#checkUsable();
    const { manager } = this.context;
    if (manager.state === 'ready') {
      manager.begin();
      return;
    }
    const why =
      manager.state === 'uninitialized' || manager.state === 'initializing'
        ? 'call initTransactions() first and await it'
        : 'one is open; commit or abort it first and await that';
    throw new IllegalStateError(`Cannot begin a transaction: ${why}`);
  }

  commit(): Promise<void> {
    return this.#operate('commit', 'in-transaction', 'begin a transaction first', (manager) => {
      manager.commit();
      this.context.flush();
    });
  }

  abort(): Promise<void> {
    return this.#operate('abort', 'in-transaction', 'begin a transaction first', (manager) => {
      manager.abort();
      this.context.rejectParked(this.#errorOf({ severity: 'aborted' }));
    });
  }

  async sendOffsets(offsets: readonly OffsetToCommit[], group: ConsumerGroupMetadata): Promise<void> {
    const what = 'Cannot send offsets to the transaction';
    this.checkOpen('send offsets');
    checkTopicPartitions(what, offsets);
    for (const { topic, partition, offset } of offsets) {
      if (Number.isSafeInteger(offset) && offset >= 0) continue;
      throw new InvalidArgumentError(
        `${what}: the offset of ${topic}-${partition} is ${offset}; give 0 or more`,
      );
    }
    const groupId: unknown = group?.groupId;
    if (typeof groupId !== 'string' || groupId === '') {
      throw new InvalidArgumentError(
        `${what}: give the group's metadata, as consumer.groupMetadata() has it`,
      );
    }
    if (offsets.length === 0) return;
    const { manager } = this.context;
    if (manager.openOffsetsCount >= openOffsetsMax)
      throw new IllegalStateError(`${what}: ${openOffsetsMax} calls are open; await them`);
    const { generationId, memberId, groupInstanceId } = group;
    const ticket = manager.sendOffsets(
      { groupId, generationId, memberId, groupInstanceId },
      offsets.map(({ topic, partition, offset, leaderEpoch, metadata }) => ({
        topic,
        partition,
        offset,
        leaderEpoch: leaderEpoch ?? -1,
        metadata: metadata ?? '',
      })),
    );
    const call = openCall();
    this.#openOffsets.set(ticket, call);
    this.context.wake();
    await this.#inTime(call, 'sendOffsetsToTransaction');
  }

  /** Throws when no transaction is open that takes more. */
  checkOpen(what: string): void {
    const { state } = this.context.manager;
    if (state === 'in-transaction') return;
    this.#checkUsable();
    if (state === 'abortable-error') throw this.#error();
    const why =
      state === 'uninitialized' || state === 'initializing'
        ? 'call initTransactions(), then beginTransaction()'
        : state === 'ready'
          ? 'call beginTransaction() first'
          : 'the transaction is being ended';
    throw new IllegalStateError(`Cannot ${what}: ${why}`);
  }

  /** A record of the transaction was not sent: what is left of it must not be committed. */
  recordRejected(error: Error): void {
    this.context.manager.requireAbort({ kind: 'error', error }, false);
    this.context.wake();
  }

  batchFailed(batch: ProducerBatch, failure: DeliveryFailure, error: Error): void {
    const { manager } = this.context;
    if (failure.kind === 'refused' && isFatalForTransactions(failure.errorCode))
      manager.fail({ kind: 'error', error });
    else manager.requireAbort({ kind: 'error', error }, batch.sequence !== null);
  }

  /** Why a batch was given up that an abort, or the end of the producer, left behind. */
  errorOfDropped(): Error {
    return this.context.manager.state === 'aborting' ? this.#errorOf({ severity: 'aborted' }) : this.#error();
  }

  settled(settlements: readonly TransactionSettlement[]): void {
    for (const settlement of settlements) {
      const { problem } = settlement;
      const error = problem === null ? null : this.#errorOf(problem);
      if (settlement.operation === 'send-offsets') {
        const call = this.#openOffsets.get(settlement.ticket);
        this.#openOffsets.delete(settlement.ticket);
        call?.settle(error);
      } else if (this.#open?.operation === settlement.operation) {
        const { call } = this.#open;
        this.#open = null;
        call.settle(error);
      }
    }
  }

  /** Ends what is open before the producer closes: a commit or an abort under way is awaited, an open transaction aborted. Never fails. */
  async finish(): Promise<void> {
    const { manager } = this.context;
    try {
      if (this.#open !== null && this.#open.operation !== 'initialize') await this.#open.call.promise;
      // Closing may have run out of time meanwhile: nobody would answer.
      if (manager.hasOpenTransaction && !this.#closed) await this.abort();
    } catch {
      // Whoever asked for it hears of it; the coordinator aborts what stays open when its time is over (T9).
    }
  }

  /** Fails what is open. */
  close(error: Error): void {
    this.#closed = true;
    this.#open?.call.settle(error);
    this.#open = null;
    for (const call of this.#openOffsets.values()) call.settle(error);
    this.#openOffsets.clear();
  }

  /** Starts the operation, or waits for the same one that is under way already. */
  async #operate(
    operation: TransactionOperation,
    from: 'uninitialized' | 'in-transaction',
    advice: string,
    start: (manager: TransactionManager) => void,
  ): Promise<void> {
    const { manager } = this.context;
    const name = methodNames[operation];
    if (this.#open?.operation !== operation) {
      this.#checkUsable();
      if (this.#open !== null) {
        throw new IllegalStateError(
          `Cannot call ${name}(): ${methodNames[this.#open.operation]}() is not done; call it again and await it`,
        );
      }
      const mayAbort = operation === 'abort' && manager.state === 'abortable-error';
      if (manager.state === 'abortable-error' && !mayAbort) throw this.#error();
      if (manager.state !== from && !mayAbort)
        throw new IllegalStateError(`Cannot call ${name}(): ${advice}`);
      this.#open = { operation, call: openCall() };
      start(manager);
      this.context.wake();
    }
    await this.#inTime(this.#open.call, name);
  }

  /** The call's end, or a TimeoutError after `maxBlockMs`; what was begun goes on all the same. */
  async #inTime(call: OpenCall, name: string): Promise<void> {
    const { maxBlockMs, ports } = this.context;
    await new Promise<void>((resolve, reject) => {
      const timer = ports.timers.after(maxBlockMs, () => {
        const cause = this.#obstacle();
        const why = cause === null ? '' : `; last: ${cause.message}`;
        reject(
          new TimeoutError(
            `${name}() was not done within ${maxBlockMs} ms (maxBlockMs) and goes on; call it again to wait for it${why}`,
            { cause: cause ?? undefined },
          ),
        );
      });
      call.promise.then(resolve, reject).finally(() => timer.cancel());
    });
  }

  /** What an operation that is not done waits for; null when nothing is known to be in its way. */
  #obstacle(): Error | null {
    const { manager, transactionalId, lastFailure } = this.context;
    const { obstacle } = manager;
    return obstacle === null ? lastFailure() : errorOfFailure(obstacle, transactionalId);
  }

  #checkUsable(): void {
    if (this.context.manager.state === 'fatal-error') throw this.#error();
  }

  /** What stands in the way, in `abortable-error` and `fatal-error`. */
  #error(): Error {
    const { failure, state } = this.context.manager;
    if (failure === null) return this.#errorOf({ severity: 'aborted' });
    return this.#errorOf({ severity: state === 'fatal-error' ? 'fatal' : 'abortable', failure });
  }

  #errorOf(problem: TransactionProblem): Error {
    return errorOfProblem(problem, this.context.transactionalId);
  }
}

function openCall(): OpenCall {
  let settle: (error: Error | null) => void = () => undefined;
  const promise = new Promise<void>((resolve, reject) => {
    settle = (error) => (error === null ? resolve() : reject(error));
  });
  // Nobody waits any more for a call that ran out of time.
  promise.catch(() => undefined);
  return { promise, settle };
}
