// Decides how records reach a transactional listener: begin, listener, offsets, commit; and what follows when one of these fails.
import { Logger } from '@nestjs/common';
import type { Consumer, ConsumerGroupMetadata, FetchedRecord } from '@ottla/core';
import type { AfterRollbackProcessor } from '../error-handling/after-rollback-processor.js';
import type { ListenerFailure } from '../error-handling/listener-error-handler.js';
import { errorText } from '../errors.js';
import type { KafkaTransactionManager } from '../transaction/kafka-transaction-manager.js';
import type { Delivery, DeliveryControl } from './delivery.js';
import {
  deliverRecord,
  handlerFailureDelayMs,
  listenerFailure,
  type DeliverySettings,
} from './listener-failure.js';
import { ListenerTransaction, type TransactionOutcome } from './listener-transaction.js';
import type { PartitionWork } from './partition-work.js';
import { askGroup, rewindToCommitted, rewindToNext } from './rewind.js';
import type { TransactionSpan } from './transaction-span.js';

/** `record`: a transaction for each record; `batch`: one for all records of a poll. */
export type TransactionScope = 'record' | 'batch';

export interface TransactionalDeliverySettings extends DeliverySettings {
  readonly scope: TransactionScope;
  readonly transactionManager: KafkaTransactionManager;
  readonly afterRollbackProcessor: AfterRollbackProcessor;
}

/** Between a fenced producer and the next transaction: two that fence each other would do nothing else. */
const fencedDelayMs = 500;

/**
 * A batch in which a record fails is rolled back as a whole; then the records up to that one have transactions of their own, so that only that one
 * is tried again, recovered and counted.
 */
export class TransactionalDelivery implements Delivery {
  readonly #logger = new Logger('KafkaListener');
  readonly #transaction: ListenerTransaction;
  /** Up to which index the records of a work have transactions of their own. */
  readonly #aloneUpTo = new WeakMap<PartitionWork, number>();
  /** Failures that are to be recovered in the next transaction of their record. */
  readonly #recoveries = new WeakMap<PartitionWork, ListenerFailure>();
  /** What is delivered now: a consumer that the group has replaced gives all of it up. */
  #works: readonly PartitionWork[] = [];

  constructor(
    private readonly consumer: Consumer<unknown, unknown>,
    private readonly settings: TransactionalDeliverySettings,
  ) {
    this.#transaction = new ListenerTransaction(consumer, settings.transactionManager);
  }

  async deliver(works: readonly PartitionWork[], control: DeliveryControl): Promise<void> {
    if (works.length === 0) {
      return;
    }
    // As of this poll: a member that is thrown out later must not commit under the name of none (KIP-447).
    const group = this.consumer.groupMetadata();
    this.#works = works;
    if (group.memberId === '' || group.generationId < 0) {
      await this.#giveUp(control, new Error('the consumer is no member of the group any more'));
      return;
    }
    if (this.settings.scope === 'batch') {
      await this.#together(works, group, control);
    }
    for (const work of works) {
      await this.#work(work, group, control);
      control.settle(work);
    }
  }

  /** What has not failed yet goes in one transaction; after a failure, what is left of it in another. */
  async #together(
    works: readonly PartitionWork[],
    group: ConsumerGroupMetadata,
    control: DeliveryControl,
  ): Promise<void> {
    let rest = works.filter((work) => !this.#isAlone(work));
    while (rest.length > 1 && !control.ends) {
      await this.#transact(rest.map(wholeOf), group, control);
      rest = rest.filter((work) => !this.#isAlone(work) && !work.done && !work.revoked);
    }
  }

  async #work(work: PartitionWork, group: ConsumerGroupMetadata, control: DeliveryControl): Promise<void> {
    while (!work.done && !work.revoked && !control.ends && !work.waits(performance.now())) {
      const alone = this.settings.scope === 'record' || this.#isAlone(work);
      await this.#transact([alone ? { work, end: work.next + 1 } : wholeOf(work)], group, control);
    }
  }

  #isAlone(work: PartitionWork): boolean {
    return work.next <= (this.#aloneUpTo.get(work) ?? -1);
  }

  async #transact(
    spans: readonly TransactionSpan[],
    group: ConsumerGroupMetadata,
    control: DeliveryControl,
  ): Promise<void> {
    const outcome = await this.#transaction.run(spans, group, control, (work, index) =>
      this.#deliverOne(work, index),
    );
    await this.#conclude(outcome, spans, control);
    await control.yield();
  }

  #deliverOne(work: PartitionWork, index: number): Promise<void> | undefined {
    const recovery = this.#recoveries.get(work);
    if (recovery !== undefined && work.failedIndex === index) {
      return Promise.resolve(this.settings.afterRollbackProcessor.recover(recovery));
    }
    return deliverRecord(this.settings.invoke, work.records[index] as FetchedRecord<unknown, unknown>);
  }

  async #conclude(
    outcome: TransactionOutcome,
    spans: readonly TransactionSpan[],
    control: DeliveryControl,
  ): Promise<void> {
    const works = spans.map(({ work }) => work);
    switch (outcome.kind) {
      case 'committed':
        for (const { work, end } of spans) {
          this.#recoveries.delete(work);
          work.advanceTo(end);
        }
        return;
      case 'ended':
        return;
      case 'failed':
        return this.#failed(outcome.at, outcome.error, spans);
      case 'group-fenced':
        return this.#giveUp(control, outcome.error);
      case 'producer-fenced':
        // The commit may have been carried out before the fencing: the group knows.
        await rewindToCommitted(this.consumer, works);
        await pause(fencedDelayMs);
        return;
    }
  }

  /** The group has gone on: whoever has the partitions now begins at what was committed. */
  async #giveUp(control: DeliveryControl, error: unknown): Promise<void> {
    this.#logger.warn(
      `Listener ${this.settings.listenerId} lost its partitions during a transaction, which was rolled back; the records are delivered again: ${errorText(error)}`,
    );
    const offsets = rewindToNext(this.consumer, this.#works);
    for (const work of this.#works) {
      control.settle(work);
    }
    await askGroup(this.consumer, offsets);
  }

  async #failed(
    at: { readonly work: PartitionWork; readonly index: number } | null,
    error: unknown,
    spans: readonly TransactionSpan[],
  ): Promise<void> {
    if (at === null) {
      // The commit was refused and does not say for which record: each by itself will.
      for (const { work, end } of spans) {
        this.#aloneUpTo.set(work, end - 1);
      }
      return;
    }
    const { work, index } = at;
    this.#aloneUpTo.set(work, index);
    const recovery = this.#recoveries.get(work);
    if (recovery !== undefined && work.failedIndex === index) {
      this.#recoveries.delete(work);
      work.failures = 0;
      work.dueMs = performance.now() + this.settings.afterRollbackProcessor.recoveryFailed(recovery, error);
      return;
    }
    await this.#decide(work, index, error);
  }

  async #decide(work: PartitionWork, index: number, error: unknown): Promise<void> {
    const record = work.records[index] as FetchedRecord<unknown, unknown>;
    const failure = listenerFailure(this.settings, record, error, work.failed(index));
    let delayMs = handlerFailureDelayMs;
    try {
      const decision = await this.settings.afterRollbackProcessor.handle(failure);
      if (decision.kind === 'recover') {
        this.#recoveries.set(work, failure);
        work.dueMs = 0;
        return;
      }
      delayMs = decision.delayMs;
    } catch (handlerError) {
      this.settings.onErrorHandlerFailure(failure, handlerError);
    }
    work.dueMs = performance.now() + delayMs;
  }
}

function wholeOf(work: PartitionWork): TransactionSpan {
  return { work, end: work.records.length };
}

function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}
