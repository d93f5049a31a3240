// Decides what EndTxn does in each state, with the first transaction protocol (T6) and with transaction.version 2 (T10).
import { ErrorCode } from '../../protocol/errors.js';
import { epochBumpSince, isPreparing, noProducerId, type TransactionValue } from './transaction-record.js';
import { isEpochExhausted, prepared } from './transitions.js';

export interface EndTxn {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly result: 'commit' | 'abort';
  /** The level of transaction.version that the producer follows. */
  readonly clientTransactionVersion: number;
}

/**
 * `prepare` stores a value and sends its markers; `answer` changes nothing, and on NONE gives the id and epoch as they are; with
 * `needs-producer-id` nothing has happened.
 */
export type EndDecision =
  | { readonly kind: 'prepare'; readonly value: TransactionValue }
  | { readonly kind: 'answer'; readonly errorCode: number }
  | { readonly kind: 'needs-producer-id' };

const repeated: EndDecision = { kind: 'answer', errorCode: ErrorCode.NONE };

function refused(errorCode: number): EndDecision {
  return { kind: 'answer', errorCode };
}

export function endTransaction(
  known: TransactionValue | undefined,
  request: EndTxn,
  newProducerId: number | null,
  wallMs: number,
): EndDecision {
  if (known === undefined) return refused(ErrorCode.INVALID_PRODUCER_ID_MAPPING);
  return request.clientTransactionVersion >= epochBumpSince
    ? endWithNewEpoch(known, request, newProducerId, wallMs)
    : endClassic(known, request, wallMs);
}

function endClassic(known: TransactionValue, request: EndTxn, wallMs: number): EndDecision {
  const { result } = request;
  if (known.producerId !== request.producerId) return refused(ErrorCode.INVALID_PRODUCER_ID_MAPPING);
  if (known.producerEpoch !== request.producerEpoch) return refused(ErrorCode.PRODUCER_FENCED);
  switch (known.state) {
    case 'Ongoing':
      return {
        kind: 'prepare',
        value: prepared(known, result, request.clientTransactionVersion, noProducerId, wallMs),
      };
    case 'PrepareCommit':
    case 'PrepareAbort':
      return resultOf(known) === result
        ? refused(ErrorCode.CONCURRENT_TRANSACTIONS)
        : refused(ErrorCode.INVALID_TXN_STATE);
    case 'CompleteCommit':
    case 'CompleteAbort':
      return resultOf(known) === result ? repeated : refused(ErrorCode.INVALID_TXN_STATE);
    case 'Empty':
      return refused(ErrorCode.INVALID_TXN_STATE);
  }
}

/** An abort ends what was never begun too: the producer cannot know whether a batch of it reached a partition. */
function endWithNewEpoch(
  known: TransactionValue,
  request: EndTxn,
  newProducerId: number | null,
  wallMs: number,
): EndDecision {
  const { result, producerId, producerEpoch } = request;
  // Before the id and the epoch: those that the producer was given for its next transaction are not in place yet.
  if (isPreparing(known)) return refused(ErrorCode.CONCURRENT_TRANSACTIONS);
  const isRetryAcrossIds =
    known.previousProducerId === producerId && known.producerEpoch === 0 && isLastEpochOfId(producerEpoch);
  if (known.producerId !== producerId && !isRetryAcrossIds)
    return refused(ErrorCode.INVALID_PRODUCER_ID_MAPPING);
  const isRetry = isRetryAcrossIds || isRetryAfterBump(known, producerEpoch);
  if (!isRetry && known.producerEpoch !== producerEpoch) return refused(ErrorCode.PRODUCER_FENCED);
  if (isRetry) return answerToRetry(known, result);
  if (known.state !== 'Ongoing' && result === 'commit') return refused(ErrorCode.INVALID_TXN_STATE);
  const isExhausted = isEpochExhausted(known.producerEpoch);
  if (isExhausted && newProducerId === null) return { kind: 'needs-producer-id' };
  const nextProducerId = isExhausted && newProducerId !== null ? newProducerId : noProducerId;
  const value = prepared(known, result, request.clientTransactionVersion, nextProducerId, wallMs);
  return { kind: 'prepare', value };
}

/** Of the end before this one; once the producer, or another of its name, has begun again, it is too late to say how that went. */
function answerToRetry(known: TransactionValue, result: 'commit' | 'abort'): EndDecision {
  if (known.state === 'Ongoing') return refused(ErrorCode.PRODUCER_FENCED);
  if (known.state === 'Empty')
    return refused(result === 'abort' ? ErrorCode.PRODUCER_FENCED : ErrorCode.INVALID_TXN_STATE);
  return resultOf(known) === result ? repeated : refused(ErrorCode.INVALID_TXN_STATE);
}

/** What the producer is told: the id and epoch of its next transaction, which may come into force with the markers only. */
export function nextProducer({ producerId, producerEpoch, nextProducerId }: TransactionValue): {
  readonly producerId: number;
  readonly producerEpoch: number;
} {
  return nextProducerId === noProducerId
    ? { producerId, producerEpoch }
    : { producerId: nextProducerId, producerEpoch: 0 };
}

export function resultOf({ state }: TransactionValue): 'commit' | 'abort' {
  return state === 'PrepareCommit' || state === 'CompleteCommit' ? 'commit' : 'abort';
}

/** Only the coordinator itself goes on to the largest epoch, when it fences: a producer's own end changes the id before. */
function isRetryAfterBump(known: TransactionValue, producerEpoch: number): boolean {
  return (
    known.clientTransactionVersion >= epochBumpSince &&
    known.producerEpoch === producerEpoch + 1 &&
    !isLastEpochOfId(producerEpoch)
  );
}

/** The last epoch of an id that clients see. */
function isLastEpochOfId(producerEpoch: number): boolean {
  return producerEpoch === 0x7fff - 1;
}
