// Decides how far a partition may be committed when its records are acked in any order.

export interface Delivery {
  readonly offset: number;
  readonly acked: boolean;
}

/** Watermark of one partition: bounded by the records that were delivered and are not yet acked in a row. */
export class AcknowledgedOffsets {
  /** Deliveries in order; those before `#head` are settled and let go of. */
  #deliveries: (Delivery | undefined)[] = [];
  #head = 0;

  /** Whether a delivery still stands before the watermark. */
  get pending(): boolean {
    return this.#head < this.#deliveries.length;
  }

  deliver(delivery: Delivery): void {
    this.#deliveries.push(delivery);
  }

  /**
   * Moves along the deliveries that are acked in a row; returns the offset to commit, or null when it stays. Kafka's offsets
   * have gaps (transaction markers, compaction), so the watermark counts deliveries, not numbers.
   */
  advance(): number | null {
    let offset: number | null = null;
    for (let next = this.#deliveries[this.#head]; next?.acked === true; next = this.#deliveries[this.#head]) {
      offset = next.offset + 1;
      this.#deliveries[this.#head] = undefined;
      this.#head += 1;
    }
    if (this.#head > 1_024 && this.#head * 2 > this.#deliveries.length) {
      this.#deliveries = this.#deliveries.slice(this.#head);
      this.#head = 0;
    }
    return offset;
  }
}
