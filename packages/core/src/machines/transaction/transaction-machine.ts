// Decides what one partition of `__transaction_state` means: its transactional ids, their producers, and how each transaction ends.
import { ErrorCode } from '../../protocol/errors.js';
import type { CoordinatorMachine, Instant, Ticket } from '../coordinator/outcome.js';
import { addPartitions, verifyPartitions, type AddPartitions } from './add-partitions.js';
import { endTransaction, nextProducer, resultOf, type EndTxn } from './end-transaction.js';
import {
  initProducerId,
  needsProducerId,
  producerOf,
  refusedProducer,
  type InitProducerId,
  type ProducerResult,
} from './init-producer-id.js';
import { completionOf, markerRetryMs, type MarkerResult } from './markers.js';
import type { TransactionConfig } from './transaction-config.js';
import {
  TransactionOutcome,
  transactionTimerKey,
  type TransactionAppendFailure,
  type TransactionTimerEvent,
  type WriteMarkers,
} from './transaction-outcome.js';
import {
  eachPartition,
  hasPartition,
  isPreparing,
  noProducerId,
  type TransactionPartition,
  type TransactionRecord,
  type TransactionValue,
} from './transaction-record.js';
import {
  describeTransaction,
  listTransaction,
  type DescribedTransaction,
  type ListedTransaction,
  type TransactionFilter,
} from './transaction-views.js';
import { completed, fenced, prepared } from './transitions.js';

export class TransactionMachine implements CoordinatorMachine<
  TransactionRecord,
  TransactionTimerEvent,
  TransactionAppendFailure,
  WriteMarkers
> {
  readonly #config: TransactionConfig;
  /** Hard state. Bounded by the ids that clients use; idle ones go (T9). */
  readonly #transactions = new Map<string, TransactionValue>();
  /** Those of them that are Ongoing, so that a look for old ones need not see all. */
  readonly #ongoing = new Set<string>();
  /** Those of them whose outcome is decided and not carried out. */
  readonly #decided = new Set<string>();
  /** Soft state: partitions whose marker is still to be written, for ids whose markers were tried. Absent: all of them. */
  readonly #unwritten = new Map<string, readonly TransactionPartition[]>();

  constructor(config: TransactionConfig) {
    this.#config = config;
  }

  // Hard state.

  replay({ transactionalId, value }: TransactionRecord): void {
    if (value === null) this.#transactions.delete(transactionalId);
    else this.#transactions.set(transactionalId, value);
    if (value?.state === 'Ongoing') this.#ongoing.add(transactionalId);
    else this.#ongoing.delete(transactionalId);
    if (value !== null && isPreparing(value)) this.#decided.add(transactionalId);
    else this.#decided.delete(transactionalId);
    this.#unwritten.delete(transactionalId);
  }

  /** Nobody writes to this log in a transaction. */
  replayEndTransaction(): void {
    return;
  }

  /** T8: what was decided and not carried out goes on. */
  handleLoaded(): TransactionOutcome {
    const outcome = new TransactionOutcome();
    this.#completeAll(outcome);
    this.#setAbortTimer(outcome);
    this.#setExpiryTimer(outcome);
    return outcome;
  }

  // Requests of producers.

  /** `newProducerId` is one that nobody has, or null to be asked for one when it is needed. */
  handleInitProducerId(
    request: InitProducerId,
    newProducerId: number | null,
    ticket: Ticket<ProducerResult>,
    now: Instant,
  ): TransactionOutcome {
    const outcome = new TransactionOutcome();
    const { transactionalId } = request;
    const known = this.#transactions.get(transactionalId);
    const { wallMs } = now;
    const next = initProducerId(known, request, newProducerId, this.#config, ticket, wallMs, outcome);
    if (next === 'abort-ongoing' && known !== undefined)
      this.#abortFenced(transactionalId, known, wallMs, outcome);
    return outcome;
  }

  /** The reply is NONE once the partitions are in the transaction. */
  handleAddPartitions(request: AddPartitions, ticket: Ticket<number>, now: Instant): TransactionOutcome {
    const outcome = new TransactionOutcome();
    const { transactionalId } = request;
    const decision = addPartitions(this.#transactions.get(transactionalId), request, now.wallMs);
    if (typeof decision === 'number') return outcome.reply(ticket, decision);
    outcome.records.push({ transactionalId, value: decision });
    return outcome.reply(ticket, ErrorCode.NONE);
  }

  handleEndTransaction(
    request: EndTxn,
    newProducerId: number | null,
    ticket: Ticket<ProducerResult>,
    now: Instant,
  ): TransactionOutcome {
    const outcome = new TransactionOutcome();
    const { transactionalId } = request;
    const known = this.#transactions.get(transactionalId);
    const decision = endTransaction(known, request, newProducerId, now.wallMs);
    if (decision.kind === 'needs-producer-id') return outcome.reply(ticket, needsProducerId);
    if (decision.kind === 'answer') {
      const isDone = decision.errorCode === ErrorCode.NONE && known !== undefined;
      return outcome.reply(ticket, isDone ? producerOf(known) : refusedProducer(decision.errorCode));
    }
    this.#prepare(transactionalId, decision.value, outcome);
    return outcome.reply(ticket, {
      kind: 'done',
      errorCode: ErrorCode.NONE,
      ...nextProducer(decision.value),
    });
  }

  /** How the markers of a decided transaction went; what could not be written is tried again (T7). */
  handleMarkersWritten(
    sent: WriteMarkers,
    results: readonly MarkerResult[],
    now: Instant,
  ): TransactionOutcome {
    const outcome = new TransactionOutcome();
    const { transactionalId, end } = sent;
    const value = this.#transactions.get(transactionalId);
    const isSame = value?.producerId === end.producerId && value.producerEpoch === end.producerEpoch;
    if (value === undefined || !isPreparing(value) || !isSame) return outcome;
    const remaining = completionOf(sent, results, outcome);
    if (remaining.length > 0) {
      this.#unwritten.set(transactionalId, remaining);
      this.#setRetryTimer(transactionalId, outcome);
      return outcome;
    }
    this.#complete(transactionalId, value, now.wallMs, outcome);
    return outcome;
  }

  // Views; they change nothing.

  /** For each partition whether it is in the transaction (P12). */
  verify(request: AddPartitions): readonly number[] {
    return verifyPartitions(this.#transactions.get(request.transactionalId), request);
  }

  describe(transactionalId: string): DescribedTransaction {
    return describeTransaction(transactionalId, this.#transactions.get(transactionalId));
  }

  list(filter: TransactionFilter, wallMs: number): ListedTransaction[] {
    const listed: ListedTransaction[] = [];
    for (const [transactionalId, value] of this.#transactions) {
      const view = listTransaction(transactionalId, value, filter, wallMs);
      if (view !== null) listed.push(view);
    }
    return listed;
  }

  /** What is known of the id, for tests and checks. */
  transaction(transactionalId: string): TransactionValue | undefined {
    return this.#transactions.get(transactionalId);
  }

  // Timers and failures.

  handleTimer(event: TransactionTimerEvent, now: Instant): TransactionOutcome {
    const outcome = new TransactionOutcome();
    switch (event.kind) {
      case 'abort-timed-out':
        outcome.atomicity = 'any-batches';
        // Should a decision ever have been stored and its message not been sent: sending twice is harmless.
        this.#completeAll(outcome);
        this.#abortTimedOut(now.wallMs, outcome);
        this.#setAbortTimer(outcome);
        return outcome;
      case 'remove-expired':
        outcome.atomicity = 'any-batches';
        this.#removeExpired(now.wallMs, outcome);
        this.#setExpiryTimer(outcome);
        return outcome;
      case 'complete':
        this.#completeAgain(event.transactionalId, outcome);
        return outcome;
    }
  }

  handleAppendFailure(failure: TransactionAppendFailure): TransactionOutcome {
    const outcome = new TransactionOutcome();
    this.#unwritten.set(failure.transactionalId, []);
    this.#setRetryTimer(failure.transactionalId, outcome);
    return outcome;
  }

  /** T9: the epoch rises, so that the producer, should it still live, learns that it has lost. */
  #abortTimedOut(wallMs: number, outcome: TransactionOutcome): void {
    for (const transactionalId of this.#ongoing) {
      const value = this.#transactions.get(transactionalId);
      if (value === undefined || value.startTimestampMs + value.timeoutMs >= wallMs) continue;
      const { producerId, producerEpoch, timeoutMs } = value;
      outcome.note('info', 'Aborted a transaction that took longer than its timeout', {
        transactionalId,
        producerId,
        producerEpoch,
        timeoutMs,
      });
      this.#abortFenced(transactionalId, value, wallMs, outcome);
    }
  }

  #removeExpired(wallMs: number, outcome: TransactionOutcome): void {
    for (const [transactionalId, value] of this.#transactions) {
      if (value.state === 'Ongoing' || isPreparing(value)) continue;
      if (value.lastUpdateTimestampMs + this.#config.transactionalIdExpirationMs > wallMs) continue;
      outcome.records.push({ transactionalId, value: null });
    }
  }

  #abortFenced(
    transactionalId: string,
    value: TransactionValue,
    wallMs: number,
    outcome: TransactionOutcome,
  ): void {
    const version = this.#config.transactionVersion();
    const aborted = prepared(fenced(value), 'abort', version, noProducerId, wallMs);
    this.#prepare(transactionalId, aborted, outcome);
  }

  #prepare(transactionalId: string, value: TransactionValue, outcome: TransactionOutcome): void {
    outcome.records.push({ transactionalId, value });
    this.#sendMarkers(transactionalId, value, outcome);
  }

  #complete(
    transactionalId: string,
    value: TransactionValue,
    wallMs: number,
    outcome: TransactionOutcome,
  ): void {
    outcome.records.push({ transactionalId, value: completed(value, wallMs) });
    outcome.failure = { kind: 'complete', transactionalId };
  }

  #completeAll(outcome: TransactionOutcome): void {
    for (const transactionalId of this.#decided) this.#completeAgain(transactionalId, outcome);
  }

  #completeAgain(transactionalId: string, outcome: TransactionOutcome): void {
    const value = this.#transactions.get(transactionalId);
    if (value !== undefined && isPreparing(value)) this.#sendMarkers(transactionalId, value, outcome);
  }

  #sendMarkers(transactionalId: string, value: TransactionValue, outcome: TransactionOutcome): void {
    const { producerId, producerEpoch, clientTransactionVersion } = value;
    const unwritten = this.#unwritten.get(transactionalId);
    outcome.messages.push({
      kind: 'write-markers',
      transactionalId,
      end: {
        producerId,
        producerEpoch,
        result: resultOf(value),
        transactionVersion: clientTransactionVersion,
      },
      partitions:
        unwritten?.filter((partition) => hasPartition(value.partitions, partition)) ??
        Array.from(eachPartition(value.partitions)),
    });
  }

  #setRetryTimer(transactionalId: string, outcome: TransactionOutcome): void {
    outcome.setTimer(transactionTimerKey.complete(transactionalId), markerRetryMs, {
      kind: 'complete',
      transactionalId,
    });
  }

  #setAbortTimer(outcome: TransactionOutcome): void {
    outcome.setTimer(transactionTimerKey.abortTimedOut, this.#config.abortTimedOutIntervalMs, {
      kind: 'abort-timed-out',
    });
  }

  #setExpiryTimer(outcome: TransactionOutcome): void {
    outcome.setTimer(transactionTimerKey.removeExpired, this.#config.removeExpiredIntervalMs, {
      kind: 'remove-expired',
    });
  }
}
