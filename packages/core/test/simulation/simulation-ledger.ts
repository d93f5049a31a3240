// What a simulation must not see: lost, repeated or reordered records, and commits of what nobody processed.

export interface SentValue {
  readonly producer: string;
  readonly isIdempotent: boolean;
  /** Position among the sends of its producer. */
  readonly number: number;
  state: 'pending' | 'acknowledged' | 'failed';
  partition: number;
  offset: number;
}

export class SimulationLedger {
  readonly sent = new Map<string, SentValue>();
  /** Offsets that a member has finished with, by partition. */
  readonly processed = new Map<number, Set<number>>();
  readonly history: string[] = [];
  deliveries = 0;

  violation(message: string): never {
    throw new Error(message);
  }

  note(line: string): void {
    this.history.push(line);
  }

  finished(partition: number, offset: number): void {
    let offsets = this.processed.get(partition);
    if (offsets === undefined) this.processed.set(partition, (offsets = new Set()));
    offsets.add(offset);
    this.deliveries++;
  }

  /** Nothing is committed that nobody has finished with. */
  checkCommitted(committed: ReadonlyMap<number, number>): void {
    for (const [partition, offset] of committed) {
      const done = this.processed.get(partition);
      for (let one = 0; one < offset; one++) {
        if (done?.has(one) !== true)
          this.violation(`offset ${offset} of partition ${partition} is committed, ${one} was not processed`);
      }
    }
  }

  /** The log of a partition holds what was acknowledged, in order, and nothing twice that must not be. */
  checkLog(
    partition: number,
    log: readonly { readonly offset: number; readonly value: string | null }[],
  ): void {
    const lastNumber = new Map<string, number>();
    const seen = new Set<string>();
    for (const { offset, value } of log) {
      const key = keyOf(value);
      const sent = this.sent.get(key);
      if (sent === undefined) this.violation(`nobody sent what lies at ${partition}:${offset}: ${key}`);
      if (sent.isIdempotent && seen.has(key)) this.violation(`${key} lies in partition ${partition} twice`);
      seen.add(key);
      const last = lastNumber.get(sent.producer) ?? -1;
      if (sent.isIdempotent && sent.number < last)
        this.violation(`${key} lies at ${partition}:${offset}, behind number ${last}`);
      lastNumber.set(sent.producer, Math.max(last, sent.number));
    }
    for (const [key, sent] of this.sent) {
      if (sent.state !== 'acknowledged' || sent.partition !== partition) continue;
      if (!seen.has(key)) this.violation(`${key} was acknowledged and is not in partition ${partition}`);
      const lies = log.find(({ offset }) => offset === sent.offset);
      if (sent.offset >= 0 && keyOf(lies?.value ?? null) !== key)
        this.violation(
          `${key} was acknowledged at ${partition}:${sent.offset}, which holds ${keyOf(lies?.value ?? null)}`,
        );
    }
  }

  /** Every record of the log was processed. */
  checkProcessed(partition: number, log: readonly { readonly offset: number }[]): void {
    const done = this.processed.get(partition);
    for (const { offset } of log) {
      if (done?.has(offset) !== true) this.violation(`nobody processed ${partition}:${offset}`);
    }
  }
}

/** Values are their key and padding. */
export function keyOf(value: string | null): string {
  return value?.split(' ', 1)[0] ?? 'null';
}
