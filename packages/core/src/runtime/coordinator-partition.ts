// Decides what a coordinator needs of the log partition that holds its state; a led PartitionRuntime is one.
import type { TransactionMarker } from '../machines/log/transaction-marker.js';

export type CoordinatorAppend =
  | { readonly kind: 'appended' | 'duplicate'; readonly baseOffset: number; readonly lastOffset: number }
  | { readonly kind: 'rejected'; readonly errorCode: number; readonly message: string };

export type CoordinatorRead =
  | { readonly kind: 'read'; readonly records: Buffer }
  | { readonly kind: 'error'; readonly errorCode: number };

export interface CoordinatorPartition {
  readonly topic: string;
  readonly partition: number;
  readonly logStartOffset: number;
  readonly logEndOffset: number;
  readonly highWatermark: number;
  append(
    records: Buffer,
    options: { readonly origin: 'coordinator'; readonly nowMs: number },
  ): CoordinatorAppend;
  /** Whether the producer has a transaction open in this log. */
  hasOpenTransaction(producerId: number, producerEpoch: number): boolean;
  /** Ends a transaction in this log; refused when the log knows of a later epoch or coordinator (P9). */
  appendMarker(marker: TransactionMarker, nowMs: number): CoordinatorAppend;
  read(request: {
    readonly fetchOffset: number;
    readonly maxBytes: number;
    readonly atLeastOneBatch: boolean;
    readonly isolation: 'uncommitted';
  }): CoordinatorRead;
  /** Called after every advance of the high watermark; gives back how to stop listening. */
  onHighWatermarkAdvance(listener: () => void): () => void;
}
