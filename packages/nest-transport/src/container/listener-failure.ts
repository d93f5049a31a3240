// Decides how one failed delivery is told to error handlers and after-rollback processors.
import type { FetchedRecord } from '@ottla/core';
import type { ListenerFailure } from '../error-handling/listener-error-handler.js';
import type { ListenerInvoker } from '../invoke/listener-invoker.js';
import type { KafkaTemplate } from '../template/kafka-template.js';

/** What is known of the listener whose records are delivered. */
export interface DeliverySettings {
  readonly listenerId: string;
  readonly groupId: string;
  readonly kafkaTemplate: KafkaTemplate;
  readonly invoke: ListenerInvoker;
  onErrorHandlerFailure(failure: ListenerFailure, error: unknown): void;
}

/** After an error handler that itself failed. */
export const handlerFailureDelayMs = 1_000;

export function listenerFailure(
  settings: DeliverySettings,
  record: FetchedRecord<unknown, unknown>,
  error: unknown,
  attempt: number,
): ListenerFailure {
  const { listenerId, groupId, kafkaTemplate } = settings;
  return {
    listenerId,
    groupId,
    record,
    rawKey: record.keyBytes,
    rawValue: record.valueBytes,
    error,
    attempt,
    kafkaTemplate,
  };
}

/** Calls the method with the record; a record that could not be read fails without the method. */
export function deliverRecord(
  invoke: ListenerInvoker,
  record: FetchedRecord<unknown, unknown>,
): Promise<void> | undefined {
  if (record.deserializationFailure !== null) {
    throw record.deserializationFailure.error;
  }
  return invoke(record);
}
