// Decides the options of a producer factory and refuses those that cannot be meant.
import type { ProducerOptions } from '@ottla/core';
import { KafkaModuleOptionsError } from '../errors.js';

/** Options of the producers, and of the pool of transactional ones. */
export interface ProducerFactoryOptions extends ProducerOptions {
  /**
   * Makes the factory transactional: ids are this prefix and a number from 0. It must differ between instances of an application that run at the
   * same time, and be the same when one of them starts again. A `transactionalId` is taken for the prefix, as in Spring.
   */
  readonly transactionIdPrefix?: string;
  /** Transactional producers, and so transactions at the same time. Default 10. */
  readonly maxTransactionalProducers?: number;
  /** How long a transaction waits for a producer until it fails with a NoProducerAvailableError. Default 60,000. */
  readonly producerWaitTimeoutMs?: number;
  /**
   * Transactional producers unused for longer are made anew; less than the brokers' `transactional.id.expiration.ms` (seven days). 0: never.
   * Default 86,400,000 (a day).
   */
  readonly producerMaxIdleMs?: number;
}

/** What the pool needs to know, and what is left for the producers. */
export interface CheckedFactoryOptions {
  readonly transactionIdPrefix: string | null;
  readonly maxTransactionalProducers: number;
  readonly producerWaitTimeoutMs: number;
  readonly producerMaxIdleMs: number;
  readonly producer: ProducerOptions;
}

/** Throws a KafkaModuleOptionsError that names the option. */
export function checkProducerFactoryOptions(options: ProducerFactoryOptions): CheckedFactoryOptions {
  const {
    transactionIdPrefix,
    maxTransactionalProducers = 10,
    producerWaitTimeoutMs = 60_000,
    producerMaxIdleMs = 86_400_000,
    ...rest
  } = options;
  const { transactionalId, ...producer } = rest;
  const prefix = transactionIdPrefix ?? transactionalId ?? null;
  if (prefix !== null && (typeof prefix !== 'string' || prefix === '')) {
    throw new KafkaModuleOptionsError(
      'producer.transactionIdPrefix',
      'a text that is not empty is needed, one that no other running instance has',
    );
  }
  if (!Number.isInteger(maxTransactionalProducers) || maxTransactionalProducers < 1) {
    throw new KafkaModuleOptionsError(
      'producer.maxTransactionalProducers',
      `it is ${maxTransactionalProducers}; a whole number from 1 is needed`,
    );
  }
  for (const [name, value] of Object.entries({ producerWaitTimeoutMs, producerMaxIdleMs })) {
    if (!(value >= 0 && value <= 2 ** 31 - 1)) {
      throw new KafkaModuleOptionsError(`producer.${name}`, `it is ${value}; 0 to 2147483647 is needed`);
    }
  }
  return {
    transactionIdPrefix: prefix,
    maxTransactionalProducers,
    producerWaitTimeoutMs,
    producerMaxIdleMs,
    producer,
  };
}

/** The options of a producer that takes no part in transactions. */
export function withoutTransactions(options: ProducerOptions): ProducerOptions {
  const { transactionTimeoutMs: _, ...rest } = options;
  return rest;
}
