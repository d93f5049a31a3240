// Decides the batch that ends a transaction in a log (L5, T7), and which logs refuse it (P9, KIP-1228).
import { ErrorCode } from '../../protocol/errors.js';
import { controlRecordKey, endTransactionValue } from '../../protocol/records/control-record.js';
import { RecordBatchBuilder } from '../../protocol/records/record-batch-builder.js';
import type { ProducerState } from './producer-states.js';

/** The end of a transaction as one partition is told it. */
export interface TransactionMarker {
  readonly type: 'commit' | 'abort';
  readonly producerId: number;
  readonly producerEpoch: number;
  /** The leader epoch of the partition of `__transaction_state` that holds the transaction. */
  readonly coordinatorEpoch: number;
  /** The level of transaction.version that the transaction followed; from 2 on its markers have an epoch of their own. */
  readonly transactionVersion: number;
}

const markerBytes = 128;
const ownEpochSince = 2;

/** A control batch of one record. */
export function markerBatch(marker: TransactionMarker, nowMs: number): Buffer {
  const { type, producerId, producerEpoch, coordinatorEpoch } = marker;
  const builder = new RecordBatchBuilder({
    batchSizeBytes: markerBytes,
    buffer: Buffer.allocUnsafe(markerBytes),
  });
  builder.tryAppend(nowMs, controlRecordKey(type), endTransactionValue(coordinatorEpoch));
  return builder.close({ producerId, producerEpoch, isTransactional: true, isControl: true });
}

/** Why the log does not take the marker; null when it does. */
export function markerProblem(
  marker: TransactionMarker,
  state: ProducerState | undefined,
): { readonly errorCode: number; readonly message: string } | null {
  if (state === undefined) return null;
  const { producerId, producerEpoch, coordinatorEpoch } = marker;
  if (producerEpoch < state.producerEpoch || isLate(marker, state)) {
    const message = `The marker of producer ${producerId} has epoch ${producerEpoch}, and the log has seen ${state.producerEpoch}`;
    return { errorCode: ErrorCode.INVALID_PRODUCER_EPOCH, message };
  }
  if (coordinatorEpoch < state.coordinatorEpoch) {
    const message = `The marker of producer ${producerId} is of coordinator epoch ${coordinatorEpoch}, and the log has seen ${state.coordinatorEpoch}`;
    return { errorCode: ErrorCode.TRANSACTION_COORDINATOR_FENCED, message };
  }
  return null;
}

/** A marker with an epoch of its own that meets a transaction of that epoch is a late repetition: it is not this one's end. */
function isLate({ transactionVersion, producerEpoch }: TransactionMarker, state: ProducerState): boolean {
  return (
    transactionVersion >= ownEpochSince &&
    producerEpoch === state.producerEpoch &&
    state.currentTransactionFirstOffset >= 0
  );
}
