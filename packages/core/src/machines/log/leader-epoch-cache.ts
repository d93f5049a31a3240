// Decides which offsets each leader epoch wrote (L20, F15).

export interface EpochEntry {
  readonly epoch: number;
  readonly startOffset: number;
}

/** Entries rise strictly in both fields; there is one per change of leader since the log start, and the log start bounds them. */
export class LeaderEpochCache {
  #entries: EpochEntry[] = [];

  get entries(): readonly EpochEntry[] {
    return this.#entries;
  }

  get latestEpoch(): number {
    return this.#entries.at(-1)?.epoch ?? -1;
  }

  /** Notes that an epoch begins at an offset; entries that contradict it go. True when anything changed. */
  assign(epoch: number, startOffset: number): boolean {
    const last = this.#entries.at(-1);
    if (last !== undefined && last.epoch === epoch && last.startOffset <= startOffset) return false;
    const kept = this.#entries.filter((entry) => entry.epoch < epoch && entry.startOffset < startOffset);
    kept.push({ epoch, startOffset });
    this.#entries = kept;
    return true;
  }

  /** The epoch that wrote an offset; −1 when none is known. */
  epochAt(offset: number): number {
    for (let at = this.#entries.length - 1; at >= 0; at--) {
      const entry = this.#entries[at];
      if (entry !== undefined && entry.startOffset <= offset) return entry.epoch;
    }
    return -1;
  }

  endOffset(
    epoch: number,
    logEndOffset: number,
  ): { readonly leaderEpoch: number; readonly endOffset: number } {
    const last = this.#entries.at(-1);
    if (epoch < 0 || last === undefined || epoch > last.epoch) return { leaderEpoch: -1, endOffset: -1 };
    if (epoch === last.epoch) return { leaderEpoch: epoch, endOffset: logEndOffset };
    const higherAt = this.#entries.findIndex((entry) => entry.epoch > epoch);
    const higher = this.#entries[higherAt];
    const floor = this.#entries[higherAt - 1];
    return { leaderEpoch: floor?.epoch ?? epoch, endOffset: higher?.startOffset ?? -1 };
  }

  /** Drops what begins at or behind the new end of the log. True when anything changed. */
  truncateFromEnd(endOffset: number): boolean {
    const before = this.#entries.length;
    this.#entries = this.#entries.filter((entry) => entry.startOffset < endOffset);
    return this.#entries.length !== before;
  }

  /** Drops what ends before the new start of the log; the last one dropped is re-based at it. True when anything changed. */
  truncateFromStart(startOffset: number): boolean {
    const firstKept = this.#entries.findIndex((entry) => entry.startOffset > startOffset);
    const dropped = firstKept === -1 ? this.#entries.length : firstKept;
    const rebased = this.#entries[dropped - 1];
    if (rebased === undefined || (dropped === 1 && rebased.startOffset === startOffset)) return false;
    this.#entries = [{ epoch: rebased.epoch, startOffset }, ...this.#entries.slice(dropped)];
    return true;
  }
}
