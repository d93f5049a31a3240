// Decides what whoever keeps a producer's figures is told by its sender, batch by batch.
import type { ProducerBatch } from '../machines/producer/producer-batch.js';
import type { DeliveryReceiver } from './sender-delivery.js';

export interface SenderObserver<Receiver extends DeliveryReceiver> {
  /** The batches are in one request, encoded. */
  sent(batches: readonly ProducerBatch<Receiver>[], nowMs: number): void;
  /** The request was answered, `latencyMs` after it was made. */
  answered(latencyMs: number, throttleTimeMs: number, nowMs: number): void;
  /** The broker has the batch; -1 for an offset that is not known. */
  delivered(batch: ProducerBatch<Receiver>, baseOffset: number): void;
  /** The batch goes back to its queue for `waitMs`. */
  retried(batch: ProducerBatch<Receiver>, waitMs: number, error: Error): void;
  /** The broker found the batch too large. */
  split(batch: ProducerBatch<Receiver>): void;
}
