// Decides what one transaction is: a producer of its own from begin to commit or abort, and whether it may still commit.
import { IllegalTransactionStateError } from './transaction-errors.js';
import type { ProducerLease } from './transactional-producer-pool.js';
import type { TransactionalProducer } from './transactional-producer.js';

/** `failed`: the commit was not answered; whether the transaction counts is for the cluster to say. */
export type TransactionState = 'active' | 'committing' | 'aborting' | 'committed' | 'aborted' | 'failed';

/** One transaction, as KafkaTransactionManager's `begin()` and `current()` give it. */
export class KafkaTransaction {
  #state: TransactionState = 'active';
  #rollbackCause: { readonly error: unknown } | null = null;
  #fenced = false;

  constructor(private readonly lease: ProducerLease) {}

  /** The `transactional.id` of its producer. */
  get transactionalId(): string {
    return this.lease.transactionalId;
  }

  /** How far it is. */
  get state(): TransactionState {
    return this.#state;
  }

  /** Whether it can only be rolled back. */
  get rollbackOnly(): boolean {
    return this.#rollbackCause !== null;
  }

  /** Why it can only be rolled back; undefined when nobody said. */
  get rollbackCause(): unknown {
    return this.#rollbackCause?.error;
  }

  /** Whether it ended because its producer was fenced: by another process, or by the coordinator after `transactionTimeoutMs`. */
  get fenced(): boolean {
    return this.#fenced;
  }

  /** From now on the transaction can only be rolled back; the method that began it is told by an UnexpectedRollbackError. */
  setRollbackOnly(cause?: unknown): void {
    this.#rollbackCause ??= { error: cause };
  }

  /** The producer, as long as the transaction takes records. */
  producer(): TransactionalProducer {
    if (this.#state !== 'active') {
      throw new IllegalTransactionStateError(
        `The transaction of ${this.transactionalId} is ${this.#state} and takes nothing more: await every send before the method that began it returns`,
      );
    }
    return this.lease.producer;
  }

  /** For its boundary alone: the producer, in any state. */
  producerToEnd(): TransactionalProducer {
    return this.lease.producer;
  }

  /** For its boundary alone: nothing more is taken. */
  enter(state: 'committing' | 'aborting'): TransactionalProducer {
    const producer = this.producer();
    this.#state = state;
    return producer;
  }

  /** For its boundary alone. */
  markFenced(): void {
    this.#fenced = true;
  }

  /** For its boundary alone: the end. A producer whose state is not known is made anew. */
  end(state: 'committed' | 'aborted' | 'failed', producer: 'usable' | 'broken'): void {
    this.#state = state;
    if (producer === 'usable') {
      this.lease.release();
    } else {
      this.lease.discard();
    }
  }
}
