// Decides how much memory requests may take that are arriving or wait their turn, in all connections (queued.max.request.bytes).

export interface RequestMemoryHolder {
  /** Memory became free for the request whose reservation was refused; it is to be asked for again, in a later turn. */
  onRequestMemory(): void;
}

interface Account {
  /** Bytes that were read and wait behind a request that is being handled. */
  behindBytes: number;
  /** The size of the request that is arriving; its memory is kept for it until it is whole. */
  reservedBytes: number;
}

/** Requests up to this size arrive without asking: they fit into what every connection has for reading. */
const smallRequestBytes = 64 * 1024;

/**
 * As Kafka's memory pool: a request that is arriving has room for all of it or waits unread, so that those that have begun can always
 * end; the last one let in may go over the limit, so that a limit below the largest request stops nobody for ever.
 */
export class RequestMemory {
  readonly #accounts = new Map<RequestMemoryHolder, Account>();
  /** Those whose request waits unread, in the order in which they came. */
  readonly #refused = new Set<RequestMemoryHolder>();
  #usedBytes = 0;

  /** −1 is no limit. */
  constructor(private readonly limitBytes: number) {}

  get usedBytes(): number {
    return this.#usedBytes;
  }

  get isFull(): boolean {
    return this.limitBytes >= 0 && this.#usedBytes >= this.limitBytes;
  }

  /** So much waits now behind the holder's request. */
  note(holder: RequestMemoryHolder, behindBytes: number): void {
    const account = this.#accounts.get(holder);
    if (account === undefined && behindBytes === 0) return;
    const known = account ?? this.#open(holder);
    this.#usedBytes += behindBytes - known.behindBytes;
    known.behindBytes = behindBytes;
    this.#settle(holder, known);
  }

  /** Room for the request that is arriving; false when it has to wait for `onRequestMemory`. */
  reserve(holder: RequestMemoryHolder, requestBytes: number): boolean {
    const account = this.#accounts.get(holder);
    if (requestBytes <= smallRequestBytes || (account !== undefined && account.reservedBytes > 0))
      return true;
    if (this.isFull) {
      this.#refused.add(holder);
      return false;
    }
    this.#refused.delete(holder);
    const known = account ?? this.#open(holder);
    known.reservedBytes = requestBytes;
    this.#usedBytes += requestBytes;
    return true;
  }

  /** The request is whole; what it takes from here on is its handler's. */
  release(holder: RequestMemoryHolder): void {
    const account = this.#accounts.get(holder);
    if (account === undefined || account.reservedBytes === 0) return;
    this.#usedBytes -= account.reservedBytes;
    account.reservedBytes = 0;
    this.#settle(holder, account);
  }

  /** The connection reads no more. */
  forget(holder: RequestMemoryHolder): void {
    this.#refused.delete(holder);
    const account = this.#accounts.get(holder);
    if (account === undefined) return;
    this.#accounts.delete(holder);
    this.#usedBytes -= account.behindBytes + account.reservedBytes;
    this.#admit();
  }

  #open(holder: RequestMemoryHolder): Account {
    const account = { behindBytes: 0, reservedBytes: 0 };
    this.#accounts.set(holder, account);
    return account;
  }

  #settle(holder: RequestMemoryHolder, account: Account): void {
    if (account.behindBytes === 0 && account.reservedBytes === 0) this.#accounts.delete(holder);
    this.#admit();
  }

  #admit(): void {
    if (this.isFull) return;
    // Those who find none left ask in the same order again.
    for (const holder of this.#refused) holder.onRequestMemory();
    this.#refused.clear();
  }
}
