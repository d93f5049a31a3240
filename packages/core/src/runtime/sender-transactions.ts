// Decides when the sender of a transactional producer asks coordinators, and what becomes of batches that an abort leaves behind.
import type { ProducerBatch } from '../machines/producer/producer-batch.js';
import type { RecordAccumulator } from '../machines/producer/record-accumulator.js';
import type { TransactionManager } from '../machines/producer/transaction-manager.js';
import type { TransactionSettlement } from '../machines/producer/transaction-progress.js';
import type { TransactionAnswer, TransactionRequest } from '../machines/producer/transaction-request.js';
import type { Clock } from '../ports/clock.js';
import type { TransportOutcome } from './transport-outcome.js';

/** The way to the coordinators. */
export interface TransactionTransport {
  ask(request: TransactionRequest): Promise<TransportOutcome<TransactionAnswer>>;
}

export interface SenderTransactionsListener<Receiver> {
  onSettled(settlements: readonly TransactionSettlement[]): void;
  /** The batch was not sent, because its transaction is aborted or its producer finished. */
  onDropped(batch: ProducerBatch<Receiver>): void;
  /** Records that are in no batch yet, and must be before the transaction can end. */
  hasParkedSends(): boolean;
}

export class SenderTransactions<Receiver> {
  constructor(
    readonly manager: TransactionManager,
    private readonly accumulator: RecordAccumulator<Receiver>,
    private readonly transport: TransactionTransport,
    private readonly clock: Clock,
    private readonly listener: SenderTransactionsListener<Receiver>,
  ) {}

  /** Does what is to be done; gives the time to look again. `wake` is called when an answer has come. */
  run(nowMs: number, wake: () => void): number {
    const { manager, accumulator } = this;
    if (manager.state === 'fatal-error') for (const batch of accumulator.abandonAll()) this.#drop(batch);
    else if (manager.dropsBatches) this.#dropWaiting();
    else for (const queue of accumulator.waitingQueues()) manager.addPartition(queue);
    const isBusy = accumulator.hasOutstanding() || this.listener.hasParkedSends();
    const request = manager.nextRequest(nowMs, isBusy);
    this.#settle();
    if (request !== null) void this.#ask(request, wake);
    return manager.notBeforeMs > nowMs ? manager.notBeforeMs : Number.POSITIVE_INFINITY;
  }

  async #ask(request: TransactionRequest, wake: () => void): Promise<void> {
    const outcome = await this.transport.ask(request);
    const nowMs = this.clock.monotonicMs();
    if (outcome.kind === 'answered') this.manager.handleAnswer(outcome.response, nowMs);
    else if (outcome.kind === 'failed')
      this.manager.handleFailure(outcome.error, outcome.isRetriable, outcome.wasWritten, nowMs);
    this.#settle();
    wake();
  }

  /** What is on its way is awaited, for a broker may write it yet; what would only go out now, or again, is given up. */
  #dropWaiting(): void {
    for (const batch of this.accumulator.abandonWaiting()) {
      const failure = { kind: 'error', error: new Error('A batch was given up') } as const;
      if (batch.sequence !== null) this.manager.requireAbort(failure, true);
      this.#drop(batch);
    }
  }

  #drop(batch: ProducerBatch<Receiver>): void {
    this.listener.onDropped(batch);
  }

  #settle(): void {
    const settled = this.manager.takeSettled();
    if (settled.length > 0) this.listener.onSettled(settled);
  }
}
