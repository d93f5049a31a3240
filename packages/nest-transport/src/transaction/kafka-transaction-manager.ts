// Decides how methods and containers take part in transactions: which they join, which they begin, and when these end.
import { Inject, Injectable } from '@nestjs/common';
import { DefaultKafkaProducerFactory } from '../template/default-kafka-producer-factory.js';
import { KafkaTransaction } from './kafka-transaction.js';
import { commitTransaction, rollbackTransaction } from './transaction-boundary.js';
import { currentTransaction, withTransaction } from './transaction-context.js';
import { IllegalTransactionStateError, NoTransactionError } from './transaction-errors.js';

/** Spring's Propagation, without `NESTED`: Kafka has no savepoints. */
export type Propagation = 'REQUIRED' | 'REQUIRES_NEW' | 'SUPPORTS' | 'NOT_SUPPORTED' | 'MANDATORY' | 'NEVER';

export const propagations: readonly Propagation[] = [
  'REQUIRED',
  'REQUIRES_NEW',
  'SUPPORTS',
  'NOT_SUPPORTED',
  'MANDATORY',
  'NEVER',
];

/** Which transaction a callback takes part in, and which errors roll it back. */
export interface TransactionOptions {
  /**
   * `REQUIRED` (default) joins the transaction under way or begins one; `REQUIRES_NEW` begins one of its own; `SUPPORTS` joins if there is one;
   * `MANDATORY` joins or fails; `NOT_SUPPORTED` runs outside; `NEVER` fails if there is one.
   */
  readonly propagation?: Propagation;
  /** Errors with which the transaction commits all the same; the error still goes to the caller. */
  readonly noRollbackFor?: (error: unknown) => boolean;
}

/** Spring Kafka's KafkaTransactionManager, over the asynchronous flow in the place of the thread. */
@Injectable()
export class KafkaTransactionManager {
  constructor(
    /** Where the producers of its transactions come from. */
    @Inject(DefaultKafkaProducerFactory) readonly producerFactory: DefaultKafkaProducerFactory,
  ) {}

  /** The transaction that the calling flow is in and that still takes records. */
  current(): KafkaTransaction | null {
    const transaction = currentTransaction(this.producerFactory);
    return transaction?.state === 'active' ? transaction : null;
  }

  /** The transaction that the calling flow is in can from now on only be rolled back. */
  setRollbackOnly(): void {
    const transaction = this.current();
    if (transaction === null) {
      throw new NoTransactionError('setRollbackOnly() was called outside of a transaction');
    }
    transaction.setRollbackOnly();
  }

  /** Runs the callback in a transaction as the options say: commits when its promise resolves, rolls back when it rejects. */
  async execute<T>(callback: () => T | Promise<T>, options: TransactionOptions = {}): Promise<T> {
    const { propagation = 'REQUIRED' } = options;
    const current = this.current();
    switch (propagation) {
      case 'REQUIRED':
        return current === null ? this.#runNew(callback, options) : this.#join(current, callback, options);
      case 'REQUIRES_NEW':
        return this.#runNew(callback, options);
      case 'SUPPORTS':
        return current === null ? callback() : this.#join(current, callback, options);
      case 'MANDATORY':
        if (current === null) {
          throw new NoTransactionError('A transaction is mandatory here, and none is under way');
        }
        return this.#join(current, callback, options);
      case 'NOT_SUPPORTED':
        return withTransaction(this.producerFactory, null, 'managed', callback);
      case 'NEVER':
        if (current !== null) {
          throw new IllegalTransactionStateError(
            `A transaction is under way (${current.transactionalId}), where there must be none`,
          );
        }
        return callback();
    }
  }

  /** Begins a transaction that the caller ends; `run` is how code takes part in it. */
  async begin(): Promise<KafkaTransaction> {
    return new KafkaTransaction(await this.producerFactory.beginTransaction());
  }

  /** Runs the callback inside the transaction, which goes on afterwards; gives what the callback gives. */
  run<T>(transaction: KafkaTransaction, callback: () => T): T {
    return withTransaction(this.producerFactory, transaction, 'managed', callback);
  }

  /** Rejects when it could not be committed; it has ended all the same. */
  commit(transaction: KafkaTransaction): Promise<void> {
    return commitTransaction(transaction);
  }

  /** Never rejects. */
  rollback(transaction: KafkaTransaction, cause?: unknown): Promise<void> {
    return rollbackTransaction(transaction, cause);
  }

  async #runNew<T>(callback: () => T | Promise<T>, options: TransactionOptions): Promise<T> {
    const transaction = await this.begin();
    let result: T;
    try {
      result = await this.run(transaction, callback);
    } catch (error) {
      if (options.noRollbackFor?.(error) === true) {
        await this.commit(transaction);
      } else {
        await this.rollback(transaction, error);
      }
      throw error;
    }
    await this.commit(transaction);
    return result;
  }

  /** A failure inside marks the whole: whoever began the transaction may catch the error, and still must not commit half of it. */
  async #join<T>(
    transaction: KafkaTransaction,
    callback: () => T | Promise<T>,
    options: TransactionOptions,
  ): Promise<T> {
    try {
      return await callback();
    } catch (error) {
      if (options.noRollbackFor?.(error) !== true) {
        transaction.setRollbackOnly(error);
      }
      throw error;
    }
  }
}
