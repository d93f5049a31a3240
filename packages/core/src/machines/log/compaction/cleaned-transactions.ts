// Decides, while a log is walked over for compaction, which data was aborted and which markers nothing needs any more (L29, L30).
import { controlRecordType } from '../../../protocol/records/control-record.js';
import type { RecordBatch } from '../../../protocol/records/record-batch.js';
import { RecordCursor, type ExpansionOptions } from '../../../protocol/records/record-reader.js';
import type { AbortedTransaction } from '../transaction-index.js';

interface OngoingAbort {
  readonly transaction: AbortedTransaction;
  hasData: boolean;
}

/** Bounded by the transactions of the log: those that were aborted, and one per producer. */
export class CleanedTransactions {
  /** By first offset; those before `#next` have begun. */
  readonly #aborted: readonly AbortedTransaction[];
  #next = 0;
  readonly #aborts = new Map<number, OngoingAbort>();
  /** Producers whose transaction has data, and was not aborted. */
  readonly #commits = new Set<number>();
  readonly #expansion: ExpansionOptions;
  readonly #onRetainedAbort: (transaction: AbortedTransaction) => void;

  /**
   * `aborted` are all that may concern the batches that will be read. `onRetainedAbort` is told of each whose data is still there
   * when its marker comes: readers must know of it.
   */
  constructor(
    aborted: readonly AbortedTransaction[],
    expansion: ExpansionOptions,
    onRetainedAbort: (transaction: AbortedTransaction) => void = () => undefined,
  ) {
    this.#aborted = aborted.toSorted((a, b) => a.firstOffset - b.firstOffset);
    this.#expansion = expansion;
    this.#onRetainedAbort = onRetainedAbort;
  }

  /** A data batch comes; true when it belongs to an aborted transaction. */
  readData(batch: RecordBatch): boolean {
    this.#beginUpTo(batch.lastOffset);
    if (!batch.isTransactional) return false;
    const abort = this.#aborts.get(batch.producerId);
    if (abort === undefined) {
      this.#commits.add(batch.producerId);
      return false;
    }
    abort.hasData = true;
    return true;
  }

  /** A control batch comes; true when it ends a transaction of which no data is left, or was emptied before. */
  readMarker(batch: RecordBatch): boolean {
    this.#beginUpTo(batch.lastOffset);
    const cursor = new RecordCursor(batch, this.#expansion);
    if (!cursor.next()) return true;
    const type = controlRecordType(cursor.key);
    const { producerId } = batch;
    if (type === 'commit') return !this.#commits.delete(producerId);
    if (type !== 'abort') return false;
    const abort = this.#aborts.get(producerId);
    this.#aborts.delete(producerId);
    if (abort?.hasData !== true) return true;
    this.#onRetainedAbort(abort.transaction);
    return false;
  }

  #beginUpTo(offset: number): void {
    for (; this.#next < this.#aborted.length; this.#next++) {
      const transaction = this.#aborted[this.#next];
      if (transaction === undefined || transaction.firstOffset > offset) return;
      if (!this.#aborts.has(transaction.producerId))
        this.#aborts.set(transaction.producerId, { transaction, hasData: false });
    }
  }
}
