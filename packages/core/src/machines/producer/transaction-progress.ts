// Decides which operations of a transactional producer are open, and tells what became of them.
import type { OffsetsGroup, TransactionOffset, TransactionRequestKind } from './transaction-request.js';

/** Why a transaction, or the producer, came to its end. */
export type TransactionFailure =
  /** A coordinator's answer; `subject` is the partition or the group it concerns. */
  | {
      readonly kind: 'refused';
      readonly request: TransactionRequestKind;
      readonly errorCode: number;
      readonly message: string | null;
      readonly subject: string | null;
    }
  /** A coordinator could not be asked, or a record of the transaction was not sent. */
  | { readonly kind: 'error'; readonly error: Error };

/** `abortable`: abort, then go on. `fatal`: close the producer. `aborted`: the operation went with its transaction. */
export type TransactionProblem =
  | { readonly severity: 'abortable' | 'fatal'; readonly failure: TransactionFailure }
  | { readonly severity: 'aborted' };

export type TransactionOperation = 'initialize' | 'commit' | 'abort';

/** An operation is over; without a problem it succeeded. */
export type TransactionSettlement =
  | { readonly operation: TransactionOperation; readonly problem: TransactionProblem | null }
  | {
      readonly operation: 'send-offsets';
      readonly ticket: number;
      readonly problem: TransactionProblem | null;
    };

/** Offsets that are to go into the transaction. */
export interface OpenOffsets {
  readonly ticket: number;
  readonly group: OffsetsGroup;
  readonly offsets: readonly TransactionOffset[];
}

/** Calls of sendOffsetsToTransaction that may be open in one transaction. */
export const openOffsetsMax = 1000;

export class TransactionProgress {
  /** Of initialize, commit and abort one at a time. */
  operation: TransactionOperation | null = null;
  readonly openOffsets: OpenOffsets[] = [];
  #lastTicket = 0;
  #settled: TransactionSettlement[] = [];

  addOffsets(group: OffsetsGroup, offsets: readonly TransactionOffset[]): number {
    const ticket = ++this.#lastTicket;
    this.openOffsets.push({ ticket, group, offsets });
    return ticket;
  }

  /** The oldest open offsets are in the transaction. */
  settleOffsets(): void {
    const open = this.openOffsets.shift();
    if (open !== undefined)
      this.#settled.push({ operation: 'send-offsets', ticket: open.ticket, problem: null });
  }

  settleOperation(problem: TransactionProblem | null): void {
    const { operation } = this;
    if (operation === null) return;
    this.operation = null;
    this.#settled.push({ operation, problem });
  }

  /** Everything that is open fails. */
  settleAll(problem: TransactionProblem): void {
    this.settleAllOffsets(problem);
    this.settleOperation(problem);
  }

  settleAllOffsets(problem: TransactionProblem): void {
    for (const { ticket } of this.openOffsets.splice(0))
      this.#settled.push({ operation: 'send-offsets', ticket, problem });
  }

  /** What was settled since it was last asked. */
  takeSettled(): readonly TransactionSettlement[] {
    const settled = this.#settled;
    if (settled.length > 0) this.#settled = [];
    return settled;
  }
}
