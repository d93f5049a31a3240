// Decides which nodes a transactional producer asks, one request at a time, and how long it waits before it asks again (PC9).
import { backoffMs } from '../../foundation/backoff.js';
import type { Random } from '../../ports/random.js';
import { ErrorCode } from '../../protocol/errors.js';
import type { TransactionRequest } from './transaction-request.js';

/** The markers of the last transaction are mostly written in a few milliseconds. */
export const concurrentBackoffMs = 20;
const knownGroupsMax = 100;

export interface BackoffOptions {
  readonly retryBackoffMs: number;
  readonly retryBackoffMaxMs: number;
}

export class TransactionCoordinators {
  /** The request that has no answer yet. */
  inFlight: TransactionRequest | null = null;
  /** On the monotonic clock. */
  notBeforeMs = 0;
  #failures = 0;
  #transactionNode = -1;
  readonly #groupNodes = new Map<string, number>();

  constructor(
    private readonly options: BackoffOptions,
    private readonly random: Random,
  ) {}

  /** The node that coordinates; -1 when it has to be looked up. */
  get transactionNode(): number {
    return this.#transactionNode;
  }

  groupNode(groupId: string): number {
    return this.#groupNodes.get(groupId) ?? -1;
  }

  found(keyType: 'transaction' | 'group', key: string, node: number): void {
    if (keyType === 'transaction') {
      this.#transactionNode = node;
      return;
    }
    if (this.#groupNodes.size >= knownGroupsMax) this.#groupNodes.clear();
    this.#groupNodes.set(key, node);
  }

  /** The node that was asked does not coordinate, or did not answer. */
  forget(request: TransactionRequest): void {
    if (request.kind === 'commit-offsets') this.#groupNodes.delete(request.group.groupId);
    else if (request.kind !== 'find-coordinator') this.#transactionNode = -1;
  }

  /** The request did what it should. */
  succeeded(): void {
    this.#failures = 0;
    this.notBeforeMs = 0;
  }

  /** The request is to be made again later. */
  backOff(nowMs: number, errorCode: number): void {
    const { retryBackoffMs, retryBackoffMaxMs } = this.options;
    const firstMs = errorCode === ErrorCode.CONCURRENT_TRANSACTIONS ? concurrentBackoffMs : retryBackoffMs;
    this.notBeforeMs = nowMs + backoffMs(this.#failures++, firstMs, retryBackoffMaxMs, this.random);
  }
}
