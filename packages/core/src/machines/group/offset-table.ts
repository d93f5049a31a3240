// Decides where committed offsets are kept: by group, topic and partition.
import type { OffsetValue } from './group-record.js';

/** A committed offset with the log position of its record, which decides between a transactional and a plain commit (C15). */
export interface CommittedOffset {
  readonly value: OffsetValue;
  readonly recordOffset: number;
}

export type TopicOffsets = ReadonlyMap<string, ReadonlyMap<number, CommittedOffset>>;

/** Bounded by what the groups commit: one entry per group and partition. */
export class OffsetTable {
  readonly #groups = new Map<string, Map<string, Map<number, CommittedOffset>>>();

  get(groupId: string, topic: string, partition: number): CommittedOffset | undefined {
    return this.#groups.get(groupId)?.get(topic)?.get(partition);
  }

  group(groupId: string): TopicOffsets | undefined {
    return this.#groups.get(groupId);
  }

  groups(): IterableIterator<[string, TopicOffsets]> {
    return this.#groups.entries();
  }

  has(groupId: string): boolean {
    return this.#groups.has(groupId);
  }

  set(groupId: string, topic: string, partition: number, offset: CommittedOffset): void {
    let topics = this.#groups.get(groupId);
    if (topics === undefined) this.#groups.set(groupId, (topics = new Map()));
    let partitions = topics.get(topic);
    if (partitions === undefined) topics.set(topic, (partitions = new Map()));
    partitions.set(partition, offset);
  }

  delete(groupId: string, topic: string, partition: number): void {
    const topics = this.#groups.get(groupId);
    const partitions = topics?.get(topic);
    if (topics === undefined || partitions === undefined) return;
    partitions.delete(partition);
    if (partitions.size === 0) topics.delete(topic);
    if (topics.size === 0) this.#groups.delete(groupId);
  }
}
