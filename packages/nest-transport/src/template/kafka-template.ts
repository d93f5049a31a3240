// Decides how an application sends records, and inside which transaction.
import { Inject, Injectable, Optional } from '@nestjs/common';
import type { ConsumerGroupMetadata, PartitionInfo, Producer, ProducerRecord } from '@ottla/core';
import { KafkaTransaction } from '../transaction/kafka-transaction.js';
import { commitTransaction, rollbackTransaction } from '../transaction/transaction-boundary.js';
import { currentKind, currentTransaction, withTransaction } from '../transaction/transaction-context.js';
import { IllegalTransactionStateError, NoTransactionError } from '../transaction/transaction-errors.js';
import type { TopicPartitionOffset } from '../transaction/transactional-producer.js';
import { DefaultKafkaProducerFactory } from './default-kafka-producer-factory.js';
import { recordOf, type KafkaOperations, type SendResult } from './kafka-operations.js';
import { KAFKA_TEMPLATE_OPTIONS, type KafkaTemplateOptions } from './kafka-template-options.js';
import { toldByCommit, TransactionOperations } from './transaction-operations.js';

/** Spring Kafka's KafkaTemplate. With a transactional factory it sends in the transaction of the flow that calls it. */
@Injectable()
export class KafkaTemplate<K = unknown, V = unknown> implements KafkaOperations<K, V> {
  readonly #transactional: boolean;
  readonly #allowNonTransactional: boolean;

  constructor(
    /** Where its producers come from. */
    @Inject(DefaultKafkaProducerFactory) readonly producerFactory: DefaultKafkaProducerFactory,
    @Optional() @Inject(KAFKA_TEMPLATE_OPTIONS) options: KafkaTemplateOptions = {},
  ) {
    this.#transactional = producerFactory.transactionCapable;
    this.#allowNonTransactional = options.allowNonTransactional ?? false;
  }

  /** Whether its factory has a `transactionIdPrefix`. */
  get transactional(): boolean {
    return this.#transactional;
  }

  /** Whether it sends outside of transactions although its factory is transactional. */
  get allowNonTransactional(): boolean {
    return this.#allowNonTransactional;
  }

  /** Whether what is sent now goes into a transaction that is under way. */
  inTransaction(): boolean {
    return currentTransaction(this.producerFactory)?.state === 'active';
  }

  /** Sends a value without a key. Resolves when the broker has the record; rejects with a KafkaError of the client. */
  send(topic: string, value: V | null): Promise<SendResult>;
  /** Sends a value under a key: records of one key stay in order, in one partition. */
  send(topic: string, key: K | null, value: V | null): Promise<SendResult>;
  /** Sends a record, with whatever headers, partition and timestamp it names. */
  send(record: ProducerRecord<K, V>): Promise<SendResult>;
  send(first: string | ProducerRecord<K, V>, ...rest: readonly (K | V | null)[]): Promise<SendResult> {
    return this.#send((producer) => producer.send(recordOf(first, rest)));
  }

  /** Sends the records in order; resolves when the broker has all of them, rejects with the first failure. */
  sendMany(records: readonly ProducerRecord<K, V>[]): Promise<SendResult[]> {
    return this.#send((producer) => producer.sendMany(records));
  }

  /**
   * Commits the offsets (of the next records to read) to the consumer's group if, and only if, the transaction commits. The metadata are
   * `consumer.groupMetadata()` as of the poll that brought the records: by them the group refuses a consumer that it has replaced (KIP-447).
   */
  async sendOffsetsToTransaction(
    offsets: readonly TopicPartitionOffset[],
    groupMetadata: ConsumerGroupMetadata,
  ): Promise<void> {
    const transaction = currentTransaction(this.producerFactory);
    if (transaction === null) {
      throw new NoTransactionError(
        'Offsets can be sent to a transaction only inside one: use executeInTransaction, @KafkaTransactional() or a transactional listener',
      );
    }
    await transaction.producer().sendOffsetsToTransaction(offsets, groupMetadata);
  }

  /**
   * Runs the callback in a transaction of its own, whatever transaction it is called in: commits when the callback's promise resolves, else rolls
   * back. What this template sends inside the callback takes part too.
   */
  async executeInTransaction<T>(callback: (operations: KafkaOperations<K, V>) => T | Promise<T>): Promise<T> {
    if (currentKind(this.producerFactory) === 'local' && this.inTransaction()) {
      throw new IllegalTransactionStateError(
        'executeInTransaction() was called inside executeInTransaction() of the same factory; use the operations of the outer one',
      );
    }
    const transaction = new KafkaTransaction(await this.producerFactory.beginTransaction());
    let result: T;
    try {
      const operations = new TransactionOperations<K, V>(transaction);
      result = await withTransaction(this.producerFactory, transaction, 'local', () => callback(operations));
    } catch (error) {
      await rollbackTransaction(transaction, error);
      throw error;
    }
    await commitTransaction(transaction);
    return result;
  }

  /** Resolves when everything sent so far is acknowledged or has failed. */
  async flush(): Promise<void> {
    const transaction = this.#activeTransaction();
    await (transaction?.producer() ?? this.producerFactory.producer()).flush();
  }

  /** The topic's partitions with their leaders and replicas; rejects with a TimeoutError when the topic is not known within `maxBlockMs`. */
  async partitionsFor(topic: string): Promise<readonly PartitionInfo[]> {
    const transaction = this.#activeTransaction();
    return (transaction?.producer() ?? this.producerFactory.producer()).partitionsFor(topic);
  }

  #activeTransaction(): KafkaTransaction | null {
    return this.#transactional && this.inTransaction() ? currentTransaction(this.producerFactory) : null;
  }

  /** Whatever is wrong is told by the promise. */
  #send<T>(use: (producer: Producer<unknown, unknown>) => Promise<T>): Promise<T> {
    try {
      const transaction = this.#transactional ? currentTransaction(this.producerFactory) : null;
      return transaction === null ? use(this.#producerOutside()) : toldByCommit(use(transaction.producer()));
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  #producerOutside(): Producer<unknown, unknown> {
    if (this.#transactional && !this.#allowNonTransactional) {
      throw new NoTransactionError(
        'No transaction is under way, and the template is transactional: send inside executeInTransaction(), a @KafkaTransactional() method or a ' +
          'transactional listener, or set allowNonTransactional',
      );
    }
    return this.producerFactory.producer();
  }
}
