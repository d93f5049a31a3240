// Decides how the application's producers are made: one shared by all, and a bounded pool of transactional ones.
import type { Kafka, Producer, ProducerOptions } from '@ottla/core';
import { passingRawBytes } from '../serialization/raw-bytes.js';
import { defaultKeySerializer, defaultValueSerializer } from '../serialization/default-serialization.js';
import { IllegalTransactionStateError } from '../transaction/transaction-errors.js';
import { TransactionalProducerPool, type ProducerLease } from '../transaction/transactional-producer-pool.js';
import {
  checkProducerFactoryOptions,
  withoutTransactions,
  type ProducerFactoryOptions,
} from './producer-factory-options.js';

/** What one producer has differently from the factory's options. */
export type ProducerOverrides = ProducerOptions;

/** For transactions under way. Listeners have had their own time before; what is left is hardly waiting for more than an answer. */
const defaultCloseTimeoutMs = 5_000;

/** Spring Kafka's DefaultKafkaProducerFactory. Provide one of your own for a template with other options or another cluster. */
export class DefaultKafkaProducerFactory {
  readonly #options: ProducerOptions;
  readonly #transactionIdPrefix: string | null;
  readonly #maxTransactionalProducers: number;
  readonly #pool: TransactionalProducerPool | null;
  #shared: Producer<unknown, unknown> | undefined;

  /** Throws a KafkaModuleOptionsError that names the option. */
  constructor(
    private readonly kafka: Kafka,
    options: ProducerFactoryOptions = {},
  ) {
    const checked = checkProducerFactoryOptions(options);
    const { transactionIdPrefix } = checked;
    const { keySerializer = defaultKeySerializer, valueSerializer = defaultValueSerializer } =
      checked.producer;
    this.#options = {
      ...checked.producer,
      keySerializer: passingRawBytes(keySerializer),
      valueSerializer: passingRawBytes(valueSerializer),
    };
    this.#transactionIdPrefix = transactionIdPrefix;
    this.#maxTransactionalProducers = transactionIdPrefix === null ? 0 : checked.maxTransactionalProducers;
    this.#pool =
      transactionIdPrefix === null
        ? null
        : new TransactionalProducerPool(
            {
              transactionIdPrefix,
              maxProducers: checked.maxTransactionalProducers,
              waitTimeoutMs: checked.producerWaitTimeoutMs,
              maxIdleMs: checked.producerMaxIdleMs,
            },
            {
              createProducer: (transactionalId) =>
                this.kafka.producer<unknown, unknown>({ ...this.#options, transactionalId }),
              fence: (transactionalIds) => this.#fence(transactionalIds),
            },
          );
  }

  /** Transactions at the same time; 0 when the factory is not transactional. */
  get maxTransactionalProducers(): number {
    return this.#maxTransactionalProducers;
  }

  /** Whether it was given a `transactionIdPrefix`: its templates then send inside transactions. */
  get transactionCapable(): boolean {
    return this.#pool !== null;
  }

  /** Null when the factory is not transactional. */
  get transactionIdPrefix(): string | null {
    return this.#transactionIdPrefix;
  }

  /** The producer that all users of the factory share; it takes part in no transaction. */
  producer(): Producer<unknown, unknown> {
    this.#shared ??= this.createProducer();
    return this.#shared;
  }

  /** A producer of one's own, without transactions unless the overrides name a `transactionalId`; whoever asked for it closes it. */
  createProducer(overrides: ProducerOverrides = {}): Producer<unknown, unknown> {
    return this.kafka.producer<unknown, unknown>({ ...withoutTransactions(this.#options), ...overrides });
  }

  /** Ends what an earlier process with the same `transactionIdPrefix` left open; once, and at the first transaction at the latest. */
  async prepareTransactions(): Promise<void> {
    await this.#transactional().prepare();
  }

  /** A producer that has begun a transaction. Rejects with a NoProducerAvailableError when none becomes free in time. */
  async beginTransaction(): Promise<ProducerLease> {
    const lease = await this.#transactional().acquire();
    try {
      lease.producer.beginTransaction();
      return lease;
    } catch (error) {
      lease.discard();
      throw error;
    }
  }

  /** Sends what is buffered and closes all producers; the next use makes a new shared one. Transactions under way may still end, within 5 s by default. */
  async close(options: { timeoutMs?: number } = {}): Promise<void> {
    const producer = this.#shared;
    this.#shared = undefined;
    await Promise.all([
      producer?.close(options),
      this.#pool?.close(options.timeoutMs ?? defaultCloseTimeoutMs),
    ]);
  }

  /** Nest calls it last: destroy hooks may still send. */
  async onApplicationShutdown(): Promise<void> {
    await this.close();
  }

  #transactional(): TransactionalProducerPool {
    if (this.#pool === null) {
      throw new IllegalTransactionStateError(
        'The producer factory has no transactions: give transactionIdPrefix, in producer of KafkaModule or to the DefaultKafkaProducerFactory',
      );
    }
    return this.#pool;
  }

  async #fence(transactionalIds: readonly string[]): Promise<void> {
    const admin = this.kafka.admin();
    try {
      (await admin.fenceProducers(transactionalIds)).orThrow();
    } finally {
      await admin.close();
    }
  }
}
