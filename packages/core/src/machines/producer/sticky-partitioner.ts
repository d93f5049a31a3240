// Decides the partition of records without a key: one for a while, so that batches fill, then another (PC4, KIP-794).
import type { Random } from '../../ports/random.js';

/** What the partitioner looks at in a partition. */
export interface PartitionLoad {
  readonly leader: number;
  /** Batches that wait for it. */
  readonly length: number;
}

export class StickyPartitioner {
  #current = -1;
  #producedBytes = 0;

  constructor(
    private readonly stickyBytes: number,
    private readonly random: Random,
  ) {}

  /** The partition for the next record. */
  current(partitions: readonly PartitionLoad[]): number {
    if (this.#current < 0 || this.#current >= partitions.length) this.#current = this.#choose(partitions);
    return this.#current;
  }

  /** Counts what was appended; moves on at the batch size when no batch is left half full, at twice the size in any case. */
  produced(bytes: number, allBatchesFull: boolean, partitions: readonly PartitionLoad[]): void {
    this.#producedBytes += bytes;
    if (
      (this.#producedBytes >= this.stickyBytes && allBatchesFull) ||
      this.#producedBytes >= 2 * this.stickyBytes
    ) {
      this.#producedBytes = 0;
      this.#current = this.#choose(partitions);
    }
  }

  #choose(partitions: readonly PartitionLoad[]): number {
    const count = partitions.length;
    if (count <= 1) return 0;
    let available = 0;
    let longest = 0;
    let shortest = Number.MAX_SAFE_INTEGER;
    for (const partition of partitions) {
      if (partition.leader < 0) continue;
      available++;
      if (partition.length > longest) longest = partition.length;
      if (partition.length < shortest) shortest = partition.length;
    }
    if (available === 0) return this.random.nextInteger(count);
    // Equal weights are the common case.
    const weightOf = (partition: PartitionLoad): number =>
      partition.leader < 0 ? 0 : longest === shortest ? 1 : longest + 1 - partition.length;
    let total = 0;
    for (const partition of partitions) total += weightOf(partition);
    let left = this.random.nextInteger(total);
    for (let index = 0; index < count; index++) {
      left -= weightOf(partitions[index] as PartitionLoad);
      if (left < 0) return index;
    }
    return count - 1;
  }
}
