// Decides what a listener's error handler is told of a failed record and what it may answer.
import type { ConsumerRecord } from '@ottla/core';
import type { KafkaTemplate } from '../template/kafka-template.js';

/** One failed delivery of one record. */
export interface ListenerFailure {
  /** The listener's id. */
  readonly listenerId: string;
  /** The group that it reads as. */
  readonly groupId: string;
  /** The record that failed. */
  readonly record: ConsumerRecord;
  /** The record's bytes as they came, whatever became of them. */
  readonly rawKey: Buffer | null;
  /** The value's bytes. */
  readonly rawValue: Buffer | null;
  /** What the method, or something in front of it, threw. */
  readonly error: unknown;
  /** 1 for the first delivery of the record, one more for each retry. */
  readonly attempt: number;
  /** The application's template; while a record is recovered after a rollback, it sends in the transaction of the record's offset. */
  readonly kafkaTemplate: KafkaTemplate;
}

/** What to do with a failed record; `skip` counts it as done, `retry` holds its partition back until the wait is over. */
export type ErrorDecision = { readonly kind: 'skip' } | { readonly kind: 'retry'; readonly delayMs: number };

/** Decides what becomes of a record whose method failed. */
export interface ListenerErrorHandler {
  /** Decides; must not throw (a handler that does is taken to ask for a retry). */
  handle(failure: ListenerFailure): ErrorDecision | Promise<ErrorDecision>;
}
