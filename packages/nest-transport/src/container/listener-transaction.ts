// Decides how one transaction of a listener container goes, and tells apart the ways in which it can end.
import type { Consumer, ConsumerGroupMetadata } from '@ottla/core';
import type { KafkaTransaction } from '../transaction/kafka-transaction.js';
import type { KafkaTransactionManager } from '../transaction/kafka-transaction-manager.js';
import {
  isAbortable,
  isGroupFenced,
  isProducerFenced,
  UnexpectedRollbackError,
} from '../transaction/transaction-errors.js';
import type { TopicPartitionOffset } from '../transaction/transactional-producer.js';
import type { DeliveryControl } from './delivery.js';
import type { PartitionWork } from './partition-work.js';
import type { TransactionSpan } from './transaction-span.js';

/** The record at which the listener failed. */
export interface FailedRecord {
  readonly work: PartitionWork;
  readonly index: number;
}

/**
 * `failed`: the listener threw, or the commit found that something it had sent failed; null says that it cannot be told which record it was.
 * `group-fenced`: a rebalance. `producer-fenced`: another process, or a timeout; it may have been committed before. `ended`: the
 * container is stopping. What else goes wrong is thrown: the consumer is made anew and begins at what was committed.
 */
export type TransactionOutcome =
  | { readonly kind: 'committed' }
  | { readonly kind: 'ended' }
  | { readonly kind: 'failed'; readonly at: FailedRecord | null; readonly error: unknown }
  | { readonly kind: 'group-fenced' | 'producer-fenced'; readonly error: unknown };

type DeliverOne = (work: PartitionWork, index: number) => Promise<void> | undefined;

export class ListenerTransaction {
  constructor(
    private readonly consumer: Consumer<unknown, unknown>,
    private readonly manager: KafkaTransactionManager,
  ) {}

  async run(
    spans: readonly TransactionSpan[],
    group: ConsumerGroupMetadata,
    control: DeliveryControl,
    deliverOne: DeliverOne,
  ): Promise<TransactionOutcome> {
    const transaction = await this.manager.begin();
    const listened = await this.#listen(transaction, spans, control, deliverOne);
    if (listened !== null) {
      return listened;
    }
    const sent = await this.#sendOffsets(transaction, spans, group);
    return sent ?? this.#commit(transaction, spans);
  }

  /** Null when every record was handled. */
  async #listen(
    transaction: KafkaTransaction,
    spans: readonly TransactionSpan[],
    control: DeliveryControl,
    deliverOne: DeliverOne,
  ): Promise<TransactionOutcome | null> {
    let at: FailedRecord | null = null;
    const deliverAll = async (): Promise<boolean> => {
      for (const { work, end } of spans) {
        for (let index = work.next; index < end; index++) {
          if (control.ends) {
            return false;
          }
          at = { work, index };
          await (deliverOne(work, index) ?? control.yield());
          if (transaction.rollbackOnly) {
            throw new UnexpectedRollbackError({ cause: transaction.rollbackCause });
          }
        }
      }
      return true;
    };
    try {
      if (await this.manager.run(transaction, deliverAll)) {
        return null;
      }
    } catch (error) {
      await this.manager.rollback(transaction, error);
      // A send of the listener may be what found out; the record has no part in it.
      return transaction.fenced || isProducerFenced(error)
        ? { kind: 'producer-fenced', error }
        : { kind: 'failed', at, error };
    }
    await this.manager.rollback(transaction);
    return { kind: 'ended' };
  }

  async #sendOffsets(
    transaction: KafkaTransaction,
    spans: readonly TransactionSpan[],
    group: ConsumerGroupMetadata,
  ): Promise<TransactionOutcome | null> {
    try {
      await transaction.producer().sendOffsetsToTransaction(
        spans.map((span) => this.#nextOffset(span)),
        group,
      );
      return null;
    } catch (error) {
      await this.manager.rollback(transaction, error);
      if (isGroupFenced(error)) {
        return { kind: 'group-fenced', error };
      }
      return failureOf(spans, error);
    }
  }

  async #commit(
    transaction: KafkaTransaction,
    spans: readonly TransactionSpan[],
  ): Promise<TransactionOutcome> {
    try {
      await this.manager.commit(transaction);
      return { kind: 'committed' };
    } catch (error) {
      return failureOf(spans, error);
    }
  }

  /** Behind the markers that follow the last record, where the consumer stands: else the group would seem to lag (fixTxOffsets). */
  #nextOffset({ work, end }: TransactionSpan): TopicPartitionOffset {
    const { topic, partition } = work.partition;
    const last = work.records[end - 1];
    const behindLast = (last?.offset ?? -1) + 1;
    const position = end === work.records.length ? this.#position(work) : null;
    return {
      topic,
      partition,
      offset: Math.max(behindLast, position ?? 0),
      leaderEpoch: last?.leaderEpoch ?? null,
    };
  }

  #position({ partition: wanted }: PartitionWork): number | null {
    const assigned = this.consumer
      .assignment()
      .some(({ topic, partition }) => topic === wanted.topic && partition === wanted.partition);
    return assigned ? this.consumer.currentPosition(wanted) : null;
  }
}

/** What the end of the transaction has found out; an abortable error is one of the records' own: something that they sent was not taken. */
function failureOf(spans: readonly TransactionSpan[], error: unknown): TransactionOutcome {
  if (isProducerFenced(error)) {
    return { kind: 'producer-fenced', error };
  }
  if (isAbortable(error)) {
    return { kind: 'failed', at: onlyRecord(spans), error };
  }
  throw error;
}

/** The record that a transaction of one record was about. */
function onlyRecord(spans: readonly TransactionSpan[]): FailedRecord | null {
  const [first, second] = spans;
  return first !== undefined && second === undefined && first.end - first.work.next === 1
    ? { work: first.work, index: first.work.next }
    : null;
}
