// Decides how far the application has come in records that a loop over the consumer has polled and not reached yet.
import { topicPartitionKey, type TopicPartition } from '../../machines/consumer/topic-partition.js';
import type { PartitionState } from '../../machines/consumer/partition-state.js';

export interface HeldPartition extends TopicPartition {
  /** Offset of the first record that was not reached. */
  readonly nextOffset: number;
  /** The position that the poll left behind; another one means that somebody moved it. */
  readonly polledUpTo: number;
}

/** A loop that holds records of its last poll. */
export interface RecordHolder {
  held(): HeldPartition[];
  /** Ends the loop; what it holds is given back. */
  end(): void;
}

/** Bounded by the loops that are in the middle of what they polled. */
export class HeldRecords {
  readonly #holders = new Set<RecordHolder>();

  add(holder: RecordHolder): void {
    this.#holders.add(holder);
  }

  delete(holder: RecordHolder): void {
    this.#holders.delete(holder);
  }

  /** Ends all loops. */
  endAll(): void {
    for (const holder of this.#holders) holder.end();
    this.#holders.clear();
  }

  /** Where the application stands in these partitions, by key, where that is before the position. */
  reached(states: readonly PartitionState[]): ReadonlyMap<string, number> {
    const reached = new Map<string, number>();
    if (this.#holders.size === 0) return reached;
    const positions = new Map(states.map(({ key, position }) => [key, position?.offset]));
    for (const holder of this.#holders) {
      for (const { topic, partition, nextOffset, polledUpTo } of holder.held()) {
        const key = topicPartitionKey(topic, partition);
        if (positions.get(key) === polledUpTo) reached.set(key, nextOffset);
      }
    }
    return reached;
  }
}
