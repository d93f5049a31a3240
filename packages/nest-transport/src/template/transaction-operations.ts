// Decides how records are sent in one certain transaction, whatever flow the call comes from.
import type { ConsumerGroupMetadata, PartitionInfo, ProducerRecord } from '@ottla/core';
import type { KafkaTransaction } from '../transaction/kafka-transaction.js';
import type { TopicPartitionOffset, TransactionalProducer } from '../transaction/transactional-producer.js';
import { recordOf, type KafkaOperations, type SendResult } from './kafka-operations.js';

export class TransactionOperations<K, V> implements KafkaOperations<K, V> {
  constructor(private readonly transaction: KafkaTransaction) {}

  send(first: string | ProducerRecord<K, V>, ...rest: readonly (K | V | null)[]): Promise<SendResult> {
    return this.#with((producer) => toldByCommit(producer.send(recordOf(first, rest))));
  }

  sendMany(records: readonly ProducerRecord<K, V>[]): Promise<SendResult[]> {
    return this.#with((producer) => toldByCommit(producer.sendMany(records)));
  }

  sendOffsetsToTransaction(
    offsets: readonly TopicPartitionOffset[],
    groupMetadata: ConsumerGroupMetadata,
  ): Promise<void> {
    return this.#with((producer) => producer.sendOffsetsToTransaction(offsets, groupMetadata));
  }

  flush(): Promise<void> {
    return this.#with((producer) => producer.flush());
  }

  partitionsFor(topic: string): Promise<readonly PartitionInfo[]> {
    return this.#with((producer) => producer.partitionsFor(topic));
  }

  /** Whatever is wrong is told by the promise. */
  #with<T>(use: (producer: TransactionalProducer) => Promise<T>): Promise<T> {
    try {
      return use(this.transaction.producer());
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }
}

/** A send that fails makes its transaction's commit fail: nobody has to await it. */
export function toldByCommit<T>(sent: Promise<T>): Promise<T> {
  sent.catch(() => undefined);
  return sent;
}
