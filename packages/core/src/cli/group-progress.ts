// Decides what a group is told of records that were printed: an offset is committed once its record has left the command.
import type { Consumer } from '../client/consumer.js';
import type { RebalanceListener } from '../client/consumer/rebalance-listener.js';
import { KafkaError } from '../client/errors.js';
import type { TopicPartition } from '../client/types.js';
import { nameOf } from './offset-target.js';

const commitIntervalMs = 5000;

export class GroupProgress implements RebalanceListener {
  /** Offsets after the last record accepted, by partition. Bounded by the partitions assigned. */
  readonly #accepted = new Map<string, TopicPartition & { offset: number }>();
  /** The same, of what was printed and is not yet committed. */
  readonly #toCommit = new Map<string, TopicPartition & { offset: number }>();
  #committedAtMs = Date.now();

  constructor(
    private readonly consumer: Consumer,
    private readonly endsAtEnd: boolean,
    private readonly onCommitFailed: (error: KafkaError) => void,
  ) {}

  accepts({ topic, partition, offset }: TopicPartition & { readonly offset: number }): boolean {
    this.#accepted.set(nameOf({ topic, partition }), { topic, partition, offset: offset + 1 });
    return true;
  }

  async printed(): Promise<void> {
    for (const [name, offset] of this.#accepted) this.#toCommit.set(name, offset);
    this.#accepted.clear();
    if (Date.now() - this.#committedAtMs >= commitIntervalMs) await this.#commit();
  }

  /** At the end of all that is assigned, as far as the last fetches tell. */
  isDone(): boolean {
    if (!this.endsAtEnd) return false;
    const assignment = this.consumer.assignment();
    return (
      assignment.length > 0 && assignment.every((partition) => this.consumer.currentLag(partition) === 0)
    );
  }

  async onPartitionsRevoked(): Promise<void> {
    await this.#commit();
  }

  onPartitionsLost(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) {
      this.#accepted.delete(nameOf(partition));
      this.#toCommit.delete(nameOf(partition));
    }
  }

  close(): Promise<void> {
    return this.#commit();
  }

  async #commit(): Promise<void> {
    this.#committedAtMs = Date.now();
    if (this.#toCommit.size === 0) return;
    const offsets = [...this.#toCommit.values()];
    this.#toCommit.clear();
    try {
      await this.consumer.commit(offsets);
    } catch (error) {
      // The group goes on without them: whoever reads these partitions next prints the records again.
      if (!(error instanceof KafkaError)) throw error;
      this.onCommitFailed(error);
      for (const offset of offsets) {
        const name = nameOf(offset);
        if (error.retriable && !this.#toCommit.has(name)) this.#toCommit.set(name, offset);
      }
    }
  }
}
