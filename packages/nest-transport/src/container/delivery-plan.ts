// Decides how the records of a container's consumers are delivered: with transactions or without.
import type { Consumer } from '@ottla/core';
import type { ListenerInvoker } from '../invoke/listener-invoker.js';
import type { ContainerOptions } from './container-options.js';
import type { Delivery } from './delivery.js';
import type { DeliverySettings } from './listener-failure.js';
import type { OffsetCommitter } from './offset-committer.js';
import { RecordDelivery } from './record-delivery.js';
import { TransactionalDelivery } from './transactional-delivery.js';

export interface DeliveryPlan {
  /** What comes before a consumer asks where its group stands; null: nothing. */
  readonly prepare: (() => Promise<void>) | null;
  /** For each consumer one of its own. */
  create(consumer: Consumer<unknown, unknown>, committer: OffsetCommitter): Delivery;
}

export function deliveryPlan(
  options: ContainerOptions,
  invoke: ListenerInvoker,
  onErrorHandlerFailure: DeliverySettings['onErrorHandlerFailure'],
): DeliveryPlan {
  const { id: listenerId, groupId, kafkaTemplate, ackMode, errorHandler, transaction } = options;
  const settings: DeliverySettings = { listenerId, groupId, kafkaTemplate, invoke, onErrorHandlerFailure };
  if (transaction === null) {
    const recordSettings = { ...settings, ackMode, errorHandler };
    return {
      prepare: null,
      create: (_, committer) => new RecordDelivery(committer, recordSettings),
    };
  }
  const transactionalSettings = { ...settings, scope: ackMode, ...transaction };
  return {
    prepare: () => transaction.transactionManager.producerFactory.prepareTransactions(),
    create: (consumer) => new TransactionalDelivery(consumer, transactionalSettings),
  };
}
