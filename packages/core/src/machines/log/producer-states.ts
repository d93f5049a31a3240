// Decides whether a producer's batch is new, a repetition or out of order (P6 to P10), and what is remembered of producers.
import { ErrorCode } from '../../protocol/errors.js';
import {
  decrementSequence,
  noProducerEpoch,
  noSequence,
  type RecordBatch,
} from '../../protocol/records/record-batch.js';

/** How many batches of a producer can be recognised when they are sent again. */
const rememberedBatches = 5;
const maxSequence = 0x7fff_ffff;
const expirationCheckIntervalMs = 600_000;

export const defaultProducerIdExpirationMs = 86_400_000;

/** One batch that a producer appended. */
export interface ProducerBatch {
  readonly lastSequence: number;
  readonly lastOffset: number;
  readonly offsetDelta: number;
  readonly timestamp: number;
}

/** What a partition knows of one producer. */
export interface ProducerState {
  readonly producerId: number;
  producerEpoch: number;
  coordinatorEpoch: number;
  lastTimestamp: number;
  /** −1 when no transaction is open. */
  currentTransactionFirstOffset: number;
  /** Oldest first, all of the current epoch. */
  batches: ProducerBatch[];
}

export type ProducerCheck =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'duplicate'; readonly batch: ProducerBatch }
  | { readonly kind: 'rejected'; readonly errorCode: number; readonly message: string };

/** A transaction that its marker ended. */
export interface CompletedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
  readonly markerOffset: number;
}

const accepted: ProducerCheck = { kind: 'accepted' };

/** Bounded by time: a producer without an open transaction is forgotten after `producer.id.expiration.ms`. */
export class ProducerStates {
  readonly #producers = new Map<number, ProducerState>();
  readonly #openTransactions = new Map<number, number>();
  /** Ended, but the marker is not yet below the high watermark (F1). */
  #unreplicated: CompletedTransaction[] = [];
  readonly #expirationMs: number;
  #nextExpirationCheckMs = 0;

  constructor(expirationMs = defaultProducerIdExpirationMs) {
    this.#expirationMs = expirationMs;
  }

  get size(): number {
    return this.#producers.size;
  }

  get(producerId: number): ProducerState | undefined {
    return this.#producers.get(producerId);
  }

  all(): IterableIterator<ProducerState> {
    return this.#producers.values();
  }

  /** The first offset that is not yet decided by a replicated marker; null when all is decided. */
  get firstUnstableOffset(): number | null {
    let first: number | null = null;
    for (const offset of this.#openTransactions.values())
      if (first === null || offset < first) first = offset;
    for (const { firstOffset } of this.#unreplicated)
      if (first === null || firstOffset < first) first = firstOffset;
    return first;
  }

  /** Looks at a data batch that a client wants to append. */
  check(batch: RecordBatch): ProducerCheck {
    const state = this.#producers.get(batch.producerId);
    if (state === undefined) return accepted;
    const epoch = batch.producerEpoch;
    if (epoch === state.producerEpoch) {
      const duplicate = findDuplicate(state, batch);
      if (duplicate !== undefined) return { kind: 'duplicate', batch: duplicate };
    }
    if (epoch < state.producerEpoch) {
      return rejected(
        ErrorCode.INVALID_PRODUCER_EPOCH,
        `epoch ${epoch} is older than ${state.producerEpoch}`,
        batch,
      );
    }
    if (!isNextSequence(state, epoch, batch.baseSequence)) {
      const last = lastSequenceOf(state, epoch);
      return rejected(
        ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
        `sequence ${batch.baseSequence} does not follow ${last}`,
        batch,
      );
    }
    if (state.currentTransactionFirstOffset >= 0 && !batch.isTransactional) {
      return rejected(
        ErrorCode.INVALID_TXN_STATE,
        'its transaction is open, and the batch is not part of it',
        batch,
      );
    }
    return accepted;
  }

  /** Whether the producer has a transaction open here under this epoch (P12). */
  hasOpenTransaction(producerId: number, producerEpoch: number): boolean {
    const state = this.#producers.get(producerId);
    return state?.producerEpoch === producerEpoch && state.currentTransactionFirstOffset >= 0;
  }

  /** Looks at a data batch that a coordinator writes for a producer; null when nothing stands against it. */
  checkEpoch(batch: RecordBatch): Extract<ProducerCheck, { kind: 'rejected' }> | null {
    const state = this.#producers.get(batch.producerId);
    if (state === undefined || batch.producerEpoch >= state.producerEpoch) return null;
    const what = `epoch ${batch.producerEpoch} is older than ${state.producerEpoch}`;
    return rejected(ErrorCode.INVALID_PRODUCER_EPOCH, what, batch);
  }

  /** A data batch is in the log. */
  replayBatch(batch: RecordBatch): void {
    const state = this.#stateOf(batch.producerId, batch.producerEpoch);
    const timestamp = batch.maxTimestamp;
    const lastOffset = batch.lastOffset;
    state.lastTimestamp = timestamp;
    state.batches.push({
      lastSequence: batch.lastSequence,
      lastOffset,
      offsetDelta: batch.lastOffsetDelta,
      timestamp,
    });
    if (state.batches.length > rememberedBatches) state.batches.shift();
    if (batch.isTransactional && state.currentTransactionFirstOffset < 0) {
      state.currentTransactionFirstOffset = batch.baseOffset;
      this.#openTransactions.set(batch.producerId, batch.baseOffset);
    }
  }

  /** The marker of a transaction is in the log. Null when this producer had none open here. */
  replayMarker(batch: RecordBatch, coordinatorEpoch: number): CompletedTransaction | null {
    const state = this.#stateOf(batch.producerId, batch.producerEpoch);
    state.coordinatorEpoch = coordinatorEpoch;
    state.lastTimestamp = batch.maxTimestamp;
    const firstOffset = state.currentTransactionFirstOffset;
    if (firstOffset < 0) return null;
    state.currentTransactionFirstOffset = -1;
    this.#openTransactions.delete(batch.producerId);
    const completed = { producerId: batch.producerId, firstOffset, markerOffset: batch.lastOffset };
    this.#unreplicated.push(completed);
    return completed;
  }

  /** The last stable offset as it is once this transaction is decided, others aside. */
  stableOffsetAfter(completed: CompletedTransaction): number {
    let first = completed.markerOffset + 1;
    for (const offset of this.#openTransactions.values()) first = Math.min(first, offset);
    return first;
  }

  /** Markers below the high watermark decide their transactions. */
  highWatermarkAdvanced(highWatermark: number): void {
    if (this.#unreplicated.length === 0) return;
    this.#unreplicated = this.#unreplicated.filter((completed) => completed.markerOffset >= highWatermark);
  }

  /** Takes a producer over from a snapshot. */
  restore(state: ProducerState): void {
    this.#producers.set(state.producerId, state);
    if (state.currentTransactionFirstOffset >= 0) {
      this.#openTransactions.set(state.producerId, state.currentTransactionFirstOffset);
    }
  }

  /** Forgets producers that were silent too long (P10); looks at most every ten minutes. */
  expire(nowMs: number): void {
    if (nowMs < this.#nextExpirationCheckMs) return;
    this.#nextExpirationCheckMs = nowMs + expirationCheckIntervalMs;
    for (const state of this.#producers.values()) {
      if (this.isExpired(state, nowMs)) this.#producers.delete(state.producerId);
    }
  }

  isExpired(state: ProducerState, nowMs: number): boolean {
    return state.currentTransactionFirstOffset < 0 && nowMs - state.lastTimestamp >= this.#expirationMs;
  }

  clear(): void {
    this.#producers.clear();
    this.#openTransactions.clear();
    this.#unreplicated = [];
  }

  #stateOf(producerId: number, producerEpoch: number): ProducerState {
    let state = this.#producers.get(producerId);
    if (state === undefined) {
      state = {
        producerId,
        producerEpoch,
        coordinatorEpoch: -1,
        lastTimestamp: -1,
        currentTransactionFirstOffset: -1,
        batches: [],
      };
      this.#producers.set(producerId, state);
    }
    if (state.producerEpoch !== producerEpoch) {
      state.producerEpoch = producerEpoch;
      state.batches = [];
    }
    return state;
  }
}

function findDuplicate(state: ProducerState, batch: RecordBatch): ProducerBatch | undefined {
  const last = batch.lastSequence;
  const first = batch.baseSequence;
  return state.batches.find(
    (known) =>
      known.lastSequence === last && decrementSequence(known.lastSequence, known.offsetDelta) === first,
  );
}

function lastSequenceOf(state: ProducerState, epoch: number): number {
  return epoch === state.producerEpoch ? (state.batches.at(-1)?.lastSequence ?? noSequence) : noSequence;
}

function isNextSequence(state: ProducerState, epoch: number, sequence: number): boolean {
  if (state.producerEpoch === noProducerEpoch) return true;
  const last = lastSequenceOf(state, epoch);
  return last === maxSequence ? sequence === 0 : sequence === last + 1;
}

function rejected(
  errorCode: number,
  what: string,
  batch: RecordBatch,
): Extract<ProducerCheck, { kind: 'rejected' }> {
  return { kind: 'rejected', errorCode, message: `Producer ${batch.producerId}: ${what}` };
}
