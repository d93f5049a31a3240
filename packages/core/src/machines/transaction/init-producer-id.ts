// Decides which producer id and epoch a transactional producer starts with, and who is fenced by it (T3, T4, KIP-360).
import { ErrorCode } from '../../protocol/errors.js';
import type { Ticket } from '../coordinator/outcome.js';
import type { TransactionConfig } from './transaction-config.js';
import type { TransactionOutcome } from './transaction-outcome.js';
import { isPreparing, noProducerEpoch, noProducerId, type TransactionValue } from './transaction-record.js';
import { isEpochExhausted, newTransaction, withEpoch, withProducerId } from './transitions.js';

export interface InitProducerId {
  readonly transactionalId: string;
  readonly timeoutMs: number;
  /** What the producer believes it is, when it recovers from an error (KIP-360). */
  readonly expected: { readonly producerId: number; readonly producerEpoch: number } | null;
}

/** A producer id and epoch, or why there are none. */
export type ProducerResult =
  | {
      readonly kind: 'done';
      readonly errorCode: number;
      readonly producerId: number;
      readonly producerEpoch: number;
    }
  /** Nothing has happened: the request is to be made again with a producer id that nobody has. */
  | { readonly kind: 'needs-producer-id' };

export const needsProducerId: ProducerResult = { kind: 'needs-producer-id' };

export function refusedProducer(errorCode: number): ProducerResult {
  return { kind: 'done', errorCode, producerId: noProducerId, producerEpoch: noProducerEpoch };
}

export function producerOf({ producerId, producerEpoch }: TransactionValue): ProducerResult {
  return { kind: 'done', errorCode: ErrorCode.NONE, producerId, producerEpoch };
}

/**
 * What the id becomes: a value to store, an error, or that a producer id is missing. `abort` is a transaction under way, which must end
 * first.
 */
type Decision = TransactionValue | { readonly refused: number } | 'needs-producer-id' | 'abort';

/** True when the transaction that is under way has to be aborted; the producer is to come again. */
export function initProducerId(
  known: TransactionValue | undefined,
  request: InitProducerId,
  newProducerId: number | null,
  config: TransactionConfig,
  ticket: Ticket<ProducerResult>,
  wallMs: number,
  outcome: TransactionOutcome,
): 'abort-ongoing' | 'decided' {
  const decision = decide(known, request, newProducerId, config, wallMs);
  if (decision === 'abort') {
    outcome.reply(ticket, refusedProducer(ErrorCode.CONCURRENT_TRANSACTIONS));
    return 'abort-ongoing';
  }
  if (decision === 'needs-producer-id') outcome.reply(ticket, needsProducerId);
  else if ('refused' in decision) outcome.reply(ticket, refusedProducer(decision.refused));
  else {
    outcome.records.push({ transactionalId: request.transactionalId, value: decision });
    outcome.reply(ticket, producerOf(decision));
  }
  return 'decided';
}

function decide(
  known: TransactionValue | undefined,
  request: InitProducerId,
  newProducerId: number | null,
  config: TransactionConfig,
  wallMs: number,
): Decision {
  const { timeoutMs, expected } = request;
  if (timeoutMs <= 0 || timeoutMs > config.maxTimeoutMs)
    return { refused: ErrorCode.INVALID_TRANSACTION_TIMEOUT };
  if (known === undefined && newProducerId === null) return 'needs-producer-id';
  const value = known ?? newTransaction(newProducerId ?? noProducerId, timeoutMs, wallMs);
  if (isPreparing(value)) return { refused: ErrorCode.CONCURRENT_TRANSACTIONS };
  if (expected !== null && !isValidProducerId(value, expected)) return { refused: ErrorCode.PRODUCER_FENCED };
  if (value.state === 'Ongoing') {
    // A producer that lags behind, or a request that comes late, must not end the transaction of whoever came after it.
    const isPresent = expected === null || expected.producerEpoch === value.producerEpoch;
    return isPresent ? 'abort' : { refused: ErrorCode.PRODUCER_FENCED };
  }
  const { producerEpoch } = value;
  if (isEpochExhausted(producerEpoch) && (expected === null || expected.producerEpoch === producerEpoch)) {
    if (newProducerId === null) return 'needs-producer-id';
    const lastProducerEpoch = expected === null ? noProducerEpoch : producerEpoch;
    return withProducerId(value, newProducerId, lastProducerEpoch, { timeoutMs, wallMs });
  }
  const epochs = nextEpochs(value, expected?.producerEpoch ?? null);
  if (epochs === null) return { refused: ErrorCode.PRODUCER_FENCED };
  return withEpoch(value, epochs, { timeoutMs, wallMs });
}

/**
 * A producer that says who it was must be the present one, or the one before a change of id, whose answer it never had. An id without an
 * epoch was made just now, for a producer that the coordinator had forgotten.
 */
function isValidProducerId(
  value: TransactionValue,
  expected: { readonly producerId: number; readonly producerEpoch: number },
): boolean {
  if (value.producerEpoch === noProducerEpoch || expected.producerId === value.producerId) return true;
  return expected.producerId === value.previousProducerId && isEpochExhausted(expected.producerEpoch);
}

/** The epochs to store; null fences. A producer that comes again with the epoch before the present one never had its answer. */
function nextEpochs(
  value: TransactionValue,
  expectedEpoch: number | null,
): { readonly producerEpoch: number; readonly lastProducerEpoch: number } | null {
  const { producerEpoch, lastProducerEpoch } = value;
  if (expectedEpoch === null) return { producerEpoch: producerEpoch + 1, lastProducerEpoch: noProducerEpoch };
  if (producerEpoch === noProducerEpoch || expectedEpoch === producerEpoch)
    return { producerEpoch: producerEpoch + 1, lastProducerEpoch: producerEpoch };
  return expectedEpoch === lastProducerEpoch ? { producerEpoch, lastProducerEpoch } : null;
}
