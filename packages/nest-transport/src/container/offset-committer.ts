// Decides when the offsets of finished records go to the group's coordinator: one commit under way, the newest offsets next.
import type { TopicPartition } from '@ottla/core';

/** A commit that takes longer gives way to the next one, which has newer offsets; it also bounds shutdown and rebalances. */
export const commitTimeoutMs = 5_000;

/** The next offset to read of one partition. */
export interface NextOffset extends TopicPartition {
  readonly offset: number;
}

export interface CommitPort {
  commit(offsets: readonly NextOffset[]): Promise<void>;
  /** A commit failed; true asks to keep the offsets for the next commit, false drops them. */
  keepAfterFailure(error: unknown, offsets: readonly NextOffset[]): boolean;
}

/** Bounded by the number of assigned partitions. */
export class OffsetCommitter {
  #waiting = new Map<string, NextOffset>();
  #underWay: Promise<void> | undefined;

  constructor(private readonly port: CommitPort) {}

  /** Notes that every record of the partition before `offset` is done. */
  note(partition: TopicPartition, offset: number): void {
    const { topic } = partition;
    this.#waiting.set(`${topic}-${partition.partition}`, { topic, partition: partition.partition, offset });
  }

  /** Starts a commit of what was noted, unless one is under way; then it follows that one. */
  commitSoon(): void {
    if (this.#waiting.size > 0) {
      this.#underWay ??= this.#run();
    }
  }

  /** Commits what was noted; resolves when that is done or has failed. */
  async flush(): Promise<void> {
    await this.#underWay;
    if (this.#waiting.size > 0) {
      this.#underWay ??= this.#commitOnce().then(() => {
        this.#underWay = undefined;
      });
      await this.#underWay;
    }
  }

  /** Forgets partitions that belong to another member now. */
  forget(partitions: readonly TopicPartition[]): void {
    for (const { topic, partition } of partitions) {
      this.#waiting.delete(`${topic}-${partition}`);
    }
  }

  async #run(): Promise<void> {
    let goOn = true;
    while (goOn && this.#waiting.size > 0) {
      goOn = await this.#commitOnce();
    }
    this.#underWay = undefined;
  }

  /** Whether the commit succeeded; after a failure the next poll's commit tries again. */
  async #commitOnce(): Promise<boolean> {
    const offsets = [...this.#waiting.values()];
    this.#waiting = new Map();
    try {
      await this.port.commit(offsets);
      return true;
    } catch (error) {
      if (this.port.keepAfterFailure(error, offsets)) {
        this.#keep(offsets);
      }
      return false;
    }
  }

  #keep(offsets: readonly NextOffset[]): void {
    for (const offset of offsets) {
      const key = `${offset.topic}-${offset.partition}`;
      if (!this.#waiting.has(key)) {
        this.#waiting.set(key, offset);
      }
    }
  }
}
