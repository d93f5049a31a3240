// Decides how requests wait for partitions to move on: no polling, no rescans, one timer each.
import type { Timer, Timers } from '../ports/timers.js';

/** What an operation waits on: a partition that tells when its high watermark advanced. */
export interface Watchable {
  /** Calls back after every advance, synchronously; returns an unsubscribe function. */
  onHighWatermarkAdvance(listener: () => void): () => void;
}

/** A request that is waiting. */
export interface ParkedOperation {
  /** The partition at `index` of those it waits on moved; true when the operation may complete. */
  canComplete(index: number): boolean;
  /** The partition at `index` is gone, or its leader is another; true when the operation may complete. */
  partitionGone(index: number): boolean;
  /** Called once, in a later turn than the advance that let it complete. `reason` tells why the wait is over. */
  complete(reason: 'satisfied' | 'timed-out'): void;
}

export interface Parked {
  /** Ends the wait without completing the operation, for example because its connection closed. */
  cancel(): void;
}

interface WatchEntry {
  readonly parked: ParkedEntry;
  readonly index: number;
}

/** The operations that wait on one partition, with one subscription for all of them. */
interface Watch {
  readonly entries: Set<WatchEntry>;
  readonly unsubscribe: () => void;
}

class ParkedEntry implements Parked {
  timer: Timer | null = null;
  state: 'waiting' | 'ready' | 'gone' = 'waiting';
  readonly watched: { readonly key: Watchable; readonly entry: WatchEntry }[] = [];

  constructor(
    readonly operation: ParkedOperation,
    private readonly forget: (parked: ParkedEntry) => void,
  ) {}

  cancel(): void {
    if (this.state !== 'gone') this.forget(this);
  }
}

export interface PurgatoryLimits {
  /** Operations that wait. */
  readonly operations: number;
  /** Partitions they wait on, one counted once for each operation. */
  readonly watched: number;
}

const defaultLimits: PurgatoryLimits = { operations: 100_000, watched: 1_000_000 };

/**
 * An advance asks only the operations that watch that partition, and only about that partition. Those it satisfies complete together
 * after the current turn's input was handled, so that one Fetch reply takes all that a burst of appends brought.
 */
export class Purgatory {
  readonly #watches = new Map<Watchable, Watch>();
  readonly #parked = new Set<ParkedEntry>();
  #ready: ParkedEntry[] = [];
  #watching = 0;

  /** One operation more than the limits allow completes at once, as if its time had passed. */
  constructor(
    private readonly timers: Timers,
    private readonly limits: PurgatoryLimits = defaultLimits,
  ) {}

  get size(): number {
    return this.#parked.size;
  }

  /** Partitions that are being watched. */
  get watchedCount(): number {
    return this.#watches.size;
  }

  /** Parks an operation until one of the partitions lets it complete or the time has passed. Nothing is called before this returns. */
  park(operation: ParkedOperation, keys: readonly Watchable[], timeoutMs: number): Parked {
    const parked = new ParkedEntry(operation, (entry) => this.#forget(entry));
    const { operations, watched } = this.limits;
    const full = this.#parked.size >= operations || this.#watching + keys.length > watched;
    this.#parked.add(parked);
    if (!full) keys.forEach((key, index) => this.#watch(key, parked, index));
    parked.timer = this.timers.after(full ? 0 : timeoutMs, () => {
      this.#forget(parked);
      operation.complete('timed-out');
    });
    return parked;
  }

  /** Tells all that waits on a partition that it is gone, or led by another. */
  release(key: Watchable): void {
    for (const { parked, index } of this.#watches.get(key)?.entries ?? []) {
      if (parked.state === 'waiting' && mayComplete(() => parked.operation.partitionGone(index)))
        this.#makeReady(parked);
    }
  }

  /** Completes everything now, as if its time had passed; used when the broker closes. */
  drain(): void {
    for (const parked of this.#parked) {
      this.#forget(parked);
      parked.operation.complete('timed-out');
    }
  }

  #watch(key: Watchable, parked: ParkedEntry, index: number): void {
    let watch = this.#watches.get(key);
    if (watch === undefined) {
      const entries = new Set<WatchEntry>();
      watch = { entries, unsubscribe: key.onHighWatermarkAdvance(() => this.#advanced(entries)) };
      this.#watches.set(key, watch);
    }
    const entry = { parked, index };
    watch.entries.add(entry);
    this.#watching++;
    parked.watched.push({ key, entry });
  }

  #advanced(entries: ReadonlySet<WatchEntry>): void {
    for (const { parked, index } of entries) {
      if (parked.state === 'waiting' && mayComplete(() => parked.operation.canComplete(index)))
        this.#makeReady(parked);
    }
  }

  #makeReady(parked: ParkedEntry): void {
    if (parked.state !== 'waiting') return;
    parked.state = 'ready';
    this.#ready.push(parked);
    if (this.#ready.length === 1) this.timers.soon(() => this.#completeReady());
  }

  #completeReady(): void {
    const ready = this.#ready;
    this.#ready = [];
    for (const parked of ready) {
      if (parked.state !== 'ready') continue;
      this.#forget(parked);
      parked.operation.complete('satisfied');
    }
  }

  #forget(parked: ParkedEntry): void {
    parked.state = 'gone';
    parked.timer?.cancel();
    this.#parked.delete(parked);
    for (const { key, entry } of parked.watched) {
      const watch = this.#watches.get(key);
      if (watch === undefined) continue;
      if (watch.entries.delete(entry)) this.#watching--;
      if (watch.entries.size > 0) continue;
      watch.unsubscribe();
      this.#watches.delete(key);
    }
  }
}

/** An operation that fails to look is completed, where its failure is its own: the append that asked it must not suffer. */
function mayComplete(ask: () => boolean): boolean {
  try {
    return ask();
  } catch {
    return true;
  }
}
