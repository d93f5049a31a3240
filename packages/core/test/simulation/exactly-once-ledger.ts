// What copies in transactions must not do: lose, repeat or reorder records, or be committed by a producer that another has replaced.

/** One worker's turn under its transactional id, in the order of events. */
export interface Incarnation {
  readonly transactionalId: string;
  readonly worker: string;
  readonly askedAt: number;
  /** Infinity until the coordinator has answered. */
  initializedAt: number;
}

export class ExactlyOnceLedger {
  readonly history: string[] = [];
  /** What a worker ran into that no weather explains. */
  readonly failures: unknown[] = [];
  commitCount = 0;
  aborts = 0;
  fenced = 0;
  /** When the newest that has each transactional id asked for it. */
  readonly #newest = new Map<string, number>();
  #events = 0;

  constructor(private readonly nowMs: () => number) {}

  note(line: string): void {
    this.history.push(`${this.nowMs()} ${line}`);
  }

  violation(message: string): never {
    throw new Error(message);
  }

  failed(error: unknown): void {
    this.failures.push(error);
  }

  /** The worker asks for the transactional id now. */
  asks(transactionalId: string, worker: string): Incarnation {
    return { transactionalId, worker, askedAt: ++this.#events, initializedAt: Number.POSITIVE_INFINITY };
  }

  /** From now on all are zombies that had the id before this worker asked for it (T4). */
  initialized(incarnation: Incarnation): void {
    const { transactionalId, worker, askedAt } = incarnation;
    incarnation.initializedAt = ++this.#events;
    this.#newest.set(transactionalId, Math.max(askedAt, this.#newest.get(transactionalId) ?? 0));
    this.note(`${worker} is ${transactionalId} now`);
  }

  /** The worker commits; what it gets is called when that has succeeded. */
  commits({ transactionalId, worker, initializedAt }: Incarnation, what: string): () => void {
    const isZombie = (this.#newest.get(transactionalId) ?? 0) > initializedAt;
    this.note(`${worker} commits ${what}`);
    return () => {
      this.commitCount++;
      this.note(`${worker} has committed`);
      if (isZombie) this.failed(new Error(`the zombie ${worker} has committed as ${transactionalId}`));
    };
  }

  /** Each number once, and those of one key in order. */
  checkCopies(topic: string, count: number, partitions: readonly (readonly CopiedRecord[])[]): void {
    const seen = new Map<number, string>();
    for (const [partition, records] of partitions.entries()) {
      const lastOfKey = new Map<string, number>();
      for (const { offset, key, value } of records) {
        const place = `${topic}-${partition}:${offset}`;
        const number = Number(value);
        const before = seen.get(number);
        if (before !== undefined) this.violation(`number ${value} lies at ${before} and at ${place}`);
        if (!(number >= 0 && number < count)) this.violation(`nobody sent what lies at ${place}: ${value}`);
        seen.set(number, place);
        const last = lastOfKey.get(key ?? '') ?? -1;
        if (number < last) this.violation(`number ${number} of ${key} lies at ${place}, behind ${last}`);
        lastOfKey.set(key ?? '', number);
      }
    }
    if (seen.size === count) return;
    const missing = Array.from({ length: count }, (_, number) => number).filter(
      (number) => !seen.has(number),
    );
    this.violation(
      `${missing.length} numbers are missing from ${topic}, first ${missing.slice(0, 5).join(', ')}`,
    );
  }
}

export interface CopiedRecord {
  readonly offset: number;
  readonly key: string | null;
  readonly value: string | null;
}
